"""What people do in Telegram, and the updates it makes. Each act returns the update, None when the bot gets none."""

import re

from sandbox.people import CannotAct, Persona
from sandbox.telegram.state import BOT_ID, BOT_USERNAME, Chat, Message, Telegram, Update
from sandbox.telegram.text import Formatted, utf16_length, with_found_entities
from sandbox.wire import JSON, picture_size

_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")


def account(persona: Persona) -> int:
    if persona.telegram is None:
        raise CannotAct(f"{persona.id} has no Telegram account")
    return persona.telegram


def chat_of(telegram: Telegram, persona: Persona, chat_id: int | None) -> Chat:
    """The chat an act is done in, by default the one with the bot; LookupError when the person is not in it."""
    user = account(persona)
    chat = telegram.private_chat(persona) if chat_id is None else telegram.chats.get(chat_id)
    if chat is None or user not in chat.members:
        raise LookupError(f"{persona.id} has no chat {chat_id}")
    return chat


def say(
    telegram: Telegram, persona: Persona, text: str, chat_id: int | None = None, reply_to: int | None = None
) -> Update | None:
    """A text message; one that begins with `/` is a command."""
    chat = chat_of(telegram, persona, chat_id)
    text = text.strip()
    if not text:
        raise CannotAct("an empty message cannot be sent")
    if utf16_length(text) > 4096:
        raise CannotAct("a message has at most 4096 characters; the client would send several")
    if reply_to is not None and reply_to not in chat.messages:
        raise LookupError(f"there is no message {reply_to}")
    return _write(telegram, persona, chat, _own_message(telegram, persona, chat, text, reply_to))


def _own_message(telegram: Telegram, persona: Persona, chat: Chat, text: str, reply_to: int | None = None) -> Message:
    entities = list(with_found_entities(Formatted(text)).entities)
    return Message(
        telegram.next_message_id(chat),
        chat.id,
        account(persona),
        telegram.seconds(),
        text,
        entities,
        reply_to=reply_to,
    )


def _write(telegram: Telegram, persona: Persona, chat: Chat, message: Message) -> Update | None:
    user = account(persona)
    if chat.kind == "private":
        if user in telegram.blocked:
            raise CannotAct("the bot is blocked; unblock it first")
        if not chat.started and not message.text.startswith("/start"):
            raise CannotAct("press START first")
        chat.started = True
    if chat.migrated_to is not None:
        raise CannotAct("this group became a supergroup")
    chat.read[user] = message.id
    telegram.add_message(chat, message)
    if not _seen_by_bot(chat, message):
        return None
    return telegram.push("message", telegram.message_json(message), persona.id)


def _seen_by_bot(chat: Chat, message: Message) -> bool:
    """In a group a bot in privacy mode gets commands and replies to its own messages only."""
    if chat.kind == "private":
        return True
    if not chat.bot_present:
        return False
    answered = chat.messages.get(message.reply_to or 0)
    command = message.text.split(maxsplit=1)[0] if message.text.startswith("/") else ""
    addressed = command.partition("@")[2]
    return bool(command and addressed in ("", BOT_USERNAME)) or bool(answered and answered.sender == BOT_ID)


def start(telegram: Telegram, persona: Persona, payload: str = "") -> Update | None:
    """START, or following `t.me/<bot>?start=payload`: a payload that is not allowed is dropped without a word,
    and a chat that is open already gets no second START without a payload."""
    chat = chat_of(telegram, persona, None)
    if payload and not _PAYLOAD.fullmatch(payload) and telegram.world.is_strict("telegram.start_payload"):
        payload = ""
    if chat.started and not payload and account(persona) not in telegram.blocked:
        return None
    if account(persona) in telegram.blocked:
        block(telegram, persona, False)
    text = f"/start {payload}".strip()
    return _write(telegram, persona, chat, _own_message(telegram, persona, chat, text))


def tap(
    telegram: Telegram, persona: Persona, message_id: int, row: int, column: int, chat_id: int | None = None
) -> Update | None:
    """A tap on a button; only a callback button makes an update."""
    chat = chat_of(telegram, persona, chat_id)
    message = chat.messages.get(message_id)
    if message is None:
        raise LookupError(f"there is no message {message_id}")
    try:
        if row < 0 or column < 0:
            raise IndexError
        button = message.keyboard[row][column]
    except IndexError:
        raise LookupError(f"message {message_id} has no button at row {row}, column {column}") from None
    if "callback_data" not in button:
        return None
    user = account(persona)
    pressed = telegram.new_tap(user, message, row, column)
    telegram.touch(chat)
    query: JSON = {
        "id": pressed.id,
        "from": telegram.user(user),
        "message": telegram.message_json(message),
        "chat_instance": str(-(chat.id % 2**62)),
        "data": button["callback_data"],
    }
    return telegram.push("callback_query", query, persona.id)


def send_file(
    telegram: Telegram,
    persona: Persona,
    kind: str,
    name: str,
    data: bytes,
    mime_type: str,
    caption: str = "",
    chat_id: int | None = None,
) -> Update | None:
    """A `photo` or a `document` from the person; CannotAct when the data is not a picture."""
    chat = chat_of(telegram, persona, chat_id)
    size = picture_size(data)
    if kind not in ("photo", "document"):
        raise CannotAct("kind is photo or document")
    if kind == "photo" and size is None:
        raise CannotAct("a photo is a PNG, JPEG or GIF picture")
    if chat.kind == "private" and not chat.started:
        raise CannotAct("press START first")
    message = _own_message(telegram, persona, chat, caption)
    file = telegram.add_file(name, mime_type, data, size)
    if kind == "photo":
        message.photo = file
    else:
        message.document = file
    return _write(telegram, persona, chat, message)


def edit(telegram: Telegram, persona: Persona, message_id: int, text: str, chat_id: int | None = None) -> Update | None:
    """Changes the text or caption of one's own message."""
    chat = chat_of(telegram, persona, chat_id)
    message = chat.messages.get(message_id)
    if message is None:
        raise LookupError(f"there is no message {message_id}")
    if message.sender != account(persona) or message.service or not text.strip():
        raise CannotAct("only one's own message can be edited, and not to nothing")
    message.text = text.strip()
    message.entities = list(with_found_entities(Formatted(message.text)).entities)
    message.edited = telegram.seconds()
    telegram.touch(chat)
    if not _seen_by_bot(chat, message):
        return None
    return telegram.push("edited_message", telegram.message_json(message), persona.id)


def block(telegram: Telegram, persona: Persona, blocked: bool) -> Update | None:
    """Blocks or unblocks the bot."""
    user = account(persona)
    chat = telegram.private_chat(persona)
    if blocked == (user in telegram.blocked):
        return None
    if blocked:
        telegram.blocked.add(user)
    else:
        telegram.blocked.discard(user)
    telegram.touch(chat)
    return _membership(telegram, persona, chat, not blocked)


def _membership(telegram: Telegram, persona: Persona, chat: Chat, member: bool) -> Update | None:
    """The `my_chat_member` update about the bot."""
    gone: JSON = {"user": telegram.bot_user(), "status": "kicked", "until_date": 0}
    absent: JSON = gone if chat.kind == "private" else {"user": telegram.bot_user(), "status": "left"}
    present: JSON = {"user": telegram.bot_user(), "status": "member"}
    body: JSON = {
        "chat": telegram.chat_json(chat),
        "from": telegram.user(account(persona)),
        "date": telegram.seconds(),
        "old_chat_member": absent if member else present,
        "new_chat_member": present if member else gone,
    }
    return telegram.push("my_chat_member", body, persona.id)


def new_group(telegram: Telegram, persona: Persona, title: str, people: list[Persona]) -> tuple[Chat, Update | None]:
    """A group of these people with the bot in it."""
    chat = telegram.new_group(title, {account(member) for member in [persona, *people]})
    _service(
        telegram,
        chat,
        account(persona),
        {"group_chat_created": True},
        f"{persona.name} created the group",
    )
    return chat, _membership(telegram, persona, chat, True)


def remove_bot(telegram: Telegram, persona: Persona, chat_id: int) -> Update | None:
    """Takes the bot out of a group."""
    chat = chat_of(telegram, persona, chat_id)
    if chat.kind == "private":
        raise CannotAct("a private chat is blocked, not left")
    chat.bot_present = False
    telegram.touch(chat)
    return _membership(telegram, persona, chat, False)


def migrate(telegram: Telegram, persona: Persona, chat_id: int) -> tuple[Chat, Update | None]:
    """A group becomes a supergroup and gets another id; both chats say so."""
    old = chat_of(telegram, persona, chat_id)
    if old.kind != "group" or old.migrated_to is not None:
        raise CannotAct("only a group that is not a supergroup yet can become one")
    new = telegram.new_group(old.title, set(old.members), "supergroup")
    old.migrated_to = new.id
    user = account(persona)
    said = _service(telegram, old, user, {"migrate_to_chat_id": new.id}, "The group became a supergroup")
    telegram.push("message", telegram.message_json(said), persona.id)
    said = _service(telegram, new, user, {"migrate_from_chat_id": old.id}, "The group became a supergroup")
    return new, telegram.push("message", telegram.message_json(said), persona.id)


def _service(telegram: Telegram, chat: Chat, user: int, service: JSON, sentence: str) -> Message:
    message = Message(telegram.next_message_id(chat), chat.id, user, telegram.seconds(), sentence, service=service)
    telegram.add_message(chat, message)
    return message
