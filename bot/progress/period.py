"""Periods that are reported on: a month, a quarter or a year of the calendar, and which of them are owed when.

A period is written `2026-07`, `2026-Q3` or `2026`, in the database and on buttons. It is owed from the day after its
last one, and due so many days after that.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, Self

Every = Literal["monthly", "quarterly", "yearly"]
MONTHS: dict[Every, int] = {"monthly": 1, "quarterly": 3, "yearly": 12}

_CODE = re.compile(r"(?P<year>[1-9]\d{3})(?:-(?:Q(?P<quarter>[1-4])|(?P<month>0[1-9]|1[0-2])))?")


@dataclass(frozen=True, slots=True)
class Period:
    """One period, by its first day. `end` is its last day."""

    start: date
    every: Every
    end: date = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Sums look at it a million times.
        object.__setattr__(self, "end", _begins_next(self.start, self.every) - timedelta(days=1))

    @classmethod
    def parse(cls, code: str) -> Self:
        """Raises ValueError when it is none of the three forms."""
        match = _CODE.fullmatch(code)
        if match is None:
            raise ValueError(f"{code!r} is no period: write 2026-07, 2026-Q3 or 2026")
        year = int(match["year"])
        if match["month"]:
            return cls(date(year, int(match["month"]), 1), "monthly")
        if match["quarter"]:
            return cls(date(year, 3 * int(match["quarter"]) - 2, 1), "quarterly")
        return cls(date(year, 1, 1), "yearly")

    @classmethod
    def around(cls, day: date, every: Every) -> Self:
        """The period that this day lies in."""
        months = MONTHS[every]
        return cls(date(day.year, (day.month - 1) // months * months + 1, 1), every)

    @property
    def code(self) -> str:
        """As it is written: `2026-07`, `2026-Q3` or `2026`."""
        match self.every:
            case "monthly":
                return f"{self.start:%Y-%m}"
            case "quarterly":
                return f"{self.start.year}-Q{(self.start.month + 2) // 3}"
            case "yearly":
                return str(self.start.year)

    @property
    def next(self) -> Self:
        """The one that follows."""
        return type(self)(_begins_next(self.start, self.every), self.every)

    @property
    def previous(self) -> Self:
        """The one before."""
        return self.around(self.start - timedelta(days=1), self.every)

    def due(self, days: int) -> date:
        """The last day on which a report is in time, `days` after the period's end."""
        return self.end + timedelta(days=days)

    def __str__(self) -> str:
        return self.code


def _begins_next(start: date, every: Every) -> date:
    year, month = divmod(start.month - 1 + MONTHS[every], 12)
    return date(start.year + year, month + 1, 1)


def ended(first: Period, last: Period | None, today: date) -> Iterator[Period]:
    """The periods from `first` to `last` (or without end) that are over `today`, the oldest first."""
    period = first
    while period.end < today and (last is None or period.start <= last.start):
        yield period
        period = period.next


def owed(from_period: str, until_period: str, reported: Collection[str], today: date) -> list[Period]:
    """The periods that are over and not reported, the oldest first. All are given by their codes; an empty
    `until_period` is no end."""
    last = Period.parse(until_period) if until_period else None
    return [one for one in ended(Period.parse(from_period), last, today) if one.code not in reported]
