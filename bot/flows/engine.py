"""The engine: events that wait, taken together, each with effect exactly once.

One transaction per group: the keys go into the inbox, the people are read and locked, the events are run one after the
other, and what came of all of them (people, conversations, replies) is written in bulk. When an event raises, the
group is run again with a savepoint for each, so that it is undone alone. Only after the commit do the replies go out.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from zlib import crc32

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncTransaction

from bot.chat.events import Blocked, Event
from bot.chat.messages import Message, encode
from bot.clock import Clock
from bot.flows.router import moves_accounts, route
from bot.flows.turn import House, Outcome, Reply, Turn
from bot.flows.zone import is_zone
from bot.outreach.postbox import Learnt, sender_of
from storage import coalitions, conversations, outbox, people
from storage.conversations import Conversation
from storage.outbox import Outgoing, Row
from storage.people import Newcomer, Person

log = structlog.get_logger()

DUPLICATE = Outcome(duplicate=True)
# When a person wrote last is put down no finer than this: who writes much should not cost a row each time.
NOTICED = timedelta(minutes=1)


class Replies(Protocol):
    """Where replies go once they are committed, and what came of earlier ones is kept until it is written down."""

    def lease_until(self) -> datetime: ...

    async def write(self, connection: AsyncConnection) -> Sequence[Learnt]: ...

    def written(self, learnt: Sequence[Learnt]) -> None: ...

    def post(self, rows: Sequence[tuple[Row, Message]]) -> None: ...


@dataclass(slots=True)
class _Savepoint:
    """One event's savepoint, opened when the event first touches the database and savepoints are `wanted`."""

    connection: AsyncConnection
    wanted: bool
    nested: AsyncTransaction | None = None

    async def open(self) -> AsyncConnection:
        if self.wanted and self.nested is None:
            self.nested = await self.connection.begin_nested()
        return self.connection

    async def close(self) -> None:
        if self.nested is not None:
            await self.nested.commit()

    async def undo(self) -> None:
        if self.nested is not None:
            await self.nested.rollback()


@dataclass(slots=True)
class _Group:
    """What a group's events read and what is to be written for them."""

    people: dict[str, Person]
    conversations: dict[int, Conversation]
    before: dict[int, Person] = field(default_factory=dict)
    changed: dict[int, Conversation] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)


class _Raised(Exception):
    """An event raised in a transaction without savepoints, and so undid all of it."""


class Engine:
    """Runs events. Safe to use from several processes on one PostgreSQL database; on SQLite from one."""

    def __init__(self, database: AsyncEngine, house: House, replies: Replies, clock: Clock) -> None:
        self._database = database
        self._house = house
        self._replies = replies
        self._clock = clock

    async def handle(self, events: Sequence[Event]) -> list[Outcome]:
        """Run these events in one transaction; their outcomes in the same order. Raises when it cannot be committed:
        nothing has happened then, and the events may be handed in again.

        At most one event of a participant is in a group; the caller sees to that by account, and a participant's
        second account is seen to here.
        """
        try:
            return await self._handle(events, savepoints=False)
        except _Raised:
            # Savepoints are a good part of what a group costs, so it gets them only once an event has raised.
            return await self._handle(events, savepoints=True)

    async def _handle(self, events: Sequence[Event], *, savepoints: bool) -> list[Outcome]:
        now = self._clock()
        outcomes: dict[str, Outcome] = {}
        posted: list[tuple[Row, Message]] = []
        async with self._database.begin() as connection:
            learnt = await self._replies.write(connection)
            fresh_keys = await people.accept(connection, [event.origin.key for event in events], now)
            fresh = list({e.origin.key: e for e in events if e.origin.key in fresh_keys}.values())
            if fresh:
                group = await _read(connection, fresh, now)
                seen: set[int] = set()
                outdated = False
                for place, event in enumerate(fresh):
                    # Whose account is whose is read anew around an event that changes it.
                    moves = moves_accounts(event)
                    if outdated or group.people[str(event.origin.account)].id in seen or (moves and seen):
                        await self._write(connection, group, now, posted)
                        # Only who is still to come: one of the others may have had themselves erased.
                        group = await _read(connection, fresh[place:], now)
                        seen.clear()
                    seen.add(group.people[str(event.origin.account)].id)
                    outcomes[event.origin.key] = await self._run(_Savepoint(connection, savepoints), group, event, now)
                    outdated = moves
                await self._write(connection, group, now, posted)
        self._replies.written(learnt)
        self._replies.post(posted)
        # The first of two events with one key did it; the other one is the repetition.
        return [outcomes.pop(event.origin.key, DUPLICATE) for event in events]

    async def _run(self, savepoint: _Savepoint, group: _Group, event: Event, now: datetime) -> Outcome:
        """One event, in its savepoint. One that raises is undone alone, and its person is told."""
        person = group.people[str(event.origin.account)]
        turn = self._turn(savepoint, group, replace(person), event, now)
        try:
            _learn(turn)
            await route(turn)
            if turn.erased:
                await coalitions.forget_participant(await turn.connection(), person.id)
            await savepoint.close()
        except Exception as error:
            if not savepoint.wanted:
                raise _Raised from error
            await savepoint.undo()
            reference = f"{crc32(event.origin.key.encode()):08x}"
            log.exception("event_failed", reference=reference, kind=type(event).__name__)
            turn = self._turn(_Savepoint(savepoint.connection, True), group, replace(person), event, now)
            turn.say(turn.words("error.apology", reference=reference), turn.onward((("start.help", "help"),)))
        if turn.erased:
            # Nothing of this person is written back, and the last word is said without an account to hang it on.
            del group.people[person.account]
            group.replies += [replace(reply, account_id=None, screen=None) for reply in turn.replies]
            return Outcome(toast=turn.toast)
        group.people[person.account] = turn.person
        group.changed.update(turn.touched)
        group.replies += turn.replies
        return Outcome(turn.form, turn.errors, turn.toast)

    def _turn(self, savepoint: _Savepoint, group: _Group, person: Person, event: Event, now: datetime) -> Turn:
        active = group.conversations.get(person.conversation_id or 0)
        conversation = replace(active) if active is not None and active.state == "open" else None
        return Turn(event, person, self._house, now, savepoint.open, conversation)

    async def _write(
        self, connection: AsyncConnection, group: _Group, now: datetime, posted: list[tuple[Row, Message]]
    ) -> None:
        """Everything that came of a group, in bulk."""
        outgoing = [_outgoing(reply) for reply in group.replies]
        rows = await outbox.add(connection, outgoing, now, self._replies.lease_until())
        for row, reply in zip(rows, group.replies, strict=True):
            if reply.screen is not None:
                reply.screen.screen_id = row.id
                reply.screen.screen_message = row.message_id
                reply.screen.screen_account = row.account_id
            posted.append((row, reply.message))
        after = {person.account_id: person for person in group.people.values()}
        await people.save(connection, group.before, after)
        await conversations.save(connection, list(group.changed.values()), now)
        group.replies = []


async def _read(connection: AsyncConnection, events: Sequence[Event], now: datetime) -> _Group:
    newcomers = {
        str(event.origin.account): Newcomer(
            str(event.origin.account),
            event.origin.account.platform,
            event.origin.profile.name,
            event.origin.profile.handle,
            event.origin.profile.language,
            event.origin.profile.zone,
        )
        for event in events
    }
    met = await people.meet(connection, list(newcomers.values()), now)
    active = [person.conversation_id for person in met.values() if person.conversation_id is not None]
    group = _Group(met, await conversations.by_ids(connection, active))
    group.before = {person.account_id: replace(person) for person in met.values()}
    return group


def _learn(turn: Turn) -> None:
    """Note where this person can be written to, and what their platform says of them today."""
    origin = turn.event.origin
    person = turn.person
    if origin.private and origin.chat and not isinstance(turn.event, Blocked):
        person.chat = origin.chat
    person.handle = origin.profile.handle or person.handle
    person.hint = origin.profile.language or person.hint
    person.name = person.name or origin.profile.name
    if is_zone(origin.profile.zone):
        # As long as the person has not chosen another zone, the platform's is theirs, also when they travel.
        if person.zone in ("", person.zone_hint):
            person.zone = origin.profile.zone
        person.zone_hint = origin.profile.zone
    if turn.now - person.seen_at >= NOTICED and not isinstance(turn.event, Blocked):
        person.seen_at = turn.now


def _outgoing(reply: Reply) -> Outgoing:
    edits = getattr(reply.message, "edits", "")
    return Outgoing(
        sender=sender_of(reply.account),
        account_id=reply.account_id,
        account=reply.account,
        chat=reply.chat,
        payload=encode(reply.at_rest or reply.message).decode(),
        subject=reply.subject,
        edited=edits,
    )
