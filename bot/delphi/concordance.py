"""Kendall's coefficient of concordance W: whether panellists put the items in the same order."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import scipy
from numpy.typing import NDArray

from bot.delphi.distribution import Ratings
from bot.delphi.refused import Refused

FEW_ITEMS = 7
"""Up to so many items the chi-squared approximation is not used."""

MOST_TRANSITIONS = 1_000_000
"""So many steps an exact permutation distribution may take, in memory too: below half a second and 150 MB."""

DRAWS, FEWER_DRAWS = 9_999, 999
LARGE_PANEL = 1_000

Ranks = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class KendallW:
    """W in [0, 1]; `chi2` with `df` degrees of freedom; `p` by the `method` named."""

    w: float
    chi2: float
    df: int
    p: float
    method: str
    n_raters: int
    n_items: int


def complete_raters(ratings: Ratings) -> Ratings:
    """The panellists who rated every item that anybody rated, shape (raters, items): listwise deletion."""
    rated = ratings >= 0
    somebody = rated.any(axis=0)
    complete: Ratings = ratings[rated[:, somebody].all(axis=1)][:, somebody]
    return complete


def kendall_w(ratings: Ratings, rng: np.random.Generator) -> KendallW:
    """W, always corrected for ties, of complete ratings of shape (raters, items).

    The test: chi-squared with df = items − 1 above 7 items; up to 7 a permutation test, exact where that is feasible,
    else with draws from `rng`. A panellist whose ratings are all alike counts, and ranks nothing. Raises Refused for
    fewer than two raters or items, and where nobody ranks any item above another.
    Sources: Kendall & Babington Smith (1939); Legendre (2005) for the permutation test.
    """
    raters, items = ratings.shape
    if raters < 2 or items < 2:
        raise Refused(f"{raters} panellists rated all of {items} items; it takes two of each")
    ranks = _doubled_ranks(ratings)
    # Doubled ranks are whole numbers, so that sums, and with them the permutation test, are exact.
    squares = int((ranks.sum(axis=0) ** 2).sum())
    most = 4 * (raters**2 * (items**3 - items) - raters * _ties(ranks))
    if not most:
        raise Refused("every panellist gave all items the same rating, so that there is no order")
    w = 12 * squares / most
    chi2 = raters * (items - 1) * w
    if items > FEW_ITEMS:
        p, method = float(scipy.stats.chi2.sf(chi2, items - 1)), "chi-squared"
    else:
        p, method = _permutation_test(ranks[ranks.any(axis=1)], squares, rng)
    return KendallW(w, chi2, items - 1, p, method, raters, items)


def _doubled_ranks(ratings: Ratings) -> Ranks:
    """Twice each midrank less the mean rank, shape (raters, items): whole numbers with sum 0 per rater."""
    ranks: Ranks = np.rint(2 * scipy.stats.rankdata(ratings, axis=1)).astype(np.int64) - (ratings.shape[1] + 1)
    return ranks


def _ties(ranks: Ranks) -> int:
    """Sum of t³ − t over all groups of t tied items of all raters.

    Since the squared deviations of midranks fall short of those of plain ranks by (t³ − t)/12 per group.
    """
    raters, items = ranks.shape
    squares = int((ranks**2).sum())
    return int(raters * (items**3 - items) - 3 * squares)


def _permutation_test(ranks: Ranks, observed: int, rng: np.random.Generator) -> tuple[float, str]:
    """How probable at least the observed sum of squares is if each rater's ranks fell in any order."""
    if (p := _exact_p(ranks, observed)) is not None:
        return p, "exact permutation"
    draws = DRAWS if len(ranks) <= LARGE_PANEL else FEWER_DRAWS
    reached = _drawn(ranks, observed, draws, rng)
    return (1 + reached) / (1 + draws), f"permutation, {draws:,} draws"


def _exact_p(ranks: Ranks, observed: int) -> float | None:
    """The exact probability, or None where it would take too many steps.

    Rater by rater, over all sums of ranks that can occur; their order does not matter, which keeps them few.
    """
    items = ranks.shape[1]
    # Sums are told apart by one number each. Up to this many raters it does not overflow; more take too long anyway.
    base = 2 * len(ranks) * items + 1
    if base ** (items - 1) > np.iinfo(np.int64).max:
        return None
    powers = base ** np.arange(items - 1, dtype=np.int64)
    sums: Ranks = np.sort(ranks[:1], axis=1)
    weights: NDArray[np.float64] = np.ones(1)
    transitions = 0
    for row in ranks[1:]:
        orders = _orders(row)
        transitions += len(sums) * len(orders)
        if transitions > MOST_TRANSITIONS:
            return None
        reached = (sums[:, None, :] + orders[None, :, :]).reshape(-1, items)
        reached.sort(axis=1)
        # The last sum follows from the others, since all of them together are 0.
        _, first, same = np.unique(reached[:, :-1] @ powers, return_index=True, return_inverse=True)
        shared = np.repeat(weights / len(orders), len(orders))
        weights = np.bincount(same, weights=shared).astype(np.float64)
        sums = reached[first]
    return min(1.0, float(weights[(sums**2).sum(axis=1) >= observed].sum()))


def _drawn(ranks: Ranks, observed: int, draws: int, rng: np.random.Generator) -> int:
    """In how many of so many random draws the sum of squares is at least the observed."""
    patterns, counts = np.unique(np.sort(ranks, axis=1), axis=0, return_counts=True)
    sums = np.zeros((draws, ranks.shape[1]), dtype=np.int64)
    for pattern, raters in zip(patterns, counts.tolist(), strict=True):
        orders = _orders(pattern)
        for _ in range(raters):
            sums += orders[rng.integers(len(orders), size=draws)]
    return int(((sums**2).sum(axis=1) >= observed).sum())


def _orders(row: Ranks) -> Ranks:
    """Every different order of a rater's ranks, shape (orders, items)."""
    return np.array(sorted(set(permutations(row.tolist()))), dtype=np.int64)
