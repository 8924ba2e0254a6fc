"""Reading what is on the screen, without knowing who drew it: buttons, numbered lists, forms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.person import Modal, Seen, SlackPerson, TelegramPerson
from sandbox.simulation.words import Meaning, apologises, meaning

TICK = "✓ "
_ITEM = re.compile(r"^(?:✓ )?(\d+)\. (.+)$", re.MULTILINE)
_PLACE = re.compile(r"\b(\d+) (?:of|sur|de) (\d+)\b")


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that a button gives: the button's own words, and what it stands for."""

    button: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Screen:
    """A message of the bot, read. `place` is `(3, 9)` where it says "3 of 9"."""

    message: Seen
    choices: tuple[Choice, ...]
    controls: Mapping[Meaning, str]
    place: tuple[int, int] | None
    question: str

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def several(self) -> bool:
        """Whether more than one answer has been given, or can be."""
        return "done" in self.controls or any(choice.chosen for choice in self.choices)

    @property
    def numbered(self) -> bool:
        return any(choice.button.removeprefix(TICK).isdecimal() for choice in self.choices)

    @property
    def wants_words(self) -> bool:
        """Whether a question is asked that only words can answer."""
        return self.place is not None and not self.choices and bool(self.controls.keys() & {"back", "later", "skip"})

    @property
    def apologises(self) -> bool:
        return apologises(self.text)

    def asks_as(self, other: "Screen") -> bool:
        """Whether the other one asks the same."""
        return (self.question, self.place) == (other.question, other.place)


def read(message: Seen) -> Screen:
    """What a message offers."""
    listed = dict(_ITEM.findall(message.text))
    choices: list[Choice] = []
    controls: dict[Meaning, str] = {}
    for button in message.buttons:
        bare = button.removeprefix(TICK)
        label = listed.get(bare, bare).removeprefix(TICK)
        use = meaning(bare)
        if use is None or use == "own":
            choices.append(Choice(button, label, button.startswith(TICK)))
        else:
            controls.setdefault(use, button)
    place = next(reversed(list(_PLACE.finditer(message.text))), None)
    return Screen(
        message,
        tuple(choices),
        controls,
        (int(place[1]), int(place[2])) if place else None,
        _question(message.text),
    )


def _question(text: str) -> str:
    """The last line that ends in a question mark, or else the first line."""
    lines = [line for line in text.splitlines() if line.strip()]
    asked = [line for line in lines if line.rstrip().endswith("?")]
    return asked[-1] if asked else next(iter(lines), "")


@dataclass(frozen=True, slots=True)
class Front:
    """What is in front of a person's eyes: the form if one is open, else the message that changed last.

    `remark` is what the platform itself shows for a moment: Telegram's toast, Slack's notice.
    """

    form: Modal | None
    message: Seen | None
    remark: tuple[object, ...]

    @property
    def looks(self) -> tuple[object, ...]:
        """Equal as long as the person sees no change."""
        return (self.form.shape if self.form else None, self.message, self.remark)


class Eyes:
    """They go where something changed last; a person who sees nothing new there looks at what changed before."""

    def __init__(self, person: TelegramPerson | SlackPerson) -> None:
        self._person = person
        self._known: dict[int | str, Seen] = {}

    def look(self) -> Front:
        messages = self.messages()
        person = self._person
        if isinstance(person, SlackPerson):
            here = person.world.slack.people[person.user]
            form = person.modal
            remark: tuple[object, ...] = here.notice or ()
        else:
            form = None
            tap = person.chat.taps.get(person.chat.id)
            remark = (tap.id, tap.text) if tap and tap.text else ()
        return Front(form, messages[0] if messages else None, remark)

    def messages(self) -> list[Seen]:
        """The bot's messages, what changed last first."""
        for message in self._person.messages():
            if not message.mine and self._known.get(message.id) != message:
                self._known.pop(message.id, None)
                self._known[message.id] = message
        return list(self._known.values())[::-1]
