"""The world's time: it can be moved forward, and it can be waited on."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


class Changes:
    """A counter that coroutines wait on and plain functions move."""

    def __init__(self) -> None:
        self.number = 0
        self.over = False
        self._waiting: list[asyncio.Future[None]] = []

    def touch(self) -> None:
        self.number += 1
        self._wake()

    def end(self, over: bool = True) -> None:
        """Nothing more will change: nobody waits any longer."""
        self.over = over
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, holds: Callable[[], bool], timeout: float | None) -> bool:
        """Wait until `holds()` after some change, at most `timeout` seconds; tells whether it held."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while not holds() and not self.over:
                    future = asyncio.get_running_loop().create_future()
                    self._waiting.append(future)
                    await future
        return holds()

    async def after(self, seen: int, timeout: float | None = None) -> bool:
        """Wait until the counter is greater than `seen`, at most `timeout` seconds."""
        return await self.until(lambda: self.number > seen, timeout)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something the bot knows to fall due, so that a person can go there."""

    name: str
    at: datetime


class WorldClock:
    """Virtual time for what people live through, monotonic time for what machines wait for.

    Without `start` the clock runs with the system's, plus what it was moved; with `start` (an aware instant)
    it stands still there until it is moved. `monotonic` gives seconds for lifetimes (a Slack trigger, a callback
    query) and can be replaced by a test.
    """

    def __init__(self, start: datetime | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._start = start
        self.moved = timedelta()
        self.moves = Changes()
        self.monotonic = monotonic
        self.occasions: list[Occasion] = []

    @property
    def running(self) -> bool:
        return self._start is None

    @property
    def now(self) -> datetime:
        return (self._start or datetime.now(UTC)) + self.moved

    def advance(self, delta: timedelta) -> None:
        """Move forward; ValueError for a negative `delta`, or one that leads beyond the year 9999."""
        if delta < timedelta():
            raise ValueError("time goes forward only")
        try:
            # A day to spare, for those who tell the time in a zone ahead of UTC.
            _ = self.now + delta + timedelta(days=1)
        except OverflowError:
            raise ValueError("the clock cannot go that far") from None
        self.moved += delta
        self.moves.touch()
