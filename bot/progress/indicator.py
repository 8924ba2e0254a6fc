"""Indicators: what coalitions count, as data that the secretariat edits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, Self, get_args

Kind = Literal["count", "area", "money", "percentage", "carbon", "yes_no", "text"]
Requirement = Literal["method", "depth", "baseline_year", "verification"]

KINDS: tuple[Kind, ...] = get_args(Kind)
REQUIREMENTS: tuple[Requirement, ...] = get_args(Requirement)
# The unit that a kind always has; money has a currency with every amount, and counts have what their name says.
UNITS: dict[Kind, str] = {
    "count": "",
    "area": "ha",
    "money": "",
    "percentage": "%",
    "carbon": "t C/ha",
    "yes_no": "",
    "text": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One thing that is counted. `name` has a text per language, English always among them.

    `cumulative`: what is reported is the total so far; otherwise what came about in the period. `requires` is asked
    with every figure. A figure outside `plausible_from` to `plausible_to` is asked about, not refused. `targets` are by
    year (`2030`); those of an indicator that is not cumulative are for one year. `facility` and `objective` are codes
    of the catalogue, or empty. `source` says where the indicator comes from, `mark` is `ours` when it is not official.
    """

    code: str
    name: Mapping[str, str]
    kind: Kind
    unit: str = ""
    cumulative: bool = False
    requires: tuple[Requirement, ...] = ()
    plausible_from: Decimal | None = None
    plausible_to: Decimal | None = None
    facility: str = ""
    objective: str = ""
    targets: Mapping[str, Decimal] = field(default_factory=dict)
    source: str = ""
    mark: str = ""
    position: int = 0
    active: bool = True

    @property
    def is_number(self) -> bool:
        """Whether a report on it is an amount; otherwise it is words, or yes or no."""
        return self.kind not in ("yes_no", "text")

    @property
    def adds_up(self) -> bool:
        """Whether the figures of several coalitions make a sum: not percentages, nor tonnes per hectare."""
        return self.kind in ("count", "area", "money")

    def title(self, language: str) -> str:
        """Its name in this language, or else in English."""
        return self.name.get(language) or self.name["en"]

    def plausible(self, amount: Decimal) -> bool:
        """Whether the amount lies in the range that is expected."""
        return (self.plausible_from is None or amount >= self.plausible_from) and (
            self.plausible_to is None or amount <= self.plausible_to
        )

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Self:
        """An indicator from its row in the table."""
        return cls(
            **{
                **row,
                "requires": tuple(row["requires"]),
                "targets": {year: Decimal(value) for year, value in row["targets"].items()},
            }
        )

    def row(self) -> dict[str, Any]:
        """Its row in the table."""
        return {
            "code": self.code,
            "name": dict(self.name),
            "kind": self.kind,
            "unit": self.unit,
            "cumulative": self.cumulative,
            "requires": list(self.requires),
            "plausible_from": self.plausible_from,
            "plausible_to": self.plausible_to,
            "facility": self.facility,
            "objective": self.objective,
            "targets": {year: str(value) for year, value in self.targets.items()},
            "source": self.source,
            "mark": self.mark,
            "position": self.position,
            "active": self.active,
        }
