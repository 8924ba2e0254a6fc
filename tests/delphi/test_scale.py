"""A declared scale, its zones, and the rules it carries."""

import numpy as np
import pytest

from bot.delphi.distribution import MISSING, UNABLE, Distribution, histograms
from bot.delphi.refused import Refused
from bot.delphi.scale import MOST_POINTS, Rule, Scale, Zone


@pytest.mark.parametrize(("text", "low", "high"), [("1-9", 1, 9), ("1–7", 1, 7), (" 0 - 100 ", 0, 100)])
def test_a_scale_is_declared_by_its_ends(text: str, low: int, high: int) -> None:
    assert Scale.parse(text) == Scale(low, high)


@pytest.mark.parametrize("text", ["", "9", "9-1", "3-3", "1-500", "a-b", "-1-3", "1-9-"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        Scale.parse(text)


@pytest.mark.parametrize(
    ("declared", "sizes"),
    [
        ("1-9", (3, 3, 3)),
        ("1-7", (2, 3, 2)),
        ("1-5", (2, 1, 2)),
        ("1-4", (1, 2, 1)),
        ("0-10", (4, 3, 4)),
        ("1-2", (1, 0, 1)),
    ],
)
def test_outer_zones_have_a_third_of_the_points_each(declared: str, sizes: tuple[int, ...]) -> None:
    scale = Scale.parse(declared)
    assert tuple(len(scale.zone(zone)) for zone in Zone) == sizes


@pytest.mark.parametrize("points", range(2, MOST_POINTS + 1))
def test_zones_cover_the_scale_once_and_alike_from_both_ends(points: int) -> None:
    scale = Scale(1, points)
    assert [value for zone in Zone for value in scale.zone(zone)] == list(scale.values)
    assert len(scale.zone(Zone.LOW)) == len(scale.zone(Zone.HIGH))


@pytest.mark.parametrize("rule", list(Rule))
def test_every_rule_fits_one_to_nine(rule: Rule) -> None:
    assert Scale(1, 9).misfit(rule) is None


@pytest.mark.parametrize(
    ("declared", "unfit"),
    [
        ("1-5", {Rule.COMET, Rule.RAM}),
        ("1-7", {Rule.COMET, Rule.RAM, Rule.MEDIAN_IQR}),
        ("0-8", {Rule.COMET, Rule.RAM}),
    ],
)
def test_a_rule_that_does_not_transfer_says_so(declared: str, unfit: set[Rule]) -> None:
    scale = Scale.parse(declared)
    assert {rule for rule in Rule if scale.misfit(rule)} == unfit


def test_unable_and_missing_are_outside_the_counts() -> None:
    ratings = np.array([[1, 9], [MISSING, UNABLE], [1, 5]])
    assert histograms(ratings, Scale(1, 9)).sum(axis=1).tolist() == [2, 2]


@pytest.mark.parametrize("rating", [0, 10])
def test_a_rating_off_the_scale_is_refused(rating: int) -> None:
    with pytest.raises(Refused):
        Distribution.of(np.array([5, rating]), Scale(1, 9))


@pytest.mark.parametrize("heads", [(1, 2), (1, 2, 3, -1, 0)])
def test_counts_that_do_not_fit_the_scale_are_refused(heads: tuple[int, ...]) -> None:
    with pytest.raises(Refused):
        Distribution(Scale(1, 5), heads)
