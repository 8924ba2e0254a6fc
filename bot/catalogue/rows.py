"""What the catalogue is made of: facts, each with its source and its mark, gathered in rows by code.

A fact is one value of one field in one language. Storage keeps facts as cells, one a line of the table
`catalogue_rows(kind, code, language, field, value, source, mark)`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal["core", "global", "goal", "objective"]
Language = Literal["en", "fr", "es"]
Mark = Literal["V", "P", "I"]
"""V: official wording as published. P: paraphrase. I: inference, never shown as a fact."""
FieldName = Literal["code", "label", "title", "target_2030", "target_2050", "facility"]
"""`code` is the fact that the row exists: all that is known of a goal whose title was not found."""

LANGUAGES: tuple[Language, ...] = get_args(Language)
FIELDS: tuple[FieldName, ...] = get_args(FieldName)
ROMAN = ("I", "II", "III", "IV", "V", "VI")

CODE_PATTERN = r"core-[1-6]|global-[1-8]|[A-F]|A[1-6]|[B-F][1-9]"
"""Objectives that were not found yet are taken in for goals B to F only."""

FIELDS_OF: dict[Kind, tuple[FieldName, ...]] = {
    "core": ("code", "title"),
    "global": ("code", "title"),
    "goal": ("code", "title"),
    "objective": FIELDS,
}

_FACILITY = re.compile(r"(core|global)[ -]?([ivx]+|\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    """A fact as storage keeps it. `language` is "" for what has none: a code, a facility."""

    kind: str
    code: str
    language: str
    field: str
    value: str
    source: str
    mark: str


class Fact(BaseModel):
    """One value of one field, in one language ("" where it has none), with where it was read."""

    model_config = ConfigDict(frozen=True)

    field: FieldName
    language: Language | Literal[""] = ""
    value: str = Field(min_length=1)
    source: str = Field(min_length=1)
    mark: Mark

    @model_validator(mode="after")
    def _value_fits_the_field(self) -> Self:
        if (self.language == "") != (self.field in {"code", "facility"}):
            raise ValueError(f"{self.field} with language {self.language!r}")
        if self.field == "facility" and read_facility(self.value) != self.value:
            raise ValueError(f"{self.value!r} is no facility")
        return self

    @property
    def place(self) -> tuple[FieldName, str]:
        """What there is one of in a row: a field in a language."""
        return self.field, self.language


class Row(BaseModel):
    """Facts about one facility, goal or objective; what a row does not name it says nothing about."""

    model_config = ConfigDict(frozen=True)

    code: str = Field(pattern=rf"^(?:{CODE_PATTERN})$")
    facts: tuple[Fact, ...]

    @model_validator(mode="after")
    def _facts_fit_the_kind(self) -> Self:
        for fact in self.facts:
            if fact.field not in FIELDS_OF[kind_of(self.code)]:
                raise ValueError(f"{self.code} has no {fact.field}")
        return self

    def cells(self) -> list[Cell]:
        """The row as lines of the table `catalogue_rows`, in the order of its facts."""
        kind = kind_of(self.code)
        return [
            Cell(kind, self.code, fact.language, fact.field, fact.value, fact.source, fact.mark) for fact in self.facts
        ]


def rows_of(cells: Iterable[Cell]) -> list[Row]:
    """The rows that `cells` came from, one a code, in order of first appearance.

    Raises pydantic's ValidationError where a cell holds what no row can.
    """
    facts: dict[str, list[Fact]] = {}
    for cell in cells:
        facts.setdefault(cell.code, []).append(
            Fact.model_validate(
                {
                    "field": cell.field,
                    "language": cell.language,
                    "value": cell.value,
                    "source": cell.source,
                    "mark": cell.mark,
                }
            )
        )
    return [Row(code=code, facts=tuple(of_code)) for code, of_code in facts.items()]


def kind_of(code: str) -> Kind:
    """What a valid code names: "core-3", "global-4", "A" (a goal) or "A1" (an objective)."""
    if code.startswith("core"):
        return "core"
    if code.startswith("global"):
        return "global"
    return "goal" if len(code) == 1 else "objective"


def read_code(text: str) -> str | None:
    """The code that `text` means, or None. "Core III", "core-3" and "CORE 3" mean the same."""
    facility = read_facility(text)
    if facility in {"core", "global"}:
        return None
    code = facility or text.upper()
    return code if re.fullmatch(CODE_PATTERN, code) else None


def read_facility(text: str) -> str | None:
    """The facility that `text` means, or None; "core" or "global" where it does not say which one."""
    match = _FACILITY.fullmatch(text)
    if match is None:
        return None
    kind, number = match[1].lower(), (match[2] or "").upper()
    if not number:
        return kind
    if number in ROMAN:
        number = str(ROMAN.index(number) + 1)
    code = f"{kind}-{number}"
    return code if re.fullmatch(CODE_PATTERN, code) else None
