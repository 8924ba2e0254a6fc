"""The Bot API methods that send, edit and answer (core.telegram.org/bots/api#available-methods)."""

from collections.abc import Callable
from typing import Any

from sandbox.telegram import settings
from sandbox.telegram.content import read_file, read_keyboard, read_text
from sandbox.telegram.parameters import BotApiError, Parameters, bad_request
from sandbox.telegram.state import BOT_ID, CALLBACK_LIFETIME, Chat, File, Message, Telegram
from sandbox.telegram.text import Formatted
from sandbox.wire import JSON

Method = Callable[[Telegram, Parameters], Any]
MAX_CALLBACK_ANSWER = 200
MAX_DOWNLOAD = 20 * 1024 * 1024
DELETABLE_FOR = 48 * 3600
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
CHAT_ACTIONS = frozenset(
    [
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    ]
)


def check_rates(telegram: Telegram, chat: Chat) -> None:
    """429 when the bot sends too often, in this chat or in all."""
    now = telegram.world.clock.monotonic()
    for rule, buckets in telegram.rates.items():
        if not telegram.world.is_strict(rule) or (rule == "telegram.rate_group" and chat.kind == "private"):
            continue
        wait = buckets.wait(None if rule == "telegram.rate_bot" else chat.id, now)
        if wait:
            raise BotApiError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})


def find_chat(telegram: Telegram, p: Parameters) -> Chat:
    given = p.text("chat_id")
    if not given:
        raise bad_request("chat_id is empty")
    try:
        chat = telegram.chats.get(int(given))
    except ValueError:
        chat = None
    if chat is None:
        raise bad_request("chat not found")
    return chat


def writable_chat(telegram: Telegram, p: Parameters) -> Chat:
    """The chat of the call, when the bot may write there now."""
    chat = find_chat(telegram, p)
    is_strict = telegram.world.is_strict
    if chat.kind == "private":
        if chat.id in telegram.blocked and is_strict("telegram.blocked"):
            raise BotApiError(403, "Forbidden: bot was blocked by the user")
        if not chat.started and is_strict("telegram.not_started"):
            if any(chat.id in other.members and other.id != chat.id for other in telegram.chats.values()):
                raise BotApiError(403, "Forbidden: bot can't initiate conversation with a user")
            raise bad_request("chat not found")
        return chat
    if chat.migrated_to is not None and is_strict("telegram.migrated"):
        raise BotApiError(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            {"migrate_to_chat_id": chat.migrated_to},
        )
    if not chat.bot_present and is_strict("telegram.kicked"):
        raise BotApiError(403, f"Forbidden: bot was kicked from the {chat.kind} chat")
    return chat


def _send(
    telegram: Telegram,
    p: Parameters,
    formatted: Formatted,
    photo: File | None = None,
    document: File | None = None,
    chat: Chat | None = None,
) -> JSON:
    chat = chat or writable_chat(telegram, p)
    keyboard = read_keyboard(telegram, p)
    reply = p.structure("reply_parameters", dict) or {}
    reply_to = reply.get("message_id") or p.integer("reply_to_message_id") or None
    if reply_to is not None and reply_to not in chat.messages:
        if not reply.get("allow_sending_without_reply"):
            raise bad_request("message to be replied not found")
        reply_to = None
    check_rates(telegram, chat)
    message = Message(
        telegram.next_message_id(chat),
        chat.id,
        BOT_ID,
        telegram.seconds(),
        formatted.text,
        list(formatted.entities),
        keyboard,
        photo,
        document,
        reply_to,
    )
    chat.typing_until = 0.0
    telegram.add_message(chat, message)
    return telegram.message_json(message)


def get_me(telegram: Telegram, p: Parameters) -> JSON:
    return telegram.bot_user() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def send_message(telegram: Telegram, p: Parameters) -> JSON:
    chat = writable_chat(telegram, p)
    return _send(telegram, p, read_text(telegram, p), chat=chat)


def send_photo(telegram: Telegram, p: Parameters) -> JSON:
    chat = writable_chat(telegram, p)
    caption = read_text(telegram, p, "caption")
    return _send(telegram, p, caption, photo=read_file(telegram, p, "photo", "photo"), chat=chat)


def send_document(telegram: Telegram, p: Parameters) -> JSON:
    chat = writable_chat(telegram, p)
    caption = read_text(telegram, p, "caption")
    return _send(telegram, p, caption, document=read_file(telegram, p, "document", "document"), chat=chat)


def send_chat_action(telegram: Telegram, p: Parameters) -> bool:
    chat = writable_chat(telegram, p)
    if p.text("action") not in CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat.typing_until = telegram.world.clock.monotonic() + 5
    telegram.touch(chat)
    return True


def _message_to_edit(telegram: Telegram, p: Parameters) -> tuple[Chat, Message]:
    if p.has("inline_message_id"):
        raise bad_request("the sandbox has no inline messages")
    chat = writable_chat(telegram, p)
    if not p.has("message_id"):
        raise bad_request("message identifier is not specified")
    message = chat.messages.get(p.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if (message.sender != BOT_ID or message.service) and telegram.world.is_strict("telegram.edit_target"):
        raise bad_request("message can't be edited")
    return chat, message


def _edit(telegram: Telegram, chat: Chat, message: Message, formatted: Formatted, keyboard: list[list[JSON]]) -> JSON:
    same = (
        message.text == formatted.text and message.entities == list(formatted.entities) and message.keyboard == keyboard
    )
    if same and telegram.world.is_strict("telegram.not_modified"):
        raise bad_request(NOT_MODIFIED)
    check_rates(telegram, chat)
    if message.text != formatted.text or message.entities != list(formatted.entities):
        message.edited = telegram.seconds()
    message.text, message.entities, message.keyboard = formatted.text, list(formatted.entities), keyboard
    telegram.touch(chat)
    return telegram.message_json(message)


def edit_message_text(telegram: Telegram, p: Parameters) -> JSON:
    chat, message = _message_to_edit(telegram, p)
    if message.has_media:
        raise bad_request("there is no text in the message to edit")
    return _edit(telegram, chat, message, read_text(telegram, p), read_keyboard(telegram, p))


def edit_message_caption(telegram: Telegram, p: Parameters) -> JSON:
    chat, message = _message_to_edit(telegram, p)
    if not message.has_media:
        raise bad_request("there is no caption in the message to edit")
    return _edit(telegram, chat, message, read_text(telegram, p, "caption"), read_keyboard(telegram, p))


def edit_message_media(telegram: Telegram, p: Parameters) -> JSON:
    """Another picture or document with its caption, also in the place of a text."""
    chat, message = _message_to_edit(telegram, p)
    media = p.structure("media", dict)
    if not media:
        raise bad_request("media is empty")
    kind = media.get("type")
    if kind not in ("photo", "document"):
        raise bad_request("the sandbox edits photos and documents only")
    caption = read_text(telegram, p.within(media), "caption")
    file, keyboard = read_file(telegram, p.within(media), "media", kind), read_keyboard(telegram, p)
    before = message.photo if kind == "photo" else message.document
    same = (message.text, message.entities, message.keyboard) == (caption.text, list(caption.entities), keyboard)
    if same and before is file and telegram.world.is_strict("telegram.not_modified"):
        raise bad_request(NOT_MODIFIED)
    check_rates(telegram, chat)
    message.photo, message.document = (file, None) if kind == "photo" else (None, file)
    message.text, message.entities, message.keyboard = caption.text, list(caption.entities), keyboard
    message.edited = telegram.seconds()
    telegram.touch(chat)
    return telegram.message_json(message)


def edit_message_reply_markup(telegram: Telegram, p: Parameters) -> JSON:
    chat, message = _message_to_edit(telegram, p)
    unchanged = Formatted(message.text, tuple(message.entities))
    return _edit(telegram, chat, message, unchanged, read_keyboard(telegram, p))


def delete_message(telegram: Telegram, p: Parameters) -> bool:
    chat = find_chat(telegram, p)
    message = chat.messages.get(p.integer("message_id"))
    if telegram.world.is_strict("telegram.delete_target"):
        if message is None:
            raise bad_request("message to delete not found")
        if telegram.seconds() - message.date > DELETABLE_FOR:
            raise bad_request("message can't be deleted")
    if message is not None:
        del chat.messages[message.id]
        telegram.touch(chat)
    return True


def answer_callback_query(telegram: Telegram, p: Parameters) -> bool:
    is_strict = telegram.world.is_strict
    tap = telegram.taps.get(p.text("callback_query_id"))
    if tap is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    age = telegram.world.clock.monotonic() - tap.born
    spent = tap.answered and is_strict("telegram.callback_once")
    if spent or (age > CALLBACK_LIFETIME and is_strict("telegram.callback_age")):
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(p.text("text")) > MAX_CALLBACK_ANSWER and is_strict("telegram.callback_text"):
        raise bad_request("MESSAGE_TOO_LONG")
    tap.answered = True
    tap.text = p.text("text")
    tap.alert = p.flag("show_alert")
    tap.url = p.text("url") or None
    telegram.touch(telegram.chats[tap.chat])
    return True


def get_chat(telegram: Telegram, p: Parameters) -> JSON:
    chat = find_chat(telegram, p)
    if chat.kind == "private" and not chat.started and telegram.world.is_strict("telegram.not_started"):
        raise bad_request("chat not found")
    return telegram.chat_json(chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": {
            "unlimited_gifts": True,
            "limited_gifts": True,
            "unique_gifts": True,
            "premium_subscription": True,
            "gifts_from_channels": True,
        },
    }


def get_file(telegram: Telegram, p: Parameters) -> JSON:
    file_id = p.text("file_id")
    kind, _, number = file_id.partition("-")
    file = telegram.files.get(number)
    if file is None or kind not in ("photo", "small", "document"):
        raise bad_request("invalid file_id")
    if len(file.data) > MAX_DOWNLOAD and telegram.world.is_strict("telegram.download_size"):
        raise bad_request("file is too big")
    return {
        "file_id": file_id,
        "file_unique_id": f"u{file.id}",
        "file_size": len(file.data),
        "file_path": f"{kind}s/{file.id}",
    }


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "sendChatAction": send_chat_action,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "answerCallbackQuery": answer_callback_query,
    "getChat": get_chat,
    "getFile": get_file,
    **settings.METHODS,
}
