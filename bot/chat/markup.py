"""Inline markup: what a catalogue entry may contain, and what renderers turn into HTML or mrkdwn.

`*bold*`, `_italic_`, `` `code` ``, `[words](address)` and `{placeholder}`. What is put into a placeholder is
plain text and is never parsed, so a person's name or a coalition's title cannot change how a message looks.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

Style = Literal["plain", "bold", "italic", "code"]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one style; with `url`, a link."""

    text: str
    style: Style = "plain"
    url: str = ""


Markup = tuple[Run, ...]

_TOKEN = re.compile(
    r"\*(?P<bold>[^*\n]+)\*"
    r"|(?<!\w)_(?P<italic>[^_\n]+)_(?!\w)"
    r"|`(?P<code>[^`\n]+)`"
    r"|\[(?P<words>[^\]\n]+)\]\((?P<url>[^)\s]+)\)"
)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_STYLES: tuple[Style, ...] = ("bold", "italic", "code")


@lru_cache(maxsize=4096)
def parse(source: str) -> Markup:
    """The runs of a catalogue entry, with its placeholders still in place."""
    runs: list[Run] = []
    end = 0
    for match in _TOKEN.finditer(source):
        if match.start() > end:
            runs.append(Run(source[end : match.start()]))
        if match["url"]:
            runs.append(Run(match["words"], url=match["url"]))
        else:
            runs.extend(Run(match[style], style) for style in _STYLES if match[style] is not None)
        end = match.end()
    if end < len(source):
        runs.append(Run(source[end:]))
    return tuple(runs)


def fill(template: Markup, values: Mapping[str, object]) -> Markup:
    """The template with its placeholders replaced; a value may itself be `Markup`, which keeps its styles.

    Raises KeyError for a placeholder without a value.
    """
    filled: list[Run] = []
    for run in template:
        if "{" in run.url:
            run = replace(run, url=_PLACEHOLDER.sub(lambda match: str(values[match[1]]), run.url))
        if "{" not in run.text:
            filled.append(run)
            continue
        # What is around the placeholders and their names, in turns.
        words, *rest = _PLACEHOLDER.split(run.text)
        for name, following in zip(rest[::2], rest[1::2], strict=True):
            value = values[name]
            if isinstance(value, tuple):
                filled += [Run(words, run.style, run.url)] if words else []
                filled += value
                words = following
            else:
                words += f"{value}{following}"
        filled += [Run(words, run.style, run.url)] if words else []
    return tuple(filled)


def plain(markup: Markup) -> str:
    """The words alone, as a notification or a button shows them."""
    return "".join(run.text for run in markup)


def join(parts: tuple[Markup, ...] | list[Markup], separator: str = "\n") -> Markup:
    """The parts one after the other; empty ones leave no gap."""
    joined: list[Run] = []
    for part in parts:
        if not part:
            continue
        if joined:
            joined.append(Run(separator))
        joined.extend(part)
    return tuple(joined)


def text(words: str) -> Markup:
    """Plain words as markup."""
    return (Run(words),) if words else ()
