"""The one limits table says what the platforms' own libraries say, where they say it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import ActionsBlock, ButtonElement, Option
from slack_sdk.models.views import View
from telegram.constants import (
    CallbackQueryLimit,
    FileSizeLimit,
    InlineKeyboardButtonLimit,
    InlineKeyboardMarkupLimit,
    MessageLimit,
)

from bot.chat.limits import LARGEST_UPLOAD, LIMITS, Limits, fitting, units

TELEGRAM, SLACK = LIMITS["telegram"], LIMITS["slack"]


def test_telegram() -> None:
    assert TELEGRAM.text == MessageLimit.MAX_TEXT_LENGTH
    assert TELEGRAM.caption == MessageLimit.CAPTION_LENGTH
    assert FileSizeLimit.FILESIZE_DOWNLOAD >= LARGEST_UPLOAD
    assert TELEGRAM.token_bytes == InlineKeyboardButtonLimit.MAX_CALLBACK_DATA
    assert TELEGRAM.buttons == InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER
    assert TELEGRAM.toast == CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH
    assert max(TELEGRAM.digits_in_row, TELEGRAM.words_in_row) <= InlineKeyboardMarkupLimit.BUTTONS_PER_ROW
    assert not TELEGRAM.forms


def test_slack() -> None:
    assert SLACK.label == ButtonElement.text_max_length
    assert SLACK.token_bytes <= ButtonElement.value_max_length
    assert SLACK.form_option == Option.label_max_length
    assert SLACK.form_title == View.title_max_length
    assert SLACK.form_fields <= View.blocks_max_length
    assert max(SLACK.digits_in_row, SLACK.words_in_row) <= ActionsBlock.elements_max_length
    assert SLACK.forms


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS.keys())
def test_a_screen_of_numbers_fits(limits: Limits) -> None:
    # The numbers of a page, and what stands below them.
    assert limits.listed + 8 <= limits.buttons
    assert limits.comfortable_label <= limits.label


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_lengths_are_counted_as_telegram_counts_them(text: str) -> None:
    assert units(text) == len(text.encode("utf-16-le")) // 2


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=6), st.integers(6, 60))
def test_texts_that_do_not_fit_are_cut_where_they_are_longest(texts: list[str], room: int) -> None:
    cut = fitting(texts, room)
    assert sum(map(units, cut)) <= max(room, 0)
    if sum(map(units, texts)) <= room:
        assert cut == texts
    for text, kept in zip(texts, cut, strict=True):
        assert kept == text or (kept.endswith("…") and text.startswith(kept[:-1]))
    whole = [units(text) for text, kept in zip(texts, cut, strict=True) if kept == text]
    shortened = [units(text) for text, kept in zip(texts, cut, strict=True) if kept != text]
    assert not whole or not shortened or max(whole) < min(shortened)
