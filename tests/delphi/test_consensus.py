"""Consensus rules compare exact fractions, and say in heads what they ask."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delphi.consensus import (
    Verdict,
    agreement,
    agreement_share,
    at_least,
    comet,
    fewer_than,
    median_iqr,
    three_bands,
)
from bot.delphi.quantile import QuantileType
from bot.delphi.ram import Appropriateness, Disagreement, Halfway, ram
from bot.delphi.refused import Refused
from bot.delphi.rules import flips, verdicts
from bot.delphi.scale import NINE_POINTS, Scale
from tests.delphi.panels import every_panel, rated, thorough, zones

thresholds = st.fractions(min_value=Fraction(1, 100), max_value=1, max_denominator=100)


@thorough
@given(n=st.integers(1, 500), threshold=thresholds)
def test_heads_say_what_the_share_says(n: int, threshold: Fraction) -> None:
    assert [heads for heads in range(n + 1) if Fraction(heads, n) >= threshold][:1] == [at_least(n, threshold)]
    assert max(heads for heads in range(-1, n + 1) if Fraction(heads, n) < threshold) == fewer_than(n, threshold)


def test_eighty_percent_of_23_means_19() -> None:
    assert at_least(23, Fraction(80, 100)) == 19


def test_a_share_is_exact() -> None:
    assert agreement_share(zones(1, 1, 1)) == Fraction(1, 3)
    # The float 0.7 is below seven tenths, and 0.1 + 0.2 above three: neither decides a verdict.
    assert agreement(zones(0, 3, 7), Fraction(70, 100)) is Verdict.IN
    assert agreement(zones(7, 3, 0), Fraction(70, 100)) is Verdict.OUT
    assert agreement(zones(0, 301, 699), Fraction(70, 100)) is Verdict.NONE


@pytest.mark.parametrize("threshold", [Fraction(1, 2), Fraction(101, 100)])
def test_a_threshold_that_two_zones_could_reach_is_refused(threshold: Fraction) -> None:
    with pytest.raises(Refused):
        agreement(zones(5, 0, 5), threshold)


@pytest.mark.parametrize(("high", "band"), [(800, "keep"), (799, "discuss"), (500, "discuss"), (499, "drop")])
def test_three_bands_at_their_edges(high: int, band: str) -> None:
    assert three_bands(zones(0, 1000 - high, high)) == band


@pytest.mark.parametrize(
    ("ratings", "verdict"),
    [
        ((7, 7, 9, 9), "in"),
        ((6, 7, 9, 9), "none"),
        ((6, 6, 7, 7), "none"),
        ((1, 2, 3, 3), "out"),
        ((3, 3, 4, 4), "none"),
    ],
)
def test_median_and_quartiles_on_nine_points(ratings: tuple[int, ...], verdict: str) -> None:
    assert median_iqr(rated(*ratings)) == verdict


def test_median_and_quartiles_hang_on_the_type() -> None:
    panel = rated(3, 4, 4, 4, 5, 5, 5, 5, 5, 5, scale=Scale(1, 5))
    wide = rated(3, 3, 4, 4, 4, 4, 4, 5, 5, 5, scale=Scale(1, 5))
    assert median_iqr(panel) is Verdict.IN
    assert (median_iqr(wide), median_iqr(wide, QuantileType.SPSS)) == (Verdict.IN, Verdict.NONE)


def test_the_two_disagreements_differ_on_1818_of_24310_panels_of_nine() -> None:
    panels = list(every_panel(9, NINE_POINTS))
    differ = sum(result.classical != result.disagrees for result in map(ram, panels))
    assert (len(panels), differ) == (24310, 1818)


@pytest.mark.parametrize(
    ("ratings", "verdict"),
    [
        ((8,) * 9, "appropriate"),
        ((2,) * 9, "inappropriate"),
        ((5,) * 9, "uncertain"),
        ((1,) * 6 + (7,) * 3, "inappropriate"),
    ],
)
def test_ram_verdict(ratings: tuple[int, ...], verdict: str) -> None:
    assert ram(rated(*ratings)).verdict == verdict


def test_ram_verdict_follows_the_definition_of_disagreement() -> None:
    panel = rated(*(1,) * 6, *(7,) * 3)
    assert ram(panel, definition=Disagreement.CLASSICAL).verdict is Appropriateness.UNCERTAIN


def test_a_median_between_two_zones_is_a_setting() -> None:
    panel = rated(6, 6, 7, 7)
    assert ram(panel).verdict is Appropriateness.UNCERTAIN
    assert ram(panel, halfway=Halfway.UP).verdict is Appropriateness.APPROPRIATE
    assert ram(rated(3, 3, 4, 4), halfway=Halfway.UP).verdict is Appropriateness.UNCERTAIN


def test_classical_agreement_and_disagreement_can_both_be_absent() -> None:
    neither = ram(rated(7, 7, 7, 7, 7, 7, 5, 5, 5))
    assert (neither.classical, neither.classical_agreement) == (False, False)
    assert ram(rated(7, 7, 7, 7, 7, 7, 7, 5, 5)).classical_agreement


def test_ram_takes_percentiles_of_the_stated_type() -> None:
    panel = rated(1, 2, 3, 4, 5, 6, 7, 8, 9, 9)
    assert [float(ram(panel, kind).p30) for kind in (QuantileType.R, QuantileType.SPSS, QuantileType.SAS)] == [
        3.7,
        3.3,
        3.5,
    ]


def test_what_a_scale_does_not_carry_is_refused() -> None:
    five = rated(4, 5, scale=Scale(1, 5))
    for rule in (comet, ram):
        with pytest.raises(Refused, match="1-5"):
            rule(five)
    with pytest.raises(Refused, match="not for 7"):
        median_iqr(rated(6, 7, scale=Scale(1, 7)))


def test_nobody_and_one_are_no_panel() -> None:
    for rule in (agreement_share, agreement, comet, three_bands, median_iqr, ram):
        with pytest.raises(Refused, match="nobody rated it"):
            rule(rated())
    with pytest.raises(Refused, match="one rating"):
        ram(rated(7))


def test_a_verdict_that_hangs_on_the_rule_is_found() -> None:
    edge = verdicts(zones(0, 24, 76))
    assert {name: edge[name] for name in ("agreement_75", "agreement_80", "three_bands")} == {
        "agreement_75": "in",
        "agreement_80": "none",
        "three_bands": "discuss",
    }
    assert flips(edge.values())
    assert not flips(verdicts(rated(*(8,) * 9)).values())
    # Only rules that fit count: on 1-7 neither COMET nor RAM nor the quartiles have a say.
    assert not flips(verdicts(rated(*(7,) * 9, scale=Scale(1, 7))).values())
