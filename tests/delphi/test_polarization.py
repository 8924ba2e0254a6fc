"""Polarisation: van der Eijk's A against counting every triple, the ends of each measure, and the flags."""

import math
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delphi.distribution import Distribution
from bot.delphi.polarization import Flag, flags, leik_d, polarization, tastle_wierman, van_der_eijk_a
from bot.delphi.ram import ram
from bot.delphi.refused import Refused
from bot.delphi.scale import Scale
from tests.delphi.panels import rated, thorough, zones

panels = st.integers(3, 11).flatmap(
    lambda points: (
        st.lists(st.integers(0, 12), min_size=points, max_size=points)
        .filter(any)
        .map(lambda heads: Distribution(Scale(1, points), tuple(heads)))
    )
)


def agreement_by_triples(used: tuple[bool, ...]) -> Fraction:
    k, s = len(used), sum(used)
    if s in {1, k}:
        return Fraction(int(s == 1))
    triples = list(combinations(used, 3))
    one_peak = triples.count((True, True, False)) + triples.count((False, True, True))
    two_peaks = triples.count((True, False, True))
    u = Fraction((k - 2) * one_peak - (k - 1) * two_peaks, (k - 2) * (one_peak + two_peaks))
    return u * (1 - Fraction(s - 1, k - 1))


@thorough
@given(panel=panels)
def test_a_is_the_agreement_of_its_layers(panel: Distribution) -> None:
    expected = Fraction(0)
    for low, high in zip([0, *sorted(set(panel.heads))], sorted(set(panel.heads)), strict=False):
        used = tuple(count >= high for count in panel.heads)
        if high > low:
            expected += Fraction((high - low) * sum(used), panel.n) * agreement_by_triples(used)
    assert van_der_eijk_a(panel) == expected
    assert -1 <= expected <= 1
    assert polarization(panel) == (1 - expected) / 2


@thorough
@given(panel=panels)
def test_measures_are_the_same_from_both_ends(panel: Distribution) -> None:
    turned = Distribution(panel.scale, panel.heads[::-1])
    assert van_der_eijk_a(panel) == van_der_eijk_a(turned)
    assert leik_d(panel) == leik_d(turned)
    assert tastle_wierman(panel) == pytest.approx(tastle_wierman(turned), abs=1e-12)


@thorough
@given(panel=panels)
def test_consensus_is_its_formula(panel: Distribution) -> None:
    values = panel.ratings().tolist()
    mean = sum(values) / len(values)
    width = panel.scale.high - panel.scale.low
    expected = 1 + sum(math.log2(1 - abs(value - mean) / width) for value in values) / len(values)
    assert tastle_wierman(panel) == pytest.approx(expected, abs=1e-9)
    assert -1e-9 <= tastle_wierman(panel) <= 1


@pytest.mark.parametrize("points", [3, 5, 7, 9])
def test_ends_of_the_measures(points: int) -> None:
    scale = Scale(1, points)
    agreed = Distribution(scale, (0,) * (points - 1) + (10,))
    even = Distribution(scale, (4,) * points)
    halves = Distribution(scale, (5, *(0,) * (points - 2), 5))
    assert [van_der_eijk_a(panel) for panel in (agreed, even, halves)] == [1, 0, -1]
    assert [polarization(panel) for panel in (agreed, even, halves)] == [0, Fraction(1, 2), 1]
    assert [leik_d(panel) for panel in (agreed, halves)] == [0, 1]
    assert [tastle_wierman(panel) for panel in (agreed, halves)] == pytest.approx([1, 0])


def test_two_points_have_no_a() -> None:
    with pytest.raises(Refused, match="three points"):
        van_der_eijk_a(rated(1, 2, scale=Scale(1, 2)))


def test_nobody_has_no_polarisation() -> None:
    for measure in (van_der_eijk_a, polarization, tastle_wierman, leik_d):
        with pytest.raises(Refused, match="nobody rated it"):
            measure(rated())
    assert flags(rated(), ram_disagrees=False) == ()


def test_both_outer_thirds_are_flagged_from_exactly_15_percent() -> None:
    assert flags(zones(15, 15, 70), ram_disagrees=False) == (Flag.THIRDS,)
    assert flags(zones(14, 16, 70), ram_disagrees=False) == ()


def test_a_split_panel_is_flagged_for_every_reason() -> None:
    halves = rated(*[1] * 5, *[9] * 5)
    assert flags(halves, ram(halves).disagrees) == (Flag.THIRDS, Flag.RAM, Flag.NEGATIVE_A)


def test_groups_with_medians_at_opposite_ends_are_flagged() -> None:
    farmers, scientists, officials = rated(8, 9, 7), rated(1, 2, 3), rated(5, 5, 5)
    whole = rated(8, 9, 7, 1, 2, 3, 5, 5, 5)
    assert Flag.GROUPS in flags(whole, False, [farmers, scientists, officials])
    assert Flag.GROUPS not in flags(whole, False, [farmers, officials, rated()])


def test_flags_on_two_points_do_without_a() -> None:
    assert flags(rated(0, 0, 1, 1, scale=Scale(0, 1)), ram_disagrees=False) == (Flag.THIRDS,)
