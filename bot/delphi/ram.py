"""The RAND/UCLA Appropriateness Method (RAM) on 1-9, with both of its definitions of disagreement.

The two differ on 1,818 of the 24,310 possible distributions of nine ratings, so a protocol fixes one beforehand.
Source: Fitch et al. (2001), RAND MR-1269.
"""

from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from bot.delphi.distribution import Distribution
from bot.delphi.quantile import QuantileType, median, quantile
from bot.delphi.refused import Refused
from bot.delphi.scale import Rule, Zone

P30, P70 = Fraction(30, 100), Fraction(70, 100)
IPR_AT_SYMMETRY = Fraction(235, 100)
ASYMMETRY_CORRECTION = Fraction(15, 10)
CENTRE = 5


class Disagreement(StrEnum):
    """Which definition of disagreement a protocol fixed."""

    IPRAS = "ipras"
    CLASSICAL = "classical"


class Halfway(StrEnum):
    """Where a median of 6.5 belongs: to the middle zone or to the one above it. 3.5 is in the middle either way."""

    UNCERTAIN = "uncertain"
    UP = "up"


class Appropriateness(StrEnum):
    APPROPRIATE = "appropriate"
    UNCERTAIN = "uncertain"
    INAPPROPRIATE = "inappropriate"


@dataclass(frozen=True, slots=True)
class Ram:
    """Percentiles and ranges in points of the scale; `disagreement_index` is IPR/IPRAS, above 1 in disagreement.

    `classical` says whether the panel disagrees in the classical sense, `classical_agreement` whether it agrees; both
    can be false. `disagrees` and `verdict` follow the definition that was asked for.
    """

    p30: Fraction
    p70: Fraction
    ipr: Fraction
    iprcp: Fraction
    ai: Fraction
    ipras: Fraction
    disagreement_index: Fraction
    classical: bool
    classical_agreement: bool
    disagrees: bool
    verdict: Appropriateness


def ram(
    ratings: Distribution,
    kind: QuantileType = QuantileType.R,
    definition: Disagreement = Disagreement.IPRAS,
    halfway: Halfway = Halfway.UNCERTAIN,
) -> Ram:
    """Every figure of the method for one item. Raises Refused off 1-9, and for fewer than two ratings.

    Disagreement by IPRAS is IPR > 2.35 + 1.5·|5 − IPRCP|, compared exactly; the classical one counts heads.
    """
    ratings.scale.require(Rule.RAM)
    ratings.require_ratings()
    n = ratings.n
    if n < 2:
        raise Refused("one rating can neither agree nor disagree")
    values = ratings.ratings()
    p30, p70 = quantile(values, P30, kind), quantile(values, P70, kind)
    iprcp = (p30 + p70) / 2
    ai = abs(CENTRE - iprcp)
    ipras = IPR_AT_SYMMETRY + ASYMMETRY_CORRECTION * ai
    zone = zone_of_median(median(values), halfway)
    extremes = min(ratings.in_zone(Zone.LOW), ratings.in_zone(Zone.HIGH))
    classical = extremes >= disagreement_from(n)
    disagrees = classical if definition is Disagreement.CLASSICAL else p70 - p30 > ipras
    return Ram(
        p30=p30,
        p70=p70,
        ipr=p70 - p30,
        iprcp=iprcp,
        ai=ai,
        ipras=ipras,
        disagreement_index=(p70 - p30) / ipras,
        classical=classical,
        classical_agreement=n - ratings.in_zone(zone) <= agreement_up_to(n),
        disagrees=disagrees,
        verdict=_verdict(zone, disagrees),
    )


def agreement_up_to(n: int) -> int:
    """How many of n may rate outside the three points around the median for the panel to agree: ⌊(n+1)/3⌋ − 1.

    Published for panels of 8 to 16; the closed form continues the table.
    """
    return (n + 1) // 3 - 1


def disagreement_from(n: int) -> int:
    """How many of n have to rate in 1-3, and as many in 7-9, for the panel to disagree: ⌊(n+1)/3⌋."""
    return (n + 1) // 3


def zone_of_median(middle: Fraction, halfway: Halfway) -> Zone:
    """The third of 1-9 that a median belongs to."""
    if middle >= (Fraction(13, 2) if halfway is Halfway.UP else 7):
        return Zone.HIGH
    return Zone.LOW if middle <= 3 else Zone.MID


def _verdict(zone: Zone, disagrees: bool) -> Appropriateness:
    if disagrees or zone is Zone.MID:
        return Appropriateness.UNCERTAIN
    return Appropriateness.APPROPRIATE if zone is Zone.HIGH else Appropriateness.INAPPROPRIATE
