"""Everything that was reported as tables: a figure a row, with who gave it, when, and what it said before. Pure.

The names of the columns are those of the fields, in every language, so that a program that reads a table goes on
reading it. What people wrote is text and never a formula.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

import xlsxwriter

# What a spreadsheet would calculate.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_WIDEST, _NARROWEST = 44, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A coalition, a period, an indicator (and a currency, where there are several).

    `state` is given, nothing (to report) or missing (no report yet). `reported_as` is total (so far), added (in the
    period) or level. Instants are in UTC. `earlier` is what it said before each correction, the oldest first.
    """

    coalition: str
    kind: str
    facility: str
    objectives: str
    period: str
    first_day: date
    last_day: date
    due: date
    state: str
    indicator: str
    name: str
    unit: str
    reported_as: str
    amount: Decimal | None = None
    currency: str = ""
    words: str = ""
    method: str = ""
    depth: str = ""
    baseline_year: str = ""
    verification: str = ""
    given_by: str = ""
    given_at: datetime | None = None
    corrections: int = 0
    earlier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """A coalition and a period. `state` is in_time, late or missing; a missing report may not be due yet."""

    coalition: str
    kind: str
    facility: str
    period: str
    due: date
    state: str
    status: str = ""
    why: str = ""
    milestones: str = ""
    help: str = ""
    help_state: str = ""
    help_taken_by: str = ""
    submitted_by: str = ""
    submitted_at: datetime | None = None
    corrections: int = 0
    corrected_by: str = ""
    corrected_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionRow:
    """What was said before a correction, of an indicator, or of the status, why, milestones or help of a report; what
    it became, by whom and when. `version` is 0 for what was said first, `details` are those that go with a figure."""

    coalition: str
    period: str
    about: str
    version: int
    amount: Decimal | None = None
    currency: str = ""
    words: str = ""
    details: str = ""
    given_by: str = ""
    given_at: datetime | None = None
    became: str = ""
    corrected_by: str = ""
    corrected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """All three tables."""

    figures: tuple[FigureRow, ...]
    reports: tuple[ReportRow, ...]
    corrections: tuple[CorrectionRow, ...]


def table(rows: Iterable[FigureRow]) -> str:
    """The figures as .csv, in UTF-8 with its mark, so that spreadsheets read the accents."""
    content = io.StringIO()
    writer = csv.writer(content)
    columns = _columns(FigureRow)
    cells_of = attrgetter(*columns)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_written(cell) for cell in cells_of(row)])
    return "\ufeff" + content.getvalue()


def workbook(exported: Exported) -> bytes:
    """An .xlsx file with a sheet for each table."""
    content = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(content, options) as book:
        styles = {
            "head": book.add_format({"bold": True}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "instant": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        _sheet(book, "Figures", FigureRow, exported.figures, styles)
        _sheet(book, "Reports", ReportRow, exported.reports, styles)
        _sheet(book, "Corrections", CorrectionRow, exported.corrections, styles)
    return content.getvalue()


def _sheet(book: Any, name: str, kind: type, rows: Sequence[Any], styles: dict[str, Any]) -> None:
    sheet = book.add_worksheet(name)
    sheet.freeze_panes(1, 1)
    columns = _columns(kind)
    cells_of = attrgetter(*columns)
    for at, column in enumerate(columns):
        widest = max((len(_written(getattr(row, column))) for row in rows), default=0)
        sheet.set_column(at, at, min(max(widest, len(column), _NARROWEST) + 2, _WIDEST))
        sheet.write_string(0, at, column, styles["head"])
    for line, row in enumerate(rows, start=1):
        for at, cell in enumerate(cells_of(row)):
            match cell:
                case None | "":
                    continue
                case str():
                    sheet.write_string(line, at, cell)
                case datetime():
                    sheet.write_datetime(line, at, cell, styles["instant"])
                case date():
                    sheet.write_datetime(line, at, cell, styles["day"])
                case _:
                    sheet.write_number(line, at, cell)


def _columns(kind: type) -> list[str]:
    return [field.name for field in fields(kind)]


def _written(cell: str | int | Decimal | date | datetime | None) -> str:
    """A cell of the .csv. Numbers have a full stop before decimals and nothing else; instants are in UTC."""
    match cell:
        case None:
            return ""
        case str():
            return f"'{cell}" if cell.startswith(_FORMULA) else cell
        case Decimal():
            return plain(cell)
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M}"
        case _:
            return str(cell)


def plain(number: Decimal) -> str:
    """Digits without an exponent and without zeros that say nothing."""
    return f"{number.normalize():f}" if number else "0"
