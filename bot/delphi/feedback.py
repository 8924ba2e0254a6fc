"""What every panellist is told of a closed round, computed for all of them at once."""

from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bot.delphi.disclosure import SMALLEST_GROUP, shown_cells
from bot.delphi.distribution import MISSING, UNABLE, Ratings, histograms
from bot.delphi.quantile import Q1, Q2, Q3, QuantileType, position
from bot.delphi.scale import Scale, Zone

Counts = NDArray[np.int64]
Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]

ZONES = tuple(Zone)


class Place(IntEnum):
    """Where a rating lies: below the middle half of the panel, in it or on its edge, above it; or there is none."""

    BELOW = -1
    WITHIN = 0
    ABOVE = 1
    NOWHERE = 2


@dataclass(frozen=True, slots=True, eq=False)
class Feedback:
    """A round's numbers; the table of ratings itself has each panellist's own.

    Per item: `heads` (items, points), `in_zone` (items, 3: low, mid, high), `n`, `unable`, `missing` (items,), and the
    quartiles in points of the scale (items,), NaN where nobody rated. Per answer, (panellists, items): `zone`, an index
    into `in_zone`, -1 without a rating; `place`, a Place. Per group: `group_heads` (groups, items, points), and
    `group_shown` (groups, items), false where a result would give an answer away.
    """

    heads: Counts
    in_zone: Counts
    n: Counts
    unable: Counts
    missing: Counts
    q1: NDArray[np.float64]
    median: NDArray[np.float64]
    q3: NDArray[np.float64]
    zone: Codes
    place: Codes
    group_heads: Counts
    group_shown: Mask


def feedback_numbers(
    ratings: Ratings,
    scale: Scale,
    groups: NDArray[np.integer] | None = None,
    smallest_group: int = SMALLEST_GROUP,
    kind: QuantileType = QuantileType.R,
) -> Feedback:
    """The numbers of a round from ratings of shape (panellists, items), with MISSING and UNABLE for no rating.

    `groups` has shape (panellists,): the number of each panellist's group from 0, negative for none. Raises Refused for
    a rating off the scale.
    """
    heads = histograms(ratings, scale)
    n = heads.sum(axis=1)
    quartiles = [_quantiles(heads, n, p, kind) + scale.low for p in (Q1, Q2, Q3)]
    zone_of_point = np.repeat(np.arange(len(ZONES)), [len(scale.zone(zone)) for zone in ZONES]).astype(np.int8)
    rated = ratings >= 0
    zone = np.where(rated, zone_of_point[np.where(rated, ratings - scale.low, 0)], np.int8(-1))
    group_heads = _heads_by_group(ratings, scale, groups)
    return Feedback(
        heads=heads,
        in_zone=np.stack([heads[:, zone_of_point == index].sum(axis=1) for index in range(len(ZONES))], axis=1),
        n=n,
        unable=(ratings == UNABLE).sum(axis=0),
        missing=(ratings == MISSING).sum(axis=0),
        q1=quartiles[0],
        median=quartiles[1],
        q3=quartiles[2],
        zone=zone,
        place=_places(ratings, rated, quartiles[0], quartiles[2]),
        group_heads=group_heads,
        group_shown=shown_cells(group_heads.sum(axis=2), smallest_group),
    )


def _quantiles(heads: Counts, n: Counts, p: Fraction, kind: QuantileType) -> NDArray[np.float64]:
    """A quantile per item in points above the lowest; exact, since quarters of whole numbers are exact as floats."""
    up_to = heads.cumsum(axis=1)
    quantiles = np.full(len(heads), np.nan)
    for item in np.flatnonzero(n):
        index, weight = position(int(n[item]), p, kind)
        below, above = np.searchsorted(up_to[item], [index, min(index + 1, n[item] - 1)], side="right")
        quantiles[item] = below + float(weight) * (above - below)
    return quantiles


def _places(ratings: Ratings, rated: Mask, q1: NDArray[np.float64], q3: NDArray[np.float64]) -> Codes:
    places = (ratings > q3).astype(np.int8) - (ratings < q1).astype(np.int8)
    return np.where(rated, places, np.int8(Place.NOWHERE))


def _heads_by_group(ratings: Ratings, scale: Scale, groups: NDArray[np.integer] | None) -> Counts:
    if groups is None or not groups.size or groups.max() < 0:
        return np.zeros((0, ratings.shape[1], scale.points), dtype=np.int64)
    return np.stack([histograms(ratings[groups == group], scale) for group in range(int(groups.max()) + 1)])
