"""Words and markup in Slack's formats.

Slack's mrkdwn has no way to quote its own signs: a `*` or `_` in a person's name may make the rest bold or
italic. So a stretch of markup becomes an ordinary mrkdwn section when that says exactly what is meant, and
otherwise a `rich_text` block, which takes styles as data and never reads the words.

Sources: docs.slack.dev, "Formatting message text" and the Block Kit reference.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from bot.chat.limits import units
from bot.chat.markup import Markup, Run

Block = dict[str, Any]
"""A Block Kit object, written as plain data: `slack_sdk.models` takes 0.7 ms to check a message with six
buttons, so it is the tests that check with those models what is rendered here."""

SECTION = 3000
ELLIPSIS = "…"

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_ADDRESS = re.compile(r"(?:https?://|mailto:|tel:)[^\s\x00-\x20<>|]+", re.IGNORECASE)
_LONGEST_ADDRESS = 2000
_SIGNS = re.compile(r"[*_~`]|:[\w+'-]+:|^\s*>", re.MULTILINE)
_MARKS = {"plain": "", "bold": "*", "italic": "_", "code": "`"}


def escape(words: str) -> str:
    """The three characters that Slack reads as its own, escaped."""
    return words.translate(_ESCAPES)


def escaped_units(words: str) -> int:
    """Length after escaping, in UTF-16 units: never less than Slack counts."""
    return units(escape(words))


def shorten(words: str, limit: int, length: Callable[[str], int] = units) -> str:
    """The words, or as many of them as fit with an ellipsis."""
    if length(words) <= limit:
        return words
    return words[: _fitting(words, limit - 1, length)].rstrip() + ELLIPSIS


def text_blocks(markup: Markup, limit: int) -> list[Block]:
    """Sections (or rich text) that show the markup, cut off with an ellipsis after `limit` characters."""
    parts = split(sound(markup), limit - 1)
    if len(parts) > 1:
        parts = [(*parts[0], Run(ELLIPSIS))]
    return [_block(part) for whole in parts for part in split(whole, SECTION)]


def sound(markup: Markup) -> Markup:
    """The markup without empty runs, and with an address that Slack would refuse taken for plain words."""
    return tuple(run if not run.url or _is_address(run.url) else replace(run, url="") for run in markup if run.text)


def _is_address(url: str) -> bool:
    return escaped_units(url) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(url) is not None


def split(markup: Markup, limit: int) -> list[Markup]:
    """Stretches of at most `limit` escaped characters each, cut after a line or a word where possible.

    Stretches of nothing but space are left out. `limit` must leave room for the longest address.
    """
    stretches: list[list[Run]] = [[]]
    room = limit
    for run in markup:
        rest = run.text
        while rest:
            marks = escaped_units(run.url) + 3 if run.url else 2
            end = _boundary(rest, _fitting(rest, room - marks, escaped_units), fresh=room == limit)
            if end:
                head = replace(run, text=rest[:end])
                stretches[-1].append(head)
                room -= marks + escaped_units(head.text)
                rest = rest[end:]
            if rest:
                stretches.append([])
                room = limit
    return [tuple(runs) for runs in stretches if any(run.text.strip() for run in runs)]


def _boundary(words: str, end: int, *, fresh: bool) -> int:
    """Where to cut when `end` characters fit: after a line, a word, or (in a fresh stretch) right there."""
    if end >= len(words):
        return len(words)
    # Not after just any line: the stretches would be many and short.
    for space, least in (("\n", end // 2), (" ", 0)):
        if (cut := words.rfind(space, least, end)) >= 0:
            return cut + 1
    return end if fresh else 0


def _fitting(words: str, room: int, length: Callable[[str], int]) -> int:
    """How many characters from the start have at most that length; none when there is no room."""
    if length(words) <= room:
        return len(words)
    used = 0
    for index, character in enumerate(words):
        used += length(character)
        if used > room:
            return index
    return len(words)


def _block(markup: Markup) -> Block:
    if _plainly_mrkdwn(markup):
        text = {"type": "mrkdwn", "text": mrkdwn(markup), "verbatim": True}
        return {"type": "section", "text": text}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [_rich(run) for run in markup]}],
    }


def mrkdwn(markup: Markup) -> str:
    """The markup in Slack's own notation."""
    return "".join(
        f"<{escape(run.url)}|{escape(run.text)}>"
        if run.url
        else f"{_MARKS[run.style]}{escape(run.text)}{_MARKS[run.style]}"
        for run in markup
    )


def _plainly_mrkdwn(markup: Markup) -> bool:
    """Whether mrkdwn shows each run as meant: no signs in words, and styles that begin and end at words."""
    before = ""
    for index, run in enumerate(markup):
        if _SIGNS.search(run.text):
            return False
        if run.url:
            if "|" in run.text or "\n" in run.text:
                return False
        elif run.style != "plain":
            after = markup[index + 1].text[:1] if index + 1 < len(markup) else ""
            if run.text != run.text.strip() or "\n" in run.text or _joins(before) or _joins(after):
                return False
        before = run.text[-1:]
    return True


def _joins(neighbour: str) -> bool:
    """Whether a mark beside this character would not be read as one."""
    return neighbour.isalnum()


def _rich(run: Run) -> Block:
    element: Block = {"type": "link", "url": run.url} if run.url else {"type": "text"}
    element["text"] = run.text
    if run.style != "plain":
        element["style"] = {run.style: True}
    return element
