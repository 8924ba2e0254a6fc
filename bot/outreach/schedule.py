"""When it is day where somebody is. Pure: wall times and IANA zones in, instants out.

A wall time that a clock change skips stands for the next instant that exists; one that comes twice stands for the
first of the two. So what is planned for a time of day happens once on every local day that there is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
# Offsets have been changed by a day at most, and by whole seconds.
_SECOND = timedelta(seconds=1)
# No rule of ours keeps a day for itself for longer than this.
_LOOK_AHEAD = 60


@dataclass(frozen=True, slots=True)
class Daytime:
    """The hours of the day in which somebody may be written to unasked: from `opens` on, until before `closes`
    (whole hours, 0 to 24)."""

    zone: ZoneInfo
    opens: int = 9
    closes: int = 19

    def day(self, at: datetime) -> date:
        """The local day that an instant belongs to."""
        return at.astimezone(self.zone).date()

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """Its first instant on a local day, and the instant by which it is over; None on a day that has none of it,
        because the clocks skipped it."""
        begins = instant(day, self.opens, self.zone)
        ends = instant(day, max(self.closes, self.opens + 1), self.zone)
        return (begins, ends) if begins < ends else None

    def holds(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        window = self.on(self.day(at))
        return window is not None and window[0] <= at < window[1]

    def next(self, at: datetime, may: Callable[[date], bool] = lambda _: True) -> datetime | None:
        """The first instant from `at` on that lies in it, on a local day that `may` be used; None when there is none
        within two months."""
        # The local day before may not be over: what comes twice at midnight belongs to it.
        first = self.day(at) - _DAY
        for ahead in range(_LOOK_AHEAD):
            day = first + ahead * _DAY
            window = self.on(day)
            if window is not None and at < window[1] and may(day):
                return max(at, window[0])
        return None


def daytime_of(zones: Sequence[str], opens: int, closes: int, seen_at: datetime) -> Daytime:
    """The daytime in the first of these zones that exists. When none does, the two hours that follow the hour of the
    day at which the person last wrote: nobody is asleep while writing."""
    for name in zones:
        if zone := zone_named(name):
            return Daytime(zone, opens, closes)
    # Where it was noon then. POSIX counts westwards: what is two hours ahead of UTC is called Etc/GMT-2.
    return Daytime(ZoneInfo(f"Etc/GMT{seen_at.astimezone(UTC).hour - 12:+d}"), 12, 14)


@cache
def zone_named(name: str) -> ZoneInfo | None:
    """The zone with this IANA name, or None when there is none."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        return None


def instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, of a full hour (0 to 24) of a local day."""
    return at_wall(datetime.combine(day, time()) + timedelta(hours=hour), zone)


def at_wall(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, of a wall time (without a zone of its own)."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == wall:
        return at
    # With fold=0 the offset before the change was used, and with fold=1 the one after it: it lies between the two.
    before, after = wall.replace(tzinfo=zone, fold=1).astimezone(UTC), at
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            after = middle
    return after


def midnight_after(at: datetime, zone: ZoneInfo, days: int = 1) -> datetime:
    """The instant at which the local day begins that is so many days after the one of `at`."""
    return instant(at.astimezone(zone).date() + days * _DAY, 0, zone)
