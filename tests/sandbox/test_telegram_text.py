"""HTML in, text and entities out, counted in UTF-16 units."""

import re

import pytest

from sandbox.telegram.text import (
    Formatted,
    UnparsableText,
    parse_html,
    trimmed,
    utf16_length,
    with_found_entities,
)


def spans(formatted: Formatted) -> list[tuple[str, int, int]]:
    return [(entity["type"], entity["offset"], entity["length"]) for entity in formatted.entities]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>Soil</b> &amp; <i>sky</i>", "Soil & sky", [("bold", 0, 4), ("italic", 7, 3)]),
        ("🌱<b>x</b>", "🌱x", [("bold", 2, 1)]),
        ("<b>a<i>b</i></b>", "ab", [("bold", 0, 2), ("italic", 1, 1)]),
        ('<a href="https://example.org/?a=1&amp;b=2">here</a>', "here", [("text_link", 0, 4)]),
        ('<span class="tg-spoiler">shh</span>', "shh", [("spoiler", 0, 3)]),
        ("<blockquote expandable>long</blockquote>", "long", [("expandable_blockquote", 0, 4)]),
        ('<pre><code class="language-python">x</code></pre>', "x", [("pre", 0, 1)]),
        ("&#8217;&nbsp;", "’&nbsp;", []),
        ("<b></b>nothing", "nothing", []),
    ],
)
def test_html_becomes_text_and_entities(source: str, text: str, entities: list[tuple[str, int, int]]) -> None:
    formatted = parse_html(source)
    assert (formatted.text, spans(formatted)) == (text, entities)


def test_a_link_keeps_its_address_and_code_its_language() -> None:
    assert parse_html("<a href='https://example.org'>x</a>").entities[0]["url"] == "https://example.org"
    assert parse_html('<pre><code class="language-py">x</code></pre>').entities[0]["language"] == "py"


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é</b>", "Unexpected end tag at byte offset 2"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<table>", 'Unsupported start tag "table" at byte offset 0'),
        ("3 < 4", "at byte offset 2"),
    ],
)
def test_malformed_html_is_refused_with_its_place(source: str, problem: str) -> None:
    with pytest.raises(UnparsableText, match=re.escape(problem)):
        parse_html(source)


def test_empty_lines_before_and_white_space_after_are_cut_off() -> None:
    formatted = trimmed(parse_html("\n\n<b>Hello</b>  \n"))
    assert (formatted.text, spans(formatted)) == ("Hello", [("bold", 0, 5)])


def test_addresses_commands_and_mentions_are_found() -> None:
    found = with_found_entities(Formatted("/join or see https://example.org. @ruth_x a@b.org #soil"))
    assert [kind for kind, _, _ in spans(found)] == ["bot_command", "url", "mention", "email", "hashtag"]
    assert spans(found)[1] == ("url", 13, 19)


def test_length_is_counted_as_telegram_counts() -> None:
    assert utf16_length("aé🌱") == 4
