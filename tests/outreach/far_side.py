"""A platform's far side, as the outbox sees it through `Sender`: it takes what it is given, or fails as told."""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta

from bot.chat.markup import plain
from bot.chat.messages import Say
from bot.outreach.delivery import Delivery, Sent

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Watch:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FarSide:
    """Remembers what arrived, and under which ids. `failing` holds what the next attempts end in, None for success."""

    def __init__(self, name: str = "telegram") -> None:
        self.name = name
        self.arrived: list[Delivery] = []
        self.ids: list[str] = []
        self.tried: list[Delivery] = []
        self.failing: deque[Exception | None] = deque()
        self.holding: dict[str, asyncio.Event] = {}
        self.under_way = 0
        self.most_at_once = 0
        self._changed = asyncio.Condition()

    async def deliver(self, delivery: Delivery) -> Sent:
        self.tried.append(delivery)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        async with self._changed:
            self._changed.notify_all()
        try:
            if held := self.holding.get(str(delivery.account)):
                await held.wait()
            failure = self.failing.popleft() if self.failing else None
            if failure is not None:
                raise failure
            self.arrived.append(delivery)
            self.ids.append(getattr(delivery.message, "edits", "") or f"m{len(self.arrived)}")
        finally:
            self.under_way -= 1
        return Sent(self.ids[-1], delivery.chat or f"opened for {delivery.account}")

    def hold(self, account: str) -> asyncio.Event:
        """Sends to this account wait until the event is set."""
        self.holding[account] = asyncio.Event()
        return self.holding[account]

    async def was_tried(self, times: int) -> None:
        """Wait until so many attempts were made."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: len(self.tried) >= times)

    @property
    def texts(self) -> list[str]:
        """The words that arrived, in their order."""
        return [text_of(delivery) for delivery in self.arrived]

    def texts_to(self, account: str) -> list[str]:
        """The words that arrived at one account, in their order."""
        return [text_of(delivery) for delivery in self.arrived if str(delivery.account) == account]


def text_of(delivery: Delivery) -> str:
    assert isinstance(delivery.message, Say)
    return plain(delivery.message.text)
