"""Ways to write panels down, and every panel there can be."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise

import numpy as np
from hypothesis import settings
from numpy.typing import NDArray

from bot.delphi.distribution import Distribution, histograms
from bot.delphi.scale import NINE_POINTS, Scale

thorough = settings(max_examples=60, deadline=None)
"""For every property: no deadline, since this machine may be busy with something else."""


def rated(*ratings: int, scale: Scale = NINE_POINTS) -> Distribution:
    """One item by its ratings."""
    return Distribution.of(np.array(ratings, dtype=np.int64), scale)


def zones(low: int, mid: int, high: int) -> Distribution:
    """One item on 1-9 by the heads in its thirds."""
    return Distribution(NINE_POINTS, (low, 0, 0, mid, 0, 0, high, 0, 0))


def counted(rows: Sequence[Sequence[int]], scale: Scale) -> NDArray[np.int64]:
    """Heads per item and point, of rows of ratings per item in which 0 is no rating."""
    ratings = np.array(rows).T
    return histograms(np.where(ratings == 0, -1, ratings), scale)


def every_panel(size: int, scale: Scale) -> Iterator[Distribution]:
    """Each way in which so many ratings can fall on the points of a scale."""
    for bars in combinations(range(size + scale.points - 1), scale.points - 1):
        edges = (-1, *bars, size + scale.points - 1)
        yield Distribution(scale, tuple(right - left - 1 for left, right in pairwise(edges)))
