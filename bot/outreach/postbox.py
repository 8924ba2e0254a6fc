"""Sending what the outbox holds: at once after a commit, and again by sweeping up what is due.

Rows of one account go out one after the other, different accounts side by side. What came of each is kept in memory
and written down together, with the engine's next transaction or by `record`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.events import Account
from bot.chat.messages import Form, Message, decode
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
from storage import outbox
from storage.schema import accounts

log = structlog.get_logger()

LEASE = timedelta(seconds=20)
# How long to wait before the next attempt; after the last one the row has failed.
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (1, 5, 15, 60, 300, 900, 3600))
SETUP_PAUSE = timedelta(minutes=1)


Compose = Callable[[AsyncConnection, Sequence[outbox.Row]], Awaitable[Mapping[int, Message]]]


def sender_of(account: str) -> str:
    """The sender that an account is reached through: `telegram`, or `slack:<team>`."""
    return account.partition("/")[0] if account.startswith("slack:") else "telegram"


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
        self._results: list[outbox.Result] = []
        self._lost: set[int] = set()
        self._moved: dict[int, str] = {}
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
            before = self._last.get(row.account)
            task = asyncio.create_task(self._send(row, message, before))
            self._last[row.account] = task
            task.add_done_callback(partial(self._forget, row.account))

    async def sweep(self) -> int:
        """Send what is due: replies that failed before, and what a process left behind when it died."""
        if not self._senders:
            return 0
        now = self._clock()
        free = [name for name in self._senders if self._paused.get(name, now) <= now]
        async with self._database.begin() as connection:
            rows = await outbox.claim(connection, free, now, self.lease_until())
            messages = await self._messages(connection, rows)
        self.post([(row, messages[row.id]) for row in rows if row.id in messages])
        return len(rows)

    async def reclaim(self) -> None:
        """At the start of the only process that sends: nobody else holds a lease, so none has to run out first."""
        async with self._database.begin() as connection:
            await outbox.release(connection, list(self._senders), self._clock())

    async def _messages(self, connection: AsyncConnection, rows: Sequence[outbox.Row]) -> dict[int, Message]:
        """What these rows say. One without words gets them now, or has nothing to say any more and is cancelled."""
        messages = {row.id: decode(row.payload) for row in rows if row.payload}
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
        return bool(self._results or self._lost or self._moved)

    async def write(self, connection: AsyncConnection) -> None:
        """Write down, in the caller's transaction, what came of the sends so far."""
        results, self._results = self._results, []
        lost, self._lost = self._lost, set()
        moved, self._moved = self._moved, {}
        try:
            await outbox.record(connection, results)
            if lost:
                await connection.execute(update(accounts).where(accounts.c.id.in_(lost)).values(reachable=False))
            for account_id, chat in moved.items():
                await connection.execute(update(accounts).where(accounts.c.id == account_id).values(chat=chat))
        except BaseException:
            self._results[:0] = results
            self._lost |= lost
            self._moved = moved | self._moved
            raise

    async def record(self) -> None:
        """Write down what came of the sends so far, in a transaction of its own."""
        if self.has_results:
            async with self._database.begin() as connection:
                await self.write(connection)

    async def settle(self) -> None:
        """Wait until everything under way has come to something, and write it down."""
        while self._last:
            await asyncio.wait(list(self._last.values()))
            # The callbacks that forget finished tasks run in the loop's next round.
            await asyncio.sleep(0)
        await self.record()

    def _forget(self, account: str, done: asyncio.Task[None]) -> None:
        if self._last.get(account) is done:
            del self._last[account]
        if not done.cancelled() and (error := done.exception()):
            log.error("send_crashed", error=type(error).__name__)

    async def _send(self, row: outbox.Row, message: Message, before: asyncio.Task[None] | None) -> None:
        if before is not None:
            await asyncio.wait([before])
        # In two lines: while the outcome is awaited, `write` may take the list away.
        result = await self._outcome(row, message)
        self._results.append(result)
        self.on_result()

    async def _outcome(self, row: outbox.Row, message: Message) -> outbox.Result:
        name = sender_of(row.account)
        sender = self._senders.get(name)
        now = self._clock()
        if sender is None or self._paused.get(name, now) > now:
            return outbox.Result(row.id, "waiting", not_before=self._paused.get(name, now + SETUP_PAUSE))
        if isinstance(message, Form):
            return outbox.Result(row.id, "failed", error="a form cannot be sent")
        try:
            sent = await sender.deliver(Delivery(Account.parse(row.account), row.chat, message))
        except Moved as moved:
            if row.account_id is not None:
                self._moved[row.account_id] = moved.chat
            return await self._outcome(_moved_to(row, moved.chat), message)
        except DeliveryFailed as failure:
            return self._after(failure, row, name)
        except Exception as error:
            log.error("send_failed", error=type(error).__name__, row=row.id)
            return outbox.Result(row.id, "failed", error=type(error).__name__)
        return outbox.Result(row.id, "sent", sent.message_id or row.message_id, sent.chat or row.chat)

    def _after(self, failure: DeliveryFailed, row: outbox.Row, sender: str) -> outbox.Result:
        """What a failure means for the row; the table of errors in docs/delivery.md."""
        now = self._clock()
        log.warning("not_delivered", kind=type(failure).__name__, code=str(failure), row=row.id, sender=sender)
        match failure:
            case RateLimited(seconds=seconds):
                self._paused[sender] = now + timedelta(seconds=seconds)
                return outbox.Result(row.id, "waiting", error=str(failure), not_before=self._paused[sender])
            case SetupFault():
                self._paused[sender] = now + SETUP_PAUSE
                self.on_fault(sender, str(failure))
                return outbox.Result(row.id, "waiting", error=str(failure), not_before=self._paused[sender])
            case Interrupted(unknown=unknown) if row.attempts <= len(BACKOFF):
                return outbox.Result(
                    row.id,
                    "waiting",
                    error=str(failure),
                    not_before=now + BACKOFF[row.attempts - 1],
                    uncertain=unknown,
                )
            case Unreachable() if row.account_id is not None:
                self._lost.add(row.account_id)
        return outbox.Result(row.id, "failed", error=str(failure))


async def _nothing(_connection: AsyncConnection, _rows: Sequence[outbox.Row]) -> Mapping[int, Message]:
    return {}


def _moved_to(row: outbox.Row, chat: str) -> outbox.Row:
    return outbox.Row(row.id, row.account_id, row.account, chat, row.payload, row.attempts, row.message_id)
