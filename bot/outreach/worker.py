"""The worker: says to many what there is to say to them, within each sender's rates, once.

For each sender one worker at a time holds a lease. It reads what is due a hundred rows at a time, waits for the rates,
puts down that a message is about to leave, sends it, and puts down what came of it. What it puts down is written
together with whatever else is ready by then. Replies are not its business: they go out by the postbox, at once, and
the rates hear of them, so that what is said to many waits for them.
"""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.events import Account
from bot.chat.messages import Say, decode
from bot.clock import Clock
from bot.outreach.aftermath import aftermath, is_of_one_place
from bot.outreach.delivery import (
    Delivery,
    DeliveryFailed,
    Moved,
    RateLimited,
    Sender,
    Sent,
    SetupFault,
    Unreachable,
)
from bot.outreach.lane import Lane, Window, chat_of, messages_in
from bot.outreach.ledger import Ledger
from bot.outreach.rates import Rates
from storage import bulk, leases
from storage.bulk import BulkRow, Ended

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
RENEW_SECONDS = 5.0
# A send that begins is over, one way or another, before the lease is: clients give up after 15 seconds.
LONGEST_SEND = timedelta(seconds=15)
BATCH = 100
# Messages are composed together with those that leave in the next so many seconds, and not long before.
COMPOSED_AHEAD = 2.0
IDLE_SECONDS = 1.0
SETUP_PAUSE_SECONDS = 60.0
# Behind its pace by more than this many seconds, a sender needs more sends on their way at once.
TOO_SLOW = 0.05


@dataclass(frozen=True, slots=True)
class Later:
    """Not now, but from this instant on."""

    at: datetime


Compose = Callable[[BulkRow, Sequence[BulkRow]], Awaitable[Say | Later | None]]
"""The message of a row, at the moment of sending; None when it is not owed any more. The other rows are those that come
next: theirs may be looked up along with it. Whatever it raises, the row has failed; but a database that cannot be asked
makes it wait."""

Alarm = Callable[[str, str], Awaitable[None]]
"""Told of a sender whose set-up is at fault, with the platform's code."""


async def as_stored(row: BulkRow, _following: Sequence[BulkRow]) -> Say | None:
    """The message that was stored with the row."""
    message = decode(row.payload)
    return message if isinstance(message, Say) else None


class Worker:
    """`run` until `stop`. Any number of workers may run on one PostgreSQL database."""

    def __init__(
        self,
        database: AsyncEngine,
        senders: Mapping[str, Sender],
        rates: Mapping[str, Rates],
        clock: Clock,
        monotonic: Callable[[], float],
        holder: str,
        compose: Compose = as_stored,
        alarm: Alarm | None = None,
        lease: timedelta = LEASE,
        longest_send: timedelta = LONGEST_SEND,
    ) -> None:
        """`monotonic` gives seconds and never goes back; `holder` names this worker and no other."""
        self.compose = compose
        self._database = database
        self._lanes = [Lane(name, sender, rates[name]) for name, sender in senders.items()]
        self._clock = clock
        self._monotonic = monotonic
        self._holder = holder
        self._alarm = alarm
        self._lease = lease
        self._longest_send = longest_send
        self._ledger = Ledger(database, clock, holder)
        self._window = Window(monotonic)
        self._stopping = asyncio.Event()

    @property
    def senders(self) -> list[str]:
        """The names of the senders that it sends for."""
        return [lane.name for lane in self._lanes]

    def wake(self) -> None:
        """There is something new to send: do not wait for the next look."""
        for lane in self._lanes:
            lane.changed.set()

    def stop(self) -> None:
        """Begin nothing more; `run` returns when what is on its way has come to something."""
        self._stopping.set()
        self.wake()

    async def run(self) -> None:
        """Send what is due, and what will be."""
        async with self._at_work(), asyncio.TaskGroup() as group:
            for lane in self._lanes:
                group.create_task(self._serve(lane))

    async def work_off(self) -> None:
        """Send what is due now, and return; what has to wait for longer than the rates say stays."""
        async with self._at_work():
            await asyncio.gather(*(self._serve(lane, once=True) for lane in self._lanes))

    @contextlib.asynccontextmanager
    async def _at_work(self) -> AsyncIterator[None]:
        """Leases are renewed and outcomes written down; in the end nothing is left open."""
        beside = [asyncio.create_task(self._ledger.run()), asyncio.create_task(self._keep_leases())]
        try:
            await self._renew()
            yield
        finally:
            under_way = [task for lane in self._lanes for task in lane.under_way.values()]
            if under_way:
                await asyncio.wait(under_way, timeout=2 * self._longest_send.total_seconds())
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)
            await self._leave()

    async def _leave(self) -> None:
        try:
            await self._ledger.write()
            async with self._database.begin() as connection:
                # Whoever comes next begins with full rates: not in the second in which these were used.
                await leases.let_go(connection, self._holder, self._clock() + timedelta(seconds=1))
        except (SQLAlchemyError, OSError) as error:
            log.warning("worker_left_untidily", error=type(error).__name__)

    async def _keep_leases(self) -> None:
        every = min(RENEW_SECONDS, self._lease.total_seconds() / 6)
        while True:
            await asyncio.sleep(every)
            await self._renew()

    async def _renew(self) -> None:
        now = self._clock()
        until = now + self._lease
        try:
            async with self._database.begin() as connection:
                held = await leases.hold(connection, [lane.name for lane in self._lanes], self._holder, now, until)
        except (SQLAlchemyError, OSError) as error:
            log.warning("leases_not_renewed", error=type(error).__name__)
            return
        for lane in self._lanes:
            if lane.name in held:
                lane.held_until = until
            else:
                lane.held_until = now
                lane.forget()

    async def _serve(self, lane: Lane, once: bool = False) -> None:
        """One sender's rows, one after the other."""
        while not self._stopping.is_set():
            row = await self._next(lane, once)
            if row is not None:
                message = await self._composed(lane, row)
                if message is not None:
                    await self._start(lane, row, message)
            elif once and not lane.under_way:
                return
            else:
                await self._pause(lane, IDLE_SECONDS)

    async def _next(self, lane: Lane, once: bool) -> BulkRow | None:
        """The next row that may be sent, once it may be; None when there is nothing to do now."""
        while not self._stopping.is_set():
            now = self._monotonic()
            if once and lane.rates.is_paused(now):
                return None
            wait = lane.rates.ready_at(now) - now
            if wait <= 0:
                if not await self._may_send(lane):
                    return None
                row, soonest = lane.ready(now)
                if row is not None:
                    return row
                if not lane.is_full and await self._read(lane):
                    continue
                if not lane.ahead:
                    return None
                wait = soonest - now
            await self._pause(lane, wait)
        return None

    async def _may_send(self, lane: Lane) -> bool:
        """Whether the lease lasts for long enough; a clock that was moved ends it early."""
        if not self._holds(lane):
            await self._renew()
        return self._holds(lane)

    def _holds(self, lane: Lane) -> bool:
        """Whether the lease lasts for longer than any send."""
        return lane.held_until - self._clock() > self._longest_send

    async def _read(self, lane: Lane) -> bool:
        """Read on. At the end of a pass the next one begins, for what was put back meanwhile."""
        try:
            async with self._database.begin() as connection:
                rows = await bulk.due(connection, lane.name, lane.after, self._clock(), BATCH)
                if not rows and not lane.ahead:
                    await leases.note_repairs(connection, [lane.name])
        except (SQLAlchemyError, OSError) as error:
            log.warning("outbox_not_read", error=type(error).__name__)
            return False
        if rows:
            lane.add(rows)
            return True
        if lane.ahead or lane.after == bulk.START:
            return False
        lane.after = bulk.START
        return not lane.under_way

    async def _pause(self, lane: Lane, seconds: float) -> None:
        """Wait so many seconds, but not longer than until something has changed."""
        if self._stopping.is_set():
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(lane.changed.wait(), min(seconds, IDLE_SECONDS))
        lane.changed.clear()

    async def _start(self, lane: Lane, row: BulkRow, message: Say) -> None:
        """Let it leave as soon as the rates and the window let it; put it back when that takes longer."""
        sends, chat = messages_in(message, lane.name), chat_of(row)
        while (wait := lane.rates.ready_at(self._monotonic(), sends) - self._monotonic()) > 0:
            if self._stopping.is_set() or IDLE_SECONDS < wait < math.inf:
                lane.put_back(row, message, self._monotonic())
                return
            await self._pause(lane, wait)
        at_once = await self._window.enter(row.id)
        now = self._monotonic()
        ready = max(lane.rates.ready_at(now, sends), lane.rates.chat_ready_at(chat, now)) <= now
        if not ready or not self._holds(lane) or self._stopping.is_set():
            # A reply went out meanwhile, or the platform said to wait.
            self._window.leave(row.id, sent=False)
            lane.put_back(row, message, now)
            return
        if not at_once and lane.rates.lag(now) > TOO_SLOW:
            busy = [each for each in self._lanes if each is lane or each.under_way]
            self._window.widen(sum(each.rates.rate for each in busy))
        lane.rates.begin(chat, now, sends)
        lane.under_way[row.id] = asyncio.create_task(self._send(lane, row, message, sends))

    async def _send(self, lane: Lane, row: BulkRow, message: Say, sends: int) -> None:
        begun = False
        try:
            begun = await self._ledger.begin(row.id, lane.held_until)
            if begun:
                await self._ledger.end(await self._outcome(lane, row, message, sends))
            else:
                lane.rates.undo(chat_of(row), self._monotonic(), sends)
        except Exception as error:
            log.error("bulk_send_crashed", error=type(error).__name__, row=row.id)
        finally:
            self._window.leave(row.id, sent=begun)
            del lane.under_way[row.id]
            lane.changed.set()

    async def _composed(self, lane: Lane, row: BulkRow) -> Say | None:
        """The message, or None when the row has come to its end without one, or must wait."""
        if not row.reachable:
            self._ledger.note(Ended(row.id, "failed", row.chat, error="unreachable", uncertain=row.uncertain))
            return None
        try:
            message = lane.composed(row, self._monotonic()) or await self.compose(
                row, lane.following(COMPOSED_AHEAD, BATCH - 1)
            )
        except (SQLAlchemyError, OSError) as error:
            log.warning("not_composed", error=type(error).__name__, row=row.id)
            return None
        except Exception as error:
            log.error("not_composed", error=type(error).__name__, row=row.id)
            self._ledger.note(Ended(row.id, "failed", row.chat, error=type(error).__name__, uncertain=row.uncertain))
            return None
        if isinstance(message, Later):
            until = message.at
            self._ledger.note(Ended(row.id, "waiting", row.chat, row.message_id, "", until, row.uncertain))
            return None
        if message is None:
            self._ledger.note(Ended(row.id, "cancelled", row.chat, uncertain=row.uncertain))
        return message

    async def _outcome(self, lane: Lane, row: BulkRow, message: Say, sends: int) -> Ended:
        try:
            try:
                sent = await self._deliver(lane, row, message, sends)
            finally:
                lane.rates.end(chat_of(row), self._monotonic(), sends)
                lane.changed.set()
        except DeliveryFailed as failure:
            await self._learn(lane, row, failure)
            return aftermath(failure, row, self._clock())
        except Exception as error:
            log.error("bulk_send_failed", error=type(error).__name__, row=row.id)
            # Whether it has left is not known, and trying again would fail again.
            return Ended(row.id, "failed", row.chat, error=type(error).__name__, uncertain=True)
        lane.rates.answered(self._monotonic())
        if row.account_id is not None and sent.chat and sent.chat != row.chat:
            self._ledger.learn_chat(row.account_id, sent.chat)
        return Ended(row.id, "sent", sent.chat or row.chat, sent.message_id, uncertain=row.uncertain)

    async def _deliver(self, lane: Lane, row: BulkRow, message: Say, sends: int) -> Sent:
        """Send; a chat that has moved is followed, once."""
        account = _account(row, lane.name)
        try:
            return await lane.sender.deliver(Delivery(account, row.chat, message))
        except Moved as moved:
            # More to send: the others wait for it.
            lane.rates.begin(moved.chat, self._monotonic(), sends)
            try:
                return await lane.sender.deliver(Delivery(account, moved.chat, message))
            finally:
                lane.rates.end(moved.chat, self._monotonic(), sends)

    async def _learn(self, lane: Lane, row: BulkRow, failure: DeliveryFailed) -> None:
        """What a failure says of more than its row."""
        log.warning("not_delivered", kind=type(failure).__name__, code=str(failure), row=row.id, sender=lane.name)
        now = self._monotonic()
        match failure:
            case RateLimited(seconds=seconds):
                lane.rates.limited(seconds, now)
            case SetupFault() if not is_of_one_place(failure, row):
                lane.rates.stop(SETUP_PAUSE_SECONDS, now)
                lane.forget()
                if self._alarm is not None:
                    await self._alarm(lane.name, str(failure))
            case Unreachable() if row.account_id is not None:
                self._ledger.lose(row.account_id)


def _account(row: BulkRow, sender: str) -> Account:
    """Whom the row is for. A channel or group stands for itself: nobody is looked up by it."""
    if row.account:
        return Account.parse(row.account)
    return Account("slack", row.chat, sender.partition(":")[2]) if ":" in sender else Account("telegram", row.chat)
