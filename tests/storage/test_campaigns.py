"""Calls in the tables: drafts are kept, rows are made once, what came of them is counted."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.outreach.audience import EVERYBODY
from bot.outreach.recipients import select_recipients
from storage import campaigns, marks, places
from storage.campaigns import Draft
from storage.schema import accounts, outbox
from tests.outreach.town import CALL, NOW, Town

LATER = NOW + timedelta(hours=1)


async def test_a_draft_is_kept_however_unfinished_it_is(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        town = Town(connection)
        author = await town.person("Ruth")
        id = await campaigns.create(connection, Draft(), author, NOW)
        draft = Draft(
            title="Soil",
            texts={"fr": "Venez !"},
            button={"target": "join 7", "labels": {}},
            places=(3, 4),
            picture=12,
            begins_at=LATER,
            local_time="2026-03-03T09:00",
        )
        assert await campaigns.change(connection, id, draft)
        kept = await campaigns.get(connection, id)
        assert kept is not None
        assert (kept.draft, kept.author, kept.state) == (draft, "Ruth", "draft")
        assert [one.id for one in await campaigns.listed(connection, ("draft",))] == [id]
        assert await campaigns.move(connection, id, ("draft",), "scheduled")
        assert not await campaigns.change(connection, id, CALL)
        assert not await campaigns.discard(connection, id)
        assert await campaigns.move(connection, id, ("scheduled",), "draft")
        assert await campaigns.discard(connection, id)
        assert await campaigns.get(connection, id) is None


async def test_rows_are_made_by_zone_and_the_unreachable_have_failed_already(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        town = Town(connection)
        await town.person("Ann", "telegram:1", language="fr")
        await town.person("Ben", "slack:T01/U2", zone="", account_zone="Asia/Tokyo", hint="es")
        await town.person("Cai", "telegram:3", reachable=False)
        id = await campaigns.create(connection, CALL, None, NOW)
        chosen = select_recipients(EVERYBODY, NOW, connection.dialect.name)
        tokyo = NOW - timedelta(hours=8)
        await campaigns.freeze(connection, id, chosen, LATER, {"Asia/Tokyo": tokyo}, NOW)
        await places.seen(connection, "slack:T01", "C1", NOW, title="#soil", language="fr")
        await places.seen(connection, "slack:T01", "C2", NOW)
        await places.gone(connection, "slack:T01", "C2")
        known = {place.chat: place.id for place in await places.active(connection)}
        await campaigns.freeze_places(connection, id, [*known.values(), 99], LATER, NOW)
        rows = await town.rows()
    assert rows.keys() == {"telegram:1", "slack:T01/U2", "telegram:3", "C1"}
    ann, ben, cai, channel = rows["telegram:1"], rows["slack:T01/U2"], rows["telegram:3"], rows["C1"]
    assert (ann.sender, ann.chat, ann.language, ann.not_before, ann.payload) == ("telegram", "1", "fr", LATER, "")
    assert (ben.sender, ben.language, ben.not_before) == ("slack:T01", "es", tokyo)
    assert (cai.state, cai.error) == ("failed", "unreachable")
    assert (channel.account_id, channel.sender, channel.language) == (None, "slack:T01", "fr")
    assert {row.lane for row in rows.values()} == {"bulk"}
    assert ann.dedupe_key == f"campaign {id} account {town.accounts['Ann']}"


async def test_what_came_of_it_is_counted_and_failures_are_tried_again(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        town = Town(connection)
        for number in range(1, 7):
            await town.person(f"p{number}", f"telegram:{number}")
        id = await campaigns.create(connection, CALL, None, NOW)
        await campaigns.freeze(connection, id, select_recipients(EVERYBODY, NOW, connection.dialect.name), NOW, {}, NOW)
        for number, state in ((1, "sent"), (2, "failed"), (3, "failed")):
            ended = update(outbox).where(outbox.c.account_id == town.accounts[f"p{number}"])
            await connection.execute(ended.values(state=state, error="", attempts=8, ended_at=NOW))
        await connection.execute(update(accounts).where(accounts.c.key == "telegram:3").values(reachable=False))
        leased = update(outbox).where(outbox.c.account_id == town.accounts["p4"])
        await connection.execute(leased.values(lease_until=NOW + timedelta(seconds=30), attempts=1))
        # Before it is sent out nothing counts, such as when its author tries the button.
        await marks.mark(connection, id, town.ids["p1"], "opened", NOW)
        assert await campaigns.move(connection, id, ("draft",), "sending")
        for who, mark in (("p1", "opened"), ("p1", "opened"), ("p2", "opened"), ("p1", "completed")):
            await marks.mark(connection, id, town.ids[who], mark, NOW)
        await marks.mark(connection, 999, town.ids["p1"], "opened", NOW)
        before = await campaigns.counts(connection, id)
        assert before.by_platform == {"telegram": {"sent": 1, "failed": 1, "blocked": 1, "waiting": 3}}
        assert (before.opened, before.completed, before.total) == (2, 1, 6)
        assert await campaigns.retry_rows(connection, id, NOW) == 1
        retried = (await town.rows())["telegram:2"]
        assert (retried.state, retried.attempts, retried.ended_at) == ("waiting", 0, None)
        # What is on its way arrives; all the rest stays here.
        assert not await campaigns.thaw(connection, id)
        assert await campaigns.cancel_rows(connection, id, NOW) == 3
        assert not await campaigns.is_over(connection, id)
        report = {one.account: one for one in await campaigns.recipients(connection, id)}
        assert report["telegram:1"].opened == report["telegram:1"].completed == NOW
        assert {one.state for one in report.values()} == {"sent", "waiting", "blocked", "cancelled"}


async def test_who_goes_through_with_it_has_completed_all_the_calls_that_led_there(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        town = Town(connection)
        await town.person("p1", "telegram:1")
        await town.person("p2", "telegram:2")
        soil, again, other, draft = [
            await campaigns.create(connection, replace(CALL, button={"target": target}), None, NOW)
            for target in ("round soil", "round soil", "round sea", "round soil")
        ]
        for id in (soil, again, other):
            await campaigns.move(connection, id, ("draft",), "sending")
        for id in (soil, again, other, draft):
            await marks.mark(connection, id, town.ids["p1"], "opened", NOW)
        for who in ("p1", "p1", "p2"):
            await marks.complete(connection, town.ids[who], "round soil", NOW)
        counted = [await campaigns.counts(connection, id) for id in (soil, again, other, draft)]
        assert [(one.opened, one.completed) for one in counted] == [(1, 1), (1, 1), (1, 0), (0, 0)]


async def test_places_are_remembered_by_what_is_known_of_them(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await places.seen(connection, "telegram", "-100", NOW, title="Soil friends")
        (group,) = await places.active(connection)
        await places.speak(connection, group.id, "es")
        await places.seen(connection, "telegram", "-100", LATER)
        (again,) = await places.by_ids(connection, [group.id])
        assert (again.title, again.language) == ("Soil friends", "es")
        await places.gone(connection, "telegram", "-100")
        assert not await places.active(connection)
