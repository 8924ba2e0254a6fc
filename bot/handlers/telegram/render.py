"""From what the bot says to the Bot API's terms: HTML, which has three characters to escape, and inline
keyboards.

What a message cannot hold is degraded, never refused: long text becomes several messages, a text too long for a
caption follows its picture, long labels end in "…".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from html import escape
from typing import Final

from telegram.constants import InlineKeyboardMarkupLimit, KeyboardButtonStyle, MessageLimit

from bot.chat.limits import LIMITS, units
from bot.chat.markup import Markup, Run
from bot.chat.messages import Button, File, Rows, Say

_LIMITS = LIMITS["telegram"]
_ENTITIES: Final = int(MessageLimit.MESSAGE_ENTITIES)
_IN_ROW: Final = int(InlineKeyboardMarkupLimit.BUTTONS_PER_ROW)
_TAGS: Final = {"bold": "b", "italic": "i", "code": "code"}
_STYLES: Final = {"primary": str(KeyboardButtonStyle.PRIMARY), "danger": str(KeyboardButtonStyle.DANGER)}

Keyboard = list[list[dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Part:
    """One Telegram message: text in Telegram's HTML, which is the caption where there is a file, and the rows of an
    InlineKeyboardMarkup."""

    html: str
    keyboard: Keyboard
    file: File | None = None


def render(say: Say, username: str) -> tuple[Part, ...]:
    """The messages that say it, a file with the first and the buttons on the last; none when there are neither words
    nor a file. `username` is the bot's, for the buttons that lead into a private conversation with it."""
    if say.file is not None:
        captions = _worded(_pages(say.text, _LIMITS.caption))
        if len(captions) <= 1:
            caption = _html(captions[0]) if captions else ""
            return (Part(caption, _keyboard(say.buttons, username), say.file),)
    pages = _worded(_pages(say.text, _LIMITS.text))
    last = len(pages) - 1
    parts = tuple(
        Part(_html(page), _keyboard(say.buttons, username) if number == last else [])
        for number, page in enumerate(pages)
    )
    return parts if say.file is None else (Part("", [], say.file), *parts)


def _worded(pages: Iterable[Markup]) -> list[Markup]:
    """Those that say something."""
    return [page for page in pages if any(not run.text.isspace() for run in page)]


def _html(page: Markup) -> str:
    return "".join(map(_tagged, page))


def _tagged(run: Run) -> str:
    words = escape(run.text, quote=False)
    if run.url:
        return f'<a href="{escape(run.url)}">{words}</a>'
    if tag := _TAGS.get(run.style):
        return f"<{tag}>{words}</{tag}>"
    return words


def _pages(text: Markup, limit: int) -> Iterator[Markup]:
    """The text in stretches that each fit `limit`, broken between paragraphs, else lines, else words."""
    rest = tuple(run for run in text if run.text)
    while rest:
        words = "".join(run.text for run in rest)
        room = min(_fitting(words, limit), _before_too_many_entities(rest))
        end = len(words) if room >= len(words) else _break(words, room)
        page, rest = _cut(rest, end)
        yield page


def _fitting(words: str, limit: int) -> int:
    """How many characters fit the limit in UTF-16 units."""
    if len(words) * 2 <= limit or units(words) <= limit:
        return len(words)
    room = limit
    for count, character in enumerate(words):
        room -= 2 if character > "\uffff" else 1
        if room < 0:
            return count
    return len(words)


def _before_too_many_entities(runs: Markup) -> int:
    """How many characters stand before the first run that has one entity too many."""
    characters = entities = 0
    for run in runs:
        entities += bool(run.url) or run.style != "plain"
        if entities > _ENTITIES:
            return characters
        characters += len(run.text)
    return characters


def _break(words: str, room: int) -> int:
    """Where to end a page of at most `room` characters. A break in its first half would waste the page."""
    for separator in ("\n\n", "\n", " "):
        at = words.rfind(separator, room // 2, room)
        if at > 0:
            return at + len(separator)
    return room


def _cut(runs: Markup, end: int) -> tuple[Markup, Markup]:
    """The runs before and after that many characters."""
    for number, run in enumerate(runs):
        if end < len(run.text):
            before = (*runs[:number], replace(run, text=run.text[:end])) if end else runs[:number]
            return before, (replace(run, text=run.text[end:]), *runs[number + 1 :])
        end -= len(run.text)
    return runs, ()


def _keyboard(rows: Rows, username: str) -> Keyboard:
    keyboard: Keyboard = []
    room = _LIMITS.buttons
    for row in rows:
        shown = row[:room]
        room -= len(shown)
        keyboard += [[_button(button, username) for button in packed] for packed in _packed(shown)]
    return keyboard


def _packed(row: tuple[Button, ...]) -> Iterator[list[Button]]:
    """The row in as few rows as let a phone show every label whole: clients share the width out evenly."""
    packed: list[Button] = []
    for button in row:
        wider = [*packed, button]
        longest = max(len(one.label) for one in wider)
        if packed and (len(wider) > _IN_ROW or longest * len(wider) > _LIMITS.comfortable_label):
            yield packed
            packed = [button]
        else:
            packed = wider
    if packed:
        yield packed


def _button(button: Button, username: str) -> dict[str, str]:
    # Without words there would be no button.
    label = {"text": shortened(button.label, _LIMITS.label) if button.label.strip() else "…"}
    if button.start:
        return label | {"url": f"https://t.me/{username}?start={button.start}"}
    if style := _STYLES.get(button.tone):
        return label | {"callback_data": button.token, "style": style}
    return label | {"callback_data": button.token}


def shortened(words: str, limit: int) -> str:
    """The words within so many UTF-16 units, with an ellipsis where they were cut."""
    if len(words) * 2 <= limit or units(words) <= limit:
        return words
    kept = words[: limit - 1]
    while units(kept) > limit - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"
