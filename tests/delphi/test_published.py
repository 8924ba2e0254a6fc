"""Every published case comes out as published."""

import numpy as np
import pytest

from bot.delphi.agreement import Metric, Weights, fleiss_kappa, gwet_ac, krippendorff_alpha
from bot.delphi.concordance import kendall_w
from bot.delphi.consensus import comet
from bot.delphi.distribution import Distribution
from bot.delphi.polarization import flags, layers, leik_d, polarization, tastle_wierman, van_der_eijk_a
from bot.delphi.quantile import Q1, Q3, QuantileType, median, quantile
from bot.delphi.ram import Disagreement, agreement_up_to, disagreement_from, ram
from bot.delphi.scale import Scale
from bot.delphi.stability import is_stable, mcnemar, net_change
from tests.delphi import published
from tests.delphi.panels import counted, rated, zones

SEVEN_POINTS = Distribution(Scale(1, 7), published.SEVEN_POINTS)


def test_ram_thresholds_by_panel_size() -> None:
    sizes = published.RAM_PANEL_SIZES
    assert tuple(map(agreement_up_to, sizes)) == published.RAM_OUTSIDE_FOR_AGREEMENT
    assert tuple(map(disagreement_from, sizes)) == published.RAM_IN_EACH_EXTREME_FOR_DISAGREEMENT


def test_ram_of_a_unanimous_panel() -> None:
    all_nines = ram(rated(*[9] * 10))
    figures = (all_nines.iprcp, all_nines.ai, all_nines.ipras, all_nines.ipr, all_nines.disagreement_index)
    assert [float(figure) for figure in figures] == [9, 4, 8.35, 0, 0]
    assert not all_nines.disagrees


def test_ram_of_two_halves() -> None:
    halves = ram(rated(*[1] * 5, *[9] * 5))
    assert [float(figure) for figure in (halves.iprcp, halves.ai, halves.ipras, halves.ipr)] == [5, 0, 2.35, 8]
    assert float(halves.disagreement_index) == pytest.approx(3.4043, abs=1e-4)
    assert halves.disagrees


@pytest.mark.parametrize(
    ("ratings", "classical", "ipras"), [((1, 1, 1, 1, 1, 6, 6, 6, 6), False, True), ((1,) * 6 + (7,) * 3, True, False)]
)
def test_the_two_disagreements_of_ram_differ(ratings: tuple[int, ...], classical: bool, ipras: bool) -> None:
    assert ram(rated(*ratings), definition=Disagreement.CLASSICAL).disagrees is classical
    assert ram(rated(*ratings), definition=Disagreement.IPRAS).disagrees is ipras


def test_kendall_w_with_heavy_ties() -> None:
    result = kendall_w(np.array(published.ANXIETY), np.random.default_rng(1))
    assert (result.n_raters, result.n_items, result.df, result.method) == (3, 20, 19, "chi-squared")
    assert result.w == pytest.approx(0.53966, abs=5e-5)
    assert result.chi2 == pytest.approx(30.7604, abs=5e-5)
    assert result.p == pytest.approx(0.042883, abs=5e-6)


@pytest.mark.parametrize(
    ("metric", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)]
)
def test_krippendorff_alpha_with_missing_ratings(metric: str, alpha: float) -> None:
    scale = Scale(1, 5)
    heads = counted(published.FOUR_OBSERVERS, scale)
    assert krippendorff_alpha(heads, scale, Metric(metric)) == pytest.approx(alpha, abs=6e-4)


def test_gwet_and_fleiss_with_missing_ratings() -> None:
    heads = counted(published.FOUR_OBSERVERS, Scale(1, 5))
    assert gwet_ac(heads, Weights.IDENTITY) == pytest.approx(0.77544, abs=5e-6)
    assert gwet_ac(heads, Weights.QUADRATIC) == pytest.approx(0.914, abs=5e-4)
    assert fleiss_kappa(heads) == pytest.approx(0.76117, abs=5e-6)


def test_fleiss_kappa_of_fourteen_raters() -> None:
    assert fleiss_kappa(np.array(published.FOURTEEN_RATERS)) == pytest.approx(0.210, abs=5e-4)


@pytest.mark.parametrize(("scale", "ac1"), [(Scale(2, 4), 0.52109), (Scale(1, 4), 0.56543)])
def test_ac1_depends_on_the_declared_scale(scale: Scale, ac1: float) -> None:
    assert gwet_ac(counted(published.SIX_EXPERTS, scale), Weights.IDENTITY) == pytest.approx(ac1, abs=1e-5)


def test_polarisation_of_seven_points() -> None:
    assert float(van_der_eijk_a(SEVEN_POINTS)) == pytest.approx(0.6113333, abs=5e-8)
    assert float(polarization(SEVEN_POINTS)) == pytest.approx(0.1943333, abs=5e-8)
    assert tastle_wierman(SEVEN_POINTS) == pytest.approx(0.7256876, abs=5e-8)
    assert float(leik_d(SEVEN_POINTS)) == pytest.approx(0.287, abs=5e-4)


def test_layers_of_seven_points() -> None:
    found = [(float(agreement), heads / SEVEN_POINTS.n) for agreement, heads in layers(SEVEN_POINTS.heads)]
    assert found == [pytest.approx(layer, abs=5e-4) for layer in published.SEVEN_POINTS_LAYERS]


@pytest.mark.parametrize(("low", "mid", "high", "verdict"), published.COMET_EDGES)
def test_comet_at_its_edges(low: int, mid: int, high: int, verdict: str) -> None:
    assert comet(zones(low, mid, high)) == verdict


@pytest.mark.parametrize(("before", "after", "persons", "percent"), published.NET_CHANGES)
def test_net_change(before: tuple[int, ...], after: tuple[int, ...], persons: int, percent: float) -> None:
    scale = Scale(1, 5)
    change = net_change(Distribution(scale, before), Distribution(scale, after))
    assert change * 25 == persons
    assert float(change) * 100 == pytest.approx(percent, abs=1e-9)
    assert is_stable(change) is (percent < 15)


def test_mcnemar() -> None:
    assert mcnemar(121, 59).chi2 == pytest.approx(21.35, abs=6e-3)
    # Hyper-responsiveness before and after a transplantation: Fagerland, Lydersen & Laake (2013).
    small = mcnemar(1, 7)
    assert small.exact_p == pytest.approx(0.0703, abs=5e-5)
    assert small.mid_p == pytest.approx(0.0391, abs=5e-5)


def test_the_median_of_an_even_panel_is_the_mean_of_the_middle_two() -> None:
    split = rated(1, 1, 9, 9)
    values = split.ratings()
    assert [median(values), quantile(values, Q1), quantile(values, Q3)] == [5, 1, 9]
    assert flags(split, ram_disagrees=ram(split).disagrees)


@pytest.mark.parametrize("kind", list(QuantileType))
def test_quartiles_depend_on_the_type(kind: QuantileType) -> None:
    values = rated(1, 2, 3, 4, 5, 6, 7, 8, 9, 9).ratings()
    assert [quantile(values, Q1, kind), quantile(values, Q3, kind)] == list(published.QUARTILES[kind])
