"""Where events wait until the engine takes them, together.

Under light load an event is taken at once and alone. While a transaction runs, others gather, and the next one takes
them all: the more there is to do, the less each costs.
"""

import asyncio
from collections import deque
from typing import Protocol

import structlog

from bot.chat.events import Account, Event
from bot.flows.engine import Engine
from bot.flows.turn import Outcome

log = structlog.get_logger()

LARGEST_GROUP = 64
# How long results of sends wait for company before they get a transaction of their own.
LINGER_SECONDS = 0.02


class Results(Protocol):
    """What came of sent replies, waiting to be written down."""

    @property
    def has_results(self) -> bool: ...

    async def record(self) -> None: ...


class Intake:
    """`take` an event and wait for its commit. `run` does the work; cancel it to stop."""

    def __init__(self, engine: Engine, results: Results) -> None:
        self._engine = engine
        self._results = results
        self._waiting: deque[tuple[Event, asyncio.Future[Outcome]]] = deque()
        self._awake = asyncio.Event()

    async def take(self, event: Event) -> Outcome:
        """Returns after the commit. Raises when the event could not be committed, and then nothing has happened."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, outcome))
        self._awake.set()
        return await outcome

    def wake(self) -> None:
        """There are results to write down."""
        self._awake.set()

    async def run(self) -> None:
        """Take what waits, again and again, until cancelled. What came of the replies is written down with the next
        group, or alone when none comes."""
        while True:
            await self._awake.wait()
            self._awake.clear()
            while self._waiting:
                await self._take_group()
            if self._results.has_results:
                await self._linger()
                if not self._waiting:
                    await self._record()

    async def _linger(self) -> None:
        """Let more results, or the next event, come in."""
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while not self._waiting:
                    self._awake.clear()
                    await self._awake.wait()
        except TimeoutError:
            pass
        self._awake.set()

    async def _record(self) -> None:
        # Before, not after: what comes in while these are written wakes us again.
        self._awake.clear()
        try:
            await self._results.record()
        except Exception as error:
            # They are still there, and are written with the next transaction that succeeds.
            log.warning("results_not_recorded", error=type(error).__name__)

    async def _take_group(self) -> None:
        group: dict[Account, tuple[Event, asyncio.Future[Outcome]]] = {}
        later: list[tuple[Event, asyncio.Future[Outcome]]] = []
        while self._waiting and len(group) < LARGEST_GROUP:
            event, outcome = self._waiting.popleft()
            if event.origin.account in group:
                later.append((event, outcome))
            else:
                group[event.origin.account] = (event, outcome)
        self._waiting.extendleft(reversed(later))
        await self._handle(list(group.values()))

    async def _handle(self, group: list[tuple[Event, asyncio.Future[Outcome]]]) -> None:
        try:
            outcomes = await self._engine.handle([event for event, _ in group])
        except Exception as error:
            if len(group) > 1:
                # One of them spoils the others: each on its own, then.
                log.warning("group_failed", size=len(group), error=type(error).__name__)
                for single in group:
                    await self._handle([single])
                return
            log.error("event_not_committed", error=type(error).__name__)
            if not group[0][1].done():
                group[0][1].set_exception(error)
            return
        for (_, future), outcome in zip(group, outcomes, strict=True):
            if not future.done():
                future.set_result(outcome)
