"""Everything that was reported, as `/progress`, its pictures, the digest and the export look at it."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.flows.progress.indicators import indicators_of
from bot.progress.indicator import Indicator
from bot.progress.period import Period, ended
from bot.progress.rollup import Debt, Entry, Rollup, roll_up
from storage import progress, rollups
from storage.obligations import Obligation
from storage.progress import Report
from storage.rollups import Standing


@dataclass(frozen=True, slots=True)
class Gathered:
    """What these coalitions owe and what they said. `indicators` are in their order, also those no longer asked for."""

    today: date
    indicators: tuple[Indicator, ...]
    obligations: tuple[Obligation, ...]
    entries: tuple[Entry, ...]
    debts: tuple[Debt, ...]

    def of(self, coalitions: Collection[int]) -> "Gathered":
        """The same for these coalitions alone, and the indicators that concern them."""
        entries = tuple(one for one in self.entries if one.coalition in coalitions)
        debts = tuple(one for one in self.debts if one.coalition in coalitions)
        concerned = {one.indicator for one in entries}.union(*(one.indicators for one in debts))
        return replace(
            self,
            indicators=tuple(one for one in self.indicators if one.code in concerned),
            obligations=tuple(one for one in self.obligations if one.coalition_id in coalitions),
            entries=entries,
            debts=debts,
        )

    def of_objective(self, code: str) -> "Gathered":
        """What serves an objective, whichever coalition reports it."""
        serving = {one.code for one in self.indicators if one.objective == code}
        entries = tuple(one for one in self.entries if one.indicator in serving)
        debts = tuple(one for one in self.debts if one.indicators & serving)
        everybody = self.of({one.coalition for one in entries} | {one.coalition for one in debts})
        return replace(
            everybody,
            indicators=tuple(one for one in everybody.indicators if one.code in serving),
            entries=entries,
            debts=tuple(replace(one, indicators=one.indicators & serving) for one in debts),
        )

    @property
    def periods(self) -> list[Period]:
        """Every period that is owed or was reported on, the oldest first."""
        found = {one.period for one in self.entries}.union(*(one.periods for one in self.debts))
        return sorted(found, key=lambda one: (one.end, one.start))

    @property
    def years(self) -> list[Period]:
        """The years in which there is something to see, the oldest first; there is always one."""
        found = {one.start.year for one in self.periods} or {self.today.year}
        return [Period(date(year, 1, 1), "yearly") for year in range(min(found), max(found) + 1)]

    @property
    def by_indicator(self) -> Mapping[str, list[Entry]]:
        """The entries on each indicator; made anew each time."""
        found: dict[str, list[Entry]] = defaultdict(list)
        for one in self.entries:
            found[one.indicator].append(one)
        return found

    def rolled_up(self, window: Period) -> list[Rollup]:
        """Every indicator that makes a figure, with at least one coalition that was to give it. With thousands of
        coalitions it takes some tenths of a second: not for the event loop."""
        told = self.by_indicator
        telling = [one for one in self.indicators if one.kind != "text"]
        rolled = [roll_up(one, window, told.get(one.code, ()), self.debts) for one in telling]
        return [one for one in rolled if one.coverage.coalitions]


async def gather(
    connection: AsyncConnection, owing: Sequence[Obligation], today: date, about: Collection[str] | None = None
) -> Gathered:
    """What these coalitions owe and what they have reported, about these indicators or about all."""
    standing = await rollups.standing(connection, [one.coalition_id for one in owing], about)
    indicators = tuple((await indicators_of(connection)).values())
    # What thousands of coalitions said takes a while to sort out.
    return await asyncio.to_thread(_sorted_out, standing, indicators, tuple(owing), today)


def _sorted_out(
    standing: Sequence[Standing], indicators: tuple[Indicator, ...], owing: tuple[Obligation, ...], today: date
) -> Gathered:
    debts = tuple(debt_of(one, today) for one in owing)
    everything = Gathered(today, indicators, owing, tuple(entries_of(standing)), debts)
    return everything.of({one.coalition_id for one in owing})


def debt_of(obligation: Obligation, today: date) -> Debt:
    """The periods that a coalition owes; one that closed without a last period owes none."""
    last = Period.parse(obligation.until_period) if obligation.until_period else None
    owes = last is not None or obligation.state != "closed"
    periods = tuple(ended(Period.parse(obligation.from_period), last, today)) if owes else ()
    return Debt(obligation.coalition_id, frozenset(obligation.indicators), periods)


def entries_of(standing: Iterable[Standing]) -> list[Entry]:
    """One entry for each report and indicator, with its amounts in all currencies. The rows of each stand together."""
    periods: dict[str, Period] = {}
    found = []
    for (coalition, code, indicator), rows in groupby(
        standing, lambda one: (one.coalition_id, one.period, one.indicator)
    ):
        period = periods.get(code) or periods.setdefault(code, Period.parse(code))
        told = list(rows)
        amounts = {one.currency: one.amount for one in told if one.amount is not None}
        found.append(Entry(coalition, period, indicator, amounts, told[0].words))
    return found


async def latest_reports(connection: AsyncConnection, coalitions: Sequence[int]) -> dict[int, Report]:
    """The report on the latest period of each of these coalitions."""
    written = await progress.reports_of(connection, coalitions)
    return {one.coalition_id: one for one in sorted(written, key=lambda one: Period.parse(one.period).end)}
