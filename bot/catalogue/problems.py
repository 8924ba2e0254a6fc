"""What is wrong with a catalogue file: every problem of a file, told at once."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to put right: where (file, line or row, column; "" where it has none) and what to do."""

    file: str
    place: str
    column: str
    what: str

    def __str__(self) -> str:
        where = ", ".join(part for part in (self.file, self.place, self.column) if part)
        return f"{where}: {self.what}" if where else self.what


class CatalogueErrors(Exception):
    """Nothing was taken from the file; `problems` says all that has to be put right first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
