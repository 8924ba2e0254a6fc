"""What exists in the local Telegram: chats, messages, files, and the updates on their way to the bot."""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from sandbox.clock import Changes
from sandbox.people import Persona
from sandbox.rates import Buckets
from sandbox.receipt import Receipt
from sandbox.wire import JSON

if TYPE_CHECKING:
    from sandbox.world import World

BOT_ID = 4000
BOT_NAME = "4 per 1000"
BOT_USERNAME = "fourper1000_bot"
UNREQUESTED_BY_DEFAULT = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
CALLBACK_LIFETIME = 60.0
"""Seconds in which a callback query can be answered. Telegram names no figure; its clients give up earlier."""

THUMBNAIL = 90
"""Pixels of the longer side of a photo's smallest size."""

ChatKind = Literal["private", "group", "supergroup"]


@dataclass(slots=True)
class File:
    """Something uploaded by the bot or by a person. `width` and `height` in pixels, for pictures."""

    id: str
    name: str
    mime_type: str
    data: bytes
    width: int | None = None
    height: int | None = None


@dataclass(slots=True)
class Message:
    """A message in a chat; `sender` is a user id, `date` and `edited` in seconds since 1970."""

    id: int
    chat: int
    sender: int
    date: int
    text: str
    entities: list[JSON] = field(default_factory=list)
    keyboard: list[list[JSON]] = field(default_factory=list)
    photo: File | None = None
    document: File | None = None
    reply_to: int | None = None
    edited: int | None = None
    service: JSON | None = None

    @property
    def has_media(self) -> bool:
        return self.photo is not None or self.document is not None


@dataclass(slots=True)
class Tap:
    """A person's last tap on a callback button."""

    id: str
    person: int
    chat: int
    message: int
    row: int
    column: int
    born: float
    answered: bool = False
    text: str = ""
    alert: bool = False
    url: str | None = None


@dataclass(slots=True)
class Chat:
    """A private chat has its person's id; a group's id is negative."""

    id: int
    kind: ChatKind
    title: str
    members: set[int]
    messages: dict[int, Message] = field(default_factory=dict)
    started: bool = False
    bot_present: bool = True
    migrated_to: int | None = None
    typing_until: float = 0.0
    read: dict[int, int] = field(default_factory=dict)
    taps: dict[int, Tap] = field(default_factory=dict)


@dataclass(slots=True)
class Update:
    """An update for the bot; `attempts` counts deliveries."""

    id: int
    kind: str
    body: JSON
    person: str | None
    at: datetime
    receipt: Receipt = field(default_factory=Receipt)
    attempts: int = 0

    def as_json(self) -> JSON:
        return {"update_id": self.id, self.kind: self.body}


@dataclass(slots=True)
class Webhook:
    """Where updates are posted, as setWebhook asked for."""

    url: str
    secret_token: str | None = None
    max_connections: int = 40
    last_error: str | None = None
    last_error_at: int | None = None


class Telegram:
    """The platform's side of one bot."""

    def __init__(self, world: "World", token: str = f"{BOT_ID}:sandbox") -> None:
        self.world = world
        self.token = token
        self.chats: dict[int, Chat] = {}
        self.groups: list[Chat] = []
        self.files: dict[str, File] = {}
        self.blocked: set[int] = set()
        self.taps: OrderedDict[str, Tap] = OrderedDict()
        self.updates: OrderedDict[int, Update] = OrderedDict()
        self.arrived = Changes()
        self.webhook: Webhook | None = None
        self.allowed: frozenset[str] | None = None
        self.polls = 0
        self.commands: dict[tuple[str, str], list[JSON]] = {}
        self.descriptions: dict[tuple[str, str], str] = {}
        self.menu_buttons: dict[int | None, JSON] = {None: {"type": "commands"}}
        self.retry_delays: tuple[float, ...] = (0.2, 1.0, 5.0, 15.0, 60.0)
        self.webhook_timeout = 60.0
        self.rates = {
            "telegram.rate_chat": Buckets(1.0, 5),
            "telegram.rate_group": Buckets(20 / 60, 20),
            "telegram.rate_bot": Buckets(30.0, 30),
        }  # core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
        self._next_message = 1
        self._next_supergroup_message: dict[int, int] = {}
        self._next_update = 870_000_001
        self._next_group = -4_500_000_001
        self._next_tap = 1

    def clear(self) -> None:
        """Forget chats and what was on its way; the bot's own settings and all counts stay."""
        for update in self.updates.values():
            update.receipt.finish(False)
        for forgotten in (self.chats, self.groups, self.files, self.blocked, self.taps, self.updates):
            forgotten.clear()

    def seconds(self) -> int:
        return int(self.world.now.timestamp())

    def bot_user(self) -> JSON:
        return {"id": BOT_ID, "is_bot": True, "first_name": BOT_NAME, "username": BOT_USERNAME}

    def user(self, user_id: int) -> JSON:
        if user_id == BOT_ID:
            return self.bot_user()
        persona = self.world.by_telegram[user_id]
        body: JSON = {
            "id": user_id,
            "is_bot": False,
            "first_name": persona.first_name,
            "username": persona.telegram_username,
            "language_code": persona.language,
        }
        if persona.last_name:
            body["last_name"] = persona.last_name
        return body

    def chat_json(self, chat: Chat) -> JSON:
        if chat.kind != "private":
            return {"id": chat.id, "type": chat.kind, "title": chat.title}
        persona = self.world.by_telegram[chat.id]
        body: JSON = {
            "id": chat.id,
            "type": "private",
            "first_name": persona.first_name,
            "username": persona.telegram_username,
        }
        if persona.last_name:
            body["last_name"] = persona.last_name
        return body

    def private_chat(self, persona: Persona) -> Chat:
        """The chat with the bot, which every account has, started or not; LookupError without an account."""
        if persona.telegram is None:
            raise LookupError(f"{persona.id} has no Telegram account")
        chat = self.chats.get(persona.telegram)
        if chat is None:
            chat = Chat(persona.telegram, "private", BOT_NAME, {persona.telegram})
            self.chats[chat.id] = chat
        return chat

    def chats_of(self, user: int) -> list[Chat]:
        """The person's chat with the bot and the groups they are in."""
        groups = [chat for chat in self.groups if user in chat.members and chat.migrated_to is None]
        return [self.chats[user], *groups]

    def new_group(self, title: str, members: set[int], kind: ChatKind = "group") -> Chat:
        group_id = self._next_group
        self._next_group -= 1
        if kind == "supergroup":
            group_id -= 1_000_000_000_000
        chat = Chat(group_id, kind, title, members)
        self.chats[chat.id] = chat
        self.groups.append(chat)
        return chat

    def next_message_id(self, chat: Chat) -> int:
        """Supergroups count for themselves, all other chats of a bot share one count."""
        if chat.kind == "supergroup":
            number = self._next_supergroup_message.get(chat.id, 1)
            self._next_supergroup_message[chat.id] = number + 1
            return number
        self._next_message += 1
        return self._next_message - 1

    def add_message(self, chat: Chat, message: Message) -> None:
        chat.messages[message.id] = message
        self.touch(chat)

    def add_file(self, name: str, mime_type: str, data: bytes, size: tuple[int, int] | None = None) -> File:
        number = self.world.next_file_number()
        width, height = size or (None, None)
        file = File(f"f{number}", name, mime_type, data, width, height)
        self.files[file.id] = file
        self.world.files[file.id] = (mime_type, data)
        return file

    def new_tap(self, person: int, message: Message, row: int, column: int) -> Tap:
        tap = Tap(
            str(4_000_000_000_000_000 + self._next_tap),
            person,
            message.chat,
            message.id,
            row,
            column,
            self.world.clock.monotonic(),
        )
        self._next_tap += 1
        self.taps[tap.id] = tap
        while len(self.taps) > 20_000:
            self.taps.popitem(last=False)
        self.chats[message.chat].taps[person] = tap
        return tap

    def push(self, kind: str, body: JSON, person: str | None) -> Update | None:
        """Queue an update; None when the bot did not ask for its kind."""
        allowed = kind not in UNREQUESTED_BY_DEFAULT if self.allowed is None else kind in self.allowed
        if not allowed:
            return None
        update = Update(self._next_update, kind, body, person, self.world.now)
        self._next_update += 1
        self.updates[update.id] = update
        self.arrived.touch()
        return update

    @property
    def last_update(self) -> int:
        return self._next_update - 1

    def acknowledge(self, update: Update) -> None:
        self.updates.pop(update.id, None)
        update.receipt.finish(True)

    def touch(self, chat: Chat) -> None:
        self.world.touch(*(self.world.by_telegram[user].id for user in chat.members))

    def message_json(self, message: Message) -> JSON:
        """The message as the Bot API gives it (core.telegram.org/bots/api#message)."""
        chat = self.chats[message.chat]
        body: JSON = {
            "message_id": message.id,
            "from": self.user(message.sender),
            "chat": self.chat_json(chat),
            "date": message.date,
        }
        if message.service:
            return body | message.service
        if message.edited:
            body["edit_date"] = message.edited
        if message.photo:
            body["photo"] = photo_sizes(message.photo)
        if message.document:
            body["document"] = document_json(message.document)
        text, entities = ("caption", "caption_entities") if message.has_media else ("text", "entities")
        if message.text:
            body[text] = message.text
        if message.entities:
            body[entities] = message.entities
        if message.keyboard:
            body["reply_markup"] = {"inline_keyboard": message.keyboard}
        if message.reply_to is not None and (answered := chat.messages.get(message.reply_to)):
            without_reply = self.message_json(answered)
            without_reply.pop("reply_to_message", None)
            body["reply_to_message"] = without_reply
        return body


def photo_sizes(file: File) -> list[JSON]:
    """The photo in the sizes that Telegram makes of it, the whole one last."""
    whole: JSON = {
        "file_id": f"photo-{file.id}",
        "file_unique_id": f"u{file.id}",
        "width": file.width or 0,
        "height": file.height or 0,
        "file_size": len(file.data),
    }
    longest = max(whole["width"], whole["height"])
    if longest <= THUMBNAIL:
        return [whole]
    small: JSON = {
        "file_id": f"small-{file.id}",
        "file_unique_id": f"v{file.id}",
        "width": whole["width"] * THUMBNAIL // longest,
        "height": whole["height"] * THUMBNAIL // longest,
        "file_size": min(len(file.data), 1500),
    }
    return [small, whole]


def document_json(file: File) -> JSON:
    return {
        "file_id": f"document-{file.id}",
        "file_unique_id": f"u{file.id}",
        "file_name": file.name,
        "mime_type": file.mime_type,
        "file_size": len(file.data),
    }


def instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
