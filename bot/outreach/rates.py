"""How often one sender may send. Pure: every method is told the time, in seconds of a clock that never goes back.

A platform counts when a message takes effect, which is some time between the call and its answer. So a place among
the `count` that are allowed in some seconds is taken when a send begins, and comes back those seconds after it was
answered: whatever the network does in between, no stretch of time ever sees more.
"""

import math
from collections import deque
from dataclasses import dataclass
from typing import Protocol

# How far behind its pace a sender may fall and still catch up, in seconds.
CATCH_UP = 0.5


class Places:
    """`count` sends in any stretch of `seconds`."""

    __slots__ = ("_count", "_seconds", "_under_way", "_until")

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._under_way = 0
        self._until: deque[float] = deque()

    def free_at(self, now: float, sends: int = 1) -> float:
        """When so many places are free: `now`, later, or infinity while only an answer can bring one back. More than
        there are are free when all are."""
        self._forget(now)
        taken = self._under_way + len(self._until) - self._count + min(sends, self._count) - 1
        if taken < 0:
            return now
        return self._until[taken] if taken < len(self._until) else math.inf

    def take(self, sends: int = 1) -> None:
        """Sends begin. They may, even when no place is free: then the others wait for longer."""
        self._under_way += sends

    def give_back(self, now: float, sends: int = 1) -> None:
        """They were answered, or given up."""
        self._under_way -= sends
        self._until.extend([now + self._seconds] * sends)

    def undo(self, sends: int = 1) -> None:
        """Nothing was sent after all."""
        self._under_way -= sends

    def is_idle(self, now: float) -> bool:
        """Whether it is as if nothing had ever been sent."""
        self._forget(now)
        return not self._under_way and not self._until

    def _forget(self, now: float) -> None:
        while self._until and self._until[0] <= now:
            self._until.popleft()


class PerChat:
    """The same limit for each chat. Chats that were quiet for long enough are forgotten."""

    __slots__ = ("_chats", "_count", "_ends", "_seconds")

    def __init__(self, count: int, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._chats: dict[str, Places] = {}
        self._ends: deque[tuple[float, str]] = deque()

    def free_at(self, chat: str, now: float) -> float:
        """As `Places.free_at`."""
        places = self._chats.get(chat)
        return now if places is None else places.free_at(now)

    def take(self, chat: str, sends: int = 1) -> None:
        """Sends to this chat begin."""
        self._chats.setdefault(chat, Places(self._count, self._seconds)).take(sends)

    def give_back(self, chat: str, now: float, sends: int = 1) -> None:
        """They were answered, or given up."""
        self._chats[chat].give_back(now, sends)
        self._ends.append((now + self._seconds, chat))
        while self._ends and self._ends[0][0] <= now:
            self._drop_idle(self._ends.popleft()[1], now)

    def undo(self, chat: str, now: float, sends: int = 1) -> None:
        """Nothing was sent after all."""
        self._chats[chat].undo(sends)
        self._drop_idle(chat, now)

    def __len__(self) -> int:
        return len(self._chats)

    def _drop_idle(self, chat: str, now: float) -> None:
        places = self._chats.get(chat)
        if places is not None and places.is_idle(now):
            del self._chats[chat]


class Pace(Protocol):
    """How many sends a second, spread evenly."""

    @property
    def rate(self) -> float: ...

    def answered(self, now: float) -> None:
        """A send went well."""

    def limited(self, now: float) -> None:
        """The platform said that this is too fast."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A rate that the platform publishes: being told off changes nothing about it."""

    rate: float

    def answered(self, now: float) -> None:
        """Nothing to learn."""

    def limited(self, now: float) -> None:
        """Nothing to learn."""


class Learning:
    """A rate that the platform does not publish: it starts low and doubles with every `PERIOD` that goes well; once
    it was too high it is halved, and from then on rises by a twentieth of what was too high.

    The law is that of congestion avoidance (Chiu and Jain, 1989: additive increase, multiplicative decrease).
    """

    PERIOD = 10.0
    LOWEST = 0.1

    __slots__ = ("_too_high", "_well_since", "most", "rate")

    def __init__(self, start: float, most: float) -> None:
        self.rate = start
        self.most = max(start, most)
        self._too_high = 0.0
        self._well_since: float | None = None

    def answered(self, now: float) -> None:
        """A send went well."""
        if self._well_since is None:
            self._well_since = now
        elif now - self._well_since >= self.PERIOD:
            self._well_since = now
            step = self._too_high / 20 if self._too_high else self.rate
            self.rate = min(self.most, self.rate + step)

    def limited(self, now: float) -> None:
        """Too fast. Sends that were under way together are told so together: that counts once."""
        if self._well_since is not None and self._well_since > now:
            return
        self._too_high = self.rate
        self.rate = max(self.LOWEST, self.rate / 2)
        self._well_since = now + 1.0


class Rates:
    """All that limits one sender: its pace, its chats, its groups, and how long it was told to wait.

    Use: wait for `ready_at` and `chat_ready_at`, then `begin`, send, and `end` (or `undo` when nothing was sent). What
    takes a platform several messages is as many `sends` at once.
    """

    def __init__(self, pace: Pace, whole: Places | None, chats: PerChat, groups: PerChat | None = None) -> None:
        self._pace = pace
        self._whole = whole
        self._chats = chats
        self._groups = groups
        self._next = -math.inf
        self._paused_until = -math.inf

    @property
    def rate(self) -> float:
        """Sends a second, as things stand."""
        return self._pace.rate

    def ready_at(self, now: float, sends: int = 1) -> float:
        """When the sender may send to a chat that is free."""
        whole = now if self._whole is None else self._whole.free_at(now, sends)
        return max(now, whole, self._next, self._paused_until)

    def chat_ready_at(self, chat: str, now: float) -> float:
        """When this chat may be written to, as far as the chat goes."""
        ready = self._chats.free_at(chat, now)
        return max(ready, self._groups.free_at(chat, now)) if self._groups and is_group(chat) else ready

    def is_paused(self, now: float) -> bool:
        """Whether it was told to wait."""
        return self._paused_until > now

    def lag(self, now: float) -> float:
        """Seconds that the sender is behind the pace it could have had."""
        return 0.0 if self._next == -math.inf else max(0.0, now - max(self._next, self._paused_until))

    def begin(self, chat: str, now: float, sends: int = 1) -> None:
        """Sends to this chat begin."""
        # However many replies go out: the next of the others waits for one step after the last of them.
        self._next = max(min(self._next, now), now - CATCH_UP) + sends / self._pace.rate
        if self._whole is not None:
            self._whole.take(sends)
        self._chats.take(chat, sends)
        if self._groups and is_group(chat):
            self._groups.take(chat, sends)

    def end(self, chat: str, now: float, sends: int = 1) -> None:
        """They have come to something, or nobody will know."""
        if self._whole is not None:
            self._whole.give_back(now, sends)
        self._chats.give_back(chat, now, sends)
        if self._groups and is_group(chat):
            self._groups.give_back(chat, now, sends)

    def undo(self, chat: str, now: float, sends: int = 1) -> None:
        """Nothing was sent after all."""
        if self._whole is not None:
            self._whole.undo(sends)
        self._chats.undo(chat, now, sends)
        if self._groups and is_group(chat):
            self._groups.undo(chat, now, sends)

    def answered(self, now: float) -> None:
        """A send went well."""
        self._pace.answered(now)

    def limited(self, seconds: float, now: float) -> None:
        """The platform said to wait so many seconds."""
        self._paused_until = max(self._paused_until, now + seconds)
        self._pace.limited(now)

    def stop(self, seconds: float, now: float) -> None:
        """Send nothing for so many seconds, whatever the reason."""
        self._paused_until = max(self._paused_until, now + seconds)


def is_group(chat: str) -> bool:
    """Whether a Telegram chat is one of several people: those have negative numbers."""
    return chat.startswith("-")


def telegram(rate: float, chat_rate: float, group_rate_per_minute: int) -> Rates:
    """What Telegram allows a bot: so many messages a second in all, a second in a chat, a minute in a group."""
    return Rates(Fixed(rate), _places(rate), PerChat(*_allowance(chat_rate)), PerChat(group_rate_per_minute, 60.0))


def slack(channel_rate: float, workspace_rate: float, most: float = 50.0) -> Rates:
    """What Slack allows an app: so many messages a second in a channel, and in a workspace what it does not say."""
    return Rates(Learning(workspace_rate, most), None, PerChat(*_allowance(channel_rate)))


def _places(rate: float) -> Places:
    return Places(*_allowance(rate))


def _allowance(rate: float) -> tuple[int, float]:
    """Whole sends and the seconds they are for: 30 a second, or one in two seconds."""
    count = max(1, math.floor(rate))
    return count, count / rate
