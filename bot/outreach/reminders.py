"""Reminders: who is due one is found by `tick`, and what it says when it is sent, by `compose`.

In between the row waits in the outbox without words. So a reminder always says what is owed at the moment of sending,
in the person's language of that moment, and is not sent at all when nothing is owed any more or night has fallen.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.markup import join
from bot.chat.messages import Button, Message, Rows, Say
from bot.clock import Clock
from bot.locales import DEFAULT, Words, closest
from bot.outreach.owed import POLICIES, Owed, Policy, Reader, due_today, moment
from bot.outreach.postbox import sender_of
from bot.outreach.schedule import daytime_of
from storage import reminders as stored
from storage.outbox import Row
from storage.reminders import DAY, Recipient, Reminder

# How long what was said is remembered, and so counted.
REMEMBERED = timedelta(days=365)
NEVER = datetime.max.replace(tzinfo=UTC)
# How far `upcoming` looks ahead.
COMING = timedelta(days=7)
# Whoever is due nothing yet is looked at again when that comes, but not later than this: settings may have changed.
LOOK_AGAIN = timedelta(minutes=10)
# People looked at in one transaction.
BATCH = 200
# Thousands may be due when a morning begins, and must not stand between people and their answers: so many wait to be
# sent by one sender, and leave with so much time between them.
MOST_WAITING = 100
PACE = {"telegram": timedelta(seconds=0.1), "slack": timedelta(seconds=0.5)}
# Things named in one message; the next day has room for the others.
MOST_THINGS = 8


class Provider(Protocol):
    """Says who owes something of one kind. Reads the tables as they are now."""

    async def participants(self, connection: AsyncConnection, by: datetime) -> Collection[int]:
        """Everybody who may be due a reminder by then."""
        ...

    async def owed(self, connection: AsyncConnection, participants: Sequence[int], now: datetime) -> list[Owed]:
        """What these people owe."""
        ...


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next reminder of one person, as things stand."""

    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Case:
    """One person, how they stand, and what they owe."""

    recipient: Recipient
    reader: Reader
    owing: list[Owed]


class Reminders:
    """Safe to tick in several processes on one database: a local day can be taken once."""

    def __init__(
        self,
        database: AsyncEngine,
        words: Mapping[str, Words],
        providers: Sequence[Provider],
        senders: Collection[str],
        clock: Clock,
        policies: Mapping[str, Policy] = POLICIES,
    ) -> None:
        self._database = database
        self._words = words
        self._providers = providers
        self._senders = sorted(senders)
        self._clock = clock
        self._policies = policies
        self._next_look: dict[int, datetime] = {}

    async def tick(self) -> int:
        """Put reminders into the outbox for those who are due one, as many as there is room for; how many."""
        now = self._clock()
        async with self._database.begin() as connection:
            waiting = await stored.waiting(connection, self._senders)
        ahead = {sender: waiting.get(sender, 0) for sender in self._senders}
        owing = await self._owing_ids(now)
        self._next_look = {id: at for id in owing if (at := self._next_look.get(id, now)) > now}
        ids = [id for id in owing if id not in self._next_look]
        reminded = 0
        for start in range(0, len(ids), BATCH):
            if all(before >= MOST_WAITING for before in ahead.values()):
                break
            batch = ids[start : start + BATCH]
            async with self._database.begin() as connection:
                cases = {case.recipient.participant_id: case for case in await self._cases(connection, batch, now)}
                for id in batch:
                    case = cases.get(id)
                    if case is None or not self._due(case, now):
                        self._next_look[id] = self._moment(case, now + LOOK_AGAIN, now)
                        continue
                    sender = sender_of(case.recipient.account)
                    if ahead[sender] < MOST_WAITING and await self._remind(connection, case, now, ahead[sender]):
                        ahead[sender] += 1
                        reminded += 1
        return reminded

    async def compose(self, connection: AsyncConnection, rows: Sequence[Row]) -> dict[int, Message]:
        """The messages of those of these rows that are reminders and still to be sent, by row. The days of the others
        are free again."""
        now = self._clock()
        found = await stored.reminders(connection, [row.id for row in rows])
        days = {one.participant_id: one.day for one in found}
        cases = {case.recipient.participant_id: case for case in await self._cases(connection, sorted(days), now, days)}
        accounts = {row.id: row.account_id for row in rows}
        messages: dict[int, Message] = {}
        said: list[tuple[Reminder, list[Owed]]] = []
        for one in found:
            case = cases.get(one.participant_id)
            due = self._due(case, now) if case is not None else []
            if (
                case is None
                or not due
                or case.recipient.account_id != accounts[one.row_id]
                or case.reader.daytime.day(now) != one.day
            ):
                await stored.give_back(connection, one)
                continue
            said.append((one, due))
            # Two rows of two people who have become one are not both sent.
            del cases[one.participant_id]
            messages[one.row_id] = await self._message(connection, case, due, one.day)
        # In the order in which the engine locks people.
        for one, due in sorted(said, key=lambda each: each[0].participant_id):
            await stored.say(connection, one.participant_id, one.day, [owed.name for owed in due], now)
        return messages

    async def _message(self, connection: AsyncConnection, case: _Case, due: Sequence[Owed], day: date) -> Say:
        words = self._words[language_of(case.recipient)]
        only = due[0]
        if len(due) == 1 and only.show is not None and not case.reader.reminded.get(only.name):
            shown = await only.show(connection, case.recipient, words, self._clock())
            if shown is not None:
                return replace(shown, buttons=(*shown.buttons, *ways_out(due, day, words)))
        return message(due, day, words)

    async def upcoming(self) -> list[Upcoming]:
        """Everybody's next reminder in the coming days, as things stand, the nearest first."""
        now = self._clock()
        found = []
        ids = await self._owing_ids(now + COMING)
        for start in range(0, len(ids), BATCH):
            async with self._database.begin() as connection:
                for case in await self._cases(connection, ids[start : start + BATCH], now):
                    if (at := self._moment(case, NEVER, now)) < NEVER:
                        found.append(Upcoming(case.recipient.name, at))
        return sorted(found, key=lambda one: (one.at, one.name))

    async def prune(self, connection: AsyncConnection) -> None:
        """Forget what is too long ago to count."""
        await stored.prune(connection, self._clock() - REMEMBERED)

    async def _owing_ids(self, by: datetime) -> list[int]:
        async with self._database.begin() as connection:
            return sorted({id for each in self._providers for id in await each.participants(connection, by)})

    async def _remind(self, connection: AsyncConnection, case: _Case, now: datetime, ahead: int) -> bool:
        """Whether a reminder now waits, behind those that are `ahead` of it."""
        to = case.recipient
        day = case.reader.daytime.day(now)
        if not await stored.take_day(connection, to.participant_id, day, now):
            return False
        sender = sender_of(to.account)
        at = now + ahead * PACE[sender.partition(":")[0]]
        await stored.enqueue(connection, to, sender, day, at, now)
        return True

    def _moment(self, case: _Case | None, latest: datetime, now: datetime) -> datetime:
        """When the first of the things that somebody owes will be due, or `latest`."""
        if case is None:
            return latest
        moments = [moment(owed, self._policies[owed.topic], case.reader, now) for owed in case.owing]
        return min((at for at in moments if at is not None and at < latest), default=latest)

    def _due(self, case: _Case, now: datetime) -> list[Owed]:
        return due_today(case.owing, self._policies, case.reader, now)[:MOST_THINGS]

    async def _cases(
        self,
        connection: AsyncConnection,
        ids: Sequence[int],
        now: datetime,
        but_for: Mapping[int, date] | None = None,
    ) -> list[_Case]:
        """These people; without what was said to each on the day `but_for`, which is about to be said anew."""
        recipients = {
            one.participant_id: one
            for one in await stored.recipients(connection, ids)
            if sender_of(one.account) in self._senders
        }
        reachable = sorted(recipients)
        if not reachable:
            return []
        owing: dict[int, list[Owed]] = defaultdict(list)
        for provider in self._providers:
            for owed in await provider.owed(connection, reachable, now):
                owing[owed.participant_id].append(owed)
        readers = await _readers(connection, recipients, now, but_for or {})
        return [_Case(recipients[id], readers[id], owing[id]) for id in reachable if owing[id]]


def message(due: Sequence[Owed], day: date, words: Words) -> Say:
    """What is said about these things: about one in its own words, about several as a list; with the ways out."""
    if len(due) == 1:
        text = due[0].ask(words)
    else:
        lines = [words("remind.item", place=place, what=one.ask(words)) for place, one in enumerate(due, 1)]
        text = join([words.count("remind.digest", len(due)), *lines], "\n\n")
    return Say(text, (*ways(due, words), *ways_out(due, day, words)))


def ways_out(due: Sequence[Owed], day: date, words: Words) -> Rows:
    """The buttons that put off what was said on a day, if it asks for something, or stop it."""
    topics = {one.topic for one in due}
    stop = Button(words.plain("remind.stop"), f"stoptopic_{topics.pop()}" if len(topics) == 1 else "stoptopic")
    if not any(one.asks for one in due):
        return ((stop,),)
    snooze = Button(words.plain("remind.snooze"), f"snooze_{day.isoformat()}")
    return (snooze, Button(words.plain("remind.not_now"), f"notnow_{day.isoformat()}")), (stop,)


def ways(owing: Sequence[Owed], words: Words) -> Rows:
    """The buttons that lead to what is owed, one a row."""
    return tuple((Button(one.label(words), one.token),) for one in owing)


def language_of(recipient: Recipient) -> str:
    """The person's choice, else what their platform says, else English."""
    return recipient.language or closest(recipient.hint) or DEFAULT


async def _readers(
    connection: AsyncConnection, recipients: Mapping[int, Recipient], now: datetime, but_for: Mapping[int, date]
) -> dict[int, Reader]:
    days: dict[int, dict[date, datetime]] = defaultdict(dict)
    reminded: dict[int, dict[tuple[str, str], list[datetime]]] = defaultdict(lambda: defaultdict(list))
    snoozed: dict[int, dict[tuple[str, str], datetime]] = defaultdict(dict)
    ids = sorted(recipients)
    for one in await stored.said(connection, ids, now - REMEMBERED):
        if but_for.get(one.participant_id) == one.day:
            continue
        if one.topic == DAY:
            days[one.participant_id][one.day] = one.at
        else:
            reminded[one.participant_id][one.topic, one.subject].append(one.at)
    for put_off in await stored.put_off(connection, ids):
        snoozed[put_off.participant_id][put_off.topic, put_off.subject] = put_off.until
    return {
        id: Reader(
            daytime=daytime_of((of.zone, of.zone_hint), of.daytime_from, of.daytime_to, of.seen_at),
            paused_until=of.paused_until,
            digest=of.digest,
            stopped=of.stopped_topics,
            days=days[id].keys(),
            written_at=max(days[id].values(), default=None),
            reminded=reminded[id],
            snoozed=snoozed[id],
        )
        for id, of in recipients.items()
    }
