"""How many rated each point of a scale: all that a rule needs to know of an item."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

import numpy as np
from numpy.typing import NDArray

from bot.delphi.refused import Refused
from bot.delphi.scale import Scale, Zone

MISSING = -1
UNABLE = -2
"""Codes in a table of ratings for no answer and for "unable to score"; a rating is never below 0."""

Ratings = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Distribution:
    """Heads on each point of the scale, lowest point first; unable-to-score and missing are outside it.

    Raises Refused where the number of points is wrong or a count is negative.
    """

    scale: Scale
    heads: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.heads) != self.scale.points:
            raise Refused(f"{len(self.heads)} counts do not fit the {self.scale.points} points of {self.scale}")
        if min(self.heads) < 0:
            raise Refused("a count below 0")

    @classmethod
    def of(cls, ratings: Ratings, scale: Scale) -> Self:
        """Counts the ratings of one item, shape (panellists,). Raises Refused for a rating off the scale."""
        return cls(scale, tuple(histograms(np.reshape(ratings, (-1, 1)), scale)[0].tolist()))

    @property
    def n(self) -> int:
        return sum(self.heads)

    def in_zone(self, zone: Zone) -> int:
        """How many rated in the zone."""
        points = self.scale.zone(zone)
        return sum(self.heads[points.start - self.scale.low : points.stop - self.scale.low])

    def share(self, zone: Zone) -> Fraction:
        """Exact share of the ratings that lie in the zone. Raises Refused where nobody rated."""
        self.require_ratings()
        return Fraction(self.in_zone(zone), self.n)

    def ratings(self) -> NDArray[np.int64]:
        """The ratings in ascending order, shape (n,)."""
        return np.repeat(np.arange(self.scale.low, self.scale.high + 1), self.heads)

    def require_ratings(self) -> None:
        if not self.n:
            raise Refused("nobody rated it")


def histograms(ratings: Ratings, scale: Scale) -> NDArray[np.int64]:
    """Counts per item and point, shape (items, points), of ratings of shape (panellists, items).

    Negative codes are not counted. Raises Refused for a rating off the scale.
    """
    if np.any(off_scale(ratings, scale)):
        raise Refused(f"a rating lies off the scale {scale}")
    _, items = ratings.shape
    cells = np.arange(items) * scale.points + (ratings.astype(np.int64) - scale.low)
    counted = np.bincount(cells[ratings >= 0], minlength=items * scale.points)
    return counted.reshape(items, scale.points)


def off_scale(ratings: Ratings, scale: Scale) -> NDArray[np.bool_]:
    """Which cells hold a rating below or above the scale; same shape as the ratings."""
    off: NDArray[np.bool_] = (ratings >= 0) & ((ratings < scale.low) | (ratings > scale.high))
    return off
