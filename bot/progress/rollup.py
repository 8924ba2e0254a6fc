"""What several coalitions reported, taken together, with how much of what they owe is in it. Pure.

What came about in a period is summed over the window that is looked at; of totals so far, each coalition's latest at
or before the window's end counts. Amounts are summed per currency, and what makes no sum (percentages, tonnes per
hectare) is given as it is.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from bot.progress.indicator import Indicator
from bot.progress.period import MONTHS, Every, Period


@dataclass(frozen=True, slots=True)
class Entry:
    """What one report says about one indicator. `amounts` are by currency, which is empty for what is not money.
    Without amounts and words there was nothing to report."""

    coalition: int
    period: Period
    indicator: str
    amounts: Mapping[str, Decimal] = field(default_factory=dict)
    words: str = ""

    @property
    def says_something(self) -> bool:
        """Whether there is a figure."""
        return bool(self.amounts or self.words)


@dataclass(frozen=True, slots=True)
class Debt:
    """A coalition that owes reports on these indicators: `periods` are those that are over, reported or not."""

    coalition: int
    indicators: frozenset[str]
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much a figure rests on: `counted` of `coalitions` that owe a report have given it, in `reports` of `owed`.
    The figure of `earlier` coalitions is older than what they owe by now."""

    counted: int
    coalitions: int
    reports: int
    owed: int
    earlier: int

    @property
    def is_full(self) -> bool:
        """Whether nothing is missing."""
        return self.reports == self.owed and not self.earlier


@dataclass(frozen=True, slots=True)
class Rollup:
    """One indicator in one window. `totals` are by currency, as in an `Entry`; `levels` are the figures of what does
    not add up, the lowest first; `yes` is how many say yes."""

    indicator: Indicator
    window: Period
    totals: Mapping[str, Decimal]
    levels: tuple[Decimal, ...]
    yes: int
    coverage: Coverage

    def share_of(self, target: Decimal) -> int | None:
        """The total in whole percent of the target, rounded down; None where the two cannot be compared: money has no
        one currency, and what came about in a period only compares with a target for a year over a year."""
        compares = self.indicator.kind in ("count", "area") and target > 0
        if not compares or not (self.indicator.cumulative or self.window.every == "yearly"):
            return None
        return int(self.totals.get("", Decimal()) * 100 // target)


def roll_up(indicator: Indicator, window: Period, entries: Iterable[Entry], debts: Iterable[Debt]) -> Rollup:
    """The indicator over these coalitions in a window, such as a year or a quarter. Entries on other indicators are
    passed over."""
    by_coalition: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        if entry.indicator == indicator.code and entry.period.end <= window.end:
            by_coalition[entry.coalition].append(entry)
    owed = {
        debt.coalition: [one for one in debt.periods if one.end <= window.end]
        for debt in debts
        if indicator.code in debt.indicators
    }
    totals: dict[str, Decimal] = {}
    levels: list[Decimal] = []
    yes = 0
    for mine in by_coalition.values():
        for entry in _counting(indicator, window, mine):
            if indicator.adds_up:
                for currency, amount in entry.amounts.items():
                    totals[currency] = totals.get(currency, Decimal()) + amount
            levels += entry.amounts.values()
            yes += entry.words == "yes"
    coverage = _coverage(indicator, window, by_coalition, owed)
    return Rollup(
        indicator=indicator,
        window=window,
        totals=dict(sorted(totals.items())),
        levels=() if indicator.adds_up else tuple(sorted(levels)),
        yes=yes,
        coverage=coverage,
    )


def _counting(indicator: Indicator, window: Period, mine: Sequence[Entry]) -> list[Entry]:
    """Of one coalition's entries up to the window's end those that make its figure."""
    inside = [one for one in mine if indicator.cumulative or _within(one.period, window)]
    if indicator.adds_up and not indicator.cumulative:
        # Who changed from months to quarters may have reported a month that is in a quarter as well.
        return [one for one in inside if not any(_within(one.period, other.period) for other in inside if other != one)]
    latest = max((one for one in inside if one.says_something), key=lambda one: one.period.end, default=None)
    return [latest] if latest is not None else []


def _coverage(
    indicator: Indicator,
    window: Period,
    by_coalition: Mapping[int, Sequence[Entry]],
    owed: Mapping[int, Sequence[Period]],
) -> Coverage:
    counted, asked, reports, due, earlier = 0, 0, 0, 0, 0
    for coalition in by_coalition.keys() | owed.keys():
        given = {one.period for one in by_coalition.get(coalition, ())}
        wanted = set(owed.get(coalition, ()))
        given_here = {one for one in given if _within(one, window)}
        wanted_here = {one for one in wanted if _within(one, window)} | given_here
        has = given if indicator.cumulative else given_here
        counted += bool(has)
        asked += bool(wanted | given if indicator.cumulative else wanted_here)
        reports += len(given_here)
        due += len(wanted_here)
        # A total so far may be carried on from a report before the last one that is owed.
        last = max((one.end for one in wanted), default=None)
        earlier += indicator.cumulative and bool(given) and last is not None and last > max(one.end for one in given)
    return Coverage(counted, asked, reports, due, earlier)


def _within(inner: Period, outer: Period) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def coarsest(periods: Iterable[Period]) -> Every:
    """The longest kind of these periods, which is what several coalitions can be compared by; quarterly without any."""
    return max((one.every for one in periods), key=MONTHS.__getitem__, default="quarterly")


def windows(last: Period, number: int) -> list[Period]:
    """So many periods that end with `last`, the oldest first."""
    found = [last]
    while len(found) < number:
        found.append(found[-1].previous)
    return found[::-1]


@dataclass(frozen=True, slots=True)
class Trend:
    """The latest figure of a coalition, and the one before it that had something to say."""

    latest: Entry
    before: Entry | None


def trend(indicator: Indicator, entries: Iterable[Entry]) -> Trend | None:
    """Of one coalition's entries; None when nothing was ever said about the indicator."""
    told = sorted(
        (one for one in entries if one.indicator == indicator.code and one.says_something),
        key=lambda one: (one.period.end, MONTHS[one.period.every]),
    )
    if not told:
        return None
    return Trend(told[-1], told[-2] if len(told) > 1 else None)
