"""Items from a spreadsheet: one row an item, `id,kind,text_en,text_fr,text_es,…`, in .csv or .xlsx. Pure.

Options are written in one cell, `soil: Healthy soil | water: Clean water`, and one column for each language.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import TypeAdapter

from bot.delphi.checking import Path, Problem
from bot.delphi.protocol import Item, Language
from bot.delphi.written import Places, read_part, told

LANGUAGES: tuple[str, ...] = get_args(Language)
TEXTS = ("text", "explanation", "unit", "low", "high", "options")
PLAIN = ("id", "kind", "scale", "unable", "comment", "proposals", "measure", "currency", "least", "most")
COLUMNS = (*PLAIN, *(f"{text}_{language}" for text in TEXTS for language in LANGUAGES))
MOST_ROWS = 2000
_OPTION = re.compile(r"\s*([^:|]+?)\s*:\s*(.*?)\s*")
_item: TypeAdapter[Item] = TypeAdapter(Item)


@dataclass(frozen=True, slots=True)
class ItemsFile:
    """The items that could be read, where each stands, and every problem; paths begin with `items`."""

    items: list[Item]
    places: Places
    problems: list[Problem]


def read_items(content: bytes, file: str) -> ItemsFile:
    """Reads a .csv (UTF-8; commas, semicolons or tabs) or .xlsx (its first sheet) by the file's name."""
    places = Places(file)
    try:
        rows = list(_workbook(content)) if file.lower().endswith(".xlsx") else list(_csv(content))
    except _Unreadable as unreadable:
        return ItemsFile([], places, [told(str(unreadable), ("items",))])
    if len(rows) < 2:
        return ItemsFile([], places, [told("holds no item: name the columns in row 1, id first", ("items",))])
    (_, heading), *rest = rows
    problems = list(_heading(heading))
    items: list[Item] = []
    for line, cells in rest[:MOST_ROWS]:
        row = {name: cell for name, cell in zip(heading, cells, strict=False) if cell and name in COLUMNS}
        path: Path = ("items", len(items))
        places.put(path, line)
        item, wrong = read_part(_item, _raw(row), path)
        if not any(row.get(f"text_{language}") for language in LANGUAGES):
            wrong.append(told("has no text: fill in text_en, or another language", path))
        problems += [_in_row(each, line) for each in wrong]
        if item is not None:
            items.append(item)
        else:
            del places.lines[path]
    if len(rest) > MOST_ROWS:
        problems.append(told(f"holds {len(rest)} items, and {MOST_ROWS} are the most: split it", ("items",)))
    return ItemsFile(items, places, problems)


class _Unreadable(Exception):
    """What is wrong with the file as a whole."""


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """The rows that hold anything, each with its line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Unreadable("is not in UTF-8: save it as CSV UTF-8") from None
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=head.count), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, [cell.strip() for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise _Unreadable(f"is no CSV from line {begins} on: {error}") from None


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    # Imported here: only a workbook needs openpyxl, and it takes 0.4 s to import.
    from openpyxl import load_workbook

    try:
        sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]
        rows = list(sheet.iter_rows(values_only=True, max_row=MOST_ROWS + 2))
    except Exception:  # openpyxl names no error for a damaged workbook: zip, XML and key errors all occur
        raise _Unreadable("is no Excel workbook, or a damaged one: save it again as .xlsx") from None
    for line, cells in enumerate(rows, 1):
        if any(cell is not None for cell in cells):
            yield line, [_cell(cell) for cell in cells]


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _heading(names: Sequence[str]) -> Iterator[Problem]:
    for name in dict.fromkeys(names):
        if name and name not in COLUMNS:
            yield told(f"row 1: no column is called {name!r}: use {', '.join(PLAIN)}, text_en and so on", ("items",))
        if name and names.count(name) > 1:
            yield told(f"row 1: the column {name} is there {names.count(name)} times: keep one", ("items",))
    if "id" not in names:
        yield told("row 1: has no column id: it names each item", ("items",))


def _raw(row: Mapping[str, str]) -> dict[str, Any]:
    """The item as a definition would have it."""
    raw: dict[str, Any] = {"kind": "scale"} | {name: row[name] for name in PLAIN if name in row}
    raw["kind"] = raw["kind"].lower()
    texts = {name: {lang: row[f"{name}_{lang}"] for lang in LANGUAGES if f"{name}_{lang}" in row} for name in TEXTS}
    raw["text"] = texts["text"]
    raw |= {name: texts[name] for name in ("explanation", "unit") if texts[name]}
    if texts["low"] or texts["high"]:
        raw["ends"] = {"low": texts["low"], "high": texts["high"]}
    if texts["options"]:
        raw["options"] = _options(texts["options"])
    return raw


def _options(written: Mapping[str, str]) -> list[dict[str, Any]]:
    """`soil: Healthy soil | water: Clean water` in each language, brought together by the option's id."""
    options: dict[str, dict[str, str]] = {}
    for language, cell in written.items():
        for place, part in enumerate(cell.split("|"), 1):
            option = _OPTION.fullmatch(part)
            id, text = (option[1], option[2]) if option else (f"o{place}", part.strip())
            options.setdefault(id, {})[language] = text
    return [{"id": id, "text": text} for id, text in options.items()]


def _in_row(problem: Problem, line: int) -> Problem:
    """Named by its row, since a row that could not be read has no place among the items."""
    where = ".".join(str(part) for part in problem.paths[0][2:])
    return told(f"row {line}: " + (f"{where}: " if where else "") + str(problem), ("items",))
