"""What a person sees in Telegram, as the control interface tells it (docs/sandbox.md)."""

from sandbox.people import Persona
from sandbox.telegram.settings import commands_for, described, menu_button
from sandbox.telegram.state import BOT_ID, Chat, File, Message, Tap, Telegram, instant
from sandbox.wire import JSON


def telegram_view(telegram: Telegram, persona: Persona, limit: int) -> JSON | None:
    """The Telegram part of the view, None without an account; `limit` messages a chat."""
    user = persona.telegram
    if user is None:
        return None
    bot = telegram.bot_user()
    return {
        "bot": {
            "id": BOT_ID,
            "name": described(telegram, "name", persona.language) or bot["first_name"],
            "username": bot["username"],
            "description": described(telegram, "description", persona.language),
            "short_description": described(telegram, "short_description", persona.language),
            "photo": None,
        },
        "chats": [_chat(telegram, chat, persona, user, limit) for chat in telegram.chats_of(user)],
    }


def unread(chat: Chat, user: int) -> int:
    """How many messages of others came after the last one read."""
    read = chat.read.get(user, 0)
    count = 0
    for message in reversed(chat.messages.values()):
        if message.id <= read:
            break
        count += message.sender != user
    return count


def unread_in_all(telegram: Telegram, persona: Persona) -> int:
    user = persona.telegram
    if user is None:
        return 0
    return sum(unread(chat, user) for chat in telegram.chats_of(user))


def newest(chat: Chat, limit: int) -> list[Message]:
    """The last `limit` messages, oldest first, without walking through all of them."""
    found: list[Message] = []
    for message in reversed(chat.messages.values()):
        if len(found) == limit:
            break
        found.append(message)
    return found[::-1]


def _chat(telegram: Telegram, chat: Chat, persona: Persona, user: int, limit: int) -> JSON:
    private = chat.kind == "private"
    tap = chat.taps.get(user)
    return {
        "id": chat.id,
        "kind": chat.kind,
        "title": chat.title,
        "unread": unread(chat, user),
        "started": chat.started or not private,
        "blocked": private and user in telegram.blocked,
        "typing": chat.typing_until > telegram.world.clock.monotonic(),
        "commands": commands_for(telegram, chat, user, persona.language),
        "menu_button": menu_button(telegram, chat.id)["type"],
        "callback": _callback(tap) if tap else None,
        "messages": [_message(telegram, message, user) for message in newest(chat, limit)],
    }


def _callback(tap: Tap) -> JSON:
    return {
        "id": tap.id,
        "message": tap.message,
        "row": tap.row,
        "column": tap.column,
        "state": "answered" if tap.answered else "waiting",
        "text": tap.text,
        "alert": tap.alert,
        "url": tap.url,
    }


def _message(telegram: Telegram, message: Message, user: int) -> JSON:
    author = "bot" if message.sender == BOT_ID else "me" if message.sender == user else "other"
    name = telegram.bot_user()["first_name"]
    if message.sender != BOT_ID:
        name = telegram.world.by_telegram[message.sender].name
    return {
        "id": message.id,
        "from": "service" if message.service else author,
        "name": name,
        "at": _iso(message.date),
        "edited": _iso(message.edited) if message.edited else None,
        "text": message.text,
        "entities": message.entities,
        "photo": _picture(message.photo),
        "document": _document(message.document),
        "keyboard": [[_button(button) for button in row] for row in message.keyboard],
        "reply_to": message.reply_to,
    }


def _iso(seconds: int) -> str:
    return instant(seconds).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _picture(file: File | None) -> JSON | None:
    if file is None:
        return None
    return {"url": f"/control/files/{file.id}", "width": file.width, "height": file.height}


def _document(file: File | None) -> JSON | None:
    if file is None:
        return None
    return {
        "url": f"/control/files/{file.id}",
        "name": file.name,
        "size": len(file.data),
        "mime_type": file.mime_type,
    }


def _button(button: JSON) -> JSON:
    kind = next(kind for kind in ("callback_data", "url", "copy_text") if kind in button)
    kinds = {"callback_data": "callback", "url": "url", "copy_text": "copy"}
    return {"label": button["text"], "kind": kinds[kind], "url": button.get("url")}
