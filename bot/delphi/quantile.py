"""Sample quantiles of Hyndman & Fan (1996), types 7, 6 and 2, in exact fractions.

Where a quartile decides a verdict, the choice of type decides it too: a report states the type.
"""

from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bot.delphi.refused import Refused

Q1, Q2, Q3 = Fraction(1, 4), Fraction(1, 2), Fraction(3, 4)


class QuantileType(IntEnum):
    """Type 7 is the default of R, numpy and spreadsheets; 6 that of SPSS and Minitab; 2 that of SAS."""

    SAS = 2
    SPSS = 6
    R = 7


def position(n: int, p: Fraction, kind: QuantileType) -> tuple[int, Fraction]:
    """Where the quantile `p` of n ordered values lies: the index i from 0 and the weight g in [0, 1).

    The quantile is x[i] + g·(x[i+1] − x[i]); with g = 0 the next value is not needed. n is at least 1 and p in [0, 1].
    Source: Hyndman & Fan (1996), definitions 2, 6 and 7.
    """
    if kind is QuantileType.SAS:
        at = n * p
        if at.denominator == 1 and 0 < at < n:
            return int(at) - 1, Fraction(1, 2)
        return min(int(at), n - 1), Fraction(0)
    at = (n - 1) * p if kind is QuantileType.R else (n + 1) * p - 1
    at = min(max(at, Fraction(0)), Fraction(n - 1))
    return int(at), at - int(at)


def quantile(values: NDArray[np.number], p: Fraction, kind: QuantileType = QuantileType.R) -> Fraction:
    """The quantile `p` of values of shape (n,), in any order, in their unit; exact.

    Raises Refused for no values, a p outside [0, 1] and values that are not finite.
    """
    if not 0 <= p <= 1:
        raise Refused(f"a quantile lies between 0 and 1, not at {p}")
    if not len(values):
        raise Refused("nobody rated it")
    if not np.all(np.isfinite(values)):
        raise Refused("a value is not a finite number")
    index, weight = position(len(values), p, kind)
    # Only the places that are read have to be in order.
    ordered = np.partition(values, (index, min(index + 1, len(values) - 1)))
    below = Fraction(ordered[index].item())
    if not weight:
        return below
    return below + weight * (Fraction(ordered[index + 1].item()) - below)


def median(values: NDArray[np.number]) -> Fraction:
    """The middle value, or the mean of the middle two; the same for all three types. Raises Refused for no values."""
    return quantile(values, Q2)
