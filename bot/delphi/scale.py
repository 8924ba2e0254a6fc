"""A declared scale of whole points, its three zones, and which consensus rules it carries.

The declared scale counts, not the points that happened to be used: coefficients change otherwise when nobody
picks an end point.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from bot.delphi.refused import Refused

MOST_POINTS = 101
_DECLARED = re.compile(r"\s*(\d{1,4})\s*[-–]\s*(\d{1,4})\s*")


class Zone(StrEnum):
    """Where on the scale a rating lies; `HIGH` is the agree zone."""

    LOW = "low"
    MID = "mid"
    HIGH = "high"


class Rule(StrEnum):
    """The consensus rules, of which a protocol fixes one and a report shows all."""

    AGREEMENT_SHARE = "agreement_share"
    COMET = "comet"
    THREE_BANDS = "three_bands"
    MEDIAN_IQR = "median_iqr"
    RAM = "ram"


@dataclass(frozen=True, slots=True)
class Scale:
    """Whole points from `low` to `high`, both included. Raises Refused for fewer than 2 points or more than 101."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low < 0:
            raise Refused(f"a scale begins at 0 or above, not at {self.low}")
        if not 2 <= self.points <= MOST_POINTS:
            raise Refused(f"a scale has 2 to {MOST_POINTS} points, its lower end first; {self} has not")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The scale that "1-9" (or "1–9") declares. Raises Refused."""
        declared = _DECLARED.fullmatch(text)
        if declared is None:
            raise Refused(f"{text!r} is no scale: write its lowest and highest point, as in 1-9")
        return cls(int(declared[1]), int(declared[2]))

    def __str__(self) -> str:
        return f"{self.low}-{self.high}"

    @property
    def points(self) -> int:
        return self.high - self.low + 1

    @property
    def values(self) -> range:
        return range(self.low, self.high + 1)

    def zone(self, zone: Zone) -> range:
        """The points of a zone.

        The outer zones have a third of the points each, rounded to the nearest whole number: 3/3/3 on 1-9, 2/3/2 on
        1-7, 2/1/2 on 1-5.
        """
        outer = (2 * self.points + 3) // 6
        bounds = {
            Zone.LOW: (self.low, self.low + outer),
            Zone.MID: (self.low + outer, self.high + 1 - outer),
            Zone.HIGH: (self.high + 1 - outer, self.high + 1),
        }
        return range(*bounds[zone])

    def misfit(self, rule: Rule) -> str | None:
        """Why a rule may not be used on this scale, or None where it may."""
        if rule in {Rule.COMET, Rule.RAM} and self != NINE_POINTS:
            return _ONLY_ON_NINE[rule].format(scale=self)
        if rule is Rule.MEDIAN_IQR and self.points not in IQR_LIMITS:
            known = " and ".join(f"{points} points" for points in sorted(IQR_LIMITS))
            return f"a limit for the interquartile range is published for {known}, not for {self.points}"
        return None

    def require(self, rule: Rule) -> None:
        """Raises Refused where the rule may not be used on this scale."""
        if reason := self.misfit(rule):
            raise Refused(reason)


NINE_POINTS = Scale(1, 9)

IQR_LIMITS = {5: 1, 9: 2}
"""The widest interquartile range that counts as consensus, by number of points (von der Gracht 2012)."""

_ONLY_ON_NINE = {
    Rule.COMET: "COMET's 70/15 is stated for 7-9 against 1-3 on a scale of 1-9, not for {scale}",
    Rule.RAM: "the constants of RAM (2.35 and 1.5) were estimated on 1-9 and do not transfer to {scale}",
}
