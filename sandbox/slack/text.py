"""Blocks and mrkdwn as a person reads them: plain text."""

import html
import re
from collections.abc import Iterator
from typing import Any

from sandbox.slack.inputs import elements, options
from sandbox.slack.state import Values
from sandbox.wire import JSON

_ADDRESS = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")
_STYLE = re.compile(r"(?<![\w*_~`])([*_~`])(?=\S)(.+?)(?<=\S)\1(?![\w*_~`])")


def plain(mrkdwn: str) -> str:
    """mrkdwn without its signs: links by their label, bold and the like by their text."""
    text = _ADDRESS.sub(lambda match: match[2] or match[1], mrkdwn)
    for _ in range(2):
        text = _STYLE.sub(lambda match: match[2], text)
    return html.unescape(text)


def text_of(text: JSON) -> str:
    """What a text object says."""
    return plain(text["text"]) if text["type"] == "mrkdwn" else str(text["text"])


def block_lines(blocks: list[JSON], values: Values) -> Iterator[str]:
    """The lines a person reads, top to bottom; inputs with what they hold, rows of buttons by their labels."""
    for block in blocks:
        yield from text_lines([block], values)
        row = button_labels([block])
        if row:
            yield " ".join(f"[{label}]" for label in row)


def text_lines(blocks: list[JSON], values: Values) -> Iterator[str]:
    """The same without the buttons."""
    for block in blocks:
        kind = block["type"]
        if kind in ("section", "header"):
            if block.get("text"):
                yield text_of(block["text"])
            yield from (text_of(field) for field in block.get("fields") or [])
        elif kind == "rich_text":
            yield "".join(words_of(block))
        elif kind == "context":
            yield from (text_of(one) if "text" in one else one["alt_text"] for one in block["elements"])
        elif kind == "image":
            yield f"({block['alt_text']})"
        elif kind == "divider":
            yield "---"
        elif kind == "input":
            held = values.get(block["block_id"], {}).get(block["element"]["action_id"])
            yield f"{text_of(block['label'])}: {_shown(block['element'], held)}"


def words_of(element: JSON) -> Iterator[str]:
    """The words of rich text, whatever they are nested in."""
    if isinstance(element.get("text"), str):
        yield element["text"]
    for inner in element.get("elements", ()):
        yield from words_of(inner)


def _shown(element: JSON, held: Any) -> str:
    labels = {option["value"]: option["text"]["text"] for option in options(element)}
    chosen = held if isinstance(held, list) else [held]
    if element["type"] == "file_input":
        return ", ".join(file["name"] for file in chosen if file)
    return ", ".join(labels.get(one, str(one)) for one in chosen if one is not None)


def button_labels(blocks: list[JSON]) -> list[str]:
    """The labels of everything that can be tapped: buttons, and options outside input blocks."""
    labels: list[str] = []
    for block, element in elements(blocks):
        if element["type"] == "button":
            labels.append(element["text"]["text"])
        elif block["type"] != "input":
            labels += [option["text"]["text"] for option in options(element)]
    return labels
