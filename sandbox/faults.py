"""Things that go wrong on demand."""

from dataclasses import dataclass

KINDS: dict[str, str] = {
    "rate_limit": "429 with a retry-after of `seconds`; the call has no effect",
    "server_error": "500; the call has no effect",
    "timeout": "no answer for `seconds`, then the connection is closed; the call has no effect",
    "drop": "the connection is closed at once; the call has no effect",
    "lost_answer": "the call takes effect, the connection is closed before the answer",
    "duplicate": "the same update, event or interaction is delivered twice",
    "out_of_order": "an update or event is held back until the next one was delivered, or for `seconds`",
}
DELIVERY_KINDS = frozenset({"duplicate", "out_of_order"})
_SECONDS = {"rate_limit": 1.0, "timeout": 30.0, "out_of_order": 5.0}


@dataclass(slots=True)
class Fault:
    """Hits the next `times` calls or deliveries that match; `*` matches every platform or method."""

    id: int
    kind: str
    platform: str
    method: str
    person: str | None
    times: int
    seconds: float
    left: int


class Faults:
    """The faults that are set, oldest first; one that has hit its number of times is gone."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self._next = 1

    def add(
        self,
        kind: str,
        *,
        platform: str = "*",
        method: str = "*",
        person: str | None = None,
        times: int = 1,
        seconds: float | None = None,
    ) -> Fault:
        """Set a fault; ValueError for an unknown kind or platform, or a number that makes no sense."""
        if kind not in KINDS:
            raise ValueError(f"unknown kind of fault {kind!r}; known: {', '.join(KINDS)}")
        if platform not in ("telegram", "slack", "*"):
            raise ValueError("platform is telegram, slack or *")
        if times < 1 or (seconds is not None and seconds < 0):
            raise ValueError("times is at least 1 and seconds is not negative")
        wait = _SECONDS.get(kind, 0.0) if seconds is None else seconds
        fault = Fault(self._next, kind, platform, method, person, times, wait, times)
        self._next += 1
        self.active.append(fault)
        return fault

    def remove(self, fault_id: int) -> bool:
        before = len(self.active)
        self.active = [fault for fault in self.active if fault.id != fault_id]
        return len(self.active) < before

    def clear(self) -> None:
        self.active.clear()

    def take(self, platform: str, method: str, person: str | None, *, delivery: bool = False) -> Fault | None:
        """The fault that hits this call (or delivery); it is used up by one."""
        for fault in self.active:
            if (
                (fault.kind in DELIVERY_KINDS) == delivery
                and fault.platform in ("*", platform)
                and fault.method in ("*", method)
                and fault.person in (None, person)
            ):
                fault.left -= 1
                if not fault.left:
                    self.active.remove(fault)
                return fault
        return None
