"""How long to wait before asking Telegram again."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import chain, repeat

Sleep = Callable[[float], Awaitable[None]]
"""Waits so many seconds; `asyncio.sleep` but in tests."""


def delays() -> Iterator[float]:
    """Seconds: 1, 2, 4, … up to a minute, for ever."""
    return chain((1.0, 2.0, 4.0, 8.0, 16.0, 32.0), repeat(60.0))
