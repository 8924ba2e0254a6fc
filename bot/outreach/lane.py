"""What a worker has at hand for each sender, and how much of it may be on its way at once."""

import asyncio
import contextlib
import math
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice, takewhile

from bot.chat.limits import LIMITS, units
from bot.chat.markup import plain
from bot.chat.messages import Say
from bot.outreach.delivery import Sender
from bot.outreach.rates import Rates
from storage import bulk
from storage.bulk import BulkRow

MOST_AT_ONCE = 64
# A wider window takes a while to show what it is worth.
WIDEN_SECONDS = 0.25
# More messages a second than that cannot go out one after the other.
FAST = 100.0
# Fewer can, unless the way is far. How far shows in the quickest tenth of many sends, whatever else this machine does:
# if such sends would fill so much of the time, one at a time is not enough.
ENOUGH_SENDS, REMEMBERED_SENDS = 100, 1000
BUSY = 0.75
# After so many sends in a row that left a place free, there is one too many.
ROOMY = 50
# Hardly any answer takes so long.
HANGING_SECONDS = 1.0
# A message that was composed and could not leave at once is composed anew after so many seconds.
FRESH_SECONDS = 5.0
# Rows read ahead while the chats of the first ones may not be written to yet.
MOST_AHEAD = 1000


class Window:
    """How many messages may be on their way at once: no more than the rates need, since each of them may arrive
    twice when this process dies. It is one, as long as a sender can keep its pace so; it doubles while one cannot, and
    shrinks again while there is room. `monotonic` gives seconds and never goes back."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._limit = 1
        # By when they entered, the first first.
        self._inside: dict[int, float] = {}
        self._took: deque[float] = deque(maxlen=REMEMBERED_SENDS)
        self._spare = 0
        self._widened = -math.inf
        self._changed = asyncio.Event()

    async def enter(self, row: int) -> bool:
        """Wait for a place; whether there was one at once. Whoever hangs holds nobody up."""
        at_once = self._room() > 0
        while self._room() <= 0:
            self._changed.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), HANGING_SECONDS)
        self._inside[row] = self._monotonic()
        self._spare = self._spare + 1 if self._room() else 0
        if self._spare >= ROOMY and self._limit > 1:
            self._limit, self._spare = self._limit - 1, 0
        return at_once

    def leave(self, row: int, *, sent: bool) -> None:
        """Somebody else may have the place."""
        entered = self._inside.pop(row)
        if sent:
            self._took.append(self._monotonic() - entered)
        self._changed.set()

    def widen(self, rate: float) -> None:
        """A sender is behind its pace, and there was no place for it; `rate` is that of all senders together. When one
        after the other would do on a quiet machine, something else held it up, and nothing is risked to catch up."""
        now = self._monotonic()
        if now - self._widened < WIDEN_SECONDS:
            return
        self._widened = now
        if rate > FAST or self._is_far(rate):
            self._limit = min(MOST_AT_ONCE, 2 * self._limit)
            self._changed.set()

    def _is_far(self, rate: float) -> bool:
        if len(self._took) < ENOUGH_SENDS:
            return False
        quick = sorted(self._took)[len(self._took) // 10]
        return rate * quick >= BUSY

    def _room(self) -> int:
        since = self._monotonic() - HANGING_SECONDS
        hanging = takewhile(lambda began: began <= since, self._inside.values())
        return self._limit - len(self._inside) + sum(1 for _ in hanging)


class Lane:
    """What one sender has to say to many: rows read and not begun, and those on their way, by their ids."""

    def __init__(self, name: str, sender: Sender, rates: Rates) -> None:
        self.name = name
        self.sender = sender
        self.rates = rates
        self.held_until = datetime.min.replace(tzinfo=UTC)
        self.after = bulk.START
        self.ahead: deque[BulkRow] = deque()
        self.under_way: dict[int, asyncio.Task[None]] = {}
        self.changed = asyncio.Event()
        self._composed: dict[int, tuple[Say, float]] = {}

    def put_back(self, row: BulkRow, message: Say, now: float) -> None:
        """It cannot leave just now: it comes next."""
        self.ahead.appendleft(row)
        self._composed[row.id] = message, now

    def composed(self, row: BulkRow, now: float) -> Say | None:
        """The message of a row that was put back a moment ago."""
        message, at = self._composed.pop(row.id, (None, -math.inf))
        return message if now - at < FRESH_SECONDS else None

    @property
    def is_full(self) -> bool:
        """Whether enough has been read ahead."""
        return len(self.ahead) >= MOST_AHEAD

    def add(self, rows: Sequence[BulkRow]) -> None:
        """Rows that come next in the pass; the ones that are on their way already are left out."""
        self.ahead += [row for row in rows if row.id not in self.under_way]
        self.after = rows[-1].key

    def ready(self, now: float) -> tuple[BulkRow | None, float]:
        """The first row whose chat may be written to, taken out; else when there will be one."""
        soonest = float("inf")
        for place, row in enumerate(self.ahead):
            at = self.rates.chat_ready_at(chat_of(row), now)
            if at <= now:
                del self.ahead[place]
                return row, now
            soonest = min(soonest, at)
        return None, soonest

    def following(self, seconds: float, most: int) -> list[BulkRow]:
        """Those read ahead that are probably sent in the next so many seconds."""
        return list(islice(self.ahead, min(most, math.ceil(seconds * self.rates.rate))))

    def forget(self) -> None:
        """Nothing was begun of what was read: it can be read again, by whoever is to send it then."""
        self.ahead.clear()
        self._composed.clear()
        self.after = bulk.START


def messages_in(message: Say, sender: str) -> int:
    """How many messages of the platform it takes. Words that are too long for a caption come after the picture."""
    if message.file is None or sender != "telegram":
        return 1
    return 1 if units(plain(message.text)) <= LIMITS["telegram"].caption else 2


def chat_of(row: BulkRow) -> str:
    """What the rates know the row's chat by; an account whose conversation has yet to be opened is its own."""
    return row.chat or row.account
