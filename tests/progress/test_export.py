"""Exports: one row a figure, numbers as numbers, and nothing that people wrote becomes a formula."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from bot.progress.export import CorrectionRow, Exported, FigureRow, ReportRow, table, workbook

NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", '=HYPERLINK("http://x")', "http://example.org", 'a "b"\nc; d, é']
AT = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)


def figure(**fields: Any) -> FigureRow:
    usual: dict[str, Any] = {
        "coalition": "Soil Regeneration",
        "kind": "alliance",
        "facility": "global-4",
        "objectives": "",
        "period": "2026-Q3",
        "first_day": date(2026, 7, 1),
        "last_day": date(2026, 9, 30),
        "due": date(2026, 10, 30),
        "state": "given",
        "indicator": "funds_mobilised",
        "name": "Funds mobilised",
        "unit": "",
        "reported_as": "added",
    }
    return FigureRow(**(usual | fields))


@pytest.mark.parametrize("text", NASTY)
def test_what_people_wrote_stays_text(text: str) -> None:
    rows = (figure(coalition=text, words=text, given_by=text),)
    report = ReportRow(
        coalition=text, kind="alliance", facility="", period="2026-Q3", due=date(2026, 10, 30), state="late", why=text
    )
    correction = CorrectionRow(coalition=text, period="2026-Q3", about="why", version=0, words=text)
    book = openpyxl.load_workbook(io.BytesIO(workbook(Exported(rows, (report,), (correction,)))))
    for name in ("Figures", "Reports", "Corrections"):
        cell = book[name].cell(2, 1)
        assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    (read,) = csv.DictReader(io.StringIO(table(rows).removeprefix("\ufeff")))
    assert read["words"].removeprefix("'") == text
    assert read["words"][0] not in "=+-@\t\r"


def test_numbers_and_days_are_what_they_are() -> None:
    row = figure(amount=Decimal("-2500.500000"), currency="EUR", given_at=AT, corrections=2)
    sheet = openpyxl.load_workbook(io.BytesIO(workbook(Exported((row,), (), ()))))["Figures"]
    names = [cell.value for cell in sheet[1]]
    cells = dict(zip(names, next(sheet.iter_rows(min_row=2, values_only=True)), strict=True))
    assert (cells["amount"], cells["corrections"]) == (-2500.5, 2)
    assert [str(cells[name]) for name in ("due", "given_at")] == ["2026-10-30 00:00:00", "2026-10-05 09:30:00"]
    (read,) = csv.DictReader(io.StringIO(table([row]).removeprefix("\ufeff")))
    assert (read["amount"], read["due"], read["given_at"]) == ("-2500.5", "2026-10-30", "2026-10-05 09:30")
    assert list(read) == names


def test_a_large_number_is_written_out_and_an_empty_cell_stays_empty() -> None:
    (read, empty) = csv.DictReader(
        io.StringIO(table([figure(amount=Decimal("1E+12")), figure(state="nothing")]).removeprefix("\ufeff"))
    )
    assert (read["amount"], empty["amount"], empty["words"]) == ("1000000000000", "", "")
