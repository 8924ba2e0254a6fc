"""Agreement over all items against the definitions, written out pair by pair."""

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delphi.agreement import Metric, Weights, fleiss_kappa, gwet_ac, krippendorff_alpha, weight_table
from bot.delphi.refused import Refused
from bot.delphi.scale import Scale
from tests.delphi.panels import counted, thorough

SCALE = Scale(1, 5)

# Units by raters, 0 for no rating, in which some unit has two ratings and not all are the same.
tables = (
    st.integers(2, 6)
    .flatmap(
        lambda raters: st.lists(st.lists(st.integers(0, 5), min_size=raters, max_size=raters), min_size=1, max_size=8)
    )
    .filter(lambda rows: len({value for row in rows if sum(map(bool, row)) > 1 for value in row if value}) > 1)
)


def pairs_of(rows: list[list[int]]) -> list[tuple[int, int, float]]:
    """Every ordered pair of ratings within a unit, with the weight that Krippendorff gives it."""
    units = [[value for value in row if value] for row in rows]
    return [(c, k, 1 / (len(unit) - 1)) for unit in units for c, k in permutations(unit, 2)]


def difference(metric: Metric, pairs: list[tuple[int, int, float]]) -> Callable[[int, int], float]:
    """Krippendorff's squared difference between two values, as he prints it."""

    def how_often(value: int) -> float:
        return sum(weight for c, _, weight in pairs if c == value)

    def ordinal(c: int, k: int) -> float:
        low, high = sorted((c, k))
        between = sum(how_often(value) for value in range(low, high + 1))
        return (between - (how_often(c) + how_often(k)) / 2) ** 2

    return {
        Metric.NOMINAL: lambda c, k: float(c != k),
        Metric.ORDINAL: lambda c, k: ordinal(c, k) if c != k else 0.0,
        Metric.INTERVAL: lambda c, k: (c - k) ** 2,
        Metric.RATIO: lambda c, k: ((c - k) / (c + k)) ** 2,
    }[metric]


@thorough
@given(rows=tables, metric=st.sampled_from(Metric))
def test_alpha_is_one_less_observed_over_expected_disagreement(rows: list[list[int]], metric: Metric) -> None:
    pairs = pairs_of(rows)
    far = difference(metric, pairs)
    n = sum(weight for *_, weight in pairs)
    observed = sum(weight * far(c, k) for c, k, weight in pairs) / n
    often = {value: sum(weight for c, _, weight in pairs if c == value) for value in SCALE.values}
    expected = sum(often[c] * often[k] * far(c, k) for c in SCALE.values for k in SCALE.values) / (n * (n - 1))
    assert krippendorff_alpha(counted(rows, SCALE), SCALE, metric) == pytest.approx(1 - observed / expected, abs=1e-9)


@thorough
@given(rows=tables, metric=st.sampled_from(Metric))
def test_alpha_drops_a_unit_with_one_rating(rows: list[list[int]], metric: Metric) -> None:
    lonely = [*rows, [5] + [0] * (len(rows[0]) - 1)]
    alphas = [krippendorff_alpha(counted(table, SCALE), SCALE, metric) for table in (rows, lonely)]
    assert alphas[0] == alphas[1]


@thorough
@given(rows=tables)
def test_interval_alpha_does_not_mind_where_the_scale_begins(rows: list[list[int]]) -> None:
    heads = counted(rows, SCALE)
    shifted = krippendorff_alpha(heads, Scale(0, 4), Metric.INTERVAL)
    assert krippendorff_alpha(heads, SCALE, Metric.INTERVAL) == pytest.approx(shifted, abs=1e-12)


def weight(weights: Weights, c: int, k: int, points: int) -> float:
    if weights is Weights.IDENTITY:
        return float(c == k)
    apart = abs(c - k)
    within = apart * (apart + 1) / 2
    return {
        Weights.LINEAR: 1 - apart / (points - 1),
        Weights.QUADRATIC: 1 - (apart / (points - 1)) ** 2,
        Weights.ORDINAL: 1 - within / (points * (points - 1) / 2),
    }[weights]


@thorough
@given(rows=tables, weights=st.sampled_from(Weights))
def test_gwet_is_observed_beyond_chance_over_room_for_it(rows: list[list[int]], weights: Weights) -> None:
    units = [unit for row in rows if (unit := [value for value in row if value])]
    pairs = [[weight(weights, c, k, 5) for c, k in permutations(unit, 2)] for unit in units if len(unit) > 1]
    observed = np.mean([np.mean(of_unit) for of_unit in pairs])
    often = [np.mean([unit.count(value) / len(unit) for unit in units]) for value in SCALE.values]
    total = sum(weight(weights, c, k, 5) for c in SCALE.values for k in SCALE.values)
    chance = total / (5 * 4) * sum(share * (1 - share) for share in often)
    expected = (observed - chance) / (1 - chance)
    assert gwet_ac(counted(rows, SCALE), weights) == pytest.approx(float(expected), abs=1e-9)


@thorough
@given(rows=tables)
def test_fleiss_is_observed_beyond_chance_over_room_for_it(rows: list[list[int]]) -> None:
    units = [unit for row in rows if (unit := [value for value in row if value])]
    pairs = [[c == k for c, k in permutations(unit, 2)] for unit in units if len(unit) > 1]
    observed = np.mean([np.mean(of_unit) for of_unit in pairs])
    chance = sum(np.mean([unit.count(value) / len(unit) for unit in units]) ** 2 for value in SCALE.values)
    expected = (observed - chance) / (1 - chance)
    assert fleiss_kappa(counted(rows, SCALE)) == pytest.approx(float(expected), abs=1e-9)


def test_ordinal_weights_of_three_points() -> None:
    assert weight_table(3, Weights.ORDINAL)[0].tolist() == [1, pytest.approx(2 / 3), 0]


def test_where_all_ratings_are_the_same_only_gwet_has_a_value() -> None:
    heads = counted([[4, 4, 4], [4, 4, 0]], SCALE)
    assert gwet_ac(heads, Weights.IDENTITY) == gwet_ac(heads, Weights.QUADRATIC) == 1
    for metric in Metric:
        with pytest.raises(Refused, match="all ratings are the same"):
            krippendorff_alpha(heads, SCALE, metric)
    with pytest.raises(Refused, match="all ratings are the same"):
        fleiss_kappa(heads)


def test_one_rating_an_item_is_no_agreement() -> None:
    heads = counted([[4, 0], [0, 2]], SCALE)
    with pytest.raises(Refused, match="no item has two ratings"):
        krippendorff_alpha(heads, SCALE, Metric.NOMINAL)
    with pytest.raises(Refused, match="no item has two ratings"):
        gwet_ac(heads, Weights.IDENTITY)
    with pytest.raises(Refused, match="no item has two ratings"):
        fleiss_kappa(heads)


def test_a_zero_on_a_ratio_scale_is_as_far_from_all_others() -> None:
    heads = np.array([[2, 0, 0], [1, 1, 0], [0, 1, 1]])
    # Coincidences by hand: 0-0 twice, 0-1 and 1-0 once, 1-2 and 2-1 once; distances 1 for 0-1 and 0-2, 1/9 for 1-2.
    observed = (2 * 1 + 2 / 9) / 6
    expected = 2 * (3 * 2 * 1 + 3 * 1 * 1 + 2 * 1 / 9) / (6 * 5)
    assert krippendorff_alpha(heads, Scale(0, 2), Metric.RATIO) == pytest.approx(1 - observed / expected)
