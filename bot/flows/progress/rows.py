"""The rows of an export, from the tables."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.flows.progress.data import debt_of
from bot.flows.progress.indicators import indicators_of
from bot.flows.progress.trace import changes
from bot.progress.export import CorrectionRow, Exported, FigureRow, ReportRow, plain
from bot.progress.indicator import Indicator
from bot.progress.period import Period
from storage import obligations, progress, rollups
from storage.obligations import Obligation
from storage.progress import Figure, Report
from storage.rollups import Earlier


async def export_rows(connection: AsyncConnection, today: date, language: str) -> Exported:
    """Every coalition that owes or owed reports, every period that is over, every indicator."""
    everything = _Everything(
        await obligations.all_obligations(connection),
        await indicators_of(connection),
        await progress.reports_of(connection),
        await progress.every_figure(connection),
        await rollups.earlier(connection),
    )
    # A hundred thousand rows take seconds.
    return await asyncio.to_thread(_rows, everything, today, language)


@dataclass(frozen=True, slots=True)
class _Everything:
    obligations: Sequence[Obligation]
    indicators: Mapping[str, Indicator]
    reports: Sequence[Report]
    figures: Sequence[Figure]
    earlier: Sequence[Earlier]


def _rows(everything: _Everything, today: date, language: str) -> Exported:
    indicators = everything.indicators
    reports: dict[int, dict[str, Report]] = defaultdict(dict)
    for one in everything.reports:
        reports[one.coalition_id][one.period] = one
    given: dict[int, list[Figure]] = defaultdict(list)
    for figure in everything.figures:
        given[figure.report_id].append(figure)
    before: dict[int, list[Earlier]] = defaultdict(list)
    for each in everything.earlier:
        before[each.report_id].append(each)
    figure_rows: list[FigureRow] = []
    report_rows: list[ReportRow] = []
    corrections: list[CorrectionRow] = []
    for owes in everything.obligations:
        mine = reports[owes.coalition_id]
        periods = {Period.parse(code) for code in mine}.union(debt_of(owes, today).periods)
        for period in sorted(periods, key=lambda one: (one.end, one.start)):
            report = mine.get(period.code)
            report_rows.append(_report(owes, period, report))
            told = given[report.id] if report else []
            figure_rows += _figures(owes, period, report, told, indicators, language)
            if report:
                corrections += _corrections(owes, report, told, before[report.id])
    return Exported(tuple(figure_rows), tuple(report_rows), tuple(corrections))


def _report(owes: Obligation, period: Period, report: Report | None) -> ReportRow:
    due = period.due(owes.due_days)
    base: dict[str, Any] = {
        "coalition": owes.title,
        "kind": owes.kind,
        "facility": owes.facility,
        "period": period.code,
        "due": due,
    }
    if report is None:
        return ReportRow(**base, state="missing")
    return ReportRow(
        **base,
        state="late" if report.submitted_at.date() > due else "in_time",
        status=report.status,
        why=report.why,
        milestones=report.milestones,
        help=report.help,
        help_state=report.help_state,
        help_taken_by=report.helper,
        submitted_by=report.submitter,
        submitted_at=_utc(report.submitted_at),
        corrections=report.revision,
        corrected_by=report.corrector,
        corrected_at=_utc(report.corrected_at),
    )


def _figures(
    owes: Obligation,
    period: Period,
    report: Report | None,
    told: Sequence[Figure],
    indicators: Mapping[str, Indicator],
    language: str,
) -> Iterator[FigureRow]:
    about = {one.indicator for one in told} if report else set(owes.indicators)
    for indicator in indicators.values():
        if indicator.code not in about:
            continue
        base: dict[str, Any] = {
            "coalition": owes.title,
            "kind": owes.kind,
            "facility": owes.facility,
            "objectives": " ".join(owes.objectives),
            "period": period.code,
            "first_day": period.start,
            "last_day": period.end,
            "due": period.due(owes.due_days),
            "indicator": indicator.code,
            "name": indicator.title(language),
            "unit": indicator.unit,
            "reported_as": "level" if not indicator.adds_up else "total" if indicator.cumulative else "added",
        }
        if report is None:
            yield FigureRow(**base, state="missing")
            continue
        versions = [one for one in told if one.indicator == indicator.code]
        newest = max(one.revision for one in versions)
        older = [one for one in versions if one.revision < newest]
        for one in versions:
            if one.revision == newest:
                yield FigureRow(
                    **base,
                    state="nothing" if one.amount is None and not one.words else "given",
                    amount=one.amount,
                    currency=one.currency,
                    words=one.words,
                    method=one.details.get("method", ""),
                    depth=one.details.get("depth", ""),
                    baseline_year=one.details.get("baseline_year", ""),
                    verification=one.details.get("verification", ""),
                    given_by=one.giver,
                    given_at=_utc(one.given_at),
                    corrections=len({each.revision for each in older}),
                    earlier=_earlier(older),
                )


def _earlier(older: Iterable[Figure]) -> str:
    """`1000 (Ada Rowan, 2026-10-05); …`, the amounts of one version together."""
    said = []
    for _, version in groupby(older, key=lambda one: one.revision):
        each = list(version)
        values = " + ".join(_value(one) for one in each)
        # Who gave it may have been erased since.
        when = ", ".join(filter(None, (each[0].giver, f"{each[0].given_at:%Y-%m-%d}")))
        said.append(f"{values} ({when})")
    return "; ".join(said)


def _value(one: Figure) -> str:
    if one.amount is None:
        return one.words or "nothing"
    return f"{plain(one.amount)} {one.currency}".strip()


def _corrections(
    owes: Obligation, report: Report, told: Sequence[Figure], before: Sequence[Earlier]
) -> Iterator[CorrectionRow]:
    for change in changes(report, told, before):
        base: dict[str, Any] = {
            "coalition": owes.title,
            "period": report.period,
            "about": change.about,
            "version": change.version,
            "given_by": change.given_by,
            "given_at": _utc(change.given_at),
            "corrected_by": change.by,
            "corrected_at": _utc(change.at),
        }
        if not change.figures:
            yield CorrectionRow(**base, words=change.words, became=change.then_words)
            continue
        details = _details(change.then) if _details(change.then) != _details(change.figures) else ""
        became = " + ".join(_value(one) for one in change.then) + (f" ({details})" if details else "")
        for one in change.figures:
            yield CorrectionRow(
                **base,
                amount=one.amount,
                currency=one.currency,
                words=one.words,
                details=_details(change.figures),
                became=became,
            )


def _details(version: Sequence[Figure]) -> str:
    """`method: Dry combustion; depth: 30 cm`."""
    return "; ".join(f"{name}: {value}" for name, value in version[0].details.items() if value)


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
