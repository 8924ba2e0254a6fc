"""Kendall's W against its formula, against Friedman's test, and its permutation test against every permutation."""

from fractions import Fraction
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from bot.delphi.concordance import FEW_ITEMS, MOST_TRANSITIONS, complete_raters, kendall_w
from bot.delphi.refused import Refused
from tests.delphi.panels import thorough


def tables(raters: tuple[int, int], items: tuple[int, int]) -> st.SearchStrategy[np.ndarray]:
    shapes = st.tuples(st.integers(*raters), st.integers(*items))
    return shapes.flatmap(
        lambda shape: st.lists(
            st.lists(st.integers(1, 5), min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        ).map(np.array)
    )


def midranks(row: list[int]) -> list[Fraction]:
    return [
        sum((Fraction(int(other < value)) for other in row), Fraction(0)) + Fraction(row.count(value) + 1, 2)
        for value in row
    ]


def sum_of_squares(ranks: list[list[Fraction]]) -> Fraction:
    centre = Fraction(len(ranks) * (len(ranks[0]) + 1), 2)
    return sum(((sum(column, Fraction(0)) - centre) ** 2 for column in zip(*ranks, strict=True)), Fraction(0))


def random() -> np.random.Generator:
    return np.random.default_rng(1)


@thorough
@given(ratings=tables((2, 8), (8, 12)))
def test_w_is_its_formula_with_correction_for_ties(ratings: np.ndarray) -> None:
    m, n = ratings.shape
    rows = ratings.tolist()
    ties = sum(row.count(value) ** 3 - row.count(value) for row in rows for value in set(row))
    room = m**2 * (n**3 - n) - m * ties
    assume(room)
    w = 12 * sum_of_squares([midranks(row) for row in rows]) / room
    result = kendall_w(ratings, random())
    assert result.w == pytest.approx(float(w), abs=1e-12)
    assert 0 <= result.w <= 1 + 1e-12
    assert result.chi2 == pytest.approx(m * (n - 1) * float(w), abs=1e-9)


@thorough
@given(ratings=tables((3, 8), (8, 12)))
def test_chi_squared_is_that_of_friedman(ratings: np.ndarray) -> None:
    assume((np.ptp(ratings, axis=1) > 0).any())
    friedman = stats.friedmanchisquare(*ratings.T)
    result = kendall_w(ratings, random())
    assert (result.chi2, result.p) == pytest.approx((friedman.statistic, friedman.pvalue), abs=1e-9)


@thorough
@given(ratings=tables((2, 4), (2, 3)) | tables((2, 3), (4, 4)))
def test_the_exact_p_counts_every_permutation(ratings: np.ndarray) -> None:
    assume((np.ptp(ratings, axis=1) > 0).any())
    ranks = [midranks(row) for row in ratings.tolist()]
    observed = sum_of_squares(ranks)
    rest = product(*(permutations(row) for row in ranks[1:]))
    outcomes = [sum_of_squares([ranks[0], *map(list, orders)]) >= observed for orders in rest]
    result = kendall_w(ratings, random())
    assert result.method == "exact permutation"
    assert result.p == pytest.approx(sum(outcomes) / len(outcomes), abs=1e-12)


def test_full_concordance_of_three_raters_on_three_items() -> None:
    result = kendall_w(np.array([[1, 2, 3]] * 3), random())
    assert (result.w, result.chi2, result.df) == (1, 6, 2)
    assert result.p == pytest.approx(1 / 36)


def test_drawn_permutations_come_near_the_exact_p(monkeypatch: pytest.MonkeyPatch) -> None:
    ratings = np.array([[1, 2, 3, 4], [2, 1, 4, 3], [1, 3, 2, 4], [1, 1, 4, 4], [3, 1, 2, 4]])
    exact = kendall_w(ratings, random())
    monkeypatch.setattr("bot.delphi.concordance.MOST_TRANSITIONS", 0)
    drawn = kendall_w(ratings, random())
    assert drawn.method == "permutation, 9,999 draws"
    assert drawn.p == pytest.approx(exact.p, abs=0.01)
    assert drawn == kendall_w(ratings, random())
    assert MOST_TRANSITIONS > 0


def test_a_large_panel_is_drawn_fewer_times() -> None:
    ratings = random().integers(1, 10, size=(1_500, FEW_ITEMS))
    result = kendall_w(ratings, random())
    assert result.method == "permutation, 999 draws"
    assert result.p == pytest.approx(stats.chi2.sf(result.chi2, result.df), abs=0.06)


def test_a_rater_without_an_order_lowers_w_no_further_than_it_should() -> None:
    agreed = np.array([[1, 2, 3], [1, 2, 3]])
    with_constant = np.vstack([agreed, [[5, 5, 5]]])
    result = kendall_w(with_constant, random())
    # m = 3, S = 8, T = 24: 12·8 / (9·24 − 3·24) = 2/3.
    assert result.w == pytest.approx(2 / 3)
    assert result.n_raters == 3


def test_listwise_deletion_passes_over_items_that_nobody_rated() -> None:
    ratings = np.array([[1, -1, 3], [2, -1, 1], [-2, -1, 2]])
    assert complete_raters(ratings).tolist() == [[1, 3], [2, 1]]


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [([[1, 2, 3]], "takes two of each"), ([[1], [2]], "takes two of each"), ([[4, 4], [7, 7]], "no order")],
)
def test_what_has_no_w_is_refused(ratings: list[list[int]], reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        kendall_w(np.array(ratings), random())
