"""A table of ratings from a file: `panellist,group,<item>,<item>,…`, one row per panellist.

An empty cell is missing, `U` is "unable to score", anything else a point of the scale. Problems are told all at once.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.delphi.distribution import MISSING, UNABLE
from bot.delphi.scale import Scale

PANELLIST = "panellist"
GROUP = "group"
_WHOLE = re.compile(r"(\d{1,9})(?:\.0+)?")


@dataclass(frozen=True, slots=True)
class Problem:
    """What has to be put right, and where; row 1 is the heading, 0 and "" are the file as a whole."""

    file: str
    row: int
    column: str
    what: str

    def __str__(self) -> str:
        place = [self.file, f"row {self.row}" if self.row else "", self.column]
        return f"{', '.join(filter(None, place))}: {self.what}"


class TableErrors(Exception):
    """Nothing was taken from the file; `problems` says all that has to be put right first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Ratings of shape (panellists, items), with MISSING and UNABLE; `groups` names each panellist's, "" for none."""

    panellists: tuple[str, ...]
    items: tuple[str, ...]
    ratings: NDArray[np.int16]
    groups: tuple[str, ...] | None = None

    def column(self, item: str) -> NDArray[np.int16]:
        """The ratings of one item, shape (panellists,)."""
        return self.ratings[:, self.items.index(item)]


@dataclass(frozen=True, slots=True)
class _Heading:
    """Where the columns stand; an item's name belongs to its column."""

    width: int
    panellist: int
    group: int | None
    items: dict[int, str]


def read_table(
    content: bytes, scale: Scale, file: str, group_column: str = GROUP, group_required: bool = False
) -> Table:
    """Reads a CSV in UTF-8, with commas, semicolons or tabs. Raises TableErrors with every problem of the file."""
    rows = _rows(content, file)
    problems: list[Problem] = []
    if not rows:
        raise TableErrors([Problem(file, 0, "", "is empty: its first row names the columns, panellist first")])
    heading = _read_heading(rows[0][1], file, group_column, group_required, problems)
    if len(rows) == 1:
        problems.append(Problem(file, 0, "", "has no panellist: add a row for each below the heading"))
    if heading is None or not heading.items:
        raise TableErrors(problems)
    ratings = np.full((len(rows) - 1, len(heading.items)), MISSING, dtype=np.int16)
    panellists: list[str] = []
    groups: list[str] = []
    for place, (row, cells) in enumerate(rows[1:]):
        if len(cells) != heading.width:
            what = f"has {len(cells)} cells under {heading.width} headings: quote cells that hold a separator"
            problems.append(Problem(file, row, "", what))
            continue
        panellists.append(cells[heading.panellist])
        if not cells[heading.panellist]:
            problems.append(Problem(file, row, PANELLIST, "is empty: give each panellist a name or pseudonym"))
        groups.append("" if heading.group is None else cells[heading.group])
        for index, (column, item) in enumerate(heading.items.items()):
            if (code := _code(cells[column], scale)) is not None:
                ratings[place, index] = code
            else:
                what = f"{cells[column]!r} is none of {scale}, U (unable to score) and empty (missing)"
                problems.append(Problem(file, row, item, what))
    for name, times in Counter(filter(None, panellists)).items():
        if times > 1:
            problems.append(Problem(file, 0, PANELLIST, f"{name} has {times} rows: keep one"))
    if problems:
        raise TableErrors(problems)
    named = None if heading.group is None else tuple(groups)
    return Table(tuple(panellists), tuple(heading.items.values()), ratings, named)


def _rows(content: bytes, file: str) -> list[tuple[int, list[str]]]:
    """The rows that hold anything, each with its line and its cells without the space around them."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TableErrors([Problem(file, 0, "", "is not in UTF-8: save it as CSV UTF-8")]) from None
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    rows: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                rows.append((begins, stripped))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise TableErrors([Problem(file, begins, "", f"is no CSV from here on: {error}")]) from None
    return rows


def _read_heading(
    names: Sequence[str], file: str, group_column: str, group_required: bool, problems: list[Problem]
) -> _Heading | None:
    """Finds the columns, and adds what is wrong with them to the problems."""
    for name, times in Counter(names).items():
        if not name:
            problems.append(Problem(file, 1, "", f"{times} columns have no heading: name or remove them"))
        elif times > 1:
            problems.append(Problem(file, 1, name, f"is there {times} times: keep one column"))
    if PANELLIST not in names:
        problems.append(Problem(file, 1, "", f"has no column {PANELLIST}: it tells the rows apart"))
        return None
    panellist = names.index(PANELLIST)
    group = names.index(group_column) if group_column in names else None
    if group_required and group is None:
        problems.append(Problem(file, 1, "", f"has no column {group_column}, which was to hold the groups"))
    # A column `group` is never an item, also where another column has the groups.
    named = {column: name for column, name in enumerate(names) if name not in {"", PANELLIST, GROUP, group_column}}
    if not named:
        problems.append(Problem(file, 1, "", "has no item: each further column is one"))
    return _Heading(len(names), panellist, group, named)


def _code(cell: str, scale: Scale) -> int | None:
    """What a cell holds, or None where it holds nothing that is known."""
    if not cell:
        return MISSING
    if cell in {"U", "u"}:
        return UNABLE
    # Spreadsheets write 7 as 7.0 where a column has gaps.
    whole = _WHOLE.fullmatch(cell)
    return int(whole[1]) if whole and int(whole[1]) in scale.values else None
