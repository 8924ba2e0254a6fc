"""The life of a call: checked, confirmed, approved, taken back, sent to each reader in their daytime, watched."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from bot.chat.markup import plain
from bot.chat.messages import Say, decode, encode
from bot.locales import load
from bot.outreach import campaigns
from bot.outreach.campaigns import Faulty, NotPossible
from bot.outreach.composing import Composer
from bot.outreach.delivery import SetupFault
from bot.outreach.watching import RARELY, Watching, subject
from storage import campaigns as stored
from storage import marks, places, reminders
from storage import outbox as outgoing
from storage.campaigns import Campaign, Draft
from storage.schema import audit, occasions, outbox, participants
from tests.outreach.crowd import Scene
from tests.outreach.town import CALL, NOW, TITLES, Town

WORDS = load()


class Office:
    """A town and the secretariat's acts, one transaction each."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.scene.now = NOW
        self.composer = Composer(scene.database, WORDS, lambda: scene.now)
        scene.compose = self.composer

    async def settle(self, *names: str, **more: Any) -> None:
        async with self.scene.database.begin() as connection:
            town = Town(connection)
            for name in names:
                await town.person(name, f"telegram:{name}", **more)

    async def id_of(self, name: str) -> int:
        async with self.scene.database.begin() as connection:
            query = select(participants.c.id).where(participants.c.name == name)
            return int((await connection.execute(query)).scalar_one())

    async def draft(self, draft: Draft = CALL, author: int | None = None) -> int:
        async with self.scene.database.begin() as connection:
            return await stored.create(connection, draft, author, self.scene.now)

    async def confirm(self, id: int, *, four_eyes: bool = False, actor: int | None = None) -> Campaign:
        async with self.scene.database.begin() as connection:
            return await campaigns.confirm(connection, id, actor, TITLES, self.scene.now, four_eyes=four_eyes)

    async def approve(self, id: int, actor: int) -> Campaign:
        async with self.scene.database.begin() as connection:
            return await campaigns.approve(connection, id, actor, TITLES, self.scene.now)

    async def act(self, act: Any, id: int, actor: int | None = None) -> Any:
        async with self.scene.database.begin() as connection:
            return await act(connection, id, actor, self.scene.now)

    async def state(self, id: int) -> str:
        async with self.scene.database.begin() as connection:
            found = await stored.get(connection, id)
            assert found is not None
            return found.state

    async def waits_until(self, name: str) -> datetime:
        """When somebody's message is looked at again."""
        async with self.scene.database.begin() as connection:
            row = (await Town(connection).rows())[f"telegram:{name}"]
            assert row.state == "waiting"
            assert isinstance(row.not_before, datetime)
            return row.not_before

    async def send(self, after: float = 60) -> None:
        """Let time pass, and the worker do what is to be done."""
        self.scene.go_on(after)
        await self.scene.worker(f"after {after}").work_off()

    @property
    def got(self) -> dict[str, str]:
        """What everybody got last, by name."""
        return {
            each.account.user: plain(each.message.text)
            for each in self.scene.telegram.arrived
            if isinstance(each.message, Say)
        }


@pytest.fixture
async def office(scene: Scene) -> Office:
    return Office(scene)


async def test_a_call_can_be_taken_back_for_a_minute_and_is_a_draft_again(office: Office) -> None:
    await office.settle("1", "2")
    id = await office.draft()
    assert (await office.confirm(id)).state == "scheduled"
    await office.send(59)
    assert not office.got
    assert (await office.act(campaigns.undo, id)).state == "draft"
    assert not await office.scene.rows()
    # Taken back, changed and confirmed anew, it says what it says now.
    async with office.scene.database.begin() as connection:
        assert await stored.change(connection, id, replace(CALL, texts={"en": "Come in!"}))
    await office.confirm(id)
    await office.send()
    assert office.got == {"1": "Come in!", "2": "Come in!"}
    with pytest.raises(NotPossible, match=r"call\.not\.begun"):
        await office.act(campaigns.undo, id)


async def test_messages_that_leave_together_are_composed_together_and_no_day_is_lost(office: Office) -> None:
    """A batch of rows costs one look at the tables, unless somebody changes their mind before it is their turn."""
    names = [str(number) for number in range(1, 41)]
    await office.settle(*names)
    id = await office.draft()
    await office.confirm(id)
    office.scene.go_on(60)
    looked: list[int] = []
    answer = office.composer._answer

    async def counted(rows: Any) -> Any:
        looked.append(len(rows))
        return await answer(rows)

    office.composer._answer = counted  # type: ignore[method-assign]  # watched from outside
    worker = office.scene.worker()
    office.scene.telegram.before = lambda account: worker.stop() if len(office.scene.telegram.tried) == 3 else None
    await worker.work_off()
    assert looked == [40]
    sent = len(office.scene.telegram.arrived)
    assert 3 <= sent < 40
    # Paused, the call has taken the day of those who have it, and of nobody else.
    await office.act(campaigns.pause, id)
    async with office.scene.database.begin() as connection:
        days = await connection.execute(select(occasions.c.key).where(occasions.c.topic == reminders.DAY))
        assert len(days.all()) == sent
    await office.act(campaigns.resume, id)
    await office.send(10)
    assert len(office.scene.telegram.arrived) == 40
    assert looked == [40, 40 - sent]


async def test_four_eyes_see_it_before_it_goes_out(office: Office) -> None:
    await office.settle("1", "2")
    ruth, tom = await office.id_of("1"), await office.id_of("2")
    id = await office.draft(author=ruth)
    assert (await office.confirm(id, four_eyes=True, actor=ruth)).state == "waiting"
    with pytest.raises(NotPossible, match=r"call\.not\.own"):
        await office.approve(id, ruth)
    assert not await office.scene.rows()
    assert (await office.act(campaigns.send_back, id, tom)).state == "draft"
    await office.confirm(id, four_eyes=True, actor=ruth)
    approved = await office.approve(id, tom)
    assert (approved.state, approved.approver) == ("scheduled", "2")
    # Whoever taps second learns that it has happened, and nothing happens twice.
    with pytest.raises(NotPossible, match=r"call\.not\.now"):
        await office.approve(id, tom)
    assert len(await office.scene.rows()) == 2
    async with office.scene.database.begin() as connection:
        acts = await connection.execute(select(audit.c.actor_id, audit.c.action).order_by(audit.c.id))
        assert [tuple(row) for row in acts] == [
            (ruth, "submitted"), (tom, "sent back"), (ruth, "submitted"), (tom, "approved")
        ]  # fmt: skip


async def test_what_cannot_go_out_stays_a_draft(office: Office) -> None:
    id = await office.draft()
    with pytest.raises(Faulty) as raised:
        await office.confirm(id)
    assert [one.text for one in raised.value.problems] == ["call.problem.empty_audience"]
    assert await office.state(id) == "draft"
    # An hour that passes while the call waits for approval is told to who approves.
    await office.settle("1", "2")
    async with office.scene.database.begin() as connection:
        await stored.change(connection, id, replace(CALL, begins_at=NOW + timedelta(minutes=5)))
    await office.confirm(id, four_eyes=True)
    office.scene.go_on(300)
    with pytest.raises(Faulty):
        await office.approve(id, await office.id_of("1"))
    assert await office.state(id) == "waiting"


async def test_everybody_is_written_to_at_nine_where_they_are(office: Office) -> None:
    await office.settle("1", zone="Asia/Tokyo")
    await office.settle("2", zone="America/Lima")
    await office.settle("3", zone="", account_zone="Nowhere/Land")
    await office.settle("4", zone="Europe/Paris", daytime_from=11)
    id = await office.draft(replace(CALL, local_time="2026-03-03T09:00"), await office.id_of("4"))
    await office.confirm(id)
    hour = timedelta(hours=1)
    midnight = NOW.replace(day=3, hour=0, minute=0)
    assert await office.waits_until("1") == midnight
    assert await office.waits_until("2") == midnight + 14 * hour
    assert await office.waits_until("4") == midnight + 8 * hour
    await office.send((midnight + 8 * hour - NOW).total_seconds())
    assert set(office.got) == {"1"}
    # Whose day begins later is written to when it does; of whose zone nothing is known, when they are awake.
    assert await office.waits_until("4") == midnight + 10 * hour
    await office.send(2 * 3600)
    assert set(office.got) == {"1", "3", "4"}
    await office.send(4 * 3600)
    assert set(office.got) == {"1", "2", "3", "4"}


async def test_nobody_is_written_to_at_night_or_twice_a_day(office: Office) -> None:
    await office.settle("1", language="fr")
    await office.settle("2", zone="Pacific/Auckland", language="es")
    await office.settle("3", hint="fr-CA")
    reminded = await office.id_of("3")
    async with office.scene.database.begin() as connection:
        await reminders.take_day(connection, reminded, NOW.date(), NOW)
    id = await office.draft()
    await office.confirm(id)
    await office.send()
    assert office.got == {"1": "Venez !"}
    assert await office.waits_until("3") == NOW.replace(day=3, hour=8, minute=0)
    assert await office.waits_until("2") == NOW.replace(hour=20, minute=0)
    # The call takes its readers' day: no reminder follows, and no second call.
    called = await office.id_of("1")
    async with office.scene.database.begin() as connection:
        assert not await reminders.take_day(connection, called, NOW.date(), NOW)
    second = await office.draft(replace(CALL, title="Another", texts={"en": "Again"}))
    await office.confirm(second)
    await office.send(3600)
    assert office.got == {"1": "Venez !"}
    await office.send(10 * 3600)
    await office.send(12 * 3600)
    assert set(office.got) == {"1", "2", "3"}
    taken = [each for each in office.scene.telegram.arrived if each.account.user == "3"]
    assert len(taken) == 1


async def test_whoever_stops_calls_while_one_is_on_its_way_gets_nothing(office: Office) -> None:
    await office.settle("1", "2", "3")
    id = await office.draft()
    await office.confirm(id)
    async with office.scene.database.begin() as connection:
        for name, values in (("1", {"stopped_topics": ["calls"]}), ("2", {"paused_until": NOW + timedelta(days=2)})):
            await connection.execute(update(participants).where(participants.c.name == name).values(**values))
    await office.send()
    assert set(office.got) == {"3"}
    async with office.scene.database.begin() as connection:
        assert (await stored.counts(connection, id)).by_platform == {"telegram": {"cancelled": 2, "sent": 1}}


async def test_a_channel_gets_it_in_its_language_with_a_link(office: Office) -> None:
    async with office.scene.database.begin() as connection:
        await places.seen(connection, "telegram", "-100", NOW, title="Suelos", language="es")
        (group,) = await places.active(connection)
    draft = replace(CALL, audience=None, places=(group.id,), button={"target": "join", "labels": {}})
    await office.confirm(await office.draft(draft))
    await office.send()
    (delivery,) = office.scene.telegram.arrived
    assert delivery.chat == "-100"
    assert isinstance(delivery.message, Say)
    assert plain(delivery.message.text) == "¡Vengan!"
    assert [button.start for row in delivery.message.buttons for button in row] == ["join--c1"]


async def test_a_call_is_paused_resumed_and_cancelled(office: Office) -> None:
    await office.settle("1", "2")
    id = await office.draft()
    await office.confirm(id)
    assert (await office.act(campaigns.pause, id)).state == "paused"
    await office.send(120)
    assert not office.got
    assert (await office.act(campaigns.resume, id)).state == "sending"
    assert (await office.act(campaigns.cancel, id)).state == "cancelled"
    await office.send(120)
    assert not office.got
    with pytest.raises(NotPossible, match=r"call\.not\.now"):
        await office.act(campaigns.resume, id)
    with pytest.raises(NotPossible, match=r"call\.not\.there"):
        await office.act(campaigns.pause, 99)


async def test_who_watches_sees_it_come_on_in_one_message(office: Office) -> None:
    await office.settle("1", "2", language="fr")
    id = await office.draft()
    await office.confirm(id)
    watching = Watching(office.scene.database, WORDS, lambda: office.scene.now)
    ruth = await _show_card(office, id)
    await watching.tick()
    (row,) = await _watched(office)
    first = row.payload
    assert row.state == "waiting"
    shown = decode(first)
    assert isinstance(shown, Say)
    assert shown.edits == "m7"
    assert "est programmé" in plain(shown.text)
    await _arrived(office, ruth)
    # Nothing is said when there is nothing new.
    await watching.tick()
    assert (await _watched(office))[0].state == "sent"
    await office.send()
    await watching.tick()
    assert await office.state(id) == "done"
    (row,) = await _watched(office)
    assert (row.state, row.attempts) == ("waiting", 0)
    assert "a été envoyé" in row.payload
    # What comes of it later is shown, too, now and then.
    await _arrived(office, ruth)
    opener = await office.id_of("1")
    async with office.scene.database.begin() as connection:
        await marks.mark(connection, id, opener, "opened", NOW)
    office.scene.now += RARELY
    await watching.tick()
    assert "est proposé\u202f: 1" in (await _watched(office))[0].payload


async def _show_card(office: Office, id: int) -> int:
    """Somebody has a message that shows the call; its row."""
    async with office.scene.database.begin() as connection:
        made = await connection.execute(
            insert(outbox)
            .values(
                sender="telegram",
                account_id=1,
                chat="1",
                lane="interactive",
                payload=encode(Say(())).decode(),
                subject=subject(id),
                state="sent",
                attempts=1,
                not_before=NOW,
                message_id="m7",
                created_at=NOW,
            )
            .returning(outbox.c.id)
        )
        return int(made.scalar_one())


async def _arrived(office: Office, row: int) -> None:
    async with office.scene.database.begin() as connection:
        await outgoing.record(connection, [outgoing.Result(row, "sent", "m7", "1")])


async def _watched(office: Office) -> list[Any]:
    return [row for row in await office.scene.rows() if row.subject]


async def test_one_channel_without_the_bot_does_not_hold_up_the_others(office: Office) -> None:
    async with office.scene.database.begin() as connection:
        for chat in ("C1", "C2"):
            await places.seen(connection, "slack:T01", chat, NOW)
        ids = tuple(place.id for place in await places.active(connection))
    office.scene.slack.failing["slack:T01/C1"].append(SetupFault("not_in_channel"))
    id = await office.draft(replace(CALL, audience=None, places=ids))
    await office.confirm(id)
    await office.send()
    assert [delivery.chat for delivery in office.scene.slack.arrived] == ["C2"]
    async with office.scene.database.begin() as connection:
        report = {one.account: (one.state, one.error) for one in await stored.recipients(connection, id)}
    assert sorted(report.values()) == [("failed", "not_in_channel"), ("sent", "")]
