"""Messages as Block Kit. Pure: the same message always gives the same payload.

Every limit of the platform is met by degrading (shortening, splitting, grouping), never by refusing.
Source of the limits: docs.slack.dev, Block Kit reference.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from bot.chat.limits import units
from bot.chat.markup import plain
from bot.chat.messages import Button, Choice, Field, File, Form, Home, Rows, Say
from bot.handlers.slack.mrkdwn import Block, escape, escaped_units, shorten, text_blocks

FORM = "form"
"""The callback id of every form of ours; which one it is, its token says."""
VALUE = "value"
"""The action id of every field: a field is known by its block."""

MESSAGE_TEXT = 4000
MESSAGE_CHARACTERS = 12_000
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
TEXT_BLOCKS = 10
ROW = 25
LABEL = 75
TITLE = 24
HEADING = 150
WORDS = 2000
TYPED = 3000
OPTIONS = 100
RADIO_BUTTONS = 6
FILES = 10
CHECKBOXES = 10


def say(message: Say, picture: str = "") -> dict[str, Any]:
    """`text` and `blocks`, as chat.postMessage and chat.update take them. `picture` is Slack's id of the message's
    picture, which stands between the words and the buttons."""
    shown = [_picture(message.file, picture)] if message.file is not None and picture else []
    actions = _actions(message.buttons, MESSAGE_BLOCKS - TEXT_BLOCKS - len(shown))
    while (spent := _characters(shown + actions)) > MESSAGE_CHARACTERS - TYPED:
        actions.pop()
    blocks = text_blocks(message.text, MESSAGE_CHARACTERS - spent)[:TEXT_BLOCKS]
    name = [_alt(message.file)] if message.file is not None else []
    words = plain(message.text).strip() or " · ".join([*name, *_labels(message.buttons)])
    return {"text": escape_within(words, MESSAGE_TEXT), "blocks": blocks + shown + actions}


def form(message: Form) -> dict[str, Any]:
    """A modal view. Blocks keep their ids from one drawing to the next, so that what was typed stays."""
    intro = text_blocks(message.intro, TYPED)[:TEXT_BLOCKS]
    fields = [_field(field) for field in message.fields]
    return {
        "type": "modal",
        "callback_id": FORM,
        "private_metadata": message.token,
        "title": _plain(message.title, TITLE),
        "submit": _plain(message.submit, TITLE),
        "close": _plain(message.close, TITLE),
        "notify_on_close": False,
        "blocks": (intro + fields)[:VIEW_BLOCKS],
    }


def home(message: Home) -> dict[str, Any]:
    """A home view."""
    blocks: list[Block] = []
    for part in message.sections:
        if part.heading.strip():
            blocks.append({"type": "header", "text": _plain(part.heading, HEADING)})
        blocks += text_blocks(part.text, MESSAGE_CHARACTERS)[:TEXT_BLOCKS]
        blocks += _actions(part.buttons, VIEW_BLOCKS, first=len(blocks) * ROW)
    return {"type": "home", "callback_id": "home", "blocks": blocks[:VIEW_BLOCKS]}


def escape_within(words: str, limit: int) -> str:
    """Plain words for a place that reads mrkdwn, no longer than `limit` once escaped."""
    return escape(shorten(words, limit, escaped_units))


def _picture(file: File, id: str) -> Block:
    return {"type": "image", "slack_file": {"id": id}, "alt_text": _alt(file)}


def _alt(file: File) -> str:
    return shorten(file.alt.strip() or file.name, WORDS)


def _labels(rows: Rows) -> Iterator[str]:
    return (button.label for row in rows for button in row)


def _actions(rows: Rows, most: int, first: int = 0) -> list[Block]:
    """A block per row of buttons, or several where a row is longer than Slack's; `most` blocks at most.

    `first` numbers the buttons on: an action id must be unique in its view.
    """
    blocks: list[Block] = []
    for row in rows:
        for start in range(0, len(row), ROW):
            elements = []
            for button in row[start : start + ROW]:
                elements.append(_button(button, f"b{first}"))
                first += 1
            blocks.append({"type": "actions", "elements": elements})
    return blocks[:most]


def _button(button: Button, action_id: str) -> Block:
    element: Block = {"type": "button", "action_id": action_id, "text": _plain(button.label, LABEL)}
    if value := button.token or button.start:
        element["value"] = value
    if button.tone != "plain":
        element["style"] = button.tone
    return element


def _characters(blocks: Sequence[Block]) -> int:
    """Their whole length as JSON: Slack does not say which part of it counts."""
    return units(json.dumps(blocks, ensure_ascii=False))


def _field(field: Field) -> Block:
    block: Block = {
        "type": "input",
        "block_id": field.id,
        "label": _plain(field.label, WORDS),
        "element": _element(field),
        "optional": field.optional,
        "dispatch_action": field.live,
    }
    if field.hint:
        block["hint"] = _plain(field.hint, WORDS)
    return block


def _element(field: Field) -> Block:
    if field.kind in ("text", "paragraph"):
        return _typed(field)
    if field.kind == "files":
        return _taking_files(field)
    several = field.kind == "choices"
    if len(field.choices) <= (CHECKBOXES if several else RADIO_BUTTONS):
        kind = "checkboxes" if several else "radio_buttons"
    else:
        kind = "multi_static_select" if several else "static_select"
    element: Block = {"type": kind, "action_id": VALUE, **_options(field.choices)}
    chosen = [_option(choice) for choice in field.choices if choice.value in field.value]
    if chosen and several:
        element["initial_options"] = chosen
    elif chosen:
        element["initial_option"] = chosen[0]
    return element


def _typed(field: Field) -> Block:
    element: Block = {"type": "plain_text_input", "action_id": VALUE, "multiline": field.kind == "paragraph"}
    if initial := shorten("".join(field.value), TYPED):
        element["initial_value"] = initial
    return element


def _taking_files(field: Field) -> Block:
    element: Block = {"type": "file_input", "action_id": VALUE, "max_files": min(field.most, FILES)}
    return element | {"filetypes": ["png", "jpg", "jpeg", "gif"]} if field.only_pictures else element


def _options(choices: Sequence[Choice]) -> Block:
    """The options; more than Slack lists at once in groups that are named by their first and last."""
    if len(choices) <= OPTIONS:
        return {"options": [_option(choice) for choice in choices]}
    groups = [choices[start : start + OPTIONS] for start in range(0, min(len(choices), OPTIONS**2), OPTIONS)]
    half = (LABEL - 3) // 2
    return {
        "option_groups": [
            {
                "label": _plain(f"{shorten(group[0].label, half)} – {shorten(group[-1].label, half)}", LABEL),
                "options": [_option(choice) for choice in group],
            }
            for group in groups
        ]
    }


def _option(choice: Choice) -> Block:
    return {"text": _plain(choice.label, LABEL), "value": choice.value}


def _plain(words: str, limit: int) -> Block:
    return {"type": "plain_text", "text": shorten(words, limit), "emoji": False}
