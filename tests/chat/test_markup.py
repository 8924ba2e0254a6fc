"""What a catalogue entry looks like is up to its translator alone: nothing that is put into it changes that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.markup import Markup, Run, Style, fill, join, parse, plain, text

MARKS = "*_`[](){}\n"
pieces = st.sampled_from([*MARKS, "a", "b ", "é", "1", "https://x", "{name}", "🌱"])
anything = st.lists(pieces, max_size=12).map("".join) | st.text()
words = st.text(st.characters(exclude_characters=MARKS, exclude_categories=["Cs"]), min_size=1, max_size=12)
styles: st.SearchStrategy[Style] = st.sampled_from(("plain", "bold", "italic", "code"))


def written(run: Run) -> str:
    """How a translator writes it."""
    if run.url:
        return f"[{run.text}]({run.url})"
    sign = {"plain": "", "bold": "*", "italic": "_", "code": "`"}[run.style]
    return f"{sign}{run.text}{sign}"


def is_subsequence(short: str, long: str) -> bool:
    rest = iter(long)
    return all(character in rest for character in short)


@given(
    st.lists(st.builds(Run, words, styles) | st.builds(Run, words, url=st.just("https://4p1000.org/?a=b")), max_size=6)
)
def test_what_is_written_is_what_is_read(runs: list[Run]) -> None:
    # Between words in a style stands something that is not a word, as in any sentence.
    apart = [part for run in runs for part in (run, Run(", "))]
    source = "".join(map(written, apart))
    assert plain(parse(source)) == "".join(run.text for run in apart)
    assert [run for run in parse(source) if run.style != "plain" or run.url] == [
        run for run in runs if run.style != "plain" or run.url
    ]


@given(anything)
def test_reading_takes_away_marks_and_nothing_else(source: str) -> None:
    read = plain(parse(source))
    assert is_subsequence(read, source)
    # Everything but a link's address is still there.
    if "](" not in source:
        assert [c for c in read if c not in MARKS] == [c for c in source if c not in MARKS]


@given(words)
def test_plain_words_stay_as_they_are(source: str) -> None:
    assert parse(source) == text(source) == (Run(source),)


@given(anything)
def test_a_value_is_never_read_as_markup(value: str) -> None:
    template = parse("Dear *{name}*, see _{name}_ or `{name}` or {name}.")
    filled = fill(template, {"name": value})
    assert plain(filled) == f"Dear {value}, see {value} or {value} or {value}."
    shown = (("bold", value), ("italic", value), ("code", value)) if value else ()
    assert tuple((run.style, run.text) for run in filled if run.style != "plain") == shown
    assert not any(run.url for run in filled)


@given(st.lists(anything, max_size=4))
def test_a_value_that_looks_like_a_placeholder_is_not_filled(values: list[str]) -> None:
    names = {f"v{place}": value for place, value in enumerate(values)} | {"name": "SECRET"}
    filled = fill(parse(" ".join(f"{{v{place}}}" for place in range(len(values)))), names)
    assert plain(filled) == " ".join(values)


def test_a_value_with_styles_of_its_own_keeps_them() -> None:
    value: Markup = (Run("soil", "italic"), Run(" and "), Run("seeds", url="https://4p1000.org"))
    assert fill(parse("*Now:* {what}!"), {"what": value}) == (Run("Now:", "bold"), Run(" "), *value, Run("!"))


def test_a_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        fill(parse("Hello {name}"), {"nam": "Ada"})


def test_an_address_may_hold_a_placeholder() -> None:
    filled = fill(parse("[here](https://t.me/{bot}?start=join_7)"), {"bot": "four_bot"})
    assert filled == (Run("here", url="https://t.me/four_bot?start=join_7"),)


@pytest.mark.parametrize(
    "source",
    [
        "a lone * star",
        "snake_case_name and more_of_it",
        "*open\nclosed*",
        "[no address]",
        "[two words](not an address)",
        "``",
        "2 ** 3",
    ],
)
def test_what_is_no_markup_is_left_alone(source: str) -> None:
    assert plain(parse(source)) == source


@given(st.lists(st.sampled_from([(), text("one"), text("two")]), max_size=6))
def test_empty_parts_leave_no_gap(parts: list[Markup]) -> None:
    assert plain(join(parts, "\n\n")) == "\n\n".join(plain(part) for part in parts if part)
