"""From what Telegram reports to what a person did."""

import re
from datetime import datetime

from bot.chat.events import Account, Attachment, Blocked, Command, Event, Origin, Profile, Tap, Text, Upload
from bot.handlers.telegram.updates import (
    CallbackQuery,
    Chat,
    ChatMemberUpdated,
    Message,
    Update,
    User,
)
from bot.locales import closest

# A venue carries its location and an animation its document, so the narrower kind stands first.
_KINDS = (
    "photo",
    "animation",
    "document",
    "voice",
    "audio",
    "video",
    "video_note",
    "sticker",
    "story",
    "contact",
    "venue",
    "location",
    "poll",
    "dice",
)
_COMMAND = re.compile(r"/(?P<name>[A-Za-z0-9_]{1,32})(?:@(?P<bot>\w+))?(?:\s+(?P<argument>.*))?", re.DOTALL)


def parse(update: Update, bot_id: int, username: str, at: datetime) -> Event | None:
    """What the person did, or None when it is nothing to this bot: an edited message, a post of another
    bot, a command addressed to another bot, a group's service message."""
    key = f"telegram:{bot_id}:{update.update_id}"
    if update.callback_query:
        return _tap(update.callback_query, key, at)
    if update.message:
        return _message(update.message, key, username, at)
    if update.my_chat_member:
        return _membership(update.my_chat_member, key, at)
    return None


def _tap(query: CallbackQuery, key: str, at: datetime) -> Event | None:
    if query.message is None or query.data is None:
        return None
    return Tap(_origin(key, query.sender, query.message.chat, at), _clean(query.data), str(query.message.message_id))


def _message(message: Message, key: str, username: str, at: datetime) -> Event | None:
    sender, chat = message.sender, message.chat
    if sender is None or sender.is_bot or chat.type == "channel":
        return None
    origin = _origin(key, sender, chat, at)
    if message.text is None:
        kind = next((kind for kind in _KINDS if getattr(message, kind) is not None), "")
        return Attachment(origin, kind, _uploads(message, kind), _clean(message.caption or "")) if kind else None
    text = _clean(message.text)
    if command := _COMMAND.fullmatch(text):
        if command["bot"] and command["bot"].lower() != username.lower():
            return None
        return Command(origin, command["name"].lower(), (command["argument"] or "").strip())
    return Text(origin, text)


def _uploads(message: Message, kind: str) -> tuple[Upload, ...]:
    """The photo in its largest size, or the document. A photo has no name of its own."""
    if kind == "photo" and message.photo:
        photo = max(message.photo, key=lambda size: (size.width * size.height, size.file_size or 0))
        return (Upload(photo.file_id, "photo.jpg", "image/jpeg", photo.file_size or 0),)
    if kind in ("document", "animation") and (document := message.document):
        name = _clean(document.file_name or "").strip() or "document"
        media_type = document.mime_type or "application/octet-stream"
        return (Upload(document.file_id, name, media_type, document.file_size or 0),)
    return ()


def _membership(change: ChatMemberUpdated, key: str, at: datetime) -> Event | None:
    if change.chat.type == "private" and change.new_chat_member.status == "kicked":
        return Blocked(_origin(key, change.sender, change.chat, at))
    return None


def _origin(key: str, user: User, chat: Chat, at: datetime) -> Origin:
    return Origin(
        key=key,
        account=Account("telegram", str(user.id)),
        at=at,
        chat=str(chat.id),
        private=chat.type == "private",
        profile=Profile(
            name=_clean(f"{user.first_name} {user.last_name or ''}").strip(),
            handle=_clean(user.username or ""),
            language=closest(user.language_code or "") or user.language_code or "",
        ),
    )


def _clean(words: str) -> str:
    """Without NUL, which PostgreSQL cannot store."""
    return words.replace("\0", "") if "\0" in words else words
