"""A memory of bounded size that forgets the least recently used, and what is too old."""

from collections import OrderedDict
from datetime import datetime
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """At most `size` values, each until its own instant."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[K, tuple[V, datetime]] = OrderedDict()

    def get(self, key: K, now: datetime) -> V | None:
        """The value, unless it was forgotten."""
        if key not in self._kept:
            return None
        value, until = self._kept[key]
        if until <= now:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return value

    def keep(self, key: K, value: V, until: datetime) -> None:
        self._kept[key] = (value, until)
        self._kept.move_to_end(key)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
