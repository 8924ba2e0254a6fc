"""Stability between rounds: every test against counting all that could have happened, and against scipy."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from bot.delphi.distribution import Distribution
from bot.delphi.refused import Refused
from bot.delphi.scale import Scale
from bot.delphi.stability import (
    FEWEST_CHANGED,
    Cell,
    Method,
    cell,
    holm,
    is_stable,
    mcnemar,
    mcnemar_of_zone,
    net_change,
    signed_rank_exact_p,
    spearman,
    wilcoxon,
)
from tests.delphi.panels import rated, thorough

pairs = st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=40).map(
    lambda rows: (np.array([before for before, _ in rows]), np.array([after for _, after in rows]))
)


@thorough
@given(rounds=pairs)
def test_net_change_is_at_most_the_share_that_changed(rounds: tuple[np.ndarray, np.ndarray]) -> None:
    before, after = rounds
    change = net_change(rated(*before), rated(*after))
    assert 0 <= change <= Fraction(int((before != after).sum()), len(before)) <= 1
    assert change == net_change(rated(*after), rated(*before))


def test_net_change_compares_the_same_panel_only() -> None:
    with pytest.raises(Refused):
        net_change(rated(1, 2), rated(1, 2, 3))
    with pytest.raises(Refused):
        net_change(rated(1, 2), Distribution.of(np.array([1, 2]), Scale(1, 5)))
    with pytest.raises(Refused, match="nobody"):
        net_change(rated(), rated())


def test_exactly_15_percent_is_not_stable() -> None:
    assert is_stable(Fraction(14, 100))
    assert not is_stable(Fraction(15, 100))


@thorough
@given(moves=st.lists(st.integers(-4, 4).filter(bool), min_size=FEWEST_CHANGED, max_size=10), still=st.integers(0, 3))
def test_the_exact_p_counts_every_assignment_of_signs(moves: list[int], still: int) -> None:
    before = np.full(len(moves) + still, 5)
    result = wilcoxon(before, before + np.array([*moves, *[0] * still]))
    ranks = stats.rankdata(np.abs(moves))
    middle = ranks.sum() / 2
    sums = [float(np.dot(signs, ranks)) for signs in product((0, 1), repeat=len(moves))]
    as_far = sum(abs(each - middle) >= abs(result.t_plus - middle) - 1e-9 for each in sums)
    assert (result.changed, result.zeros, result.method) == (len(moves), still, Method.EXACT)
    assert result.t_plus + result.t_minus == pytest.approx(ranks.sum())
    assert result.p == pytest.approx(as_far / len(sums), abs=1e-12)


@thorough
@given(order=st.permutations(range(1, 16)), signs=st.lists(st.sampled_from([-1, 1]), min_size=15, max_size=15))
def test_without_ties_the_exact_p_is_that_of_scipy(order: list[int], signs: list[int]) -> None:
    moves = np.array(order) * np.array(signs)
    result = wilcoxon(np.zeros(15, dtype=np.int64), moves)
    assert result.p == pytest.approx(stats.wilcoxon(moves, method="exact").pvalue, abs=1e-12)


def test_the_largest_exact_p_is_exact() -> None:
    # All 25 alike and positive: two of 2^25 assignments are as far from the middle.
    assert signed_rank_exact_p(np.full(25, 13.0), 25 * 13.0) == 2 / 2**25


@thorough
@given(moves=st.lists(st.integers(-8, 8), min_size=30, max_size=60))
def test_above_25_changed_pairs_the_p_is_normal_with_correction_for_ties(moves: list[int]) -> None:
    moved = np.array([move for move in moves if move])
    assume(len(moved) > 25)
    result = wilcoxon(np.zeros(len(moves), dtype=np.int64), np.array(moves))
    ranks = stats.rankdata(np.abs(moved))
    z = (result.t_plus - ranks.sum() / 2) / math.sqrt((ranks**2).sum() / 4)
    assert result.method is Method.NORMAL
    assert result.p == pytest.approx(math.erfc(abs(z) / math.sqrt(2)), abs=1e-12)


def test_fewer_than_six_changes_are_no_test() -> None:
    result = wilcoxon(np.array([5, 5, 5, 5, 5, 5, 5]), np.array([6, 7, 8, 9, 4, 5, 5]))
    assert (result.t_plus, result.t_minus, result.changed, result.zeros) == (13.5, 1.5, 5, 2)
    assert result.method is Method.NONE
    assert isinstance(result.p, Refused)
    assert "only 5 changed" in result.p.reason


@thorough
@given(b=st.integers(0, 60), c=st.integers(0, 60))
def test_mcnemar_counts_every_outcome(b: int, c: int) -> None:
    assume(b + c)
    n = b + c
    ways = {x: Fraction(math.comb(n, x), 2**n) for x in range(n + 1)}
    further = sum(p for x, p in ways.items() if abs(2 * x - n) > abs(b - c))
    as_far = sum(p for x, p in ways.items() if abs(2 * x - n) == abs(b - c))
    result = mcnemar(b, c)
    assert result.exact_p == pytest.approx(float(further + as_far), abs=1e-12)
    assert result.mid_p == pytest.approx(float(further + as_far / 2), abs=1e-12)


def test_mcnemar_of_a_zone_counts_who_left_and_who_came() -> None:
    before = np.array([7, 8, 9, 1, 2, 3, 4, 5])
    after = np.array([6, 8, 8, 7, 7, 7, 7, 7])
    result = mcnemar_of_zone(before, after, range(7, 10))
    assert (result.b, result.c) == (1, 5)
    assert result.exact_p == pytest.approx(14 / 64)


def test_mcnemar_without_enough_changes_has_counts_and_no_p() -> None:
    few = mcnemar_of_zone(np.array([7, 1]), np.array([1, 1]), range(7, 10))
    assert (few.b, few.c) == (1, 0)
    assert isinstance(few.mid_p, Refused)
    within = mcnemar_of_zone(np.array([7] * 6), np.array([8] * 6), range(7, 10))
    assert isinstance(within.exact_p, Refused)
    assert within.exact_p.reason == "nobody changed sides"


@thorough
@given(rounds=pairs)
def test_spearman_is_the_correlation_of_midranks(rounds: tuple[np.ndarray, np.ndarray]) -> None:
    before, after = rounds
    assume(len(before) > 2 and np.ptp(before) and np.ptp(after))
    expected = np.corrcoef(stats.rankdata(before), stats.rankdata(after))[0, 1]
    assert spearman(before, after) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("before", "after"), [([1, 2], [1, 2]), ([5, 5, 5], [1, 2, 3]), ([1, 2, 3], [4, 4, 4])])
def test_what_has_no_rank_correlation_is_refused(before: list[int], after: list[int]) -> None:
    with pytest.raises(Refused):
        spearman(np.array(before), np.array(after))


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.9]) == [1, 1]
    assert holm([]) == []


@thorough
@given(p_values=st.lists(st.floats(0, 1), max_size=12))
def test_holm_keeps_the_order_and_never_lowers(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    assert [q for _, q in sorted(zip(p_values, adjusted, strict=True))] == sorted(adjusted)


def test_the_four_cells() -> None:
    found = [cell(agreed, stable) for agreed in (True, False) for stable in (True, False)]
    assert found == [Cell.AGREED_STABLE, Cell.AGREED_UNSTABLE, Cell.DISSENT_STABLE, Cell.DISSENT_UNSTABLE]
