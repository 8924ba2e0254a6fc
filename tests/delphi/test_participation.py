"""Who answered, who left with a minority view, and which group results would give an answer away."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delphi.disclosure import SMALLEST_GROUP, shown_cells
from bot.delphi.distribution import MISSING, UNABLE
from bot.delphi.participation import attrition, response
from bot.delphi.refused import Refused
from bot.delphi.scale import NINE_POINTS
from tests.delphi.panels import thorough


def test_unable_to_score_is_an_answer() -> None:
    result = response(np.array([[7, 8], [UNABLE, UNABLE], [7, MISSING], [MISSING, MISSING]]))
    assert (result.invited, result.completed, result.partial, result.silent, result.withdrawn) == (4, 2, 1, 1, 0)
    assert (result.rate, result.completion) == (Fraction(3, 4), Fraction(1, 2))


def test_whoever_withdrew_stays_in_the_base() -> None:
    result = response(np.array([[7, 8], [7, 8], [MISSING, MISSING]]), np.array([False, True, True]))
    assert (result.invited, result.completed, result.partial, result.silent, result.withdrawn) == (3, 1, 0, 0, 2)
    assert result.rate == Fraction(1, 3)


def test_nobody_has_no_rate() -> None:
    with pytest.raises(Refused):
        response(np.empty((0, 3), dtype=np.int16))


@thorough
@given(
    rows=st.lists(st.lists(st.integers(-2, 9).filter(bool), min_size=3, max_size=3), min_size=1, max_size=12),
    seed=st.integers(0, 99),
)
def test_everyone_invited_is_counted_once(rows: list[list[int]], seed: int) -> None:
    withdrawn = np.random.default_rng(seed).random(len(rows)) < 0.3
    result = response(np.array(rows), withdrawn)
    assert result.completed + result.partial + result.silent + result.withdrawn == result.invited == len(rows)


def test_an_alarm_where_those_who_left_held_the_minority_view() -> None:
    # Seven of ten rate high; the three others leave on the first item, three of the seven on the second.
    views = [8, 8, 8, 8, 8, 8, 8, 2, 2, 2]
    left = np.array([False] * 7 + [True] * 3)
    first, second = attrition(np.array([views, views[::-1]]).T, left, NINE_POINTS)
    assert (first.alarm, second.alarm) == (True, False)
    assert (first.stayed.n, first.left.n) == (7, 3)


@pytest.mark.parametrize(
    ("views", "left"),
    [
        ([8, 8, 8, 2, 2, 2], [0, 0, 0, 1, 1, 1]),  # Half and half: there is no minority.
        ([8, 8, 8, 8, 8, 2], [0, 0, 0, 0, 1, 1]),  # Half of those who left held it.
        ([8, 8, 8, 8, 8, 2], [0, 0, 0, 0, 0, 0]),  # Nobody left.
        ([MISSING] * 6, [0, 0, 0, 0, 1, 1]),
    ],
)
def test_no_alarm_without_a_minority_that_left(views: list[int], left: list[int]) -> None:
    (item,) = attrition(np.array([views]).T, np.array(left, dtype=np.bool_), NINE_POINTS)
    assert not item.alarm


def test_a_small_group_is_hidden_and_cannot_be_had_by_subtraction() -> None:
    sizes = np.array([[20], [9], [6], [4]])
    # The 4 could be had from the total and the three others, so that the next smallest is hidden with them.
    assert shown_cells(sizes)[:, 0].tolist() == [True, True, False, False]


def test_small_groups_that_hide_each_other_need_no_third() -> None:
    assert shown_cells(np.array([[20], [3], [2]]))[:, 0].tolist() == [True, False, False]


def test_a_group_that_did_not_answer_hides_nobody() -> None:
    assert shown_cells(np.array([[20], [9], [0]]))[:, 0].tolist() == [True, True, False]


@thorough
@given(
    sizes=st.lists(st.integers(0, 30), min_size=1, max_size=8),
    smallest=st.integers(2, 10),
)
def test_no_hidden_answers_are_fewer_than_the_smallest_group(sizes: list[int], smallest: int) -> None:
    cells = np.array([sizes]).T
    shown = shown_cells(cells, smallest)
    hidden = int(cells[~shown].sum())
    assert (cells[shown] >= smallest).all()
    assert hidden == 0 or hidden >= smallest or not shown.any()


def test_the_smallest_group_is_five_unless_said_otherwise() -> None:
    assert SMALLEST_GROUP == 5
    assert shown_cells(np.array([[5]])).tolist() == [[True]]
