"""How a conversation is declared: questions with stable ids over a pydantic model of the answers.

A declaration holds no words. The texts of question `country` in flow `join` are the catalogue entries
`join.country.ask` (the question), `join.country.hint` (an explanation, optional), `join.country.label` (its name on
the review screen and in forms) and `join.country.<option>` (an option's words).

In the answers, None is not yet answered; an empty string or list is a question that was skipped.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel

from bot.chat.markup import Markup

if TYPE_CHECKING:
    from bot.flows.turn import Turn, Ways
    from bot.locales import Words

A = TypeVar("A", bound=BaseModel)
Value = str | list[str]


class Misfit(Exception):
    """An answer that does not fit its question. Carries the catalogue entry that says why."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


class Unsure(Exception):
    """An answer that fits and has to be asked about before it is kept. Carries the catalogue entry that asks, and what
    the answer may mean, for the person to choose from."""

    def __init__(self, text: str, readings: "Sequence[Option]", **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.readings = readings
        self.values = values


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can be chosen: the value that is stored, and its words in the reader's language. Options of
    another `group` than the first one's are shown on a further page, one tap away."""

    value: str
    label: str
    group: str = ""


Options = tuple[str, ...] | Callable[["Turn", Any], Awaitable[Sequence[Option]]]


def always(_answers: object) -> bool:
    """The guard of a question that everybody is asked."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Generic[A]):
    """What all questions have.

    `when` guards it: it is asked only when true of the answers so far. Questions in a row with the same `page`
    share a form where the platform has forms; pages that share their words are told apart by what follows a colon. A
    changed answer clears those named in `resets`. `lead` puts words above the question; `after` acts on an answer at
    once. A question that is asked about one thing after the other shares its words with the others: `texts` names them
    in place of the id, and `fills` gives what they are filled with.
    """

    id: str
    when: Callable[[A], bool] = always
    optional: bool = False
    page: str = ""
    resets: tuple[str, ...] = ()
    lead: Callable[["Turn", A], Awaitable[Markup]] | None = None
    after: Callable[["Turn", A], Awaitable[None]] | None = None
    texts: str = ""
    fills: Callable[["Words"], Mapping[str, object]] | None = None

    def text(self, flow: str, what: str) -> str:
        """The catalogue entry for its `ask`, `hint`, `label`, or an option."""
        return f"{flow}.{self.texts or self.id}.{what}"

    def filled(self, words: "Words") -> Mapping[str, object]:
        """What its words are filled with, for somebody who reads these."""
        return self.fills(words) if self.fills else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PickOne(Question[A]):
    """One of several: a tap, a number, or the words."""

    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class PickSeveral(Question[A]):
    """Any number of several."""

    options: Options


@dataclass(frozen=True, slots=True, kw_only=True)
class Write(Question[A]):
    """Words of one's own. `read` turns them into what is stored, or raises `Misfit` or `Unsure`; `show` turns that
    back. `options` are answers that can be tapped as well."""

    read: Callable[["Turn", str], str]
    show: Callable[["Turn", str], str] | None = None
    long: bool = False
    options: Options = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attach(Question[A]):
    """Pictures or documents, up to `most`; the answer is a list of their ids in `storage.files`. Until the flow is
    finished they belong to the conversation and go with it: `finish` gives those that stay another subject with
    `storage.files.adopt`."""

    optional: bool = True
    most: int = 1
    only_pictures: bool = False


Step = PickOne[Any] | PickSeveral[Any] | Write[Any] | Attach[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow(Generic[A]):
    """A conversation. `begin` gives the answers that are known from the start, from what the flow is opened with
    (the part after `join_`); it raises `Halt` to say something else instead. `finish` does what was asked for and
    gives the closing words. Without `review`, the last answer finishes. With `reminds`, whoever leaves it unfinished is
    reminded of it. `tailor` makes, out of the answers so far, the flow that asks what this one conversation is about.
    """

    name: str
    version: int
    answers: type[A]
    steps: tuple[Step, ...]
    begin: Callable[["Turn", str], Awaitable["Beginning"]]
    finish: Callable[["Turn", A], Awaitable["Ending"]]
    review: bool = True
    reminds: bool = False
    minutes: int = 1
    tailor: Callable[["Turn", Mapping[str, Any]], Awaitable["Flow[Any]"]] | None = None
    index: dict[str, int] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.index.update({step.id: place for place, step in enumerate(self.steps)})

    async def fitted(self, turn: "Turn", answers: Mapping[str, Any]) -> "Flow[Any]":
        """The flow with the questions of the conversation that these answers are from."""
        return await self.tailor(turn, answers) if self.tailor else self

    def step(self, id: str) -> Step | None:
        """The question with this id, if the flow (still) has it."""
        place = self.index.get(id)
        return None if place is None else self.steps[place]

    def asked(self, answers: A) -> list[Step]:
        """The questions that these answers lead to, in order."""
        return [step for step in self.steps if step.when(answers)]

    def next(self, answers: A) -> Step | None:
        """The first question that is asked and not yet answered."""
        for step in self.steps:
            if getattr(answers, step.id) is None and step.when(answers):
                return step
        return None

    def relevant(self, answers: A) -> A:
        """The answers without those to questions that are no longer asked."""
        stray = {step.id: None for step in self.steps if not step.when(answers)}
        return answers.model_copy(update=stray) if stray else answers


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a flow starts from: what it is about, and the answers known already."""

    answers: dict[str, Any]
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Ending:
    """What a flow ends with: the closing words, and the buttons that lead on (label's catalogue entry, token)."""

    words: Markup
    onward: "Ways" = ()


class Halt(Exception):
    """Stops a flow with words and ways onward; what was answered so far is dropped when `drop`."""

    def __init__(self, words: Markup, onward: "Ways" = (), *, drop: bool = False) -> None:
        super().__init__("halted")
        self.words = words
        self.onward = onward
        self.drop = drop
