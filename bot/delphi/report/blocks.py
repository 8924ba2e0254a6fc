"""What a report consists of, whatever it is written as: headings, paragraphs, tables, pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from bot.delphi.report.wording import figure, p_value, percent


@dataclass(frozen=True, slots=True)
class P:
    """A probability; None where there is no test."""

    value: float | None


Cell = str | int | float | Fraction | P | None
"""Words, a count, a figure, a share, a probability, or nothing to be said."""


@dataclass(frozen=True, slots=True)
class Heading:
    """Level 0 is the title."""

    words: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Plain words; `quote` are somebody's own, `note` explains a table."""

    words: str
    style: Literal["plain", "quote", "note"] = "plain"


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. With a `name` it is a sheet of the workbook as well."""

    headings: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """A PNG, what it shows in words, the name of its file, and its width in centimetres."""

    png: bytes
    alt: str
    file: str
    width: float = 8.5


Block = Heading | Paragraph | Grid | Image


def cell_words(cell: Cell, language: str) -> str:
    """A cell as the language writes it."""
    match cell:
        case str():
            return cell
        case P():
            return p_value(cell.value, language)
        case Fraction():
            return percent(cell, language)
        case _:
            return figure(cell, language)
