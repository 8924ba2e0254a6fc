"""Sending what the outbox holds: at once after a commit, and again by sweeping up what is due.

Rows of one account go out one after the other, different accounts side by side. What came of each is kept in memory
and written down together, with the engine's next transaction or by `record`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.events import Account
from bot.chat.messages import Form, Message, Say, decode
from bot.chat.tokens import Screen, parse
from bot.clock import Clock
from bot.outreach.delivery import (
    Delivery,
    DeliveryFailed,
    Interrupted,
    Moved,
    RateLimited,
    Sender,
    SetupFault,
    Unreachable,
)
from storage import conversations, outbox
from storage.schema import accounts

log = structlog.get_logger()

# How long after a process died its messages wait for another one. A living one renews its leases with every sweep.
LEASE = timedelta(seconds=6)
# How long to wait before the next attempt; after the last one the row has failed.
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 15, 60, 300, 900, 3600))
SETUP_PAUSE = timedelta(minutes=1)


Compose = Callable[[AsyncConnection, Sequence[outbox.Row]], Awaitable[Mapping[int, Message]]]


def sender_of(account: str) -> str:
    """The sender that an account is reached through: `telegram`, or `slack:<team>`."""
    return account.partition("/")[0] if account.startswith("slack:") else "telegram"


@dataclass(frozen=True, slots=True)
class Learnt:
    """What an attempt taught: what became of the row, that its account cannot be reached, where its chat moved to."""

    result: outbox.Result
    account_id: int | None
    reachable: bool = True
    chat: str = ""


class Postbox:
    """The outbox's way out of this process.

    `on_result` is called when there is something to write down, `on_fault` with the sender and the code of a fault of
    the set-up. `compose` gives, by row, the messages of rows that were recorded without words; those that it leaves out
    are cancelled.
    """

    def __init__(self, database: AsyncEngine, senders: Mapping[str, Sender], clock: Clock) -> None:
        self._database = database
        self._senders = senders
        self._clock = clock
        self._last: dict[str, asyncio.Task[None]] = {}
        self._learnt: list[Learnt] = []
        # Rows under way or with an outcome not yet written down: a lease that runs out meanwhile is still ours.
        self._held: set[int] = set()
        self._paused: dict[str, datetime] = {}
        self.on_result: Callable[[], None] = lambda: None
        self.on_fault: Callable[[str, str], None] = lambda sender, code: None
        self.compose: Compose = _nothing

    def lease_until(self) -> datetime:
        """Until when what is recorded now belongs to this process."""
        return self._clock() + LEASE

    def post(self, rows: Sequence[tuple[outbox.Row, Message]]) -> None:
        """Send rows that this process holds the lease of. Returns at once."""
        for row, message in rows:
            self._held.add(row.id)
            before = self._last.get(row.account)
            task = asyncio.create_task(self._send(row, message, before))
            self._last[row.account] = task
            task.add_done_callback(partial(self._forget, row))

    async def sweep(self) -> int:
        """Send what is due: replies that failed before, and what a process left behind when it died."""
        if not self._senders:
            return 0
        now = self._clock()
        free = [name for name in self._senders if self._paused.get(name, now) <= now]
        async with self._database.begin() as connection:
            await outbox.renew(connection, tuple(self._held), self.lease_until())
            rows = await outbox.claim(connection, free, now, self.lease_until(), besides=self._held)
            messages = await self._messages(connection, rows)
            due = [(row, messages[row.id]) for row in rows if row.id in messages]
            asked = {row.id: conversation for row, message in due if (conversation := _asked_in(message))}
            screens = await conversations.screens(connection, set(asked.values()))
        for row, message in due:
            if row.id in asked and screens.get(asked[row.id], 0) > row.id:
                # Its conversation has gone on: asked so late, the question would be answered once more.
                self._note(Learnt(outbox.Result(row.id, "cancelled", error="outdated", tried=False), row.account_id))
            else:
                self.post([(row, message)])
        return len(rows)

    async def reclaim(self) -> None:
        """At the start of the only process that sends: nobody else holds a lease, so none has to run out first."""
        async with self._database.begin() as connection:
            await outbox.release(connection, list(self._senders), self._clock())

    async def _messages(self, connection: AsyncConnection, rows: Sequence[outbox.Row]) -> dict[int, Message]:
        """What these rows say. One without words gets them now, or has nothing to say any more and is cancelled."""
        messages = {row.id: message for row in rows if row.payload and (message := self._read(row)) is not None}
        wordless = [row for row in rows if not row.payload]
        if not wordless:
            return messages
        state, later = "cancelled", None
        try:
            async with connection.begin_nested():
                messages |= await self.compose(connection, wordless)
        except Exception as error:
            log.error("not_composed", error=type(error).__name__)
            state, later = "waiting", self._clock() + SETUP_PAUSE
        silent = [row for row in wordless if row.id not in messages]
        await outbox.record(connection, [outbox.Result(row.id, state, not_before=later) for row in silent])
        return messages

    @property
    def has_results(self) -> bool:
        """Whether `write` has something to write."""
        return bool(self._learnt)

    async def write(self, connection: AsyncConnection) -> Sequence[Learnt]:
        """Write down, in the caller's transaction, what came of the sends so far. It is kept until the caller says that
        it is `written`, since a transaction may fail."""
        learnt = tuple(self._learnt)
        await outbox.record(connection, [one.result for one in learnt])
        if lost := {one.account_id for one in learnt if not one.reachable}:
            await connection.execute(update(accounts).where(accounts.c.id.in_(lost)).values(reachable=False))
        for one in learnt:
            if one.chat:
                await connection.execute(update(accounts).where(accounts.c.id == one.account_id).values(chat=one.chat))
        return learnt

    def written(self, learnt: Sequence[Learnt]) -> None:
        """What `write` wrote has been committed."""
        done = set(learnt)
        self._learnt = [one for one in self._learnt if one not in done]
        self._held -= {one.result.id for one in done}

    async def record(self) -> None:
        """Write down what came of the sends so far, in a transaction of its own."""
        if self.has_results:
            async with self._database.begin() as connection:
                learnt = await self.write(connection)
            self.written(learnt)

    async def settle(self) -> None:
        """Wait until everything under way has come to something, and write it down."""
        while self._last:
            await asyncio.wait(list(self._last.values()))
            # The callbacks that forget finished tasks run in the loop's next round.
            await asyncio.sleep(0)
        await self.record()

    def _read(self, row: outbox.Row) -> Message | None:
        """What the row says; None for what another version of this program wrote, which may take it up."""
        try:
            return decode(row.payload)
        except ValueError:
            self._note(self._after(Interrupted("unreadable", unknown=False), row, sender_of(row.account)))
            return None

    def _forget(self, row: outbox.Row, done: asyncio.Task[None]) -> None:
        if self._last.get(row.account) is done:
            del self._last[row.account]
        if done.cancelled():
            self._held.discard(row.id)
        elif error := done.exception():
            self._held.discard(row.id)
            log.error("send_crashed", error=type(error).__name__)

    async def _send(self, row: outbox.Row, message: Message, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        self._note(await self._outcome(row, message))

    def _note(self, learnt: Learnt) -> None:
        self._learnt.append(learnt)
        self.on_result()

    async def _outcome(self, row: outbox.Row, message: Message, *, moved: bool = False) -> Learnt:
        name = sender_of(row.account)
        sender = self._senders.get(name)
        now = self._clock()
        if sender is None or self._paused.get(name, now) > now:
            return _later(row, self._paused.get(name, now + SETUP_PAUSE))
        if isinstance(message, Form):
            return _failed(row, "a form cannot be sent")
        try:
            sent = await sender.deliver(Delivery(Account.parse(row.account), row.chat, message))
        except Moved as move:
            if moved:
                return _failed(row, str(move))
            return replace(await self._outcome(replace(row, chat=move.chat), message, moved=True), chat=move.chat)
        except DeliveryFailed as failure:
            return self._after(failure, row, name)
        except Exception as error:
            log.error("send_failed", error=type(error).__name__, row=row.id)
            return _failed(row, type(error).__name__)
        result = outbox.Result(row.id, "sent", sent.message_id or row.message_id, sent.chat or row.chat)
        return Learnt(result, row.account_id)

    def _after(self, failure: DeliveryFailed, row: outbox.Row, sender: str) -> Learnt:
        """What a failure means for the row; the table of errors in docs/delivery.md."""
        now = self._clock()
        log.warning("not_delivered", kind=type(failure).__name__, code=str(failure), row=row.id, sender=sender)
        match failure:
            case RateLimited(seconds=seconds):
                return _later(row, self._pause(sender, now + timedelta(seconds=seconds)), str(failure))
            case SetupFault():
                self.on_fault(sender, str(failure))
                return _later(row, self._pause(sender, now + SETUP_PAUSE), str(failure))
            case Interrupted(unknown=unknown) if row.account_id is not None and row.attempts <= len(BACKOFF):
                again = now + BACKOFF[row.attempts - 1]
                result = outbox.Result(row.id, "waiting", error=str(failure), not_before=again, uncertain=unknown)
                return Learnt(result, row.account_id)
            case Unreachable():
                return replace(_failed(row, str(failure)), reachable=False)
        return _failed(row, str(failure))

    def _pause(self, sender: str, until: datetime) -> datetime:
        """Let nothing out by this sender until then; of several such words the longest one counts."""
        self._paused[sender] = max(until, self._paused.get(sender, until))
        return self._paused[sender]


def _asked_in(message: Message) -> int | None:
    """The conversation whose question a new message shows. A button that only leads back to one shows none."""
    if not isinstance(message, Say) or message.edits:
        return None
    tokens = (parse(button.token) for row in message.buttons for button in row)
    return next((token.conversation for token in tokens if isinstance(token, Screen) and token.move not in "gx"), None)


def _later(row: outbox.Row, not_before: datetime, why: str = "") -> Learnt:
    """The platform was not tried, or did not look at the message: no attempt, and so not counted as one."""
    if row.account_id is None:
        return _failed(row, why or "not in time")
    result = outbox.Result(row.id, "waiting", error=why, not_before=not_before, tried=False)
    return Learnt(result, row.account_id)


def _failed(row: outbox.Row, why: str) -> Learnt:
    return Learnt(outbox.Result(row.id, "failed", error=why), row.account_id)


async def _nothing(_connection: AsyncConnection, _rows: Sequence[outbox.Row]) -> Mapping[int, Message]:
    return {}
