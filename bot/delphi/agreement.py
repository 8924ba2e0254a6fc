"""Agreement of a panel over all items, beyond chance: Krippendorff's alpha, Gwet's AC1 and AC2, Fleiss' kappa.

All take `heads` of shape (items, points): how many panellists rated each item at each point of the declared scale.
Missing ratings are simply not counted, and an item with fewer than two ratings says nothing of agreement.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from bot.delphi.refused import Refused
from bot.delphi.scale import Scale

Heads = NDArray[np.integer]
Matrix = NDArray[np.float64]

NO_VARIATION = "all ratings are the same, so that there is nothing to agree on beyond chance"


class Metric(StrEnum):
    """The level of measurement that alpha's distances assume."""

    NOMINAL = "nominal"
    ORDINAL = "ordinal"
    INTERVAL = "interval"
    RATIO = "ratio"


class Weights(StrEnum):
    """How much two different ratings of an item still agree."""

    IDENTITY = "identity"
    LINEAR = "linear"
    QUADRATIC = "quadratic"
    ORDINAL = "ordinal"


def krippendorff_alpha(heads: Heads, scale: Scale, metric: Metric) -> float:
    """Krippendorff's alpha, at most 1; items with fewer than two ratings are dropped, gaps are allowed.

    Raises Refused where no item has two ratings, and where all ratings are the same, since 0/0 is no agreement.
    Source: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.
    """
    coincidences = _coincidences(_paired(heads))
    totals = coincidences.sum(axis=1)
    if np.count_nonzero(totals) < 2:
        raise Refused(NO_VARIATION)
    distances = _distances(totals, scale, metric)
    expected = float(totals @ distances @ totals) / (float(totals.sum()) - 1)
    return 1 - float((coincidences * distances).sum()) / expected


def gwet_ac(heads: Heads, weights: Weights) -> float:
    """Gwet's AC1 (identity weights) or AC2 (any other), at most 1, for every point of the declared scale.

    Chance agreement averages over all items that anybody rated, observed agreement over those with two ratings.
    Raises Refused where no item has two ratings. Source: Gwet (2014), Handbook of Inter-Rater Reliability.
    """
    points = heads.shape[1]
    table = weight_table(points, weights)
    observed = _observed(heads, table)
    prevalence = _prevalence(heads)
    chance = float(table.sum() / (points * (points - 1)) * (prevalence * (1 - prevalence)).sum())
    return (observed - chance) / (1 - chance)


def fleiss_kappa(heads: Heads) -> float:
    """Fleiss' kappa, at most 1, in Gwet's form for items with unequally many ratings.

    With equally many it is the original. Raises Refused where no item has two ratings, and where all are the same.
    Sources: Fleiss (1971); Gwet (2014).
    """
    observed = _observed(heads, weight_table(heads.shape[1], Weights.IDENTITY))
    if np.count_nonzero(heads.sum(axis=0)) < 2:
        raise Refused(NO_VARIATION)
    chance = float((_prevalence(heads) ** 2).sum())
    return (observed - chance) / (1 - chance)


def weight_table(points: int, weights: Weights) -> Matrix:
    """Weights between 0 and 1, shape (points, points), with ones on the diagonal. Source: Gwet (2014).

    Ordinal weights take from 1 the share of the scale's pairs of points that lie within the span of the two ratings.
    """
    if weights is Weights.IDENTITY:
        return np.eye(points)
    apart = np.abs(np.subtract.outer(np.arange(points), np.arange(points))).astype(np.float64)
    widest = points - 1
    if weights is Weights.LINEAR:
        return 1 - apart / widest
    if weights is Weights.QUADRATIC:
        return 1 - (apart / widest) ** 2
    return 1 - apart * (apart + 1) / (points * widest)


def _paired(heads: Heads) -> Heads:
    paired: Heads = heads[heads.sum(axis=1) >= 2]
    if not len(paired):
        raise Refused("no item has two ratings that could be compared")
    return paired


def _coincidences(heads: Heads) -> Matrix:
    """Pairs of ratings within an item, each item weighing as much as it has ratings; shape (points, points)."""
    share = heads / (heads.sum(axis=1, keepdims=True) - 1)
    coincidences: Matrix = share.T @ heads - np.diag(share.sum(axis=0))
    return coincidences


def _distances(totals: Matrix, scale: Scale, metric: Metric) -> Matrix:
    """Squared differences between points, shape (points, points), as the metric defines them."""
    values = np.array(scale.values, dtype=np.float64)
    if metric is Metric.NOMINAL:
        return 1 - np.eye(scale.points)
    if metric is Metric.INTERVAL:
        return np.subtract.outer(values, values) ** 2
    if metric is Metric.RATIO:
        sums = np.add.outer(values, values)
        # 0 and 0 do not differ; every other pair of a scale without negative points has a sum above 0.
        return (np.subtract.outer(values, values) / np.where(sums == 0, 1, sums)) ** 2
    # Ratings passed on the way from one point to the other, the two ends counted by half.
    halfway = np.cumsum(totals) - totals / 2
    return np.subtract.outer(halfway, halfway) ** 2


def _observed(heads: Heads, table: Matrix) -> float:
    """Mean weighted agreement between two ratings of an item, over items with two or more."""
    paired = _paired(heads)
    n = paired.sum(axis=1)
    agreeing = (paired * (paired @ table - 1)).sum(axis=1)
    return float((agreeing / (n * (n - 1))).mean())


def _prevalence(heads: Heads) -> Matrix:
    """Mean share of each point over the items that anybody rated, shape (points,)."""
    n = heads.sum(axis=1, keepdims=True)
    rated = n[:, 0] > 0
    prevalence: Matrix = (heads[rated] / n[rated]).mean(axis=0)
    return prevalence
