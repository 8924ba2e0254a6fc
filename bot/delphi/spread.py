"""Where the values of an item lie and how far apart, whether ratings or numbers with a unit.

All take values of shape (n,) in their unit. Whole numbers are summed exactly, so that the result is the nearest float.
"""

import math
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bot.delphi.quantile import Q1, Q3, QuantileType, median, quantile
from bot.delphi.refused import Refused

Values = NDArray[np.number]


def mean(values: Values) -> float:
    """Arithmetic mean, in the unit of the values. Raises Refused for no values."""
    return float(_sum(values) / _count(values, at_least=1))


def sd(values: Values) -> float:
    """Sample standard deviation with n − 1 below the fraction. Raises Refused for fewer than 2 values."""
    n = _count(values, at_least=2)
    centre = _sum(values) / n
    squares = sum(count * (Fraction(value) - centre) ** 2 for value, count in _tally(values))
    return math.sqrt(squares / (n - 1))


def cv(values: Values) -> float:
    """Coefficient of variation, sd / mean, without a unit. Raises Refused where the mean is no scale to measure by."""
    spread = sd(values)
    if np.any(values < 0):
        raise Refused("the coefficient of variation needs values of 0 and above")
    centre = mean(values)
    if not centre:
        raise Refused("the mean is 0, so that nothing can be measured by it")
    return spread / centre


def iqr(values: Values, kind: QuantileType = QuantileType.R) -> Fraction:
    """Interquartile range, exact, in the unit of the values. Raises Refused for no values."""
    return quantile(values, Q3, kind) - quantile(values, Q1, kind)


def madm(values: Values) -> float:
    """Mean absolute deviation from the median, in the unit of the values. Raises Refused for no values."""
    n = _count(values, at_least=1)
    middle = median(values)
    return float(sum(count * abs(Fraction(value) - middle) for value, count in _tally(values)) / Fraction(n))


def _count(values: Values, at_least: int) -> int:
    n = len(values)
    if n < at_least:
        raise Refused("nobody rated it" if not n else "one rating has no spread")
    return n


def _tally(values: Values) -> list[tuple[float, int]]:
    """Each value that occurs, with how often: a scale has few, whatever the size of the panel."""
    distinct, counts = np.unique(values, return_counts=True)
    return list(zip(distinct.tolist(), counts.tolist(), strict=True))


def _sum(values: Values) -> Fraction:
    return sum((count * Fraction(value) for value, count in _tally(values)), Fraction(0))
