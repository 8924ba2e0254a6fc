"""What a message holds, read from a call's parameters and held to the limits: text, keyboard, files.

Source of the limits: core.telegram.org/bots/api (sendMessage, InlineKeyboardButton, Sending files).
"""

from typing import Any

from sandbox.telegram.parameters import Parameters, bad_request
from sandbox.telegram.state import File, Telegram
from sandbox.telegram.text import (
    Formatted,
    UnparsableText,
    parse_html,
    trimmed,
    utf16_length,
    with_found_entities,
)
from sandbox.wire import JSON, picture_size

MAX_TEXT, MAX_CAPTION, MAX_ENTITIES = 4096, 1024, 100
MAX_CALLBACK_DATA, MAX_BUTTONS, MAX_ROW = 64, 100, 8
MAX_PHOTO, MAX_FILE = 10 * 1024 * 1024, 50 * 1024 * 1024
ACTIONS = ("callback_data", "url", "copy_text")
ACTIONS_NOT_SERVED = (
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "callback_game",
    "pay",
)


def read_text(telegram: Telegram, p: Parameters, name: str = "text") -> Formatted:
    """The parsed text or caption of a message; BotApiError when it breaks a limit."""
    is_strict = telegram.world.is_strict
    source = p.text(name)
    mode = p.text("parse_mode").lower()
    entities = p.structure("caption_entities" if name == "caption" else "entities", list)
    if mode and mode != "html":
        raise bad_request("unsupported parse_mode; the sandbox reads HTML")
    formatted = Formatted(source, tuple(entities or ()))
    if mode:
        try:
            formatted = parse_html(source)
        except UnparsableText as error:
            if is_strict("telegram.html"):
                raise bad_request(f"can't parse entities: {error}") from None
    formatted = trimmed(formatted)
    if name == "text":
        if not formatted.text and is_strict("telegram.text_empty"):
            raise bad_request("message text is empty" if not source.strip() else "text must be non-empty")
        if utf16_length(formatted.text) > MAX_TEXT and is_strict("telegram.text_length"):
            raise bad_request("message is too long")
    elif utf16_length(formatted.text) > MAX_CAPTION and is_strict("telegram.caption_length"):
        raise bad_request("message caption is too long")
    formatted = with_found_entities(formatted)
    if is_strict("telegram.entity_count"):
        return Formatted(formatted.text, formatted.entities[:MAX_ENTITIES])
    return formatted


def read_keyboard(telegram: Telegram, p: Parameters) -> list[list[JSON]]:
    """The rows of an inline keyboard, empty when there is none."""
    markup = p.structure("reply_markup", dict)
    if not markup:
        return []
    if "inline_keyboard" not in markup:
        raise bad_request("the sandbox serves inline keyboards only")
    rows: Any = markup["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    if telegram.world.is_strict("telegram.keyboard_size"):
        if sum(map(len, rows)) > MAX_BUTTONS:
            raise bad_request("reply markup is too long")
        if any(len(row) > MAX_ROW for row in rows):
            raise bad_request("BUTTON_ROW_TOO_LONG")
    return [[_button(telegram, button) for button in row] for row in rows if row]


def _button(telegram: Telegram, button: Any) -> JSON:
    is_strict = telegram.world.is_strict
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    text = button.get("text")
    if not isinstance(text, str):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if any(action in button for action in ACTIONS_NOT_SERVED):
        raise bad_request(f"can't parse inline keyboard button: the sandbox serves {', '.join(ACTIONS)} buttons only")
    if is_strict("telegram.button_kind"):
        if not text.strip():
            raise bad_request("can't parse inline keyboard button: Button text must be non-empty")
        if not any(action in button for action in ACTIONS):
            raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
    if "url" in button:
        address = str(button["url"])
        if not address.startswith(("http://", "https://", "tg://")) and "." not in address:
            raise bad_request(f"inline keyboard button URL '{address}' is invalid: Wrong HTTP URL")
        return {"text": text, "url": address}
    if "copy_text" in button:
        return {"text": text, "copy_text": button["copy_text"]}
    data = button.get("callback_data", "")
    size = len(data.encode()) if isinstance(data, str) else 0
    if not 1 <= size <= MAX_CALLBACK_DATA and is_strict("telegram.callback_data"):
        raise bad_request("BUTTON_DATA_INVALID")
    return {"text": text, "callback_data": data}


def read_file(telegram: Telegram, p: Parameters, name: str, kind: str) -> File:
    """The file in a call's parameter, to be shown as a `photo` or a `document`: uploaded, or known by its file_id."""
    is_strict = telegram.world.is_strict
    upload = p.upload(name)
    if upload is None:
        return _known_file(telegram, p.text(name), kind)
    if not upload.data and is_strict("telegram.file_size"):
        raise bad_request("file must be non-empty")
    if len(upload.data) > MAX_FILE and is_strict("telegram.file_size"):
        raise bad_request("file is too big")
    size = picture_size(upload.data)
    if kind == "photo" and is_strict("telegram.photo"):
        if len(upload.data) > MAX_PHOTO:
            raise bad_request("file is too big for a photo")
        if size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        if sum(size) > 10_000 or max(size) > 20 * min(size):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return telegram.add_file(upload.name, upload.content_type, upload.data, size)


def _known_file(telegram: Telegram, file_id: str, kind: str) -> File:
    if not file_id:
        raise bad_request(f"there is no {kind} in the request")
    if file_id.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    known_as, _, number = file_id.partition("-")
    file = telegram.files.get(number)
    if file is None:
        raise bad_request("wrong file identifier/HTTP URL specified")
    if known_as not in (kind, "small" if kind == "photo" else kind):
        raise bad_request("type of file mismatch")
    return file
