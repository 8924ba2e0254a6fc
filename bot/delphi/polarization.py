"""Whether a panel is split: van der Eijk's A, polarization, Tastle & Wierman's consensus, Leik's D, and flags.

A flag describes; it is no test. It is raised before an item is dropped, since a split is a finding.
"""

import math
from collections.abc import Iterable, Iterator
from enum import StrEnum
from fractions import Fraction

from bot.delphi.distribution import Distribution
from bot.delphi.quantile import median
from bot.delphi.refused import Refused
from bot.delphi.scale import Zone

BOTH_ENDS_FROM = Fraction(15, 100)


class Flag(StrEnum):
    """Both outer thirds hold 15 % or more; RAM disagrees; A is below 0; groups have medians in opposite zones."""

    THIRDS = "polarised_thirds"
    RAM = "polarised_ram"
    NEGATIVE_A = "polarised_a"
    GROUPS = "groups_opposed"


def van_der_eijk_a(ratings: Distribution) -> Fraction:
    """Agreement A, exact: 1 where all chose one point, 0 where all points are even, -1 where the ends halve the panel.

    Raises Refused for fewer than three points, and where nobody rated. Source: van der Eijk (2001).
    """
    ratings.require_ratings()
    if ratings.scale.points < 3:
        raise Refused("van der Eijk's A needs three points or more")
    n = ratings.n
    return sum((Fraction(weight, n) * agreement for agreement, weight in layers(ratings.heads)), Fraction(0))


def polarization(ratings: Distribution) -> Fraction:
    """(1 − A)/2, exact: 0 where all chose one point, 1 where the two ends halve the panel. Raises Refused as A does."""
    return (1 - van_der_eijk_a(ratings)) / 2


def layers(heads: tuple[int, ...]) -> Iterator[tuple[Fraction, int]]:
    """The even layers of a distribution, lowest first: the agreement of each, and the heads in it."""
    rest = list(heads)
    while any(rest):
        height = min(filter(None, rest))
        used = [count > 0 for count in rest]
        yield _agreement_of_layer(used), height * sum(used)
        rest = [count - height if count else 0 for count in rest]


def tastle_wierman(ratings: Distribution) -> float:
    """Consensus in [0, 1]: 1 where all chose one point, 0 where the two ends of the declared scale halve the panel.

    Cns = 1 + Σ p·log2(1 − |x − mean|/width). Raises Refused where nobody rated. Source: Tastle & Wierman (2007).
    """
    ratings.require_ratings()
    n, scale = ratings.n, ratings.scale
    used = [(value, count) for value, count in zip(scale.values, ratings.heads, strict=True) if count]
    mean = Fraction(sum(value * count for value, count in used), n)
    width = scale.high - scale.low
    # The distance is below the width for every point that was used, so that no logarithm is of 0.
    return 1 + math.fsum(count / n * math.log2(1 - abs(value - mean) / width) for value, count in used)


def leik_d(ratings: Distribution) -> Fraction:
    """Ordinal dispersion D in [0, 1], exact: 0 where all chose one point, 1 where the two ends halve the panel.

    Raises Refused where nobody rated. Source: Leik (1966).
    """
    ratings.require_ratings()
    up_to = [Fraction(sum(ratings.heads[: index + 1]), ratings.n) for index in range(ratings.scale.points)]
    return 2 * sum((min(share, 1 - share) for share in up_to), Fraction(0)) / (ratings.scale.points - 1)


def flags(ratings: Distribution, ram_disagrees: bool, groups: Iterable[Distribution] = ()) -> tuple[Flag, ...]:
    """What should be looked at before an item is dropped; nothing where nobody rated.

    `groups` are those whose medians are worth comparing: the caller leaves out the ones that are too small.
    """
    if not ratings.n:
        return ()
    ends = min(ratings.share(Zone.LOW), ratings.share(Zone.HIGH))
    opposed = {_zone_of_median(group) for group in groups if group.n} >= {Zone.LOW, Zone.HIGH}
    raised = {
        Flag.THIRDS: ends >= BOTH_ENDS_FROM,
        Flag.RAM: ram_disagrees,
        Flag.NEGATIVE_A: ratings.scale.points >= 3 and van_der_eijk_a(ratings) < 0,
        Flag.GROUPS: opposed,
    }
    return tuple(flag for flag, is_raised in raised.items() if is_raised)


def _agreement_of_layer(used: list[bool]) -> Fraction:
    """A of an even distribution over the points used: U·(1 − (S − 1)/(K − 1)).

    U compares the triples of points, in order, that speak for one peak (110 and 011) with those that speak for two
    (101); an unused point with `left` and `right` used ones beside it is in left·right of the latter.
    """
    points, chosen = len(used), sum(used)
    if chosen == 1:
        return Fraction(1)
    if chosen == points:
        return Fraction(0)
    one_peak = two_peaks = left = 0
    for is_used in used:
        if is_used:
            left += 1
            continue
        right = chosen - left
        one_peak += math.comb(left, 2) + math.comb(right, 2)
        two_peaks += left * right
    unimodality = Fraction((points - 2) * one_peak - (points - 1) * two_peaks, (points - 2) * (one_peak + two_peaks))
    return unimodality * (1 - Fraction(chosen - 1, points - 1))


def _zone_of_median(ratings: Distribution) -> Zone:
    middle = median(ratings.ratings())
    if middle >= ratings.scale.zone(Zone.HIGH).start:
        return Zone.HIGH
    return Zone.LOW if middle <= ratings.scale.zone(Zone.LOW)[-1] else Zone.MID
