"""Indicators in a file (.yaml, .csv or .xlsx), read with every problem of the file told at once."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from importlib.resources import as_file, files
from pathlib import Path
from typing import cast

from bot.catalogue.problems import CatalogueErrors, Problem
from bot.catalogue.sheets import Line, read_sheet
from bot.progress.indicator import KINDS, REQUIREMENTS, UNITS, Indicator, Kind, Requirement

LANGUAGES = ("en", "fr", "es")
COLUMNS = (
    "code",
    *(f"name_{language}" for language in LANGUAGES),
    "kind",
    "cumulative",
    "requires",
    "plausible_from",
    "plausible_to",
    "facility",
    "objective",
    "target_2030",
    "target_2050",
    "source",
    "mark",
    "active",
)
"""The columns of an indicator file, in any order; `code`, `name_en` and `kind` must be there. In YAML, `name: {fr: …}`
is the column `name_fr`."""

LONGEST_CODE, LONGEST_NAME, LONGEST_SOURCE = 24, 80, 300
OURS = "ours"
_CODE = re.compile(r"[a-z][a-z0-9_]*")
_YES, _NO = ("yes", "true", "1"), ("no", "false", "0")


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the file while it is read; what is wrong with it gathers in `problems`."""

    line: Line
    file: str
    problems: list[Problem]

    def text(self, column: str, longest: int = LONGEST_SOURCE, *, required: bool = False) -> str:
        value = self.line.columns.get(column, "")
        written = str(value).strip()
        if required and not written:
            self.refuse(column, "is blank: fill it in")
        if len(written) > longest:
            self.refuse(column, f"is longer than {longest} characters: shorten it")
        return written

    def one_of(self, column: str, known: Collection[str], *, required: bool = False) -> str:
        written = self.text(column, required=required)
        if written and written not in known:
            self.refuse(column, f"says {written}: use one of {', '.join(sorted(known))}")
            return ""
        return written

    def is_yes(self, column: str, otherwise: bool) -> bool:
        written = self.text(column).lower()
        if written and written not in (*_YES, *_NO):
            self.refuse(column, f"says {written}: write yes or no")
        return written in _YES if written else otherwise

    def number(self, column: str) -> Decimal | None:
        written = self.text(column)
        if not written:
            return None
        try:
            value = Decimal(written)
        except InvalidOperation:
            value = Decimal("NaN")
        if not value.is_finite():
            self.refuse(column, f"says {written}: write digits with a full stop before decimals, like 1200.5")
            return None
        return value

    def refuse(self, column: str, what: str) -> None:
        self.problems.append(Problem(self.file, self.line.place, column, what))


def read_indicators(path: Path, facilities: Collection[str], objectives: Collection[str]) -> list[Indicator]:
    """The indicators of a file, in its order; `facilities` and `objectives` are the codes that there are.

    Raises CatalogueErrors with every problem of the file.
    """
    sheet = read_sheet(path, COLUMNS)
    problems = [_about_indicators(one) for one in sheet.problems]
    read: list[Indicator] = []
    places: dict[str, str] = {}
    for position, line in enumerate(sheet.lines):
        row = _Row(line, path.name, [])
        one = _indicator(row, position, facilities, objectives)
        first = places.setdefault(one.code, line.place)
        if one.code and first != line.place:
            row.refuse("code", f"{one.code} is at {first} already: keep one")
        problems += row.problems
        read.append(one)
    if not read and not problems:
        problems.append(Problem(path.name, "", "", "holds no indicators: begin each with `- code: …`"))
    if problems:
        raise CatalogueErrors(problems)
    return read


def starting_set(facilities: Collection[str], objectives: Collection[str]) -> list[Indicator]:
    """The indicators to begin with, ours until the secretariat says otherwise."""
    with as_file(files(__package__) / "indicators.yaml") as path:
        return read_indicators(path, facilities, objectives)


def _indicator(row: _Row, position: int, facilities: Collection[str], objectives: Collection[str]) -> Indicator:
    code = row.text("code", LONGEST_CODE, required=True)
    if code and not _CODE.fullmatch(code):
        row.refuse("code", f"says {code}: use small letters, digits and _, with a letter first")
    names = {language: row.text(f"name_{language}", LONGEST_NAME) for language in LANGUAGES}
    if not names["en"]:
        row.refuse("name_en", "is blank: every indicator has an English name")
    kind = cast(Kind, row.one_of("kind", KINDS, required=True) or "count")
    lowest, highest = row.number("plausible_from"), row.number("plausible_to")
    if lowest is not None and highest is not None and lowest > highest:
        row.refuse("plausible_to", f"is {highest}, which is less than plausible_from: exchange them")
    targets = {year: value for year in ("2030", "2050") if (value := row.number(f"target_{year}")) is not None}
    if targets and kind in ("yes_no", "text"):
        row.refuse("target_2030", f"is for numbers, and this indicator is of kind {kind}: leave it blank")
    return Indicator(
        code=code,
        name={language: name for language, name in names.items() if name},
        kind=kind,
        unit=UNITS[kind],
        cumulative=row.is_yes("cumulative", otherwise=False),
        requires=tuple(_requirements(row)),
        plausible_from=lowest,
        plausible_to=highest,
        facility=row.one_of("facility", facilities),
        objective=row.one_of("objective", objectives),
        targets=targets,
        source=row.text("source"),
        mark=row.text("mark", 24),
        position=position,
        active=row.is_yes("active", otherwise=True),
    )


def _requirements(row: _Row) -> Iterator[Requirement]:
    for written in re.split(r"[,;]\s*", row.text("requires")):
        if written in REQUIREMENTS:
            yield written
        elif written:
            row.refuse("requires", f"says {written}: use {', '.join(REQUIREMENTS)}, with commas between")


def _about_indicators(problem: Problem) -> Problem:
    """A problem of the table itself, whose remedy speaks of the catalogue's columns."""
    what = problem.what.replace("no column of the catalogue", "no column of an indicator file")
    return Problem(problem.file, problem.place, problem.column, what)
