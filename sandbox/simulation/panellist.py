"""What a panellist is up to on the screens of a study: saying whether they take part, answering a round, leaving."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.simulation.character import Character
from sandbox.simulation.goal import Move, Standing, says
from sandbox.simulation.panel import Panellist
from sandbox.simulation.rating import DOOR, Rate
from sandbox.simulation.reading import Choice, Screen
from sandbox.simulation.words import folded
from sandbox.slack.form import Field, Modal

_TAKE_PART = re.compile(r"^(take part|participar|participer)$")
_NO = re.compile(r"^(no thank you|non merci|no gracias)$")
_WELCOME = re.compile(r"\b(your pseudonym is|votre pseudonyme est|su seudonimo es)\b")
_CARD = re.compile(r"^(your pseudonym|votre pseudonyme|su seudonimo) p\b")
_OUT = re.compile(r"^(you do not take part in|vous ne participez pas a|usted no participa en)\b")
_PRACTISE = re.compile(r"^(practice question|question d essai|pregunta de practica)$")
_PRACTISED = re.compile(r"^(that is all there is to it|c est aussi simple que cela|eso es todo)\b")
_LEAVE = re.compile(r"^(leave the study|quitter l etude|salir del estudio|yes leave|oui quitter|si salir)$")
_LEFT = re.compile(r"^(you have left|vous avez quitte|ha salido de)\b")
_KEEP = re.compile(r"^(keep|garder|mantener)\b")
_COMMENT = re.compile(r"^(comment|commenter|comentar)$")
_YOUR_COMMENT = re.compile(r"^(your comment|votre commentaire|su comentario)\b")
_FORM = re.compile(r"^(answer several at once|repondre a plusieurs|responder varias a la vez)$")
_NEXT = re.compile(r"^(next|suivante|siguiente)$")


@dataclass(frozen=True, slots=True)
class Meet:
    """To say hello to the bot, as everybody on a panel has done before they are asked anything."""

    command: str = "/help"
    link: str = ""
    acts: int = 20

    def standing(self, text: str) -> Standing:
        return "done"

    def choose(self, character: Character, screen: Screen) -> Move | None:
        return None

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        return None


@dataclass(frozen=True, slots=True)
class Join:
    """To answer an invitation: granted for who takes part (and has practised, if they want to), refused for who does
    not."""

    panellist: Panellist
    command: str = "/rounds"
    link: str = ""
    acts: int = 60

    def standing(self, text: str) -> Standing:
        if says(_OUT, text):
            return "refused"
        there = _PRACTISED if self.panellist.practises else _WELCOME
        return "granted" if says(there, text) or says(_CARD, text) else ""

    def choose(self, character: Character, screen: Screen) -> Move | None:
        for wanted in (_NO if self.panellist.declines else _TAKE_PART, _PRACTISE, _KEEP):
            if found := _found(wanted, screen):
                return Move("tap", found.button)
        digits = [choice.button for choice in screen.choices if choice.button.isdecimal()]
        # The practice question, and not an item that is asked in earnest: that one says how many there are.
        if digits and screen.place is None:
            return Move("tap", digits[-2])
        return Move("command", self.command)

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        return None


@dataclass(frozen=True, slots=True)
class Answer:
    """To answer the round of this number: granted when all is answered, refused when it has closed."""

    panellist: Panellist
    number: int
    command: str = "/rounds"
    link: str = ""
    acts: int = 500

    def standing(self, text: str) -> Standing:
        return self._rate.standing(text)

    @property
    def _rate(self) -> Rate:
        panellist = self.panellist
        return Rate(
            lambda _, text, offered: panellist.answers(text, offered), number=self.number, reason=panellist.reason
        )

    def choose(self, character: Character, screen: Screen) -> Move | None:
        question = self.panellist.asked(screen.text)
        if question is None or screen.place is None:
            return self._on_the_way(character, screen)
        if question.kind == "proposals":
            return self._propose(character, screen)
        commented = says(_YOUR_COMMENT, screen.text)
        if not commented and self.panellist.comment(self.number, question.code) and (way := _found(_COMMENT, screen)):
            return Move("tap", way.button)
        if self.panellist.likes_forms and screen.place[0] == 1 and (way := _found(_FORM, screen)):
            return Move("tap", way.button)
        return self._rate.choose(character, screen)

    def _on_the_way(self, character: Character, screen: Screen) -> Move | None:
        if says(_YOUR_COMMENT, screen.text):
            asked = re.search(r"\b(?:on|sur|sobre) (\S+?)\.", screen.text)
            return Move("write", self.panellist.comment(self.number, asked[1] if asked else "") or "…")
        if "continue" in screen.controls:
            return Move("tap", screen.controls["continue"])
        entrance = _found(DOOR, screen)
        return Move("tap", entrance.button) if entrance else Move("command", self.command)

    def _propose(self, character: Character, screen: Screen) -> Move | None:
        """One proposal after the other; those that were made are listed."""
        labels = [choice.label for choice in screen.choices]
        wanted = self.panellist.answers(screen.text, labels)
        left = [words for words in wanted or () if words not in labels]
        if left:
            return Move("write", left[0])
        onward = _found(_NEXT, screen) if wanted else None
        return Move("tap", onward.button) if onward else self._rate.choose(character, screen)

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        return self._rate.fill(character, form, field)


@dataclass(frozen=True, slots=True)
class Leave:
    """To leave the study for good."""

    command: str = "/rounds"
    link: str = ""
    acts: int = 60

    def standing(self, text: str) -> Standing:
        return "done" if says(_LEFT, text) else ""

    def choose(self, character: Character, screen: Screen) -> Move | None:
        found = _found(_LEAVE, screen)
        return Move("tap", found.button) if found else Move("command", self.command)

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        return None


def _found(pattern: re.Pattern[str], screen: Screen) -> Choice | None:
    return next((choice for choice in screen.choices if pattern.search(folded(choice.label))), None)
