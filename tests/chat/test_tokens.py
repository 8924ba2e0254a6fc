"""A button comes back as the one that was drawn, and whatever else a platform hands in is nobody's button."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.limits import LIMITS
from bot.chat.tokens import Screen, Standing, parse
from bot.flows.router import FLOWS, VIEWS

ROW = st.integers(0, 2**50)
MOVES = st.sampled_from(["b", "s", "v", "d", "f", "g", "x", "y", "c", "r", "h", "c12", "p3", "1", "+7", "-24"])
NAMES = st.sampled_from(sorted({*FLOWS, *VIEWS, "anew", "cancel"}))
ARGUMENTS = st.just("") | st.from_regex(r"[A-Za-z0-9_-]{1,48}", fullmatch=True)
SHORTEST = min(limits.token_bytes for limits in LIMITS.values())


@given(ROW, ROW, MOVES)
def test_a_button_of_a_question_comes_back(conversation: int, rev: int, move: str) -> None:
    assert parse(str(Screen(conversation, rev, move))) == Screen(conversation, rev, move)


@given(NAMES, ARGUMENTS)
def test_a_standing_button_comes_back(name: str, argument: str) -> None:
    assert parse(str(Standing(name, argument))) == Standing(name, argument)


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**31 - 1), MOVES)
def test_a_button_of_a_question_fits_every_platform(conversation: int, rev: int, move: str) -> None:
    assert len(str(Screen(conversation, rev, move)).encode()) <= SHORTEST


@given(NAMES, ARGUMENTS)
def test_a_standing_button_fits_every_platform(name: str, argument: str) -> None:
    assert len(str(Standing(name, argument)).encode()) <= SHORTEST


@given(st.text(), st.text("q0az.+~-_ ABZ", max_size=90))
def test_garbage_is_nobodys_button(garbage: str, likely: str) -> None:
    for written in (garbage, likely):
        token = parse(written)
        # What is read at all is exactly a button that we could have drawn, but for leading zeros.
        assert token is None or isinstance(token, Screen) or str(token) == written


@pytest.mark.parametrize(
    "written",
    [
        "",
        "q1.2",
        "q1.2.",
        "q1.2.B",
        "join_",
        "join 7",
        "join_7; drop",
        "JOIN",
        "join_é",
        "q1.2.b\n",
        "join_7\n",
        # Numbers that no row has, and that no database takes.
        "qzzzzzzzzzzzzzz.1.b",
        "join_" + "9" * 60,
    ],
)
def test_what_we_never_draw_is_refused(written: str) -> None:
    assert parse(written) is None


def test_the_two_kinds_are_never_taken_for_each_other() -> None:
    assert isinstance(parse("q1.2.b"), Screen)
    assert isinstance(parse("q"), Standing)
