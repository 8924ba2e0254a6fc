"""The tables of a report as a workbook to analyse: a sheet for each, numbers as numbers."""

import io
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from bot.delphi.report.blocks import Cell, Grid, P

WIDEST = 60
LONGEST_CELL = 32_000


def workbook(grids: Sequence[tuple[str, Grid]], title: str, header: str, made_at: datetime) -> bytes:
    """Each grid on a sheet of this name; `header` stands in its first row and on each printed page."""
    written = io.BytesIO()
    # Words of panellists are words, also where they begin like a formula or an address.
    plain = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(written, plain)
    book.set_properties({"title": title, "author": "", "created": made_at.replace(tzinfo=None)})
    for name, grid in grids:
        _sheet(book, book.add_worksheet(_sheet_name(name)), grid, header)
    book.close()
    return written.getvalue()


def _sheet(book: Workbook, sheet: Worksheet, grid: Grid, header: str) -> None:
    bold, wrapped = (
        book.add_format({"bold": True, "text_wrap": True, "valign": "top"}),
        book.add_format({"text_wrap": True}),
    )
    share = book.add_format({"num_format": "0.0%"})
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    # An ampersand begins a code in a printed header.
    sheet.set_header(f"&C{header.replace('&', '&&')}"[:255])
    sheet.write_string(0, 0, header, book.add_format({"bold": True}))
    for column, heading in enumerate(grid.headings):
        sheet.write_string(2, column, heading, bold)
        longest = max((len(row[column]) for row in grid.rows if isinstance(row[column], str)), default=0)  # type: ignore[arg-type]  # checked
        sheet.set_column(column, column, min(WIDEST, max(9, len(heading) + 1, longest + 1)))
    for place, row in enumerate(grid.rows, start=3):
        for column, cell in enumerate(row):
            _write(sheet, place, column, cell, share, wrapped)
    sheet.freeze_panes(3, 1)
    sheet.repeat_rows(2)
    if grid.rows:
        sheet.autofilter(2, 0, 2 + len(grid.rows), len(grid.headings) - 1)


def _write(sheet: Worksheet, row: int, column: int, cell: Cell, share: object, wrapped: object) -> None:
    match cell:
        case None | P(value=None):
            sheet.write_blank(row, column, None)
        case str():
            sheet.write_string(row, column, cell[:LONGEST_CELL], wrapped)
        case P():
            sheet.write_number(row, column, cell.value)
        case Fraction():
            sheet.write_number(row, column, float(cell), share)
        case _:
            sheet.write_number(row, column, cell)


def _sheet_name(name: str) -> str:
    return "".join(character for character in name if character not in "[]:*?/\\")[:31]
