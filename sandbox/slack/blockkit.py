"""Block Kit held to its rules; each violation is worded and located as Slack does, with a JSON pointer.

Source: docs.slack.dev/reference/block-kit (blocks, block elements, composition objects).
"""

import re
from collections.abc import Callable
from typing import Any

from sandbox.wire import JSON

MAX_BLOCKS = {"message": 50, "modal": 100, "home": 100}
WHERE = {
    "section": ("message", "modal", "home"),
    "divider": ("message", "modal", "home"),
    "image": ("message", "modal", "home"),
    "actions": ("message", "modal", "home"),
    "context": ("message", "modal", "home"),
    "header": ("message", "modal", "home"),
    "input": ("message", "modal", "home"),
    "rich_text": ("message", "modal", "home"),
    "file": ("message",),
}
SELECTS = (
    "static_select",
    "multi_static_select",
    "users_select",
    "multi_users_select",
    "conversations_select",
    "multi_conversations_select",
    "channels_select",
    "multi_channels_select",
)
PICKERS = ("datepicker", "timepicker", "datetimepicker")
CHOICES = ("radio_buttons", "checkboxes")
FIELDS = ("plain_text_input", "number_input", "email_text_input", "url_text_input")
ACCESSORIES = ("button", "image", "overflow", *SELECTS, *PICKERS, *CHOICES)
IN_ACTIONS = ("button", "overflow", *SELECTS, *PICKERS, *CHOICES)
FILES = "file_input"
IN_INPUT = (*FIELDS, *SELECTS, *PICKERS, *CHOICES, FILES)
MAX_FILES = 10
OPTION_LIMITS = {"static_select": 100, "multi_static_select": 100, "radio_buttons": 10, "checkboxes": 10, "overflow": 5}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Checker:
    """Collects what is wrong with the blocks of one surface: `message`, `modal` or `home`."""

    def __init__(self, surface: str) -> None:
        self._surface = surface
        self.errors: list[str] = []
        self._block_ids: set[str] = set()
        self._focused = 0

    def _wrong(self, reason: str, path: str) -> None:
        self.errors.append(f"{reason} [json-pointer:{path}]")

    def blocks(self, blocks: Any, path: str) -> None:
        if not isinstance(blocks, list):
            self._wrong("must be a valid array", path)
            return
        most = MAX_BLOCKS[self._surface]
        if len(blocks) > most:
            self._wrong(f"no more than {most} items allowed", path)
        for index, block in enumerate(blocks):
            self._block(block, f"{path}/{index}")

    def _block(self, block: Any, path: str) -> None:
        if not isinstance(block, dict):
            self._wrong("must be an object", path)
            return
        kind = block.get("type")
        if kind not in WHERE:
            self._wrong(f"unsupported type: {kind}", f"{path}/type")
            return
        if self._surface not in WHERE[kind]:
            self._wrong(f"invalid type for this surface: {kind}", f"{path}/type")
            return
        block_id = block.get("block_id")
        if block_id is not None:
            self._string(block_id, f"{path}/block_id", 255)
            if block_id in self._block_ids:
                self._wrong("`block_id` already exists", f"{path}/block_id")
            self._block_ids.add(block_id)
        check: Callable[[JSON, str], None] | None = getattr(self, f"_{kind}", None)
        if check:
            check(block, path)

    def _string(self, value: Any, path: str, most: int, least: int = 1) -> None:
        if not isinstance(value, str):
            self._wrong("must be a string", path)
        elif len(value) > most:
            self._wrong(f"must be less than {most + 1} characters", path)
        elif len(value) < least:
            self._wrong(f"must be more than {least - 1} characters", path)

    def text(self, value: Any, path: str, most: int, kinds: tuple[str, ...] = ("plain_text",)) -> None:
        """A text object of one of these types with 1 to `most` characters."""
        if not isinstance(value, dict):
            self._wrong("must provide an object", path)
            return
        if value.get("type") not in kinds:
            self._wrong(f"must be one of: {', '.join(kinds)}", f"{path}/type")
            return
        self._string(value.get("text"), f"{path}/text", most)
        if value["type"] == "mrkdwn" and "emoji" in value:
            self._wrong("no more properties allowed: emoji", path)

    def _optional_text(self, owner: JSON, name: str, path: str, most: int) -> None:
        if owner.get(name) is not None:
            self.text(owner[name], f"{path}/{name}", most)

    def _section(self, block: JSON, path: str) -> None:
        text, fields = block.get("text"), block.get("fields")
        if text is None and not fields:
            self._wrong("either text or fields must be provided", path)
        if text is not None:
            self.text(text, f"{path}/text", 3000, ("plain_text", "mrkdwn"))
        if fields is not None:
            self._list(fields, f"{path}/fields", 10)
            for index, item in enumerate(fields if isinstance(fields, list) else []):
                self.text(item, f"{path}/fields/{index}", 2000, ("plain_text", "mrkdwn"))
        if block.get("accessory") is not None:
            self._element(block["accessory"], f"{path}/accessory", ACCESSORIES)

    def _list(self, value: Any, path: str, most: int, least: int = 1) -> None:
        if not isinstance(value, list):
            self._wrong("must be a valid array", path)
        elif len(value) > most:
            self._wrong(f"no more than {most} items allowed", path)
        elif len(value) < least:
            self._wrong(f"no fewer than {least} items allowed", path)

    def _header(self, block: JSON, path: str) -> None:
        self.text(block.get("text"), f"{path}/text", 150)

    def _image(self, block: JSON, path: str) -> None:
        self._picture(block, path)
        self._optional_text(block, "title", path, 2000)

    def _picture(self, owner: JSON, path: str) -> None:
        self._string(owner.get("alt_text"), f"{path}/alt_text", 2000)
        if ("image_url" in owner) == ("slack_file" in owner):
            self._wrong("must provide either image_url or slack_file", path)
            return
        if "image_url" in owner:
            self._string(owner["image_url"], f"{path}/image_url", 3000)

    def _context(self, block: JSON, path: str) -> None:
        elements = block.get("elements")
        self._list(elements, f"{path}/elements", 10)
        for index, element in enumerate(elements if isinstance(elements, list) else []):
            where = f"{path}/elements/{index}"
            if isinstance(element, dict) and element.get("type") == "image":
                self._picture(element, where)
            else:
                self.text(element, where, 3000, ("plain_text", "mrkdwn"))

    def _actions(self, block: JSON, path: str) -> None:
        elements = block.get("elements")
        self._list(elements, f"{path}/elements", 25)
        seen: set[str] = set()
        for index, element in enumerate(elements if isinstance(elements, list) else []):
            where = f"{path}/elements/{index}"
            self._element(element, where, IN_ACTIONS)
            action_id = element.get("action_id") if isinstance(element, dict) else None
            if action_id in seen:
                self._wrong("`action_id` already exists in this block", f"{where}/action_id")
            if action_id:
                seen.add(action_id)

    def _input(self, block: JSON, path: str) -> None:
        self.text(block.get("label"), f"{path}/label", 2000)
        self._optional_text(block, "hint", path, 2000)
        if block.get("element") is None:
            self._wrong("missing required field: element", path)
        else:
            self._element(block["element"], f"{path}/element", IN_INPUT)

    def _rich_text(self, block: JSON, path: str) -> None:
        if not isinstance(block.get("elements"), list):
            self._wrong("must be a valid array", f"{path}/elements")

    def _element(self, element: Any, path: str, allowed: tuple[str, ...]) -> None:
        if not isinstance(element, dict):
            self._wrong("must be an object", path)
            return
        kind = element.get("type")
        if kind not in allowed:
            self._wrong(f"unsupported type: {kind}", f"{path}/type")
            return
        if kind == "image":
            self._picture(element, path)
            return
        if element.get("action_id") is not None:
            self._string(element["action_id"], f"{path}/action_id", 255)
        self._optional_text(element, "placeholder", path, 150)
        if element.get("confirm") is not None:
            self._confirm(element["confirm"], f"{path}/confirm")
        if element.get("focus_on_load"):
            self._focused += 1
            if self._focused > 1:
                self._wrong("only one element can be focused on load", f"{path}/focus_on_load")
        if kind == "button":
            self._button(element, path)
        elif kind in OPTION_LIMITS:
            self._options(element, path, str(kind))
        elif kind in FIELDS:
            self._field(element, path)
        elif kind == FILES:
            self._files(element, path)
        elif kind == "datepicker" and not _DATE.fullmatch(str(element.get("initial_date", "2000-01-01"))):
            self._wrong("must be a date as YYYY-MM-DD", f"{path}/initial_date")

    def _confirm(self, confirm: Any, path: str) -> None:
        if not isinstance(confirm, dict):
            self._wrong("must be an object", path)
            return
        self.text(confirm.get("title"), f"{path}/title", 100)
        self.text(confirm.get("text"), f"{path}/text", 300, ("plain_text", "mrkdwn"))
        self.text(confirm.get("confirm"), f"{path}/confirm", 30)
        self.text(confirm.get("deny"), f"{path}/deny", 30)

    def _button(self, button: JSON, path: str) -> None:
        self.text(button.get("text"), f"{path}/text", 75)
        for name, most in (("value", 2000), ("url", 3000), ("accessibility_label", 75)):
            if button.get(name) is not None:
                self._string(button[name], f"{path}/{name}", most, 0)
        if button.get("style") not in (None, "primary", "danger"):
            self._wrong("must be one of: primary, danger", f"{path}/style")

    def _options(self, element: JSON, path: str, kind: str) -> None:
        options, groups = element.get("options"), element.get("option_groups")
        if groups is None:
            self._option_list(options, f"{path}/options", OPTION_LIMITS[kind], kind)
            known = options if isinstance(options, list) else []
        else:
            self._list(groups, f"{path}/option_groups", 100)
            known = []
            for index, group in enumerate(groups if isinstance(groups, list) else []):
                where = f"{path}/option_groups/{index}"
                if not isinstance(group, dict):
                    self._wrong("must be an object", where)
                    continue
                self.text(group.get("label"), f"{where}/label", 75)
                self._option_list(group.get("options"), f"{where}/options", 100, kind)
                known += group.get("options") or []
        for name in ("initial_option", "initial_options"):
            given = element.get(name)
            if given is None:
                continue
            if name == "initial_options":
                self._list(given, f"{path}/{name}", 100)
            for option in given if isinstance(given, list) else [given]:
                if option not in known:
                    self._wrong("must match one of the provided options", f"{path}/{name}")

    def _option_list(self, options: Any, path: str, most: int, kind: str) -> None:
        self._list(options, path, most)
        kinds = ("plain_text", "mrkdwn") if kind in CHOICES else ("plain_text",)
        values: set[str] = set()
        for index, option in enumerate(options if isinstance(options, list) else []):
            where = f"{path}/{index}"
            if not isinstance(option, dict):
                self._wrong("must be an object", where)
                continue
            self.text(option.get("text"), f"{where}/text", 75, kinds)
            self._string(option.get("value"), f"{where}/value", 150, 0)
            if option.get("description") is not None:
                self.text(option["description"], f"{where}/description", 75, kinds)
            if option.get("value") in values:
                self._wrong("value must be unique", f"{where}/value")
            values.add(str(option.get("value")))

    def _files(self, element: JSON, path: str) -> None:
        if self._surface != "modal":
            self._wrong(f"invalid type for this surface: {FILES}", f"{path}/type")
        most = element.get("max_files", MAX_FILES)
        if not isinstance(most, int) or not 1 <= most <= MAX_FILES:
            self._wrong(f"must be between 1 and {MAX_FILES}", f"{path}/max_files")
        if "filetypes" in element:
            self._list(element["filetypes"], f"{path}/filetypes", 100)

    def _field(self, element: JSON, path: str) -> None:
        if element["type"] == "number_input" and not isinstance(element.get("is_decimal_allowed"), bool):
            self._wrong("missing required field: is_decimal_allowed", path)
        for name in ("min_length", "max_length"):
            value = element.get(name)
            if value is not None and not (isinstance(value, int) and 0 <= value <= 3000):
                self._wrong("must be between 0 and 3000", f"{path}/{name}")
        if isinstance(element.get("initial_value"), str) and len(element["initial_value"]) > 3000:
            self._wrong("must be less than 3001 characters", f"{path}/initial_value")


def check_message(blocks: Any) -> list[str]:
    """What is wrong with the blocks of a message; empty when nothing is."""
    checker = Checker("message")
    checker.blocks(blocks, "/blocks")
    return checker.errors


def check_view(view: JSON) -> list[str]:
    """What is wrong with a view; empty when nothing is."""
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return ["must be one of: modal, home [json-pointer:/view/type]"]
    checker = Checker(kind)
    if kind == "modal":
        checker.text(view.get("title"), "/view/title", 24)
        for name in ("submit", "close"):
            if view.get(name) is not None:
                checker.text(view[name], f"/view/{name}", 24)
    for name, most in (("private_metadata", 3000), ("callback_id", 255), ("external_id", 255)):
        if len(str(view.get(name) or "")) > most:
            checker.errors.append(f"must be less than {most + 1} characters [json-pointer:/view/{name}]")
    checker.blocks(view.get("blocks"), "/view/blocks")
    blocks = view.get("blocks")
    has_input = isinstance(blocks, list) and any(
        isinstance(block, dict) and block.get("type") == "input" for block in blocks
    )
    if kind == "modal" and has_input and view.get("submit") is None:
        checker.errors.append("`submit` is required when an `input` block is present [json-pointer:/view/submit]")
    return checker.errors


def text_size(blocks: Any) -> int:
    """The characters of all texts of blocks, which Slack adds up."""
    if isinstance(blocks, list):
        return sum(map(text_size, blocks))
    if isinstance(blocks, dict):
        own = len(blocks["text"]) if isinstance(blocks.get("text"), str) else 0
        return own + sum(text_size(value) for value in blocks.values() if isinstance(value, (dict, list)))
    return 0
