"""Who answered a round, and whether those who left thought differently."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from bot.delphi.distribution import MISSING, Distribution, Ratings
from bot.delphi.refused import Refused
from bot.delphi.scale import Scale, Zone

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Response:
    """How many were invited to a round and what became of them; the four add up to `invited`.

    `rate` is the share that answered at least one item, `completion` the share that answered all; the base of both is
    everyone invited, those who withdrew included.
    """

    invited: int
    completed: int
    partial: int
    silent: int
    withdrawn: int
    rate: Fraction
    completion: Fraction


@dataclass(frozen=True, slots=True)
class Attrition:
    """The ratings of one item in an earlier round: of those who stayed, and of those who left.

    `alarm`: more than half of those who left rated outside the zone that held more than half of everyone.
    """

    stayed: Distribution
    left: Distribution
    alarm: bool


def response(ratings: Ratings, withdrawn: Mask | None = None) -> Response:
    """Counts the rows of a table of shape (panellists, items); "unable to score" is an answer.

    `withdrawn` has shape (panellists,); whoever withdrew is counted as that, whatever they answered before. Raises
    Refused where nobody was invited or nothing asked.
    """
    invited, items = ratings.shape
    if not invited or not items:
        raise Refused("nobody was asked anything")
    gone = np.zeros(invited, dtype=np.bool_) if withdrawn is None else withdrawn
    answered = (ratings != MISSING)[~gone]
    completed, some = int(answered.all(axis=1).sum()), int(answered.any(axis=1).sum())
    return Response(
        invited=invited,
        completed=completed,
        partial=some - completed,
        silent=len(answered) - some,
        withdrawn=int(gone.sum()),
        rate=Fraction(some, invited),
        completion=Fraction(completed, invited),
    )


def attrition(earlier: Ratings, left: Mask, scale: Scale) -> list[Attrition]:
    """One comparison per item of an earlier round, shape (panellists, items), by who left since, shape (panellists,).

    Raises Refused for a rating off the scale.
    """
    return [_compare(column[~left], column[left], scale) for column in earlier.T]


def _compare(stayed: Ratings, left: Ratings, scale: Scale) -> Attrition:
    of_stayed, of_left = Distribution.of(stayed, scale), Distribution.of(left, scale)
    n = of_stayed.n + of_left.n
    for zone in Zone:
        if 2 * (of_stayed.in_zone(zone) + of_left.in_zone(zone)) > n:
            return Attrition(of_stayed, of_left, alarm=2 * of_left.in_zone(zone) < of_left.n)
    return Attrition(of_stayed, of_left, alarm=False)
