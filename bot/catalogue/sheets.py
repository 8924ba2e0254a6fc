"""Reading a catalogue file, whatever its format, as lines of columns.

A line says where it stands, for a person to find it: "line 12", or "sheet Goals, row 3". The same columns
serve all formats; in YAML, `title: {fr: …}` is the column `title_fr`.
"""

import csv
import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

import yaml

from bot.catalogue.problems import Problem


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file: what its columns hold, as it was written. Blank cells are left out."""

    place: str
    columns: dict[str, object]


@dataclass(frozen=True, slots=True)
class Sheet:
    """The lines of a file, and what kept others from being read."""

    lines: list[Line]
    problems: list[Problem]


def read_sheet(path: Path, known_columns: Sequence[str]) -> Sheet:
    """The lines of a .yaml, .yml, .csv or .xlsx file."""
    sheet = Sheet([], [])
    read = _READERS.get(path.suffix.lower())
    if read is None:
        sheet.problems.append(Problem(path.name, "", "", "is none of .yaml, .csv and .xlsx: save it as one"))
        return sheet
    try:
        content = path.read_bytes()
    except OSError as error:
        sheet.problems.append(Problem(path.name, "", "", f"cannot be read: {error.strerror}"))
        return sheet
    for found in read(content, known_columns):
        if isinstance(found, Line):
            sheet.lines.append(found)
        else:
            sheet.problems.append(Problem(path.name, found.place, found.column, found.what))
    return sheet


@dataclass(frozen=True, slots=True)
class _Flaw:
    """A problem before its file is named."""

    place: str
    column: str
    what: str


def _read_yaml(content: bytes, known_columns: Sequence[str]) -> Iterator[Line | _Flaw]:
    try:
        root = yaml.compose(content, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
        yield _Flaw(place, "", f"is not valid YAML: {what}")
        return
    if not isinstance(root, yaml.SequenceNode):
        yield _Flaw("", "", "has no list of rows: begin each row with `- code: …`")
        return
    for item in root.value:
        place = f"line {item.start_mark.line + 1}"
        if not isinstance(item, yaml.MappingNode):
            yield _Flaw(place, "", "is not a row: write it as `- code: …` with the other columns below")
            continue
        columns: dict[str, object] = {}
        for column, node in _columns_of(item):
            where = f"line {node.start_mark.line + 1}"
            if column not in known_columns:
                yield _Flaw(where, column, _unknown(column, known_columns))
            elif not isinstance(node, yaml.ScalarNode):
                yield _Flaw(where, column, "holds a list or a group: write one text")
            elif column in columns:
                yield _Flaw(where, column, "is there twice in this row: keep one")
            elif node.style or node.value not in {"", "~", "null"}:
                columns[column] = node.value
        yield Line(place, columns)


def _columns_of(row: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node]]:
    for key, node in row.value:
        if isinstance(node, yaml.MappingNode):
            for inner_key, inner in node.value:
                yield f"{key.value}_{inner_key.value}", inner
        else:
            yield str(key.value), node


def _read_csv(content: bytes, known_columns: Sequence[str]) -> Iterator[Line | _Flaw]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        yield _Flaw("", "", "is not in UTF-8: save it as “CSV UTF-8”")
        return
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    table: list[tuple[str, Sequence[object]]] = []
    try:
        begins = 1
        for cells in reader:
            table.append((f"line {begins}", cells))
            begins = reader.line_num + 1
    except csv.Error as error:
        what = f"is not valid CSV ({error}): check the quotes from here on"
        yield _Flaw(f"line {begins}", "", what)
    yield from _read_table(table, known_columns)


def _read_xlsx(content: bytes, known_columns: Sequence[str]) -> Iterator[Line | _Flaw]:
    try:
        sheets = _sheets_of(content)
    except Exception:  # openpyxl names no error for a damaged workbook: zip, XML and key errors all occur
        yield _Flaw("", "", "is not an Excel workbook, or a damaged one: save it again as .xlsx")
        return
    for title, rows in sheets:
        table: list[tuple[str, Sequence[object]]] = []
        for number, cells in enumerate(rows, start=1):
            place = f"sheet {title}, row {number}"
            for value, is_shown in cells:
                if not is_shown:
                    yield _Flaw(place, "", f"holds the formula or error {value}: paste its text instead")
            table.append((place, [value if is_shown else None for value, is_shown in cells]))
        yield from _read_table(table, known_columns)


def _sheets_of(content: bytes) -> list[tuple[str, list[list[tuple[object, bool]]]]]:
    """Title and rows of each sheet; of each cell its value, and whether that is what the cell shows."""
    # Imported here: only an import of a workbook needs openpyxl, and it takes 0.4 s to import.
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and drop-downs that it does not read
        workbook = load_workbook(io.BytesIO(content), read_only=True)
        try:
            return [
                (
                    sheet.title,
                    [[(cell.value, cell.data_type not in {"f", "e"}) for cell in cells] for cells in sheet.iter_rows()],
                )
                for sheet in workbook.worksheets
            ]
        finally:
            workbook.close()


def _read_table(table: Iterable[tuple[str, Sequence[object]]], known_columns: Sequence[str]) -> Iterator[Line | _Flaw]:
    """Rows of cells as lines: the first that is not blank names the columns."""
    rows = [(place, cells) for place, cells in table if not all(_is_blank(cell) for cell in cells)]
    if not rows:
        return
    place, heading = rows[0]
    columns = ["" if _is_blank(cell) else re.sub(r"\s+", "_", str(cell).strip().lower()) for cell in heading]
    for at, column in enumerate(columns):
        if column and column not in known_columns:
            yield _Flaw(place, column, _unknown(column, known_columns))
        elif column and column in columns[:at]:
            yield _Flaw(place, column, "is there twice: keep one column")
    if "code" not in columns:
        yield _Flaw(place, "", "has no column `code`: the first row names the columns")
        return
    for place, cells in rows[1:]:
        if any(not column and not _is_blank(cell) for cell, column in zip_longest(cells, columns, fillvalue="")):
            what = "has a cell under no heading: name the column, or put a text with commas in quotes"
            yield _Flaw(place, "", what)
        named = zip(columns, cells, strict=False)
        yield Line(
            place,
            {name: cell for name, cell in named if name in known_columns and not _is_blank(cell)},
        )


def _is_blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _unknown(column: str, known_columns: Sequence[str]) -> str:
    in_languages = [known for known in known_columns if known.startswith(f"{column}_")]
    return f"is no column of the catalogue: use {', '.join(in_languages or known_columns)}"


_READERS: dict[str, Callable[[bytes, Sequence[str]], Iterator[Line | _Flaw]]] = {
    ".yaml": _read_yaml,
    ".yml": _read_yaml,
    ".csv": _read_csv,
    ".xlsx": _read_xlsx,
}
