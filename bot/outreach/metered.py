"""Replies are never held back by rates, but count: what is said to many waits for them."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.outreach.delivery import Delivery, RateLimited, Sender, Sent
from bot.outreach.rates import Rates


@dataclass(frozen=True, slots=True)
class Metered:
    """A sender whose rates hear of every message. `monotonic` gives seconds and never goes back."""

    sender: Sender
    rates: Rates
    monotonic: Callable[[], float]

    @property
    def name(self) -> str:
        return self.sender.name

    async def deliver(self, delivery: Delivery) -> Sent:
        """As the sender does."""
        chat = delivery.chat or str(delivery.account)
        self.rates.begin(chat, self.monotonic())
        try:
            return await self.sender.deliver(delivery)
        except RateLimited as limited:
            self.rates.limited(limited.seconds, self.monotonic())
            raise
        finally:
            self.rates.end(chat, self.monotonic())
