"""Quantiles and spread against numpy and the standard library."""

import statistics
from fractions import Fraction
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delphi import spread
from bot.delphi.quantile import Q1, Q2, Q3, QuantileType, median, quantile
from bot.delphi.refused import Refused
from bot.delphi.scale import Scale
from tests.delphi.panels import every_panel, thorough

METHODS: dict[QuantileType, Literal["linear", "weibull", "averaged_inverted_cdf"]] = {
    QuantileType.R: "linear",
    QuantileType.SPSS: "weibull",
    QuantileType.SAS: "averaged_inverted_cdf",
}

ratings = st.lists(st.integers(1, 9), min_size=1, max_size=40).map(np.array)
numbers = st.lists(st.floats(-1e6, 1e6, width=32), min_size=2, max_size=20).map(np.array)


@thorough
@given(values=ratings | numbers, kind=st.sampled_from(QuantileType), p=st.sampled_from([Q1, Q2, Q3]))
def test_quartiles_are_those_of_numpy(values: np.ndarray, kind: QuantileType, p: Fraction) -> None:
    expected = np.quantile(values.astype(np.float64), float(p), method=METHODS[kind])
    assert float(quantile(values, p, kind)) == pytest.approx(float(expected), rel=1e-9, abs=1e-6)


@thorough
@given(values=ratings, kind=st.sampled_from([QuantileType.R, QuantileType.SPSS]), tenths=st.integers(0, 10))
def test_continuous_types_are_those_of_numpy_everywhere(values: np.ndarray, kind: QuantileType, tenths: int) -> None:
    expected = np.quantile(values, tenths / 10, method=METHODS[kind])
    assert float(quantile(values, Fraction(tenths, 10), kind)) == pytest.approx(float(expected), abs=1e-9)


@thorough
@given(values=ratings, tenths=st.integers(0, 10))
def test_type_2_is_the_inverse_of_the_distribution_averaged_at_its_steps(values: np.ndarray, tenths: int) -> None:
    p = Fraction(tenths, 10)
    reached = [value for value in values.tolist() if Fraction(int((values <= value).sum()), len(values)) >= p]
    beyond = [value for value in values.tolist() if Fraction(int((values <= value).sum()), len(values)) > p]
    at_step = min(reached) if p else values.min()
    after_step = min(beyond) if beyond else values.max()
    assert quantile(values, p, QuantileType.SAS) == Fraction(int(at_step) + int(after_step), 2)


@thorough
@given(values=ratings)
def test_the_median_is_the_same_for_all_types(values: np.ndarray) -> None:
    assert {quantile(values, Q2, kind) for kind in QuantileType} == {Fraction(statistics.median(values.tolist()))}
    assert median(values) == quantile(values, Q2)


def test_the_type_decides_a_fifth_of_the_verdicts_of_ten_people_on_five_points() -> None:
    panels = [panel.ratings() for panel in every_panel(10, Scale(1, 5))]
    differ = [p for p in panels if (spread.iqr(p) <= 1) != (spread.iqr(p, QuantileType.SPSS) <= 1)]
    assert len(panels) == 1001
    assert len(differ) / len(panels) == pytest.approx(0.18, abs=0.005)


@thorough
@given(values=ratings.filter(lambda values: len(values) > 1))
def test_spread_of_ratings_is_that_of_the_standard_library(values: np.ndarray) -> None:
    plain = values.tolist()
    middle = statistics.median(plain)
    assert spread.mean(values) == float(Fraction(sum(plain), len(plain)))
    assert spread.sd(values) == pytest.approx(statistics.stdev(plain), abs=1e-12)
    assert spread.cv(values) == pytest.approx(statistics.stdev(plain) / statistics.mean(plain), abs=1e-12)
    assert spread.madm(values) == pytest.approx(statistics.mean([abs(value - middle) for value in plain]), abs=1e-12)


@thorough
@given(values=numbers)
def test_spread_of_numbers_with_a_unit(values: np.ndarray) -> None:
    assert spread.mean(values) == pytest.approx(float(np.mean(values)), rel=1e-6, abs=1e-6)
    assert spread.sd(values) == pytest.approx(float(np.std(values, ddof=1)), rel=1e-6, abs=1e-6)


def test_what_has_no_spread_is_refused() -> None:
    with pytest.raises(Refused, match="one rating has no spread"):
        spread.sd(np.array([5]))
    with pytest.raises(Refused, match="nobody rated it"):
        spread.mean(np.array([], dtype=np.int64))
    with pytest.raises(Refused, match="the mean is 0"):
        spread.cv(np.array([0, 0]))
    with pytest.raises(Refused, match="0 and above"):
        spread.cv(np.array([-1.0, 3.0]))
    with pytest.raises(Refused, match="finite"):
        quantile(np.array([1.0, np.nan]), Q1)
    with pytest.raises(Refused, match="between 0 and 1"):
        quantile(np.array([1]), Fraction(3, 2))
