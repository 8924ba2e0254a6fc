"""What counts as an answer to each kind of item, and how it is said again."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.limits import LIMITS
from bot.chat.markup import plain
from bot.delphi.outcome import Decision, GroupResult, ItemOutcome, Rated, Why
from bot.delphi.protocol import Item, NumberItem, ScaleItem
from bot.delphi.scale import Scale
from bot.flows.answering import Choosing, from_button, read, show, show_number
from bot.flows.flow import Misfit
from bot.flows.item_screen import Card, options, wording
from bot.flows.study_feedback import Own, feedback
from bot.locales import Words, load
from tests import panel

WORDS = load()
EN = WORDS["en"]
FIXED = panel.protocol(datetime(2027, 1, 11, 9), groups=panel.GROUPS)  # noqa: DTZ001 - a wall time
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


def rated(heads: tuple[int, ...], in_zone: tuple[int, int, int], **quartiles: float) -> Rated:
    nothing: dict[str, Any] = dict.fromkeys(
        ("mean", "sd", "cv", "iqr", "madm", "agreement", "needed", "ram", "van_der_eijk_a", "polarization")
    )
    nothing |= dict.fromkeys(("tastle_wierman", "leik_d", "verdict"))
    return Rated(
        scale=Scale(1, 9),
        heads=heads,
        in_zone=in_zone,
        rules={},
        depends_on_rule=False,
        flags=(),
        **nothing,
        **{name: quartiles.get(name) for name in ("q1", "median", "q3")},
    )


def came(n: int, about: Rated, *groups: GroupResult, unable: int = 0) -> ItemOutcome:
    stays = Decision(stays=True, why=Why.NOT_COMPARED)
    return ItemOutcome(
        code="A1", version=1, kind="scale", n=n, unable=unable, missing=0, rated=about, groups=groups, decision=stays
    )


TWENTY = rated((0, 1, 0, 1, 1, 3, 5, 4, 5), (1, 5, 14), q1=6, median=7, q3=8.5)


def test_feedback_says_it_in_one_plain_sentence_first() -> None:
    farmers = GroupResult(group="farmers", shown=True, n=9, median=8)
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
        "Half of the panel answered between 6 and 8.5; the middle answer is 7.",
        "2 people were unable to score it.",
        "",
        "By group",
        "Farmers (9): the middle answer is 8.",
        "Groups in which too few answered are not shown.",
    ]


def test_feedback_of_few_shows_nothing_that_could_be_told_apart() -> None:
    one = rated((0, 0, 0, 0, 0, 0, 1, 0, 0), (0, 0, 1), q1=7, median=7, q3=7)
    told = plain(feedback(panel.PAID, came(1, one), Own(), FIXED, EN))
    assert told == (
        "You did not answer it the last time. "
        "So few answered (1) that nothing is shown: it could be told who said what."
    )
    assert "▇" not in told


def test_bars_of_a_large_panel_fit_a_phone() -> None:
    large = rated((40, 0, 0, 1, 0, 0, 0, 0, 959), (40, 1, 959), q1=9, median=9, q3=9)
    told = plain(feedback(panel.PAID, came(1000, large), Own(True, None), FIXED, WORDS["fr"]))
    assert "9 ▇▇▇▇▇▇▇▇▇▇▇▇ 959" in told
    assert "4 ▇ 1\n" in told, "a single answer is still seen"
    assert "959 sur 1000 ont dit 7 à 9." in told
    assert max(map(len, told.splitlines()[2:11])) <= 24
