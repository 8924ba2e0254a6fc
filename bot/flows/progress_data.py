"""Everything that was reported, as `/progress`, its pictures, the digest and the export look at it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.flows.indicators import indicators_of
from bot.progress.indicator import Indicator
from bot.progress.period import Period, ended
from bot.progress.rollup import Debt, Entry, Rollup, roll_up
from storage import obligations, progress, rollups
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

    def of_facility(self, code: str) -> "Gathered":
        """What the coalitions of a facility report."""
        return self.of({one.coalition_id for one in self.obligations if one.facility == code})

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

    def rolled_up(self, window: Period) -> list[Rollup]:
        """Every indicator that makes a figure, with at least one coalition that was to give it."""
        telling = [one for one in self.indicators if one.kind != "text"]
        rolled = [roll_up(one, window, self.entries, self.debts) for one in telling]
        return [one for one in rolled if one.coverage.coalitions]


async def gather(connection: AsyncConnection, today: date) -> Gathered:
    """What is in the tables, about every coalition that owes or owed reports."""
    owing = await obligations.all_obligations(connection)
    return Gathered(
        today=today,
        indicators=tuple((await indicators_of(connection)).values()),
        obligations=tuple(owing),
        entries=tuple(entries_of(await rollups.standing(connection))),
        debts=tuple(debt_of(one, today) for one in owing),
    )


def debt_of(obligation: Obligation, today: date) -> Debt:
    """The periods that a coalition owes; one that closed without a last period owes none."""
    last = Period.parse(obligation.until_period) if obligation.until_period else None
    owes = last is not None or obligation.state != "closed"
    periods = tuple(ended(Period.parse(obligation.from_period), last, today)) if owes else ()
    return Debt(obligation.coalition_id, frozenset(obligation.indicators), periods)


def entries_of(standing: Collection[Standing]) -> list[Entry]:
    """One entry for each report and indicator, with its amounts in all currencies."""
    found: dict[tuple[int, str, str], Entry] = {}
    for row in standing:
        key = row.coalition_id, row.period, row.indicator
        entry = found.get(key) or Entry(row.coalition_id, Period.parse(row.period), row.indicator)
        if row.amount is not None:
            entry = replace(entry, amounts={**entry.amounts, row.currency: row.amount})
        found[key] = replace(entry, words=row.words or entry.words)
    return list(found.values())


async def latest_reports(connection: AsyncConnection, coalitions: Sequence[int]) -> dict[int, Report]:
    """The report on the latest period of each of these coalitions."""
    written = await progress.reports_of(connection, coalitions)
    return {one.coalition_id: one for one in sorted(written, key=lambda one: Period.parse(one.period).end)}
