"""What people do, whatever platform they do it on. A handler parses a raw payload into one of these.

`Event` is a closed union: whoever takes one handles every member, and mypy sees to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Self

Platform = Literal["telegram", "slack"]


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """A person's account on a platform, written `telegram:42` or `slack:T01/U02`."""

    platform: Platform
    user: str
    workspace: str = ""

    def __str__(self) -> str:
        return f"{self.platform}:{self.workspace}/{self.user}" if self.workspace else f"{self.platform}:{self.user}"

    @classmethod
    def parse(cls, written: str) -> Self:
        """Raises ValueError, with what is expected, when it is neither form."""
        platform, _, rest = written.strip().partition(":")
        if platform == "telegram" and rest.isdigit():
            return cls("telegram", rest)
        workspace, _, user = rest.partition("/")
        if platform == "slack" and workspace.isalnum() and user.isalnum():
            return cls("slack", user, workspace)
        raise ValueError(f"{written.strip()!r} is not an account; write telegram:42 or slack:T01/U02")


@dataclass(frozen=True, slots=True)
class Profile:
    """What the platform tells of a person: a name to greet, and hints that the person can overrule."""

    name: str = ""
    handle: str = ""
    language: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an event comes from.

    `key` is stable over redeliveries and makes the event take effect once. `chat` is where replies go; it is
    empty when the event came from a place that is not a conversation (Slack's Home, a slash command in a
    channel). `trigger` opens a Slack modal and lives 3 seconds.
    """

    key: str
    account: Account
    at: datetime
    chat: str = ""
    private: bool = True
    profile: Profile = Profile()
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """`/join`, `/4p1000 join`, or a deep link (`/start join_7` is the command start with that argument)."""

    origin: Origin
    name: str
    argument: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """Words that a person wrote."""

    origin: Origin
    text: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that the platform holds: what the platform calls it, its name and media type as the sender gave them, and
    its size in bytes, 0 where the platform does not say."""

    id: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture, a document, or anything else that is not words. `uploads` are its files, one on Telegram and any
    number in Slack; a sticker or a place has none. `words` came with it."""

    origin: Origin
    kind: str
    uploads: tuple[Upload, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True)
class Tap:
    """A button of ours was pressed. `message` is the platform's id of the message that holds it, empty when the
    button stands in Slack's Home."""

    origin: Origin
    token: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class FormChanged:
    """A choice in an open form was made: it is kept, and the form may need other fields now. `view` names the
    open form on its platform."""

    origin: Origin
    token: str
    values: dict[str, str | list[str]]
    view: str = ""


@dataclass(frozen=True, slots=True)
class FormSubmitted:
    """A form was sent. `uploads` are the files that its fields took."""

    origin: Origin
    token: str
    values: dict[str, str | list[str]]
    uploads: Mapping[str, tuple[Upload, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """The person opened the bot's Home in Slack."""

    origin: Origin


@dataclass(frozen=True, slots=True)
class Blocked:
    """The person blocked the bot: it must not write until they write again."""

    origin: Origin


Event = Command | Text | Attachment | Tap | FormChanged | FormSubmitted | HomeOpened | Blocked
