"""Events are taken as they come, together where there are many, and never two of one person at a time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.events import Event
from bot.chat.markup import text
from bot.chat.messages import Say
from bot.flows import engine as engine_module
from bot.flows import intake as intake_module
from bot.flows import router
from bot.flows.engine import Engine
from bot.flows.intake import LARGEST_GROUP, Intake
from bot.flows.turn import Outcome, Reply, Turn
from bot.outreach.postbox import Postbox
from storage.schema import outbox
from tests.flows.visitor import Visitor
from tests.outreach.far_side import FarSide

ADA, BEN, EVE = Visitor("telegram:42"), Visitor("telegram:43"), Visitor("telegram:44")


class Books:
    """Results of sends, which are written down as told."""

    def __init__(self) -> None:
        self.waiting = 0
        self.recorded = 0
        self.failing = False
        self.door = asyncio.Event()
        self.door.set()
        self.changed = asyncio.Condition()

    @property
    def has_results(self) -> bool:
        return self.waiting > 0

    async def record(self) -> None:
        written = self.waiting
        async with self.changed:
            self.recorded += 1
            self.changed.notify_all()
        await self.door.wait()
        if self.failing:
            raise OSError("the database is away")
        self.waiting -= written

    async def was_recorded(self, times: int) -> None:
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: self.recorded >= times)


class Groups(Engine):
    """An engine that notes its groups and takes as long as it is told."""

    def __init__(self) -> None:
        self.groups: list[list[Event]] = []
        self.refused: set[str] = set()
        self.door = asyncio.Event()
        self.door.set()
        self.inside = asyncio.Event()

    async def handle(self, events: Sequence[Event]) -> list[Outcome]:
        self.groups.append(list(events))
        self.inside.set()
        await self.door.wait()
        if self.refused & {event.origin.key for event in events}:
            raise OSError("cannot be committed")
        return [Outcome(toast=event.origin.key) for event in events]

    @property
    def keys(self) -> list[list[str]]:
        return [[event.origin.key for event in group] for group in self.groups]


@asynccontextmanager
async def running(intake: Intake) -> AsyncIterator[None]:
    task = asyncio.create_task(intake.run())
    try:
        async with asyncio.timeout(20):
            yield
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture(autouse=True)
def _without_lingering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "LINGER_SECONDS", 0)


def taking(intake: Intake, events: Sequence[Event]) -> list[asyncio.Task[Outcome]]:
    return [asyncio.create_task(intake.take(event)) for event in events]


async def queued(engine: Groups, intake: Intake, events: Sequence[Event]) -> list[Outcome]:
    """These events come in while a group is under way."""
    engine.door.clear()
    engine.inside.clear()
    first = asyncio.create_task(intake.take(EVE.text("first")))
    await engine.inside.wait()
    later = taking(intake, events)
    for _ in later:
        await asyncio.sleep(0)
    engine.door.set()
    await first
    engine.groups.pop(0)
    return list(await asyncio.gather(*later))


async def test_an_event_is_taken_at_once_and_alone() -> None:
    engine = Groups()
    intake = Intake(engine, Books())
    async with running(intake):
        for _ in range(3):
            event = ADA.text("hello")
            assert (await intake.take(event)).toast == event.origin.key
    assert [len(group) for group in engine.groups] == [1, 1, 1]


async def test_what_waits_is_taken_together_and_each_gets_its_own_outcome() -> None:
    engine = Groups()
    intake = Intake(engine, Books())
    events = [Visitor(f"telegram:{number}").text("hello") for number in range(100, 110)]
    async with running(intake):
        outcomes = await queued(engine, intake, events)
    assert engine.groups == [events]
    assert [outcome.toast for outcome in outcomes] == [event.origin.key for event in events]


async def test_one_event_of_an_account_at_a_time_in_the_order_they_came() -> None:
    engine = Groups()
    intake = Intake(engine, Books())
    a1, a2, a3 = (ADA.text(str(number)) for number in range(3))
    b1, b2 = (BEN.text(str(number)) for number in range(2))
    e1 = EVE.text("0")
    async with running(intake):
        await queued(engine, intake, [a1, a2, b1, a3, b2, e1])
    assert engine.groups == [[a1, b1, e1], [a2, b2], [a3]]


async def test_a_group_has_a_largest_size_and_nobody_is_overtaken() -> None:
    engine = Groups()
    intake = Intake(engine, Books())
    crowd = [Visitor(f"telegram:{number}").text("hello") for number in range(100, 100 + LARGEST_GROUP + 6)]
    again = [Visitor("telegram:100").text("again"), Visitor("telegram:101").text("again")]
    async with running(intake):
        await queued(engine, intake, [*crowd[:3], *again, *crowd[3:]])
    assert engine.groups == [crowd[:LARGEST_GROUP], [*again, *crowd[LARGEST_GROUP:]]]


async def test_one_that_spoils_its_group_fails_alone() -> None:
    engine = Groups()
    intake = Intake(engine, Books())
    events = [ADA.text("fine"), BEN.text("spoils it"), EVE.text("fine too")]
    engine.refused = {events[1].origin.key}
    async with running(intake):
        engine.door.clear()
        first = asyncio.create_task(intake.take(Visitor("telegram:9").text("first")))
        await engine.inside.wait()
        tasks = taking(intake, events)
        await asyncio.sleep(0)
        engine.door.set()
        await first
        results = await asyncio.gather(*tasks, return_exceptions=True)
    assert engine.groups[1:] == [events, *([event] for event in events)]
    assert isinstance(results[1], OSError)
    assert [type(result) for result in results] == [Outcome, OSError, Outcome]


async def test_it_goes_on_after_a_failure() -> None:
    engine = Groups()
    intake = Intake(engine, Books())
    bad = ADA.text("bad")
    engine.refused = {bad.origin.key}
    async with running(intake):
        with pytest.raises(OSError, match="cannot be committed"):
            await intake.take(bad)
        assert (await intake.take(ADA.text("good"))).toast


async def test_who_no_longer_waits_does_not_disturb_the_others() -> None:
    engine = Groups()
    intake = Intake(engine, Books())
    async with running(intake):
        engine.door.clear()
        gone, stays = taking(intake, [ADA.text("one"), BEN.text("two")])
        await engine.inside.wait()
        gone.cancel()
        await asyncio.wait([gone])
        engine.door.set()
        assert (await stays).toast
        assert (await intake.take(ADA.text("three"))).toast


async def test_results_are_recorded_when_no_event_comes() -> None:
    books = Books()
    intake = Intake(Groups(), books)
    async with running(intake):
        books.waiting = 3
        intake.wake()
        await books.was_recorded(1)
    assert not books.has_results


async def test_results_that_come_while_others_are_recorded_are_recorded_too() -> None:
    books = Books()
    intake = Intake(Groups(), books)
    async with running(intake):
        books.door.clear()
        books.waiting = 1
        intake.wake()
        await books.was_recorded(1)
        books.waiting += 1
        intake.wake()
        books.door.set()
        await books.was_recorded(2)
    assert not books.has_results


async def test_an_event_that_comes_while_results_are_recorded_is_taken_next() -> None:
    books = Books()
    intake = Intake(Groups(), books)
    async with running(intake):
        books.door.clear()
        books.waiting = 1
        intake.wake()
        await books.was_recorded(1)
        [task] = taking(intake, [ADA.text("hello")])
        await asyncio.sleep(0)
        books.door.set()
        assert (await task).toast


async def test_results_that_cannot_be_recorded_do_not_stop_the_work() -> None:
    books = Books()
    books.failing = True
    intake = Intake(Groups(), books)
    async with running(intake):
        books.waiting = 1
        intake.wake()
        await books.was_recorded(1)
        assert (await intake.take(ADA.text("hello"))).toast
        books.failing = False
        tried = books.recorded
        intake.wake()
        await books.was_recorded(tried + 1)
    assert not books.has_results


async def test_with_the_real_engine_each_event_is_answered_and_each_result_written_down(
    database: AsyncEngine, engine: Engine, postbox: Postbox, far_side: FarSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = router.route

    async def spoilt(turn: Turn) -> None:
        await route(turn)
        if getattr(turn.event, "text", "") == "boom":
            turn.replies.append(Reply(10**9, "telegram:9", "9", Say(text("To nobody"))))

    monkeypatch.setattr(engine_module, "route", spoilt)
    intake = Intake(engine, postbox)
    postbox.on_result = intake.wake
    visitors = [Visitor(f"telegram:{number}") for number in range(100, 120)]
    async with running(intake):
        tasks = taking(intake, [visitor.command("start") for visitor in visitors])
        tasks += taking(intake, [ADA.text("boom"), *(visitor.command("help") for visitor in visitors)])
        results = await asyncio.gather(*tasks, return_exceptions=True)
        failed = [result for result in results if isinstance(result, BaseException)]
        assert len(failed) == 1
        await postbox.settle()
    for visitor in visitors:
        greeting, help_ = far_side.texts_to(str(visitor.account))
        assert greeting.startswith("Hello")
        assert help_.startswith("What I can do")
    async with database.connect() as connection:
        states = (await connection.execute(select(outbox.c.state))).scalars().all()
    assert list(states) == ["sent"] * 40
