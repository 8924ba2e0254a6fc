"""Whether a panel has settled between two rounds, apart from whether it agrees.

All compare panellists who rated the item in both rounds: `before` and `after` have shape (panellists,), paired by
position. A p above 0.05 is no proof of stability, which is why counts and directions go with each test.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

import numpy as np
import scipy
from numpy.typing import NDArray

from bot.delphi.distribution import Distribution, Ratings
from bot.delphi.refused import Refused

STABLE_BELOW = Fraction(15, 100)
FEWEST_CHANGED = 6
"""With 5 changed pairs no outcome of a two-sided exact test is below 0.05."""

EXACT_UP_TO = 25


class Cell(StrEnum):
    """What becomes of an item: closed, one more round, stopped with its dissent reported, next round."""

    AGREED_STABLE = "agreed_stable"
    AGREED_UNSTABLE = "agreed_unstable"
    DISSENT_STABLE = "dissent_stable"
    DISSENT_UNSTABLE = "dissent_unstable"


class Method(StrEnum):
    EXACT = "exact"
    NORMAL = "normal"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Wilcoxon:
    """Rank sums of rises and of falls, among `changed` pairs with `zeros` dropped; `p` is two-sided."""

    t_plus: float
    t_minus: float
    changed: int
    zeros: int
    p: float | Refused
    method: Method


@dataclass(frozen=True, slots=True)
class McNemar:
    """`b` went from yes to no and `c` from no to yes; p-values are two-sided, chi² is without correction."""

    b: int
    c: int
    chi2: float | Refused
    exact_p: float | Refused
    mid_p: float | Refused


def net_change(before: Distribution, after: Distribution) -> Fraction:
    """Half the sum of differences between two histograms over the number of panellists, in [0, 1], exact.

    Raises Refused where the two have different panels or scales, and where nobody rated.
    Source: Scheibe, Skutsch & Schofer (1975).
    """
    if before.scale != after.scale or before.n != after.n:
        raise Refused("net change compares the same panellists on the same scale")
    after.require_ratings()
    units = sum(abs(old - new) for old, new in zip(before.heads, after.heads, strict=True))
    return Fraction(units, 2 * after.n)


def is_stable(change: Fraction) -> bool:
    """Whether a net change is below 15 %."""
    return change < STABLE_BELOW


def wilcoxon(before: Ratings, after: Ratings) -> Wilcoxon:
    """Wilcoxon's signed-rank test of after − before: zeros dropped, midranks for ties.

    Exact and conditional on the ranks for up to 25 changed pairs, also with ties; above that normal with correction
    for ties and without one for continuity. Fewer than 6 changed pairs have no p. Source: Wilcoxon (1945).
    """
    differences = after.astype(np.int64) - before.astype(np.int64)
    moved = differences[differences != 0]
    ranks = scipy.stats.rankdata(np.abs(moved))
    t_plus, t_minus = float(ranks[moved > 0].sum()), float(ranks[moved < 0].sum())
    changed, zeros = len(moved), len(differences) - len(moved)
    p: float | Refused
    if changed < FEWEST_CHANGED:
        p, method = _too_few(changed), Method.NONE
    elif changed <= EXACT_UP_TO:
        p, method = signed_rank_exact_p(ranks, t_plus), Method.EXACT
    else:
        test = scipy.stats.wilcoxon(moved, correction=False, method="asymptotic")
        p, method = float(test.pvalue), Method.NORMAL
    return Wilcoxon(t_plus, t_minus, changed, zeros, p, method)


def signed_rank_exact_p(ranks: NDArray[np.float64], t_plus: float) -> float:
    """How probable a rank sum at least as far from the middle is when each rank is positive with probability 1/2.

    Ranks may be midranks, shape (n,): the distribution is over all 2ⁿ assignments of signs to these very ranks.
    """
    doubled = np.rint(2 * ranks).astype(np.int64)
    total = int(doubled.sum())
    ways = np.zeros(total + 1, dtype=np.int64)
    ways[0] = 1
    for rank in doubled.tolist():
        ways[rank:] += ways[: total + 1 - rank].copy()
    # Twice the distance from the middle, so that it is a whole number.
    distance = np.abs(2 * np.arange(total + 1) - total)
    observed = abs(2 * round(2 * t_plus) - total)
    return float(Fraction(int(ways[distance >= observed].sum()), 2 ** len(doubled)))


def mcnemar(b: int, c: int) -> McNemar:
    """McNemar's test of b changes one way against c the other; without any change there is none.

    The mid-p is the exact p less the probability of the outcome, and 1 less half of it where b = c.
    Sources: McNemar (1947); Fagerland, Lydersen & Laake (2013) for the mid-p.
    """
    if not b + c:
        return _untested(b, c, Refused("nobody changed sides"))
    exact = float(scipy.stats.binomtest(b, b + c).pvalue)
    outcome = float(scipy.stats.binom.pmf(b, b + c, 0.5))
    return McNemar(b, c, (b - c) ** 2 / (b + c), exact, exact - (outcome / 2 if b == c else outcome))


def mcnemar_of_zone(before: Ratings, after: Ratings, zone: range) -> McNemar:
    """McNemar's test of who left these points of the scale (b) and who came to them (c).

    No test where fewer than 6 changed their rating at all.
    """
    was, is_now = np.isin(before, zone), np.isin(after, zone)
    b, c = int((was & ~is_now).sum()), int((~was & is_now).sum())
    changed = int((before != after).sum())
    return mcnemar(b, c) if changed >= FEWEST_CHANGED else _untested(b, c, _too_few(changed))


def spearman(before: Ratings, after: Ratings) -> float:
    """Spearman's rank correlation between two rounds, in [-1, 1], with midranks.

    Raises Refused for fewer than three pairs, and where all gave the same rating in one of the rounds.
    """
    if len(before) < 3:
        raise Refused("a rank correlation needs three panellists")
    if np.ptp(before) == 0 or np.ptp(after) == 0:
        raise Refused("all gave the same rating in one of the rounds")
    return float(scipy.stats.spearmanr(before, after).statistic)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for being several, in the order given. Source: Holm (1979)."""
    adjusted = [math.nan] * len(p_values)
    highest = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def cell(agreed: bool, stable: bool) -> Cell:
    """Which of the four cells an item is in."""
    if agreed:
        return Cell.AGREED_STABLE if stable else Cell.AGREED_UNSTABLE
    return Cell.DISSENT_STABLE if stable else Cell.DISSENT_UNSTABLE


def _too_few(changed: int) -> Refused:
    return Refused(f"only {changed} changed their rating; a test needs {FEWEST_CHANGED}")


def _untested(b: int, c: int, why: Refused) -> McNemar:
    return McNemar(b, c, why, why, why)
