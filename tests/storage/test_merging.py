"""Two participants becoming one: nothing of either is lost, and nothing is there twice."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import merging
from storage.coalitions import LIVING
from storage.database import open_database
from storage.schema import (
    accounts,
    campaign_marks,
    campaigns,
    coalitions,
    conversations,
    memberships,
    occasions,
    outbox,
    participants,
    pledges,
    snoozes,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = open_database(database_url)
    async with engine.begin() as opened:
        yield opened
    await engine.dispose()


async def add(connection: AsyncConnection, table: Table, **values: Any) -> Any:
    """A row; its first key column."""
    key = next(iter(table.primary_key))
    return (await connection.execute(insert(table).values(values).returning(key))).scalar_one()


async def person(connection: AsyncConnection, account: str, **settings: Any) -> tuple[int, int]:
    """A participant and their account."""
    zone = settings.pop("said", "")
    participant = await add(connection, participants, created_at=NOW, **settings)
    account_id = await add(
        connection,
        accounts,
        key=account,
        participant_id=participant,
        platform=account.partition(":")[0],
        zone=zone,
        seen_at=NOW,
    )
    return participant, account_id


async def two(connection: AsyncConnection) -> tuple[int, int]:
    """Two participants without anything."""
    older, _ = await person(connection, "telegram:1")
    newer, _ = await person(connection, "slack:T1/U1")
    return older, newer


async def all_of(connection: AsyncConnection, table: Table, *columns: str) -> list[tuple[Any, ...]]:
    rows = await connection.execute(select(*(table.c[name] for name in columns)).order_by(*table.primary_key))
    return [tuple(row) for row in rows]


async def test_the_older_one_stays_whichever_is_named_first(connection: AsyncConnection) -> None:
    older, newer = await two(connection)
    assert await merging.merge(connection, newer, older, NOW) == older
    assert await all_of(connection, participants, "id") == [(older,)]
    assert await all_of(connection, accounts, "participant_id") == [(older,), (older,)]


async def test_what_was_chosen_wins_over_what_was_not(connection: AsyncConnection) -> None:
    older, _ = await person(connection, "slack:T1/U1", zone="Europe/Paris", said="Europe/Paris", name="Ada")
    newer, _ = await person(
        connection,
        "telegram:1",
        language="fr",
        zone="Africa/Dakar",
        daytime_from=7,
        daytime_to=12,
        consent_version=1,
        consented_at=NOW,
        paused_until=LATER,
        generation="youth",
    )
    await merging.merge(connection, older, newer, NOW)
    columns = ("name", "language", "zone", "daytime_from", "daytime_to", "consent_version", "generation")
    assert await all_of(connection, participants, *columns) == [("Ada", "fr", "Africa/Dakar", 7, 12, 1, "youth")]
    assert await all_of(connection, participants, "consented_at", "paused_until") == [(NOW, LATER)]


async def test_the_wish_to_be_left_alone_wins(connection: AsyncConnection) -> None:
    older, _ = await person(connection, "telegram:1", paused_until=LATER, stopped_topics=["calls"], digest=True)
    newer, _ = await person(connection, "telegram:2", paused_until=NOW, stopped_topics=["unfinished"], digest=False)
    await merging.merge(connection, older, newer, NOW)
    rows = await all_of(connection, participants, "paused_until", "stopped_topics", "digest")
    assert rows == [(LATER, ["calls", "unfinished"], False)]


async def test_of_two_conversations_the_one_that_is_going_on_stays(connection: AsyncConnection) -> None:
    older, newer = await two(connection)
    ids = {}
    for owner, flow, state, history, at in (
        (older, "join", "done", [], LATER),
        (newer, "join", "open", ["capacity"], NOW),
        (older, "zone", "open", [], LATER),
        (newer, "zone", "open", [], NOW),
        (newer, "pledge", "open", [], NOW),
    ):
        ids[owner, flow] = await add(
            connection,
            conversations,
            participant_id=owner,
            flow=flow,
            flow_version=1,
            state=state,
            step="x",
            answers={},
            history=history,
            drawn=[],
            rev=1,
            misses=0,
            updated_at=at,
        )
    for owner, flow in ((older, "join"), (newer, "join")):
        here = participants.c.id == owner
        await connection.execute(participants.update().where(here).values(conversation_id=ids[owner, flow]))
    await merging.merge(connection, older, newer, NOW)
    kept = {row[0] for row in await all_of(connection, conversations, "id")}
    assert kept == {ids[newer, "join"], ids[older, "zone"], ids[newer, "pledge"]}
    assert await all_of(connection, participants, "conversation_id") == [(ids[newer, "join"],)]


@pytest.mark.parametrize(
    ("states", "stays"),
    [
        (("pending", "approved"), 1),
        (("approved", "pending"), 0),
        (("pending", "pending"), 0),
        (("declined", "pending"), 1),
    ],
)
async def test_a_coalition_has_each_person_once(
    connection: AsyncConnection, states: tuple[str, str], stays: int
) -> None:
    older, newer = await two(connection)
    coalition = await add(
        connection,
        coalitions,
        kind="alliance",
        facility="global-4",
        title="Soil",
        objectives=[],
        state="open",
        proposed_by=newer,
        created_at=NOW,
    )
    asked = [
        await add(
            connection,
            memberships,
            participant_id=owner,
            coalition_id=coalition,
            role="member",
            state=state,
            requested_at=NOW,
            decided_by=newer,
        )
        for owner, state in zip((older, newer), states, strict=True)
    ]
    for membership, kinds in zip(asked, (("land", "funds"), ("land", "network")), strict=True):
        for kind in kinds:
            await add(connection, pledges, membership_id=membership, kind=kind)
    await merging.merge(connection, older, newer, NOW)
    rows = await all_of(connection, memberships, "id", "participant_id", "decided_by", "state")
    assert {row[1:3] for row in rows} == {(older, older)}
    assert [row[0] for row in rows if row[3] in LIVING] == [asked[stays]]
    assert await all_of(connection, coalitions, "proposed_by") == [(older,)]
    if "declined" not in states:
        kinds_now = {
            kind for owner, kind in await all_of(connection, pledges, "membership_id", "kind") if owner == asked[stays]
        }
        assert kinds_now == {"land", "funds", "network"}


async def test_a_call_reaches_the_person_once_and_counts_once(connection: AsyncConnection) -> None:
    older, one = await person(connection, "telegram:1")
    newer, other = await person(connection, "slack:T1/U1")
    calls = [
        await add(
            connection,
            campaigns,
            title="Soil",
            author_id=newer,
            state="sending",
            audience={},
            texts={},
            button={},
            created_at=NOW,
        )
        for _ in range(2)
    ]
    for account, call in ((one, calls[0]), (other, calls[0]), (other, calls[1])):
        await add(
            connection,
            outbox,
            sender="x",
            account_id=account,
            chat="",
            lane="bulk",
            payload="",
            state="waiting",
            attempts=0,
            not_before=NOW,
            campaign_id=call,
            created_at=NOW,
        )
    for owner in (older, newer):
        await add(connection, campaign_marks, campaign_id=calls[0], participant_id=owner, mark="opened", at=NOW)
        await add(connection, snoozes, participant_id=owner, topic="unfinished", subject="join", until=NOW)
        day = f"unfinished:{owner}"
        await add(connection, occasions, key=day, participant_id=owner, topic="a", subject="", day="2026-03-02", at=NOW)
    await merging.merge(connection, older, newer, NOW)
    assert await all_of(connection, outbox, "campaign_id", "state") == [
        (calls[0], "waiting"),
        (calls[0], "cancelled"),
        (calls[1], "waiting"),
    ]
    assert await all_of(connection, campaign_marks, "participant_id") == [(older,)]
    assert await all_of(connection, snoozes, "participant_id") == [(older,)]
    assert await all_of(connection, occasions, "participant_id") == [(older,), (older,)]
    assert {row[0] for row in await all_of(connection, campaigns, "author_id")} == {older}


async def test_an_account_that_parts_has_the_settings_and_nothing_else(connection: AsyncConnection) -> None:
    together, stays = await person(
        connection, "telegram:1", language="fr", zone="Europe/Paris", stopped_topics=["calls"], consent_version=1
    )
    parts = await add(
        connection, accounts, key="slack:T1/U1", participant_id=together, platform="slack", name="Ada", seen_at=NOW
    )
    here = participants.c.id == together
    await connection.execute(participants.update().where(here).values(preferred_account_id=parts))
    new = await merging.split(connection, parts, NOW)
    columns = ("id", "name", "language", "zone", "stopped_topics", "consent_version", "preferred_account_id")
    assert await all_of(connection, participants, *columns) == [
        (together, "", "fr", "Europe/Paris", ["calls"], 1, None),
        (new, "Ada", "fr", "Europe/Paris", ["calls"], 0, None),
    ]
    assert await all_of(connection, accounts, "id", "participant_id") == [(stays, together), (parts, new)]
