"""The one table of what each platform can show. Lengths in Telegram are UTF-16 units, as Telegram counts.

Sources: core.telegram.org/bots/api and /bots/faq; docs.slack.dev, Block Kit reference and rate limits.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.events import Platform


@dataclass(frozen=True, slots=True)
class Limits:
    """`text` and `label` are what the platform accepts; `caption` is what it accepts as the text of a message with a
    file (a longer one takes two messages); `comfortable_label` is what a phone shows unclipped, and `listed` is how
    many options are shown on one screen before it offers more."""

    text: int
    caption: int
    label: int
    comfortable_label: int
    token_bytes: int
    buttons: int
    digits_in_row: int
    words_in_row: int
    listed: int
    forms: bool
    form_fields: int
    form_title: int
    form_option: int
    toast: int


LIMITS: dict[Platform, Limits] = {
    "telegram": Limits(
        text=4096,
        caption=1024,
        label=64,
        comfortable_label=30,
        token_bytes=64,
        buttons=100,
        digits_in_row=5,
        words_in_row=1,
        listed=10,
        forms=False,
        form_fields=0,
        form_title=0,
        form_option=0,
        toast=200,
    ),
    "slack": Limits(
        text=12_000,
        caption=12_000,
        label=75,
        comfortable_label=30,
        token_bytes=255,
        buttons=100,
        digits_in_row=5,
        words_in_row=5,
        listed=10,
        forms=True,
        form_fields=40,
        form_title=24,
        form_option=75,
        toast=200,
    ),
}


MEGABYTE = 1_000_000
LARGEST_UPLOAD = 20 * MEGABYTE
"""Bytes of a file that somebody sends: Telegram lets a bot fetch no more, and Slack is held to the same."""


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitting(texts: Sequence[str], room: int) -> list[str]:
    """The texts, together no longer than `room` units: only the longest are cut, all to one length, and end in `…`.

    Each keeps a unit at least, so `room` must be no less than their number.
    """
    most = room
    for place, length in enumerate(sorted(map(units, texts))):
        # As long as the shorter ones stay whole, the others share what is left.
        share = room // (len(texts) - place)
        if length > share:
            most = share
            break
        room -= length
    return [text if units(text) <= most else _cut(text, most) for text in texts]


def _cut(text: str, most: int) -> str:
    kept = text.encode("utf-16-le", "surrogatepass")[: 2 * (most - 1)].decode("utf-16-le", "ignore")
    return kept.rstrip() + "…"
