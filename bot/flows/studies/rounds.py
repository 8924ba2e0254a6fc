"""Studies go on by themselves: rounds open and close at their times, and what follows from a round happens.

Every step is a change of state that one process makes, in one transaction with all that hangs on it; a process that
dies in between leaves a state that the next tick goes on from. What people are told of it is read from the tables by
`bot.flows.studies.panel_duties`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.clock import Clock
from bot.delphi.closing import outcome_of
from bot.delphi.lifecycle import Course, course
from bot.delphi.outcome import Outcome
from bot.delphi.protocol import OpenItem, Protocol, in_language, read_item
from bot.delphi.protocol import Round as Written
from bot.flows.studies.round_data import ratings_before, table_of
from bot.locales import DEFAULT
from bot.outreach.schedule import at_wall, zone_named
from storage import panels, reminders, studies, study_items, timetable
from storage.panels import Whereabouts
from storage.studies import ALIVE, Planned, Round, Study
from storage.study_items import Item

log = structlog.get_logger()

# How often it is looked whether the panel has people in another zone, or seats that can be filled now.
LOOK_AGAIN = timedelta(minutes=1)
UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Upcoming:
    """Something that will happen in a study, as things stand: in a few English words, for an operator."""

    what: str
    at: datetime


class Rounds:
    """Safe to tick in several processes on one database."""

    def __init__(self, database: AsyncEngine, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._looked_at: datetime | None = None

    async def tick(self) -> int:
        """Do what is due; how many rounds changed their state."""
        now = self._clock()
        changed = 0
        if self._looked_at is None or not self._looked_at <= now < self._looked_at + LOOK_AGAIN:
            self._looked_at = now
            await self._look_at_panels(now)
        for due, step in (
            (lambda connection: timetable.to_close(connection, now), self._close),
            (timetable.to_evaluate, self._evaluate),
            (lambda connection: timetable.to_open(connection, now), self._open),
        ):
            changed += await self._each(due, step, now)
        return changed

    async def upcoming(self) -> list[Upcoming]:
        """When rounds open and close, the nearest first."""
        async with self._database.begin() as connection:
            ahead = await timetable.ahead(connection)
            titles = {study.id: _title(study) for study in await studies.listed(connection, ALIVE)}
        found = [
            Upcoming(f"the end of round {each.number} of {titles[each.study_id]}", each.closes_at)
            if each.state == "open"
            else Upcoming(f"the start of round {each.number} of {titles[each.study_id]}", each.opens_at)
            for each in ahead
            if each.study_id in titles
        ]
        return sorted(found, key=lambda one: (one.at, one.what))

    async def _each(
        self,
        due: Callable[[AsyncConnection], Awaitable[list[Round]]],
        step: Callable[[Round, datetime], Awaitable[bool]],
        now: datetime,
    ) -> int:
        """Take the step for every round that is due. One that fails does not keep the others from theirs."""
        async with self._database.begin() as connection:
            rounds = await due(connection)
        done = 0
        for each in rounds:
            try:
                done += await step(each, now)
            except Exception as error:
                log.error("round_failed", round=each.id, step=step.__name__, error=type(error).__name__)
        return done

    async def _look_at_panels(self, now: datetime) -> None:
        async with self._database.begin() as connection:
            living = await studies.listed(connection, ALIVE)
        for study in living:
            try:
                async with self._database.begin() as connection:
                    await fill_seats(connection, study, now)
                    await set_times(connection, study)
            except Exception as error:
                log.error("panel_failed", study=study.code, error=type(error).__name__)

    async def _open(self, due: Round, now: datetime) -> bool:
        async with self._database.begin() as connection:
            study = await studies.study(connection, due.study_id)
            if study is None or not await timetable.open_round(connection, due.id, now):
                return False
            await studies.note(connection, due.study_id, "round.opened", {"round": due.number}, now)
        log.info("round_opened", study=study.code, round=due.number)
        return True

    async def _close(self, due: Round, now: datetime) -> bool:
        async with self._database.begin() as connection:
            if not await timetable.close_round(connection, due.id, now):
                return False
            await studies.note(connection, due.study_id, "round.closed", {"round": due.number}, now)
        log.info("round_closed", study=due.study_id, round=due.number)
        return True

    async def _evaluate(self, closed: Round, now: datetime) -> bool:
        """Nothing is answered any more, so it can be computed outside of a transaction."""
        async with self._database.begin() as connection:
            study = await studies.study(connection, closed.study_id)
            if study is None:
                return False
            protocol = Protocol.model_validate(study.protocol)
            table = await table_of(connection, study.id, closed.id)
            before = await ratings_before(connection, study.id, closed.number)
        outcome = await asyncio.to_thread(outcome_of, protocol, closed.number, table, before)
        async with self._database.begin() as connection:
            if not await timetable.keep_outcome(connection, closed.id, outcome.model_dump(mode="json")):
                return False
            await follow(connection, study.id, closed, outcome, now)
        return True


async def follow(connection: AsyncConnection, study_id: int, closed: Round, outcome: Outcome, now: datetime) -> None:
    """What follows from a round's outcome: items leave, the next round gets its items, or the study ends."""
    study = await studies.study(connection, study_id, lock=True)
    if study is None:
        return
    protocol = Protocol.model_validate(study.protocol)
    ahead = [each for each in await studies.rounds(connection, study_id) if each.state == "planned"]
    next_steps = course(protocol, outcome, len(ahead))
    await _retire(connection, closed, outcome, next_steps)
    if closed.number and not protocol.invite_silent:
        await panels.ask_silent_no_more(connection, study_id, closed.id, closed.number)
    detail = {"round": closed.number, "retired": next_steps.retired, "staying": next_steps.staying}
    await studies.note(connection, study_id, "round.evaluated", detail, now)
    if next_steps.stop is not None:
        await studies.close(connection, study_id, next_steps.stop.value, now)
    elif ahead and study.state in ALIVE:
        await choose_items(connection, ahead[0], [item.id for item in await to_be_rated(connection, study_id)])


async def _retire(connection: AsyncConnection, closed: Round, outcome: Outcome, next_steps: Course) -> None:
    for item in await study_items.of_round(connection, closed.id):
        came = outcome.item(item.code)
        if came is not None and item.code in next_steps.retired and item.state == "active":
            await study_items.retire(connection, item.id, came.decision.why.value, closed.number)


async def to_be_rated(connection: AsyncConnection, study_id: int) -> list[Item]:
    """What a next round of ratings asks by the protocol: every item that is still active, but for open questions of
    round 0."""
    found = []
    for item in await study_items.all_of(connection, study_id):
        written = read_item(item.item)
        if item.state == "active" and not (isinstance(written, OpenItem) and written.proposals):
            found.append(item)
    return found


async def choose_items(connection: AsyncConnection, planned: Round, item_ids: Sequence[int]) -> bool:
    """What a round that has not opened will ask, in this order; without items it does not open. False when it has
    opened meanwhile."""
    current = await studies.round_by_id(connection, planned.id)
    if current is None or current.state not in studies.AHEAD:
        return False
    await study_items.ask(connection, planned.id, item_ids)
    if item_ids and current.state == "planned":
        await timetable.propose_round(connection, planned.id)
    return True


async def fill_seats(connection: AsyncConnection, study: Study, now: datetime) -> int:
    """Invite those on the protocol's panel whom the bot knows by now and who are not on it yet; how many."""
    seats = {seat["account"]: seat.get("group", "") for seat in study.protocol.get("panel", ())}
    there = {one.participant_id for one in await panels.members(connection, study.id)} if seats else set()
    invited = 0
    for account, participant_id in (await reminders.participants_by_account(connection, sorted(seats))).items():
        if participant_id not in there:
            there.add(participant_id)
            done = await panels.invite(connection, study.id, participant_id, seats[account], now)
            invited += done is not None
    return invited


async def set_times(connection: AsyncConnection, study: Study) -> None:
    """When rounds that have not opened open and close, for the panel as it is: from the opening time in the first zone
    to the closing time in the last."""
    ahead = [each for each in await studies.rounds(connection, study.id) if each.state in studies.AHEAD]
    if not ahead:
        return
    zones = zones_of(await panels.whereabouts(connection, study.id))
    for each in ahead:
        planned = planned_round(
            each.number, datetime.fromisoformat(each.opens), datetime.fromisoformat(each.closes), zones
        )
        if (planned.opens_at, planned.closes_at) != (each.opens_at, each.closes_at):
            await timetable.reschedule(connection, each.id, planned)


def zones_of(people: Sequence[Whereabouts]) -> set[ZoneInfo]:
    """The zones that a panel lives in. Whose zone is not known reads its times in UTC: a guess would move them whenever
    they write."""
    return {zone_named(one.zone) or zone_named(one.zone_hint) or UTC_ZONE for one in people} or {UTC_ZONE}


def planned_round(number: int, opens: datetime, closes: datetime, zones: set[ZoneInfo]) -> Planned:
    """A round between these wall times, for a panel in these zones."""
    return Planned(
        number,
        opens.isoformat(),
        closes.isoformat(),
        min(at_wall(opens, zone) for zone in zones),
        max(at_wall(closes, zone) for zone in zones),
    )


def planned_rounds(rounds: Sequence[tuple[int, Written]], zones: set[ZoneInfo]) -> list[Planned]:
    """The rounds of a protocol for a panel in these zones."""
    return [planned_round(number, each.opens, each.closes, zones) for number, each in rounds]


def _title(study: Study) -> str:
    return in_language(study.protocol.get("title", {}), DEFAULT) or study.code
