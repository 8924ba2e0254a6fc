"""The elements of blocks and what they hold: simple values, Slack's state objects, and what a form requires."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.slack.state import Slack, Values
from sandbox.wire import JSON

LISTS = (
    "multi_static_select",
    "checkboxes",
    "multi_users_select",
    "multi_conversations_select",
    "multi_channels_select",
    "file_input",
)
OPTIONS = ("static_select", "radio_buttons", "multi_static_select", "checkboxes", "overflow")
PLAIN = {
    "plain_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "users_select": ("selected_user", "initial_user"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_users_select": ("selected_users", "initial_users"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    # Uploaded before the form is sent: its value is a list of file objects, which nothing fills in beforehand.
    "file_input": ("files", ""),
}
"""How an element's value is named in Slack's state, and its initial value in the element."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def with_ids(slack: Slack, blocks: list[JSON]) -> list[JSON]:
    """A copy in which every block has its block_id and every element its action_id, as Slack fills them in."""
    return [_with_ids(slack, block) for block in blocks]


def _with_ids(slack: Slack, block: JSON) -> JSON:
    block = {**block, "block_id": block.get("block_id") or slack.new_id("b")}
    if isinstance(block.get("elements"), list) and block.get("type") == "actions":
        block["elements"] = [
            {**element, "action_id": element.get("action_id") or slack.new_id("a")} for element in block["elements"]
        ]
    for name in ("element", "accessory"):
        element = block.get(name)
        if isinstance(element, dict) and element.get("type") != "image":
            block[name] = {**element, "action_id": element.get("action_id") or slack.new_id("a")}
    return block


def elements(blocks: list[JSON]) -> Iterator[tuple[JSON, JSON]]:
    """Every interactive element with its block."""
    for block in blocks:
        inside = [block.get("element"), block.get("accessory")]
        if block.get("type") == "actions":
            inside += block.get("elements") or []
        for element in inside:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element


def labels_of(blocks: list[JSON]) -> dict[str, str]:
    """The labels of the inputs, by block_id."""
    found: dict[str, str] = {}
    for block, element in elements(blocks):
        if block["type"] == "input":
            found[block["block_id"]] = block["label"]["text"]
        elif element["type"] != "button":
            found[block["block_id"]] = (element.get("placeholder") or block.get("text") or {}).get("text", "")
    return found


def find(blocks: list[JSON], block_id: str, action_id: str) -> tuple[JSON, JSON]:
    """The block and the element of these ids; LookupError when there is none."""
    for block, element in elements(blocks):
        if block["block_id"] == block_id and element["action_id"] == action_id:
            return block, element
    raise LookupError(f"there is no element {action_id!r} in a block {block_id!r}")


def options(element: JSON) -> list[JSON]:
    """All options of an element, those of groups included."""
    found: list[JSON] = list(element.get("options") or [])
    for group in element.get("option_groups") or []:
        found += group["options"]
    return found


def initial_values(blocks: list[JSON]) -> Values:
    """What the inputs hold before anybody touched them."""
    values: Values = {}
    for block, element in elements(blocks):
        if element["type"] == "button" or element["type"] == "overflow":
            continue
        values.setdefault(block["block_id"], {})[element["action_id"]] = _initial(element)
    return values


def _initial(element: JSON) -> Any:
    kind = element["type"]
    if kind in LISTS and kind in OPTIONS:
        return [option["value"] for option in element.get("initial_options") or []]
    if kind in OPTIONS:
        return (element.get("initial_option") or {}).get("value")
    empty: Any = [] if kind in LISTS else None
    return element.get(PLAIN[kind][1], empty) if kind in PLAIN else None


def state_of(element: JSON, value: Any) -> JSON:
    """Slack's state object for a simple value; ValueError when the element cannot hold it."""
    kind = element["type"]
    if kind in LISTS and not isinstance(value or [], list):
        raise ValueError(f"{element['action_id']}: the value must be a list")
    if kind in OPTIONS:
        known = {option["value"]: option for option in options(element)}
        chosen = value if kind in LISTS else [value]
        for one in chosen or []:
            if one is not None and (not isinstance(one, str) or one not in known):
                raise ValueError(f"{element['action_id']}: no option has the value {one!r}")
        if kind in LISTS:
            return {"type": kind, "selected_options": [known[one] for one in value or []]}
        return {"type": kind, "selected_option": known[value] if value is not None else None}
    if kind in PLAIN:
        return {"type": kind, PLAIN[kind][0]: value if value != "" else None}
    return {"type": kind}


def state_values(blocks: list[JSON], values: Values) -> JSON:
    """Slack's `state.values` of a surface."""
    state: JSON = {}
    for block, element in elements(blocks):
        held = values.get(block["block_id"], {})
        if element["action_id"] in held:
            state.setdefault(block["block_id"], {})[element["action_id"]] = state_of(
                element, held[element["action_id"]]
            )
    return state


def merged(blocks: list[JSON], held: Values, given: Any) -> Values:
    """What inputs hold after a person said `given`; LookupError or ValueError when that cannot be."""
    values = {block_id: dict(actions) for block_id, actions in held.items()}
    if not isinstance(given, dict) or not all(isinstance(actions, dict) for actions in given.values()):
        raise ValueError("values must be {block_id: {action_id: value}}")
    for block_id, actions in given.items():
        for action_id, value in actions.items():
            state_of(find(blocks, block_id, action_id)[1], value)
            values.setdefault(block_id, {})[action_id] = value
    return values


def form_errors(blocks: list[JSON], values: Values) -> dict[str, str]:
    """What Slack's client says before it sends a modal, by block_id."""
    errors: dict[str, str] = {}
    for block, element in elements(blocks):
        if block["type"] != "input":
            continue
        value = values.get(block["block_id"], {}).get(element["action_id"])
        problem = _field_error(element, value) if value not in (None, "", []) else None
        if value in (None, "", []) and not block.get("optional"):
            problem = "Please complete this required field."
        if problem:
            errors[block["block_id"]] = problem
    return errors


def _field_error(element: JSON, value: Any) -> str | None:
    kind, text = element["type"], str(value)
    if kind == "plain_text_input":
        if len(text) < element.get("min_length", 0):
            return f"Please enter at least {element['min_length']} characters."
        most = element.get("max_length", 3000)
        return f"Please enter no more than {most} characters." if len(text) > most else None
    if kind == "number_input":
        return _number_error(element, text)
    if kind == "email_text_input" and not _EMAIL.fullmatch(text):
        return "Please enter a valid email address."
    if kind == "url_text_input" and not text.startswith(("http://", "https://")):
        return "Please enter a valid URL."
    most = element.get("max_files" if kind == "file_input" else "max_selected_items")
    if isinstance(value, list) and most and len(value) > most:
        return f"Please choose no more than {most}."
    return None


def _number_error(element: JSON, text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return "Please enter a number."
    if not element.get("is_decimal_allowed") and not number.is_integer():
        return "Please enter a whole number."
    if "min_value" in element and number < float(element["min_value"]):
        return f"Please enter a number of at least {element['min_value']}."
    if "max_value" in element and number > float(element["max_value"]):
        return f"Please enter a number of at most {element['max_value']}."
    return None
