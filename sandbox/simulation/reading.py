"""Reading what is on the screen, without knowing who drew it: buttons, numbered lists, forms."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.person import Seen, SlackPerson, TelegramPerson
from sandbox.simulation.words import Meaning, apologises, meaning
from sandbox.slack.inputs import elements, options
from sandbox.slack.state import View

TICK = "✓ "
_ITEM = re.compile(r"^(?:✓ )?(\d+)\. (.+)$", re.MULTILINE)
_PLACE = re.compile(r"\b(\d+) (?:of|sur|de) (\d+)\b")
_SEVERAL = frozenset({"checkboxes", "multi_static_select"})
_ONE = frozenset({"radio_buttons", "static_select"})


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
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("[")]
    asked = [line for line in lines if line.rstrip().endswith("?")]
    return asked[-1] if asked else next(iter(lines), "")


FieldKind = Literal["words", "one", "several"]


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a form. `held` is what it holds: words, or the labels of options. `live` inputs tell the app what
    was chosen, and it may change the form. `id` is how the person points at it."""

    id: str
    kind: FieldKind
    label: str
    hint: str
    options: tuple[str, ...]
    held: tuple[str, ...]
    optional: bool
    live: bool
    error: str


@dataclass(frozen=True, slots=True)
class OpenForm:
    """The modal in front of a person."""

    id: str
    title: str
    fields: tuple[Field, ...]

    @property
    def shape(self) -> tuple[object, ...]:
        """What would strike the eye if it changed: the questions, not what was filled in."""
        return (self.id, self.title, *((field.id, field.options, field.error) for field in self.fields))


def read_form(view: View) -> OpenForm:
    """What a modal asks."""
    return OpenForm(view.id, view.source["title"]["text"], tuple(_fields(view)))


def _fields(view: View) -> Iterator[Field]:
    for block, element in elements(view.blocks):
        if block["type"] != "input":
            continue
        labels = {option["value"]: option["text"]["text"] for option in options(element)}
        held = view.values.get(block["block_id"], {}).get(element["action_id"]) or []
        kind: FieldKind = "several" if element["type"] in _SEVERAL else "one" if element["type"] in _ONE else "words"
        yield Field(
            block["block_id"],
            kind,
            block["label"]["text"],
            (block.get("hint") or {}).get("text", ""),
            tuple(labels.values()),
            tuple(labels.get(one, str(one)) for one in (held if isinstance(held, list) else [held])),
            bool(block.get("optional")),
            bool(block.get("dispatch_action")),
            view.errors.get(block["block_id"], ""),
        )


@dataclass(frozen=True, slots=True)
class Front:
    """What is in front of a person's eyes: the form if one is open, else the message that changed last.

    `remark` is what the platform itself shows for a moment: Telegram's toast, Slack's notice.
    """

    form: OpenForm | None
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
            form = read_form(here.modals[-1]) if here.modals else None
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
