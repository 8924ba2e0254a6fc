"""What the bot says, whatever platform it says it on. A renderer turns each into Block Kit or a Telegram message.

`Message` is a closed union. All of it is plain data: it is stored in the outbox as JSON and read back by `decode`.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

import orjson
from pydantic import Field as Discriminator
from pydantic import TypeAdapter

from bot.chat.markup import Markup


@dataclass(frozen=True, slots=True)
class Button:
    """A button with its words. `token` comes back in a `Tap`; with `start` instead, it leads into a private
    conversation with the bot that begins with that deep-link payload."""

    label: str
    token: str = ""
    tone: Literal["plain", "primary", "danger"] = "plain"
    start: str = ""


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class File:
    """A picture or a document that goes with a message: row `id` of `storage.files`, which holds its bytes. `alt` says
    what the picture shows, in the reader's language."""

    id: int
    name: str
    kind: Literal["picture", "document"]
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Say:
    """A message with buttons. With `edits` (the platform's id of one of our messages) it takes that one's place."""

    text: Markup
    buttons: Rows = ()
    edits: str = ""
    file: File | None = None
    kind: Literal["say"] = "say"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the things that can be chosen in a form."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a form. `live` fields report each change at once, because others depend on them. A field for
    `files` takes `most` of them, and only pictures where it says so; it never shows what was sent before."""

    id: str
    kind: Literal["text", "paragraph", "choice", "choices", "files"]
    label: str
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    value: tuple[str, ...] = ()
    optional: bool = False
    live: bool = False
    most: int = 1
    only_pictures: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """Several questions on one screen; a modal in Slack. `token` comes back with what was filled in."""

    token: str
    title: str
    submit: str
    close: str
    fields: tuple[Field, ...]
    intro: Markup = ()
    kind: Literal["form"] = "form"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the Home: a heading, words, buttons."""

    heading: str
    text: Markup
    buttons: Rows = ()


@dataclass(frozen=True, slots=True)
class Home:
    """The person's desk in Slack: what is asked of me, what I joined, settings."""

    sections: tuple[Section, ...]
    kind: Literal["home"] = "home"


Message = Say | Form | Home

_adapter: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Discriminator(discriminator="kind")])


def encode(message: Message) -> bytes:
    """JSON for the outbox."""
    return orjson.dumps(message)


def decode(stored: str | bytes) -> Message:
    """The message that `encode` stored."""
    return _adapter.validate_json(stored)
