"""Whether a panel agrees on an item: agreement share, COMET 70/15, three bands, median and interquartile range.

All compare exact fractions, never a rounded percentage: 699 of 1,000 is not 70 %, and 15 of 100 is not below 15 %.
"""

import math
from enum import StrEnum
from fractions import Fraction

from bot.delphi.distribution import Distribution
from bot.delphi.quantile import QuantileType, median
from bot.delphi.refused import Refused
from bot.delphi.scale import IQR_LIMITS, Rule, Zone
from bot.delphi.spread import iqr

THRESHOLDS = (Fraction(70, 100), Fraction(75, 100), Fraction(80, 100))
USUAL_THRESHOLD = THRESHOLDS[1]
"""The median choice of 100 studies (Diamond et al. 2014)."""

COMET_MAJORITY = Fraction(70, 100)
COMET_DISSENT = Fraction(15, 100)
KEEP_FROM, DISCUSS_FROM = Fraction(80, 100), Fraction(50, 100)


class Verdict(StrEnum):
    """Agreed in, agreed out, or no consensus."""

    IN = "in"
    OUT = "out"
    NONE = "none"


class Band(StrEnum):
    KEEP = "keep"
    DISCUSS = "discuss"
    DROP = "drop"


def agreement_share(ratings: Distribution) -> Fraction:
    """Exact share of ratings in the agree zone. Raises Refused where nobody rated."""
    return ratings.share(Zone.HIGH)


def agreement(ratings: Distribution, threshold: Fraction = USUAL_THRESHOLD) -> Verdict:
    """In where at least the threshold rates in the agree zone, out where as many rate in the low zone, else none.

    Raises Refused where nobody rated, or the threshold is not above 1/2, which would let both hold at once.
    Source: Diamond et al. (2014).
    """
    if not Fraction(1, 2) < threshold <= 1:
        raise Refused(f"a threshold lies above 1/2 and is at most 1, not {threshold}")
    if ratings.share(Zone.HIGH) >= threshold:
        return Verdict.IN
    return Verdict.OUT if ratings.share(Zone.LOW) >= threshold else Verdict.NONE


def comet(ratings: Distribution) -> Verdict:
    """In: P(7-9) ≥ 70 % and P(1-3) < 15 %; out: mirrored; else none. Raises Refused off 1-9, and where nobody rated.

    Source: Williamson et al. (2012), COMET initiative.
    """
    ratings.scale.require(Rule.COMET)
    low, high = ratings.share(Zone.LOW), ratings.share(Zone.HIGH)
    if high >= COMET_MAJORITY and low < COMET_DISSENT:
        return Verdict.IN
    return Verdict.OUT if low >= COMET_MAJORITY and high < COMET_DISSENT else Verdict.NONE


def three_bands(ratings: Distribution) -> Band:
    """Keep from 80 % in the agree zone, discuss from 50 %, drop below. Raises Refused where nobody rated."""
    share = agreement_share(ratings)
    if share >= KEEP_FROM:
        return Band.KEEP
    return Band.DISCUSS if share >= DISCUSS_FROM else Band.DROP


def median_iqr(ratings: Distribution, kind: QuantileType = QuantileType.R) -> Verdict:
    """In where the median lies in the agree zone, out where it lies in the low zone, and the quartiles are close.

    Close is an interquartile range of at most 1 on 5 points and 2 on 9. Raises Refused for other scales, and where
    nobody rated. Source: von der Gracht (2012).
    """
    ratings.scale.require(Rule.MEDIAN_IQR)
    ratings.require_ratings()
    values = ratings.ratings()
    if iqr(values, kind) > IQR_LIMITS[ratings.scale.points]:
        return Verdict.NONE
    middle = median(values)
    if middle >= ratings.scale.zone(Zone.HIGH).start:
        return Verdict.IN
    return Verdict.OUT if middle <= ratings.scale.zone(Zone.LOW)[-1] else Verdict.NONE


def at_least(n: int, threshold: Fraction) -> int:
    """The fewest of n heads whose share reaches the threshold: 80 % of 23 means 19."""
    return math.ceil(n * threshold)


def fewer_than(n: int, threshold: Fraction) -> int:
    """The most of n heads whose share stays below the threshold, -1 where none does: below 15 % of 20 means 2."""
    return math.ceil(n * threshold) - 1
