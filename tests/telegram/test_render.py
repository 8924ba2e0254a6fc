"""What Telegram is given to show, and that it is never given too much."""

from hypothesis import given, settings
from hypothesis import strategies as st
from telegram import InlineKeyboardMarkup
from telegram.constants import InlineKeyboardButtonLimit, InlineKeyboardMarkupLimit, MessageLimit

from bot.chat.limits import LIMITS, units
from bot.chat.markup import Markup, Run, fill, parse, plain, text
from bot.chat.messages import Button, File, Rows, Say
from bot.handlers.telegram.render import render, shortened
from sandbox.telegram.text import parse_html

LIMIT = LIMITS["telegram"]
BOT = "FourPer1000Bot"

runs = st.builds(
    Run,
    text=st.text(max_size=60) | st.text("ab \n&<>🌍", max_size=3000),
    style=st.sampled_from(["plain", "plain", "bold", "italic", "code"]),
    url=st.just("") | st.just("") | st.sampled_from(["https://4p1000.org/?a=1&b=2", 'https://x.org/"><b>', "'"]),
)
markups = st.lists(runs, max_size=8).map(tuple) | st.lists(
    st.builds(Run, st.text("ab ", min_size=1, max_size=9), st.sampled_from(["bold", "plain"])), max_size=300
).map(tuple)
buttons = st.builds(
    Button,
    label=st.text(max_size=90) | st.text("a🌍", min_size=50, max_size=70),
    token=st.from_regex(r"q[0-9a-z]{1,6}\.[0-9a-z]{1,4}\.[0-9a-z]", fullmatch=True),
    tone=st.sampled_from(["plain", "primary", "danger"]),
    start=st.just("") | st.just("join_7"),
)
keyboards = st.lists(st.lists(buttons, max_size=12).map(tuple), max_size=14).map(tuple)


def rows(*labels: str) -> Rows:
    return tuple((Button(label, f"q1.1.{number}"),) for number, label in enumerate(labels))


def only(say: Say) -> str:
    (part,) = render(say, BOT)
    return part.html


files = st.none() | st.just(File(1, "field.png", "picture", "A field"))


@settings(deadline=None, max_examples=60)
@given(said=markups, file=files)
def test_no_text_exceeds_a_limit_of_telegram(said: Markup, file: File | None) -> None:
    parts = render(Say(said, file=file), BOT)
    assert [part.file for part in parts] == ([file] + [None] * (len(parts) - 1) if parts else [])
    assert parts or file is None
    for part in parts:
        shown = parse_html(part.html)
        if part.file is None:
            assert 1 <= units(shown.text) <= MessageLimit.MAX_TEXT_LENGTH
        assert part.file is None or units(shown.text) <= MessageLimit.CAPTION_LENGTH
        assert len(shown.entities) <= MessageLimit.MESSAGE_ENTITIES


def test_a_text_goes_with_its_picture_as_long_as_it_fits_a_caption() -> None:
    picture = File(1, "field.png", "picture")
    (part,) = render(Say(text("🌍" * 512), file=picture), BOT)
    assert (part.html, part.file) == ("🌍" * 512, picture)
    alone, after = render(Say(text("🌍" * 512 + "!"), file=picture), BOT)
    assert (alone.html, alone.file, alone.keyboard) == ("", picture, [])
    assert (after.html, after.file) == ("🌍" * 512 + "!", None)


@settings(deadline=None, max_examples=60)
@given(offered=keyboards)
def test_no_keyboard_exceeds_a_limit_of_telegram(offered: Rows) -> None:
    (part,) = render(Say(text("Well?"), offered), BOT)
    assert all(1 <= len(row) <= InlineKeyboardMarkupLimit.BUTTONS_PER_ROW for row in part.keyboard)
    keyboard = InlineKeyboardMarkup.de_json({"inline_keyboard": part.keyboard})
    shown = [button for row in keyboard.inline_keyboard for button in row]
    assert len(shown) == min(sum(map(len, offered)), InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER)
    for button in shown:
        assert button.text.strip()
        assert units(button.text) <= LIMIT.label
        data = button.callback_data
        assert button.url or isinstance(data, str)
        assert not isinstance(data, str) or len(data.encode()) <= InlineKeyboardButtonLimit.MAX_CALLBACK_DATA


@settings(deadline=None, max_examples=60)
@given(said=markups, file=files)
def test_no_word_is_lost_in_splitting(said: Markup, file: File | None) -> None:
    shown = "".join(parse_html(part.html).text for part in render(Say(said, file=file), BOT))
    assert "".join(shown.split()) == "".join(plain(said).split())


@settings(deadline=None, max_examples=60)
@given(label=st.text(max_size=200), limit=st.integers(1, 80))
def test_shortened_words_fit_and_say_that_they_were_cut(label: str, limit: int) -> None:
    short = shortened(label, limit)
    assert units(short) <= limit
    assert short == label or short.endswith("…")


def test_styles_and_links() -> None:
    said = parse("*3 of 7* _about a minute_ `code` [the site](https://4p1000.org/?a=1&b=2)")
    link = '<a href="https://4p1000.org/?a=1&amp;b=2">the site</a>'
    assert only(Say(said)) == f"<b>3 of 7</b> <i>about a minute</i> <code>code</code> {link}"


def test_a_name_cannot_change_how_a_message_looks() -> None:
    said = fill(parse("Hello *{name}*"), {"name": "</b><script> & *co*"})
    assert only(Say(said)) == "Hello <b>&lt;/b&gt;&lt;script&gt; &amp; *co*</b>"
    assert parse_html(only(Say(said))).text == "Hello </b><script> & *co*"


def test_an_address_cannot_leave_its_attribute() -> None:
    html = only(Say((Run("words", url='https://x.org/"><b>'),)))
    assert html == '<a href="https://x.org/&quot;&gt;&lt;b&gt;">words</a>'


def test_buttons_carry_tokens_and_lead_into_the_private_chat() -> None:
    offered: Rows = (
        (Button("Yes", "q1.1.y", "primary"), Button("No", "q1.1.n")),
        (Button("Join", start="join_7"),),
    )
    (part,) = render(Say(text("Well?"), offered), BOT)
    assert part.keyboard == [
        [
            {"text": "Yes", "callback_data": "q1.1.y", "style": "primary"},
            {"text": "No", "callback_data": "q1.1.n"},
        ],
        [{"text": "Join", "url": "https://t.me/FourPer1000Bot?start=join_7"}],
    ]


def test_long_text_is_split_between_paragraphs_with_the_buttons_last() -> None:
    first, second = "a" * 3000, "b" * 3000
    parts = render(Say(text(f"{first}\n\n{second}"), rows("Yes")), BOT)
    assert [part.html.strip() for part in parts] == [first, second]
    assert [bool(part.keyboard) for part in parts] == [False, True]


def test_a_paragraph_too_long_is_split_between_lines_or_words_or_anywhere() -> None:
    for separator in ("\n", " "):
        parts = render(Say(text(f"{'a' * 3000}{separator}{'b' * 3000}")), BOT)
        assert [part.html.strip() for part in parts] == ["a" * 3000, "b" * 3000]
    assert [len(part.html) for part in render(Say(text("a" * 5000)), BOT)] == [4096, 904]


def test_text_is_counted_in_utf_16_units() -> None:
    assert [len(part.html) for part in render(Say(text("🌍" * 2049)), BOT)] == [2048, 1]


def test_a_style_goes_on_after_a_split() -> None:
    parts = render(Say((Run("b" * 5000, "bold"),)), BOT)
    assert [part.html[:4] + part.html[-5:] for part in parts] == ["<b>bb</b>"] * 2


def test_more_than_a_hundred_entities_need_another_message() -> None:
    said = tuple(Run(f"{number} ", "bold" if number % 2 else "plain") for number in range(220))
    parts = render(Say(said), BOT)
    assert [len(parse_html(part.html).entities) for part in parts] == [100, 10]


def test_without_words_there_is_no_message() -> None:
    assert render(Say(()), BOT) == ()
    assert render(Say(text(" \n "), rows("Yes")), BOT) == ()
