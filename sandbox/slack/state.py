"""What exists in the local Slack: a workspace with one app, its people, conversations, views and files."""

import itertools
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from sandbox.people import Persona
from sandbox.rates import Buckets
from sandbox.wire import JSON

if TYPE_CHECKING:
    from sandbox.slack.delivery import Delivery
    from sandbox.world import World

TEAM_ID, APP_ID, BOT_ID, BOT_USER = "T0SANDBOX", "A0SANDBOX", "B0SANDBOX", "U0SANDBOT"
BOT_NAME, TEAM_NAME, DOMAIN = "4 per 1000", "4 per 1000 sandbox", "sandbox"
VERIFICATION_TOKEN = "sandbox-verification"  # noqa: S105 - a made-up value that the payloads must carry
EVENTS = frozenset(
    [
        "message.im",
        "message.channels",
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "tokens_revoked",
    ]
)
SCOPES = frozenset(
    [
        "chat:write",
        "im:write",
        "im:read",
        "im:history",
        "channels:read",
        "channels:history",
        "groups:read",
        "users:read",
        "files:write",
        "files:read",
        "commands",
        "app_mentions:read",
    ]
)

Values = dict[str, dict[str, Any]]
"""What inputs hold: block_id -> action_id -> simple value (see docs/sandbox.md)."""


@dataclass(slots=True)
class File:
    """An uploaded file, which Slack is through with at `ready_at`, in monotonic seconds."""

    id: str
    name: str
    title: str
    mimetype: str
    user: str
    created: int
    length: int
    data: bytes | None = None
    stored: str = ""
    width: int | None = None
    height: int | None = None
    ready_at: float = 0.0
    channels: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Message:
    """A message of a conversation. `only_for` is the user who sees an ephemeral one."""

    ts: str
    user: str
    text: str
    blocks: list[JSON] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    thread_ts: str | None = None
    only_for: str | None = None
    edited: str | None = None
    metadata: JSON | None = None
    values: Values = field(default_factory=dict)
    busy: bool = False


@dataclass(slots=True)
class Conversation:
    """A channel or a direct message with the app; `threads` holds the replies by their parent's ts."""

    id: str
    kind: Literal["im", "channel"]
    name: str
    members: set[str]
    created: int
    creator: str
    messages: dict[str, Message] = field(default_factory=dict)
    ephemeral: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, list[str]] = field(default_factory=dict)
    read: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class View:
    """A modal or a Home. `values` is what its inputs hold, `errors` what is shown beside them."""

    id: str
    type: str
    user: str
    blocks: list[JSON]
    source: JSON
    hash: str
    root: str
    previous: str | None = None
    values: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    busy: bool = False


@dataclass(slots=True)
class Trigger:
    """The right to open a view in answer to what a person just did; `born` in monotonic seconds."""

    user: str
    born: float
    view: str | None = None
    used: bool = False


@dataclass(slots=True)
class ResponseUrl:
    """Where an app may answer an interaction or command; `born` in monotonic seconds."""

    conversation: str
    user: str
    born: float
    message: str | None = None
    uses: int = 0


@dataclass(slots=True)
class Person:
    """What Slack keeps for one user: the app's Home, open modals (the top one last), and a notice of Slack itself."""

    dm: str
    home: View | None = None
    modals: list[View] = field(default_factory=list)
    notice: tuple[int, str] | None = None
    disabled: bool = False


class Slack:
    """The workspace. `delivery` is set by the server; until then nothing reaches the app."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.bot_token = "xoxb-sandbox"  # noqa: S105 - made up, the sandbox's own
        self.app_token = "xapp-sandbox"  # noqa: S105
        self.signing_secret = "sandbox-signing-secret"  # noqa: S105
        self.events_url: str | None = None
        self.interactivity_url: str | None = None
        self.commands_url: str | None = None
        self.socket_mode = False
        self.commands: dict[str, str] = {"/4p1000": "Everything this app does: join, coalitions, help …"}
        self.scopes: set[str] = set(SCOPES)
        self.events: set[str] = set(EVENTS)
        self.messages_tab = True
        self.installed = True
        self.acknowledge_within = 3.0
        self.trigger_lifetime = 3.0
        self.file_ready_after = 0.1
        self.retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
        self.delivery: Delivery | None = None
        self.people: dict[str, Person] = {}
        self.conversations: dict[str, Conversation] = {}
        self.channels: list[Conversation] = []
        self.views: dict[str, View] = {}
        self.files: dict[str, File] = {}
        self.uploads: dict[str, File] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.rates = Buckets(1.0, 5)
        self._numbers = itertools.count(1)
        self._last_ts = 0

    def clear(self) -> None:
        """Forget people, conversations and views; tokens, addresses and counts stay."""
        for forgotten in (
            self.people,
            self.conversations,
            self.channels,
            self.views,
            self.files,
            self.uploads,
            self.triggers,
            self.response_urls,
        ):
            forgotten.clear()
        self.messages_tab = self.installed = True

    def settle(self, persona: Persona) -> None:
        """Give a person of the workspace their direct message with the app, and the general channel."""
        user = persona.slack
        if user is None:
            return
        dm = Conversation(self.new_id("D"), "im", BOT_NAME, {user, BOT_USER}, self.seconds(), user)
        self.conversations[dm.id] = dm
        self.people[user] = Person(dm.id)
        if not self.channels:
            self.new_channel("general", {user}, user)
        self.channels[0].members.add(user)

    def new_channel(self, name: str, members: set[str], creator: str) -> Conversation:
        channel = Conversation(self.new_id("C"), "channel", name, members, self.seconds(), creator)
        self.conversations[channel.id] = channel
        self.channels.append(channel)
        return channel

    def conversations_of(self, user: str) -> list[Conversation]:
        return [self.conversations[self.people[user].dm], *self.channels]

    def seconds(self) -> int:
        return int(self.world.now.timestamp())

    def new_id(self, letter: str) -> str:
        return f"{letter}0SB{next(self._numbers):07d}"

    def new_ts(self) -> str:
        """A timestamp in the world's time, unique and increasing: it is the message's id."""
        microseconds = int(self.world.now.timestamp() * 1_000_000)
        self._last_ts = max(microseconds, self._last_ts + 1)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_trigger(self, user: str, view: str | None = None) -> str:
        trigger_id = f"{next(self._numbers)}.{secrets.randbelow(10**10)}.{secrets.token_hex(16)}"
        self.triggers[trigger_id] = Trigger(user, self.world.clock.monotonic(), view)
        while len(self.triggers) > 20_000:
            del self.triggers[next(iter(self.triggers))]
        return trigger_id

    def new_response_url(self, user: str, conversation: str, message: str | None = None) -> str:
        key = f"{TEAM_ID}/{next(self._numbers)}/{secrets.token_urlsafe(12)}"
        self.response_urls[key] = ResponseUrl(conversation, user, self.world.clock.monotonic(), message)
        while len(self.response_urls) > 20_000:
            del self.response_urls[next(iter(self.response_urls))]
        return f"{self.world.base_url}/slack/respond/{key}"

    def notice(self, user: str, text: str) -> None:
        """Something Slack itself tells a person."""
        self.people[user].notice = (next(self._numbers), text)
        self.touch_user(user)

    def persona(self, user: str) -> Persona | None:
        return self.world.by_slack.get(user)

    def touch_user(self, user: str) -> None:
        self.world.touch(self.world.by_slack[user].id)

    def touch(self, conversation: Conversation) -> None:
        self.world.touch(*(self.world.by_slack[user].id for user in conversation.members if user != BOT_USER))

    def user_json(self, user: str, include_locale: bool = False) -> JSON:
        """A user object (docs.slack.dev/reference/objects/user-object)."""
        is_bot = user == BOT_USER
        persona = self.persona(user)
        name = persona.name if persona else BOT_NAME
        body: JSON = {
            "id": user,
            "team_id": TEAM_ID,
            "name": persona.slack_username if persona else "fourper1000",
            "deleted": not is_bot and self.people[user].disabled,
            "real_name": name,
            "is_bot": is_bot,
            "is_app_user": False,
            "is_admin": False,
            "is_owner": False,
            "is_restricted": False,
            "is_ultra_restricted": False,
            "updated": 1_700_000_000,
            "profile": {"real_name": name, "display_name": name, "team": TEAM_ID, "image_72": ""},
        }
        if persona:
            body["tz"] = persona.time_zone
            offset = self.world.now.astimezone(persona.zone).utcoffset()
            body["tz_offset"] = int(offset.total_seconds()) if offset else 0
            body["tz_label"] = persona.time_zone
            if include_locale:
                body["locale"] = persona.slack_locale
        return body

    def conversation_json(self, conversation: Conversation) -> JSON:
        """A conversation object (docs.slack.dev/reference/objects/conversation-object)."""
        body: JSON = {
            "id": conversation.id,
            "created": conversation.created,
            "is_im": conversation.kind == "im",
            "is_channel": conversation.kind == "channel",
            "is_mpim": False,
            "is_archived": False,
            "is_org_shared": False,
            "context_team_id": TEAM_ID,
            "updated": conversation.created * 1000,
        }
        if conversation.kind == "im":
            return body | {"user": dm_user(conversation), "is_user_deleted": False, "priority": 0}
        return body | {
            "name": conversation.name,
            "name_normalized": conversation.name,
            "is_group": False,
            "is_private": False,
            "is_general": conversation is self.channels[0],
            "is_member": BOT_USER in conversation.members,
            "is_shared": False,
            "is_ext_shared": False,
            "creator": conversation.creator,
            "num_members": len(conversation.members),
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }

    def message_json(self, conversation: Conversation, message: Message) -> JSON:
        """A message as history and events give it."""
        body: JSON = {
            "type": "message",
            "user": message.user,
            "text": message.text,
            "ts": message.ts,
            "team": TEAM_ID,
        }
        if message.user == BOT_USER:
            body |= {"bot_id": BOT_ID, "app_id": APP_ID, "bot_profile": bot_profile()}
        if message.blocks:
            body["blocks"] = message.blocks
        if message.files:
            body["files"] = [self.file_json(file) for file in message.files]
            body["upload"] = False
        if message.edited:
            body["edited"] = {"user": message.user, "ts": message.edited}
        if message.metadata:
            body["metadata"] = message.metadata
        if message.thread_ts:
            body["thread_ts"] = message.thread_ts
        if replies := conversation.threads.get(message.ts):
            writers = sorted({conversation.messages[ts].user for ts in replies})
            body |= {
                "thread_ts": message.ts,
                "reply_count": len(replies),
                "reply_users_count": len(writers),
                "reply_users": writers,
                "latest_reply": replies[-1],
                "is_locked": False,
                "subscribed": False,
            }
        elif message.thread_ts:
            parent = conversation.messages.get(message.thread_ts)
            body["parent_user_id"] = parent.user if parent else BOT_USER
        return body

    def is_ready(self, file: File) -> bool:
        """Whether messages can show it."""
        return not self.world.is_strict("slack.file_processing") or self.world.clock.monotonic() >= file.ready_at

    def file_json(self, file: File) -> JSON:
        """A file object (docs.slack.dev/reference/objects/file-object). What Slack finds out by processing it is empty
        until then."""
        ready = self.is_ready(file)
        url = f"{self.world.base_url}/slack/files/{TEAM_ID}-{file.id}/{file.name}"
        body: JSON = {
            "id": file.id,
            "created": file.created,
            "timestamp": file.created,
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype if ready else "",
            "filetype": file.name.rpartition(".")[2].lower() if ready else "",
            "user": file.user,
            "size": file.length,
            "mode": "hosted",
            "is_external": False,
            "is_public": False,
            "url_private": url,
            "url_private_download": f"{url}?download=1",
            "channels": [channel for channel in file.channels if channel.startswith("C")],
            "ims": [channel for channel in file.channels if channel.startswith("D")],
            "groups": [],
        }
        if file.width and ready:
            body |= {"original_w": file.width, "original_h": file.height}
        return body


def dm_user(conversation: Conversation) -> str:
    """The person of a direct message with the app."""
    return next(user for user in conversation.members if user != BOT_USER)


def bot_profile() -> JSON:
    return {
        "id": BOT_ID,
        "app_id": APP_ID,
        "user_id": BOT_USER,
        "name": BOT_NAME,
        "deleted": False,
        "updated": 1_700_000_000,
        "team_id": TEAM_ID,
        "icons": {"image_36": "", "image_48": "", "image_72": ""},
    }
