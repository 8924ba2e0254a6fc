"""The sandbox's people, who join with answers fixed beforehand, however often the bot falls silent.

What they do then is what anybody would: tap again, give a command again, send a form again or give it up. What they
wrote stands in the chat, so they do not write it twice.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random
from types import TracebackType

from sandbox.clock import Changes
from sandbox.person import SlackPerson, TelegramPerson
from sandbox.simulation.character import Character, Platform, draw, steadfast
from sandbox.simulation.goal import JOIN, Move, Standing
from sandbox.simulation.reading import Screen
from sandbox.simulation.visitor import Patience, Visitor
from sandbox.slack.form import Field, Modal
from sandbox.world import World
from tests.crash.wishes import ASKED, CONTRIBUTIONS, LABELS, Wish

SENT = re.compile(r"^Your request to join .* was sent\.$", re.MULTILINE)
SEND = "send"
SILENCE = 60.0
"""Seconds without an answer after which what somebody wrote must have been lost."""
ACTS = 300
"""More than anybody does who gets somewhere."""


class Turns:
    """How far people may go: each answer that somebody gives for the first time takes a turn. `acts` tells of
    everything they do."""

    def __init__(self) -> None:
        self.taken = 0
        self.allowed = 0.0
        self.changes = Changes()
        self.acts = Changes()

    def allow(self, more: float) -> None:
        """Let people take so many turns more."""
        self.allowed += more
        self.changes.touch()

    async def take(self) -> None:
        """Wait for a turn, and take it."""
        await self.changes.until(lambda: self.taken < self.allowed, None)
        self.taken += 1
        self.changes.touch()


class Errand:
    """A `Goal`: to join with the answers of a wish. `given` are the questions answered so far, whether the bot heard of
    it or not; those of `typed` are answered with the words of their options."""

    command = JOIN.command
    link = JOIN.link
    acts = ACTS

    def __init__(self, wish: Wish, typed: set[str]) -> None:
        self.wish = wish
        self.given: set[str] = set()
        self._typed = typed
        self._written: set[str] = set()

    def standing(self, text: str) -> Standing:
        return JOIN.standing(text)

    def choose(self, character: Character, screen: Screen) -> Move | None:
        question = next((id for id in self.wish.answers if ASKED[id] in screen.text), "")
        if not question:
            move = JOIN.choose(character, screen)
            self.given |= {SEND} if move and move.how == SEND else set()
            return move
        self.given.add(question)
        if "agree" in screen.controls:
            return Move("tap", screen.controls["agree"])
        if "form" in screen.controls and not character.closes_forms:
            return Move("tap", screen.controls["form"])
        if self.wish.is_typed(question):
            words = self.wish.answers[question]
            return self._write(question, str(words)) if words else Move("tap", screen.controls["skip"])
        wanted = self.wish.labels(question)
        if question in self._typed and wanted and question != "coalition":
            return self._write(question, ", ".join(wanted))
        return _ticked(screen, wanted) if self.wish.is_several(question) else _chosen(screen, question, wanted[0])

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        question = next(id for id in self.wish.answers if LABELS[id] == field.label)
        self.given.add(question)
        answer = self.wish.answers[question]
        if not answer or self.wish.is_typed(question):
            return str(answer or "")
        wanted = self.wish.labels(question)
        found = [offered for offered in field.options if any(_fits(question, offered, each) for each in wanted)]
        return found if self.wish.is_several(question) else found[0]

    def _write(self, question: str, words: str) -> Move:
        assert question not in self._written, f"{words!r} was written and not understood, or not answered"
        self._written.add(question)
        return Move("write", words)


@dataclass(slots=True)
class Pace:
    """Before each act of one person: a turn for every answer that they have given for the first time, and one to
    begin with."""

    turns: Turns
    errand: Errand
    _paid: int = 0

    async def __aenter__(self) -> None:
        while self._paid <= len(self.errand.given):
            await self.turns.take()
            self._paid += 1
        self.turns.acts.touch()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whoever has acted owes nothing before the next act."""


class Joiner:
    """Somebody who goes from the first word to "was sent"."""

    def __init__(self, world: World, id: str, wish: Wish, turns: Turns, random: Random, *, slack: bool) -> None:
        self.id = id
        self.wish = wish
        likes_typing = random.choice([0.0, 0.3, 0.8])
        errand = Errand(wish, {question for question in wish.answers if random.random() < likes_typing})
        character = undeterred(draw(random), "slack" if slack else "telegram", likes_forms=random.random() < 0.6)
        patience = Patience(seconds=random.uniform(1.0, 2.5), silences=ACTS, words=SILENCE)
        self._visitor = Visitor(world, id, character, errand, Pace(turns, errand), patience)
        self._person = SlackPerson(world, id) if slack else TelegramPerson(world, id)

    @property
    def steps(self) -> int:
        """How many turns they take: asking to join, each answer, sending."""
        return len(self.wish.answers) + 2

    @property
    def acts(self) -> int:
        return self._visitor.acts

    async def join(self) -> None:
        """AssertionError with the screen when they get nowhere."""
        visitor = self._visitor
        await visitor.sit_down()
        assert visitor.state == "sent", f"{self.id}: {visitor.reason} after {list(visitor.story)}\n{visitor.screen()}"

    def missing(self) -> str:
        """What this person sees in place of the word that their request was sent; empty when they were told."""
        if any(SENT.search(message.text) for message in self._person.messages()):
            return ""
        return f"{self.id} was not told that it was sent, after {list(self._visitor.story)}:\n{self._person.screen()}"


def undeterred(character: Character, platform: Platform, *, likes_forms: bool) -> Character:
    """Somebody like that who speaks English, goes straight on, double taps included, and never gives up."""
    return replace(
        steadfast(character),
        language="en",
        platforms=(platform,),
        patience=ACTS,
        double_taps=character.double_taps,
        closes_forms=0.0 if likes_forms else 1.0,
    )


def _ticked(screen: Screen, wanted: list[str]) -> Move:
    """Tick the next one, or untick what they do not want; when all is right, go on."""
    for choice in screen.choices:
        if choice.label in CONTRIBUTIONS and choice.chosen != (choice.label in wanted):
            return Move("tap", choice.button)
    return Move("tap", screen.controls["done" if wanted else "skip"])


def _chosen(screen: Screen, question: str, wanted: str) -> Move:
    """The option, or the number in front of it, or the next page."""
    for choice in screen.choices:
        if _fits(question, choice.label, wanted):
            return Move("tap", choice.button)
    assert "more" in screen.controls, f"{wanted!r} is not offered:\n{screen.message}"
    return Move("tap", screen.controls["more"])


def _fits(question: str, offered: str, wanted: str) -> bool:
    return offered == wanted or (question == "coalition" and offered.startswith(wanted))
