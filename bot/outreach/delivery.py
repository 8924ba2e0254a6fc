"""Handing one message to a platform, and what can come of it.

Each platform's handler provides a `Sender`. The outbox decides what its outcome means; a sender never retries by
itself, because only the outbox can record that an outcome is unknown.
"""

from dataclasses import dataclass
from typing import Protocol

from bot.chat.events import Account
from bot.chat.messages import Home, Say


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message for one account. An empty `chat` means that the private conversation has yet to be opened."""

    account: Account
    chat: str
    message: Say | Home


@dataclass(frozen=True, slots=True)
class Sent:
    """The platform has it: the id to edit it by (empty for a Home), and the chat it went to."""

    message_id: str
    chat: str


@dataclass(frozen=True, slots=True)
class Content:
    """What is in a file."""

    name: str
    media_type: str
    data: bytes


class DeliveryFailed(Exception):
    """The base of what can go wrong. `str()` of it is a short code of the platform's, never a text or a token."""


class Unreachable(DeliveryFailed):
    """Blocked, deactivated, unknown: the account must not be written to until it writes again."""


class SetupFault(DeliveryFailed):
    """The bot itself is not allowed to (revoked token, missing scope): nothing goes out until someone repairs it."""


class Refused(DeliveryFailed):
    """The platform will never take this message as it is."""


class RateLimited(DeliveryFailed):
    """Wait `seconds`, then go on."""

    def __init__(self, code: str, seconds: float) -> None:
        super().__init__(code)
        self.seconds = seconds


class Moved(DeliveryFailed):
    """The chat lives on under another id (a Telegram group that became a supergroup)."""

    def __init__(self, code: str, chat: str) -> None:
        super().__init__(code)
        self.chat = chat


class Interrupted(DeliveryFailed):
    """Server error, time-out or lost connection. `unknown` when the message may have arrived all the same."""

    def __init__(self, code: str, *, unknown: bool) -> None:
        super().__init__(code)
        self.unknown = unknown


class Sender(Protocol):
    """One bot token or one workspace, which is what rate limits belong to. `name` is `telegram` or `slack:<team>`."""

    @property
    def name(self) -> str: ...

    async def deliver(self, delivery: Delivery) -> Sent:
        """Send, or edit when the message says so. An edit that changes nothing counts as sent; a message that can
        no longer be edited is sent anew. Raises a `DeliveryFailed`."""
        ...


class Files(Protocol):
    """The bytes behind `Say.file`. `holder` is who has a file already, in a sender's own words for it, and a
    `reference` is what the platform calls it there: it need not be uploaded again."""

    async def reference(self, id: int, holder: str) -> str:
        """Empty when it has not been uploaded there."""
        ...

    async def load(self, id: int) -> Content | None:
        """None when the file is gone. Raises Interrupted when it is not to be had now."""
        ...

    async def remember(self, id: int, holder: str, reference: str) -> None:
        """An empty `reference` says that it is there no longer."""
        ...


class NoFiles:
    """The files of a bot that has none: every one is gone."""

    async def reference(self, id: int, holder: str) -> str:
        return ""

    async def load(self, id: int) -> Content | None:
        return None

    async def remember(self, id: int, holder: str, reference: str) -> None:
        return


NO_FILES = NoFiles()


class Source(Protocol):
    """Where the files that people send are fetched from."""

    async def fetch(self, id: str, most: int) -> bytes:
        """The bytes of what the platform calls `id`. Raises a `DeliveryFailed`: `Refused` when it will never be had,
        with TOO_LARGE when it has more than `most` bytes."""
        ...


TOO_LARGE = "too_large"
