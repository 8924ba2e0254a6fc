"""The whole of a table as JSON: the keys of the specification, and a reason beside each null."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delphi.analysis import Settings, analyse
from bot.delphi.change import Stability
from bot.delphi.distribution import MISSING, UNABLE
from bot.delphi.document import as_json
from bot.delphi.scale import NINE_POINTS, Scale
from bot.delphi.table import Table
from tests.delphi import published
from tests.delphi.panels import thorough

ITEM = {
    *("n", "unable", "missing", "mean", "sd", "cv", "median", "q1", "q3", "iqr", "madm", "shares", "distribution"),
    *("comet", "agreement_share", "ram", "van_der_eijk_a", "polarization", "tastle_wierman", "flags"),
}
RAM = {"p30", "p70", "ipr", "iprcp", "ai", "ipras", "disagreement_index", "classical", "verdict"}
PANEL = {"kendall_w", "krippendorff_alpha", "gwet_ac1", "gwet_ac2", "fleiss_kappa"}
STABILITY = {"n", "net_change", "wilcoxon", "mcnemar", "spearman", "cell"}


def table(rows: list[list[int]], groups: list[str] | None = None, start: int = 1) -> Table:
    """Rows of ratings by panellists p1, p2, … on items a, b, …"""
    ratings = np.array(rows, dtype=np.int16)
    return Table(
        tuple(f"p{number}" for number in range(start, start + len(rows))),
        tuple("abcdefghijklmnopqrstuvwxyz"[: ratings.shape[1]]),
        ratings,
        tuple(groups) if groups else None,
    )


def document(current: Table, scale: Scale = NINE_POINTS, previous: Table | None = None) -> dict[str, Any]:
    """The analysis as it comes out of a JSON file."""
    written = json.dumps(as_json(analyse(current, Settings(scale), previous)), allow_nan=False)
    found: dict[str, Any] = json.loads(written)
    return found


def nulls_without_reason(value: object, path: str = "") -> list[str]:
    if isinstance(value, dict):
        here = [f"{path}.{key}" for key, each in value.items() if each is None and not value.get("reason", {}).get(key)]
        return here + [found for key, each in value.items() for found in nulls_without_reason(each, f"{path}.{key}")]
    return [found for each in value for found in nulls_without_reason(each, path)] if isinstance(value, list) else []


def test_the_keys_are_those_of_the_specification() -> None:
    rows = [[7, 2], [8, 3], [9, 9], [6, 1], [7, 5], [8, 8], [7, 1]]
    before = [[5, 2], [5, 3], [5, 5], [5, 5], [4, 5], [7, 4], [3, 9]]
    found = document(table(rows, list("xxxxyyy")), previous=table(before))
    assert set(found) == {"settings", "items", "panel", "participation"}
    for item in found["items"].values():
        assert set(item) >= ITEM | {"groups", "stability"}
        assert set(item["ram"]) >= RAM
        assert set(item["shares"]) == {"low", "mid", "high"}
        assert list(item["distribution"]) == [str(value) for value in NINE_POINTS.values]
        assert set(item["stability"]) >= STABILITY
        assert set(item["stability"]["wilcoxon"]) >= {"t_plus", "t_minus", "p", "method"}
        assert set(item["stability"]["mcnemar"]) >= {"b", "c", "mid_p", "exact_p"}
        assert all(set(of_group) >= ITEM for of_group in item["groups"].values())
    assert set(found["panel"]) >= PANEL
    assert set(found["panel"]["kendall_w"]) >= {"w", "chi2", "df", "p", "n_raters", "n_items"}
    assert set(found["panel"]["krippendorff_alpha"]) == {"nominal", "ordinal", "interval", "ratio"}


def test_what_was_not_asked_for_is_not_there() -> None:
    item = document(table([[7], [8]]))["items"]["a"]
    assert not {"groups", "stability"} & set(item)


@thorough
@given(data=st.data())
def test_every_null_has_a_reason_whatever_the_table(data: st.DataObject) -> None:
    scale = data.draw(st.sampled_from([Scale(1, 9), Scale(1, 5), Scale(1, 7), Scale(0, 1), Scale(0, 10)]))
    items = data.draw(st.integers(1, 3))
    cells = st.sampled_from([MISSING, UNABLE, *scale.values])
    row = st.lists(cells, min_size=items, max_size=items)
    now, before = data.draw(st.lists(row, min_size=1, max_size=9)), data.draw(st.lists(row, min_size=1, max_size=9))
    found = document(table(now, ["x"] * len(now)), scale, table(before, start=data.draw(st.integers(1, 9))))
    assert nulls_without_reason(found) == []
    for name, item in found["items"].items():
        assert item["n"] + item["unable"] + item["missing"] == len(now), name
        assert sum(item["distribution"].values()) == item["n"]


def test_an_item_that_nobody_rated() -> None:
    item = document(table([[MISSING], [UNABLE]]))["items"]["a"]
    assert (item["n"], item["unable"], item["missing"], item["flags"]) == (0, 1, 1, [])
    for key in ("mean", "median", "shares", "comet", "agreement_share", "ram", "van_der_eijk_a"):
        assert (item[key], item["reason"][key]) == (None, "nobody rated it")


def test_one_rating_has_a_mean_and_no_spread() -> None:
    item = document(table([[7], [MISSING]]))["items"]["a"]
    assert (item["mean"], item["median"], item["iqr"], item["madm"], item["comet"]) == (7, 7, 0, 0, "in")
    assert item["sd"] is None
    assert item["ram"] is None


@pytest.mark.parametrize("scale", [Scale(1, 5), Scale(1, 7)])
def test_ram_is_refused_off_one_to_nine(scale: Scale) -> None:
    item = document(table([[4], [5], [4]]), scale)["items"]["a"]
    assert item["ram"] is None
    assert "do not transfer" in item["reason"]["ram"]
    assert item["agreement_share"] is not None


def test_a_panel_without_variation() -> None:
    panel = document(table([[7, 7], [7, 7]]))["panel"]
    assert panel["kendall_w"] is None
    assert "same rating" in panel["reason"]["kendall_w"]
    assert set(panel["krippendorff_alpha"]["reason"]) == {"nominal", "ordinal", "interval", "ratio"}
    assert panel["fleiss_kappa"] is None
    assert (panel["gwet_ac1"], panel["gwet_ac2"]) == (1, 1)


def test_published_data_through_the_whole_analysis() -> None:
    w = document(table([list(row) for row in published.ANXIETY]), Scale(1, 6))["panel"]["kendall_w"]
    assert (w["n_raters"], w["n_items"], w["df"]) == (3, 20, 19)
    assert (w["w"], w["chi2"], w["p"]) == pytest.approx((0.53966, 30.7604, 0.042883), abs=5e-5)
    observers = np.array(published.FOUR_OBSERVERS).T
    alphas = document(table(np.where(observers == 0, MISSING, observers).tolist()), Scale(1, 5))["panel"]
    assert alphas["krippendorff_alpha"]["ordinal"] == pytest.approx(0.815, abs=6e-4)
    experts = table(np.array(published.SIX_EXPERTS).T.tolist())
    assert document(experts, Scale(1, 4))["panel"]["gwet_ac1"] == pytest.approx(0.56543, abs=1e-5)


def test_only_panellists_of_both_rounds_are_compared() -> None:
    current = table([[7], [8], [UNABLE], [9], [1]], start=1)
    previous = table([[5], [8], [5], [5], [5]], start=2)
    change = document(current, previous=previous)["items"]["a"]["stability"]
    # p2 to p5 are in both; p3 could not score now, so that p2, p4 and p5 remain.
    assert (change["n"], change["changed"], change["up"], change["down"]) == (3, 3, 2, 1)


def test_panellists_are_matched_by_name_and_not_by_row() -> None:
    current = table([[1], [2], [3], [4]])
    previous = Table(current.panellists[::-1], ("a",), current.ratings[::-1].copy())
    change = document(current, previous=previous)["items"]["a"]["stability"]
    assert (change["changed"], change["net_change"], change["spearman"]) == (0, 0, 1)


def test_what_cannot_be_compared_says_why() -> None:
    current = Table(("p1", "p2"), ("a", "new"), np.array([[7, 7], [8, 8]], dtype=np.int16))
    previous = Table(("p3",), ("a",), np.array([[7]], dtype=np.int16))
    items = document(current, previous=previous)["items"]
    assert items["a"]["reason"]["stability"] == "nobody rated it in both rounds"
    assert items["new"]["reason"]["stability"] == "it was not in the round before"


def test_the_four_cells_take_agreement_from_everyone_and_stability_from_those_in_both() -> None:
    previous = table([[8, 8, 2, 2]] * 20)
    # On b and d ten of the twenty move from one end of the scale to the other.
    now = [[8, 8, 5, 8] if person % 2 else [8, 8, 5, 2] for person in range(20)]
    now = [[8, 2 if person < 2 else 8, *row[2:]] for person, row in enumerate(now)]
    items = document(table(now), previous=previous)["items"]
    assert [items[name]["stability"]["cell"] for name in "abcd"] == [
        "agreed_stable",
        "agreed_stable",
        "dissent_unstable",
        "dissent_unstable",
    ]
    unchanged = document(table([[1], [9]] * 10), previous=table([[1], [9]] * 10))["items"]["a"]["stability"]
    assert unchanged["cell"] == "dissent_stable"
    converted = document(table([[9]] * 10), previous=table([[1]] * 10))["items"]["a"]["stability"]
    assert converted["cell"] == "agreed_unstable"


def test_agreeing_to_reject_is_agreement() -> None:
    rejected = table([[2]] * 10)
    assert document(rejected, previous=rejected)["items"]["a"]["stability"]["cell"] == "agreed_stable"


def test_p_values_are_adjusted_over_the_items_that_were_tested() -> None:
    before = table([[2, 5, 5]] * 8)
    now = table([[8 if person < 7 else 1, 6 if person < 4 else 4, 5] for person in range(8)])
    analysis = analyse(now, Settings(NINE_POINTS), before)
    changes = [item.stability for item in analysis.items.values()]
    a, b, c = (change for change in changes if isinstance(change, Stability))
    p, adjusted = a.wilcoxon.p, a.wilcoxon_holm
    assert isinstance(p, float)
    assert adjusted == pytest.approx(2 * p)
    assert b.wilcoxon_holm == b.wilcoxon.p == 1
    assert c.wilcoxon_holm is c.wilcoxon.p


def test_a_split_between_groups_is_shown_by_group() -> None:
    item = document(table([[9]] * 5 + [[1]] * 5, ["farmers"] * 5 + ["science"] * 5))["items"]["a"]
    assert {name: group["comet"] for name, group in item["groups"].items()} == {"farmers": "in", "science": "out"}
    assert "groups_opposed" in item["flags"]
    small = document(table([[9]] * 4 + [[1]] * 5, ["farmers"] * 4 + ["science"] * 5))["items"]["a"]
    assert "groups_opposed" not in small["flags"]


def test_leavers_with_a_minority_view_are_named_by_item() -> None:
    previous = table([[8, 8]] * 6 + [[2, 8]] * 3)
    current = table([[8, 8]] * 6 + [[MISSING, MISSING]])
    participation = document(current, previous=previous)["participation"]
    leavers = participation["leavers"]
    # One is silent now and two are not there any more.
    assert (leavers["left"], leavers["minority_view_on"], participation["current"]["silent"]) == (3, ["a"], 1)
    assert leavers["items"]["a"] == {
        "stayed": {"n": 6, "mean": 8, "median": 8, "agreement_share": 1},
        "left": {"n": 3, "mean": 2, "median": 2, "agreement_share": 0},
    }


def test_the_same_data_give_the_same_result_to_the_last_digit() -> None:
    rows = np.random.default_rng(3).integers(1, 10, size=(40, 7)).tolist()
    assert document(table(rows)) == document(table(rows))
