"""One event's turn: who acts, what surrounds them, and what is to be said in return.

Flows read from a turn and add to it; they never send. What they add takes effect only when the transaction that
the engine opened around the turn commits.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.catalogue.catalogue import Catalogue
from bot.chat.events import Event, Tap
from bot.chat.limits import LIMITS, Limits
from bot.chat.markup import Markup
from bot.chat.messages import Button, File, Form, Home, Rows, Say
from bot.locales import DEFAULT, Words, closest
from storage.conversations import Conversation
from storage.people import Person

# Buttons that lead on: a label's catalogue entry with a token, or a button whose label is made already.
Ways = tuple[tuple[str, str] | Button, ...]


@dataclass(slots=True)
class House:
    """What is the same for everybody: words, catalogue, who decides, whom to turn to."""

    words: Mapping[str, Words]
    catalogue: Catalogue
    secretariat: frozenset[str] = frozenset()
    contact: str = ""
    # The bot's name on Telegram, for links that lead there; empty when it is not there.
    telegram_username: str = ""
    # Whether a call for engagement needs a second secretary's approval.
    four_eyes: bool = False


@dataclass(slots=True)
class Reply:
    """Something to be said to an account once the transaction has committed. `subject` makes it findable when
    what it is about changes; `screen` is the conversation whose question it shows. `at_rest` is stored in the place of
    a message that holds a secret, and is what arrives when the message itself could not be sent at once."""

    account_id: int | None
    account: str
    chat: str
    message: Say | Home
    subject: str = ""
    screen: Conversation | None = None
    at_rest: Say | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the platform's own acknowledgement may carry; replies go out by themselves.

    `form` is opened with the event's trigger, or takes the place of the open form. `errors` are words per field of
    a form that was sent. `toast` is a short word on a tap. `duplicate`: this event had taken effect before.
    """

    form: Form | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    toast: str = ""
    duplicate: bool = False


@dataclass(slots=True)
class Turn:
    """See the module's docstring. `connection()` opens this event's savepoint on first use."""

    event: Event
    person: Person
    house: House
    now: datetime
    connection: Callable[[], Awaitable[AsyncConnection]]
    conversation: Conversation | None = None
    touched: dict[int, Conversation] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    form: Form | None = None
    errors: dict[str, str] = field(default_factory=dict)
    toast: str = ""
    erased: bool = False
    # What the view that is shown is about, so that its message is found when that changes.
    subject: str = ""
    # The call for engagement whose button was tapped, or whose link was followed.
    campaign_id: int | None = None

    @property
    def language(self) -> str:
        """The person's choice, else what their platform says, else English."""
        return self.person.language or closest(self.person.hint) or DEFAULT

    @property
    def words(self) -> Words:
        """The texts in the person's language."""
        return self.house.words[self.language]

    @property
    def limits(self) -> Limits:
        """What the platform of this event can show."""
        return LIMITS[self.event.origin.account.platform]

    @property
    def is_secretariat(self) -> bool:
        """Whether this account may decide."""
        return self.person.account in self.house.secretariat

    def command(self, name: str) -> str:
        """A command as it is written on this platform."""
        return f"/4p1000 {name}" if self.event.origin.account.platform == "slack" else f"/{name}"

    @property
    def chat(self) -> str:
        """Where this person reads us: here when they wrote in private, else their private conversation."""
        origin = self.event.origin
        return origin.chat if origin.private and origin.chat else self.person.chat

    @property
    def tapped(self) -> str:
        """The platform's id of the message whose button was tapped, to be edited; empty when there is none, or when it
        is to stay: a call for engagement, and what stands in a channel for everybody."""
        if self.campaign_id is not None or not self.event.origin.private:
            return ""
        return self.event.message if isinstance(self.event, Tap) else ""

    def say(
        self,
        words: Markup,
        buttons: Rows = (),
        *,
        edits: str = "",
        screen: Conversation | None = None,
        subject: str = "",
        file: File | None = None,
    ) -> None:
        """Say something to this person, with a picture or a document if there is one."""
        message = Say(words, buttons, edits, file)
        self.replies.append(Reply(self.person.account_id, self.person.account, self.chat, message, subject, screen))

    def say_here(self, words: Markup, buttons: Rows = ()) -> None:
        """Say something where the event came from, which may be a group."""
        chat = self.event.origin.chat
        self.replies.append(Reply(self.person.account_id, self.person.account, chat, Say(words, buttons)))

    def tell(self, other: Person, message: Say | Home, subject: str = "") -> None:
        """Say something to somebody else."""
        self.replies.append(Reply(other.account_id, other.account, other.chat, message, subject))

    def words_for(self, other: Person) -> Words:
        """The texts in somebody else's language."""
        return self.house.words[other.language or closest(other.hint) or DEFAULT]

    def button(self, text: str, token: object, **values: object) -> Button:
        """A button whose label is a catalogue entry."""
        return Button(self.words.plain(text, **values), str(token))

    def onward(self, ways: Ways) -> Rows:
        """Buttons that lead on, one a row."""
        return tuple((way if isinstance(way, Button) else self.button(*way),) for way in ways)
