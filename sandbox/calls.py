"""What the bot and the platforms said to each other, for the inspector."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.clock import Changes

Direction = Literal["from_bot", "to_bot"]


@dataclass(slots=True)
class Call:
    """One HTTP exchange or one Socket Mode envelope. `status` is 0 as long as, or because, there is no answer."""

    seq: int
    at: datetime
    platform: str
    direction: Direction
    name: str
    person: str | None
    request: Any
    attempt: int = 1
    status: int = 0
    ok: bool = False
    error: str | None = None
    milliseconds: float = 0.0
    fault: str | None = None
    answer: Any = field(default=None)


class CallLog:
    """The newest calls; `changes.number` is the sequence number of the newest one that has ended."""

    def __init__(self, size: int = 2000) -> None:
        self._calls: deque[Call] = deque(maxlen=size)
        self.changes = Changes()

    def add(self, call: Call) -> None:
        """Keep a call that has ended; it gets its number here."""
        call.seq = self.changes.number + 1
        self._calls.append(call)
        self.changes.touch()

    def after(self, seq: int, limit: int) -> list[Call]:
        """At most `limit` of the calls numbered above `seq`: the newest of them, oldest first."""
        newer: list[Call] = []
        for call in reversed(self._calls):
            if call.seq <= seq or len(newer) == limit:
                break
            newer.append(call)
        return newer[::-1]

    def __len__(self) -> int:
        return len(self._calls)
