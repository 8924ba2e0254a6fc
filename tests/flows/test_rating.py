"""What counts as an answer to each kind of item, and how it is said again."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.limits import LIMITS
from bot.chat.markup import plain
from bot.delphi.closing import outcome_of
from bot.delphi.outcome import Decision, GroupResult, ItemOutcome, Rated, Why
from bot.delphi.polarization import Flag
from bot.delphi.protocol import AGREE_POINTS, Item, NumberItem, ScaleItem
from bot.delphi.scale import Scale
from bot.flows.flow import Misfit
from bot.flows.studies.answering import Choosing, from_button, read, show, show_number
from bot.flows.studies.feedback import Own, feedback
from bot.flows.studies.item_screen import Card, options, wording
from bot.flows.studies.verdict import verdict
from bot.locales import Words, load
from tests import panel
from tests.delphi.studies import table

WORDS = load()
EN = WORDS["en"]
OPENS = datetime(2027, 1, 11, 9)  # noqa: DTZ001 - a wall time
FIXED = panel.protocol(OPENS, groups=panel.GROUPS)
HUNDRED = ScaleItem(id="S1", text=panel.said("How sure are you?"), scale=Scale(0, 100))


def typed(item: Item, written: str, words: Words = EN) -> Any:
    return read(item, FIXED, written, words)


@pytest.mark.parametrize(
    ("item", "written", "value"),
    [
        (panel.PAID, "7", 7),
        (panel.PAID, " 9 ", 9),
        (panel.PAID, "unable to score", None),
        (panel.OPEN_DATA, "Agree", 4),
        (panel.OPEN_DATA, "strongly agree", 5),
        (panel.OPEN_DATA, "2", 2),
        (panel.FIRST, "compost", "compost"),
        (panel.FIRST, "3", "trees"),
        (panel.TWO, "trees on fields, 1", ["cover", "trees"]),
        (panel.ORDER, "3, 1, 2", ["trees", "cover", "compost"]),
        (panel.ORDER, "Compost > trees on fields", ["compost", "trees", "cover"]),
        (panel.YEAR, "in 2040", 2040),
        (panel.COST, "12,50 €", 12.5),
        (panel.COST, "1 200", 1200),
        (panel.COST, "1.234.567", 1_234_567),
        (HUNDRED, "85", 85),
        (panel.MISSING, " Time. ", "Time."),
    ],
)
def test_an_answer_can_be_typed(item: Item, written: str, value: object) -> None:
    assert typed(item, written) == value


@pytest.mark.parametrize(
    ("item", "written", "said"),
    [
        (panel.PAID, "10", "10 is not on the scale. Please choose from 1 to 9."),
        (panel.PAID, "seven", "seven is not on the scale."),
        (panel.PAID, "6.5", "6.5 is not on the scale."),
        (HUNDRED, "101", "Please choose from 0 to 100."),
        (panel.TWO, "1, 2, 3", "At most 2"),
        (panel.ORDER, "1", "Please name 3 of them"),
        (panel.YEAR, "soon", "a year with four digits"),
        (panel.YEAR, "2040 or 2050", "a year with four digits"),
        (panel.YEAR, "2010", "The smallest possible is 2025."),
        (panel.COST, "-3", "The smallest possible is 0 EUR."),
        (panel.COST, "1.200", "Do you mean 1200 or 1.2?"),
        (panel.COST, "between 5 and 10", "Please write one number"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(item: Item, written: str, said: str) -> None:
    with pytest.raises(Misfit) as misfit:
        typed(item, written)
    assert said in EN.plain(misfit.value.text, **misfit.value.values)


def test_a_button_of_another_item_answers_nothing() -> None:
    for move in ("0", "10", "o1", "r1", "", "k", "7x"):
        assert from_button(panel.PAID, FIXED, move, None) is None
    for move in ("o9", "7", "o"):
        assert from_button(panel.FIRST, FIXED, move, None) is None
    for move in ("r9", "r00", "r!"):
        assert from_button(panel.ORDER, FIXED, move, None) is None


def test_several_options_are_added_and_dropped_and_a_second_tap_changes_nothing() -> None:
    first = from_button(panel.TWO, FIXED, "a2", None)
    assert first == Choosing(True, ["trees"])
    both = from_button(panel.TWO, FIXED, "a0", ["trees"])
    assert both == from_button(panel.TWO, FIXED, "a0", ["cover", "trees"]) == Choosing(True, ["cover", "trees"])
    assert from_button(panel.TWO, FIXED, "d2", ["cover", "trees"]) == Choosing(True, ["cover"])
    with pytest.raises(Misfit):
        from_button(panel.TWO, FIXED, "a1", ["cover", "trees"])


def test_a_ranking_is_complete_when_only_one_is_left() -> None:
    assert from_button(panel.ORDER, FIXED, "r2", None) == Choosing(False, ordered=(2,))
    assert from_button(panel.ORDER, FIXED, "r20", None) == Choosing(True, ["trees", "cover", "compost"])


@pytest.mark.parametrize("language", ["en", "fr", "es"])
@pytest.mark.parametrize("item", panel.EVERY_KIND, ids=lambda item: item.id)
def test_every_answer_can_be_typed_as_it_is_shown(item: Item, language: str) -> None:
    words = WORDS[language]
    values = {"A": 6, "B": 4, "C1": "trees", "C2": ["cover", "trees"], "D1": 2040, "D2": 12.5, "E": "Time."}
    value: Any = next((one for id, one in values.items() if item.id.startswith(id)), ["trees", "compost", "cover"])
    shown = show(item, value, words)
    if item.id == "C3":
        shown = shown.replace("1. ", "").replace("2. ", "").replace("3. ", "")
    assert typed(item, shown, words) == value
    assert typed(item, words.plain("rate.unable"), words) is None


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_a_number_is_never_read_as_another_one(number: Decimal) -> None:
    item = NumberItem(id="N", text=panel.said("How many?"))
    for words in WORDS.values():
        written = show_number(item, number, words).replace("\u202f", " ")
        try:
            value = typed(item, written, words)
        except Misfit as misfit:
            asked = misfit.text
        else:
            asked = ""
            assert Decimal(str(value)) == number, written
        assert asked in ("", "answer.two_readings"), written


@pytest.mark.parametrize("platform", ["telegram", "slack"])
@pytest.mark.parametrize("language", ["en", "fr", "es"])
@pytest.mark.parametrize("item", panel.EVERY_KIND, ids=lambda item: item.id)
def test_every_kind_fits_a_screen(item: Item, language: str, platform: Any) -> None:
    limits = LIMITS[platform]
    card = Card(999_999_999, 999_999_999, item.id, item, FIXED)
    listing, rows = options(card, WORDS[language], limits)
    assert plain(wording(card, WORDS[language])).startswith(f"{item.id}. ")
    for button in (button for row in rows for button in row):
        assert len(button.label) <= limits.comfortable_label
        assert len(button.token.encode()) <= limits.token_bytes
    if item.id in ("D1", "D2", "E1"):
        assert not rows
    else:
        assert rows
    assert not listing or platform


def rated(heads: tuple[int, ...], in_zone: tuple[int, int, int], **figures: Any) -> Rated:
    nothing: dict[str, Any] = dict.fromkeys(
        ("mean", "sd", "cv", "iqr", "madm", "agreement", "needed", "ram", "van_der_eijk_a", "polarization")
    )
    nothing |= dict.fromkeys(("tastle_wierman", "leik_d", "verdict"))
    nothing |= {"scale": Scale(1, 9), "flags": (), "rules": {}, "depends_on_rule": False}
    return Rated(
        heads=heads,
        in_zone=in_zone,
        **dict.fromkeys(("q1", "median", "q3")) | nothing | figures,
    )


def came(n: int, about: Rated, *groups: GroupResult, unable: int = 0) -> ItemOutcome:
    stays = Decision(stays=True, why=Why.NOT_COMPARED)
    return ItemOutcome(
        code="A1", version=1, kind="scale", n=n, unable=unable, missing=0, rated=about, groups=groups, decision=stays
    )


TWENTY = rated((0, 1, 0, 1, 1, 3, 5, 4, 5), (1, 5, 14), q1=6, median=7, q3=8.5, agreement=Fraction(14, 20))


def test_feedback_says_it_in_one_plain_sentence_first() -> None:
    farmers = GroupResult(group="farmers", shown=True, n=9, median=8, in_zone=(0, 2, 7))
    hidden = GroupResult(group="science", shown=False)
    told = plain(feedback(panel.PAID, came(20, TWENTY, farmers, hidden, unable=2), Own(True, 6), FIXED, EN))
    assert told.splitlines() == [
        "You said 6. 14 of 20 said 7 to 9.",
        "",
        "9 ▇▇▇▇▇ 5",
        "8 ▇▇▇▇ 4",
        "7 ▇▇▇▇▇ 5",
        "6 ▇▇▇ 3 ◂ you",
        "5 ▇ 1",
        "4 ▇ 1",
        "3 0",
        "2 ▇ 1",
        "1 0",
        "Agreement (7 to 9): 70%, 14 of 20.",
        "The middle half of the answers lies between 6 and 8.5; the middle answer is 7.",
        "2 people were unable to score it.",
        "",
        "By group",
        "Farmers (9): the middle answer is 8; 7 said 7 to 9.",
        "Groups in which too few answered are not shown.",
    ]


def test_the_minimum_is_for_groups_and_a_small_panel_is_still_told_where_it_stands() -> None:
    fixed = FIXED.model_copy(update={"smallest_group": 5})
    three = rated((0, 0, 0, 0, 0, 1, 1, 0, 1), (0, 1, 2), q1=6.5, median=7, q3=8)
    told = plain(feedback(panel.PAID, came(3, three), Own(True, 6), fixed, EN))
    assert told.startswith("You said 6. 2 of 3 said 7 to 9.")
    two = rated((0, 0, 0, 0, 0, 1, 1, 0, 0), (0, 1, 1), q1=6.25, median=6.5, q3=6.75)
    told = plain(feedback(panel.PAID, came(2, two), Own(True, 6), fixed, EN))
    assert told == "You said 6. Only 2 answered, so nothing more is shown: it could be told who said what."


def test_nobody_is_said_to_agree_strongly_who_did_not_and_the_other_side_is_named() -> None:
    five = rated((4, 1, 0, 5, 0), (5, 0, 5), scale=AGREE_POINTS, flags=(Flag.THIRDS,), agreement=Fraction(1, 2))
    outcome = came(10, five).model_copy(update={"kind": "agree"})
    told = plain(feedback(panel.OPEN_DATA, outcome, Own(True, 4), FIXED, EN))
    assert told.startswith("You said Agree. 5 of 10 agreed or strongly agreed.")
    assert "Opinions are split: 5 of 10 disagreed, and 5 agreed." in told
    assert "Agreement: 50%, 5 of 10." in told
    between = five.model_copy(update={"q1": 1.0, "median": 2.5, "q3": 4.0})
    told = plain(feedback(panel.OPEN_DATA, came(10, between), Own(True, 4), FIXED, WORDS["fr"]))
    assert "la réponse du milieu est Pas d’accord / Ni l’un ni l’autre." in told
    assert "D’accord\u202f: ▇▇▇▇▇ 5 ◂ vous" in told


def test_n_is_always_said() -> None:
    year = outcome_of(FIXED, 1, table([(panel.YEAR, [2030, 2040, 2040])])).items[0]
    told = plain(feedback(panel.YEAR, year, Own(True, 2030), FIXED, EN))
    assert told.startswith("You said 2030. Answers: 3.\n\nThe middle half of the answers lies between 2035 and 2040;")
    order = outcome_of(FIXED, 1, table([(panel.ORDER, [["trees", "cover", "compost"]] * 3)])).items[0]
    assert "The panel’s order, all 3 answers together:" in plain(feedback(panel.ORDER, order, Own(), FIXED, EN))


def test_ends_of_one_point_are_said_as_one_point() -> None:
    short = panel.PAID.model_copy(update={"scale": Scale(1, 4)})
    split = rated((5, 0, 1, 4), (5, 1, 4), scale=Scale(1, 4), flags=(Flag.THIRDS,), agreement=Fraction(4, 10))
    told = plain(feedback(short, came(10, split), Own(True, 4), FIXED, EN))
    assert "5 of 10 said 1." in told
    assert "Opinions are split: 5 of 10 said 1, and 4 said 4." in told
    assert "Agreement (4): 40%, 4 of 10." in told


@pytest.mark.parametrize(
    ("rule", "ratings", "says"),
    [
        ("agreement_share", [8] * 18 + [5] * 5, "Agreed. 18 of 23 said 7 to 9; 18 were needed."),
        ("agreement_share", [8] * 17 + [5] * 6, "No agreement. 17 of 23 said 7 to 9; 18 were needed."),
        ("agreement_share", [2] * 18 + [5] * 5, "Agreed that not. 18 of 23 said 1 to 3; 18 were needed."),
        ("three_bands", [8] * 18 + [5] * 5, "No agreement. 18 of 23 said 7 to 9; 19 were needed."),
        ("three_bands", [8] * 5 + [5] * 18, "Dropped, for want of agreement. 5 of 23 said 7 to 9; 12 were needed."),
        (
            "comet",
            [8] * 17 + [2] * 3,
            "No agreement. 17 of 20 said 7 to 9; 14 were needed. 3 said 1 to 3; at most 2 could.",
        ),
        (
            "comet",
            [8] * 2 + [2] * 18,
            "Agreed that not. 18 of 20 said 1 to 3; 14 were needed. 2 said 7 to 9; at most 2",
        ),
        ("ram", [8] * 9, "Agreed. "),
    ],
)
def test_a_verdict_is_said_in_heads_as_its_rule_counts_them(rule: str, ratings: list[int], says: str) -> None:
    fixed = panel.protocol(OPENS, [panel.PAID], consensus={"rule": rule})
    [item] = outcome_of(fixed, 1, table([(panel.PAID, ratings)])).items
    assert plain(verdict(panel.PAID, item, fixed, EN)).startswith(says)


def test_bars_of_a_large_panel_fit_a_phone() -> None:
    large = rated((40, 0, 0, 1, 0, 0, 0, 0, 959), (40, 1, 959), q1=9, median=9, q3=9)
    told = plain(feedback(panel.PAID, came(1000, large), Own(True, None), FIXED, WORDS["fr"]))
    assert "9 ▇▇▇▇▇▇▇▇▇▇▇▇ 959" in told
    assert "4 ▇ 1\n" in told, "a single answer is still seen"
    assert "959 sur 1000 ont dit 7 à 9." in told
    assert max(map(len, told.splitlines()[2:11])) <= 24
