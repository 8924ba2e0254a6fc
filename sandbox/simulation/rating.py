"""To answer a round of a study, by an opinion on each item."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.simulation.character import Character
from sandbox.simulation.goal import Move, Standing, says
from sandbox.simulation.reading import Choice, Screen
from sandbox.simulation.words import folded
from sandbox.slack.form import Field, Modal

Answers = tuple[str, ...]
Opinion = Callable[[Character, str, Sequence[str]], Answers | None]
"""From a person, the words in front of them (an item's code stands among them) and the answers that are offered there
to what they answer: one of those, or several in their order, or words of their own; None when they cannot say."""

DOOR = re.compile(
    r"^(begin round|commencer le tour|empezar la ronda) \d+$|^(begin|commencer|empezar|go on|poursuivre|seguir)$"
)
FINISHED = re.compile(
    r"^(all \d+ questions are|done \d+ question is) answered\b"
    r"|^vous avez repondu (a|aux) \d+ questions? merci\b|^ha respondido (las )?\d+ preguntas? gracias\b"
    # The card of a study of which everything is answered.
    r"|^(round|tour|ronda) \d+ (?P<all>\d+) (of|reponses sur|respuestas de) (?P=all)\b"
)
CLOSED = (
    r"^round {number} closed on\b|^le tour {number} s est clos le\b|^la ronda {number} se cerro el\b"
    # The card of a study of which no round is open.
    r"|^round \d+ opens on\b|^le tour \d+ ouvre le\b|^la ronda \d+ se abre el\b"
    r"|^(the study is over|l etude est terminee|el estudio ha terminado)$"
    r"|^(no round is open|aucun tour n est ouvert|no hay ninguna ronda abierta)$"
)

_KEEP = re.compile(r"^(keep|garder|conserver|mantener|conservar)\b")
_UNABLE = re.compile(r"^(unable|cannot|impossible|je ne peux|sans avis|no puedo|no sabria|imposible|i have none)\b")
_NEXT = re.compile(r"^(next|suivante?|siguiente)\b")
_UNEXPLAINED = re.compile(r"\b(without a reason|sans raison|sin razon)$")
_SAID = r"^(?:You said|Vous avez dit|Usted dijo) "


@dataclass(frozen=True, slots=True)
class Rate:
    """A `Goal`: go through the items of a round, keeping the last answer with the button for it where it is the same.

    `door` fits the button that leads to the items, `finished` the text that says that all are answered, both for
    folded words; `number` is the round's, of which one may hear that it is too late. Whoever is asked why they changed
    an answer taps `reason`, by its place among what is offered.
    """

    opinion: Opinion
    door: re.Pattern[str] = DOOR
    finished: re.Pattern[str] = FINISHED
    number: int = 1
    command: str = "/rounds"
    link: str = ""
    acts: int = 500
    reason: int = 0

    def standing(self, text: str) -> Standing:
        if says(self.finished, text):
            return "granted"
        closed = re.compile(CLOSED.replace("{number}", str(self.number)))
        return "refused" if says(closed, text) else ""

    def choose(self, character: Character, screen: Screen) -> Move | None:
        if _first(_UNEXPLAINED, screen):
            return Move("tap", screen.choices[min(self.reason, len(screen.choices) - 1)].button)
        if entrance := _first(self.door, screen):
            return Move("tap", entrance.button)
        if screen.place is None:
            return None
        answers = self.opinion(character, screen.text, [choice.label for choice in screen.choices])
        chosen = {choice.label for choice in screen.choices if choice.chosen}
        left = [answer for answer in answers or () if answer not in chosen]
        onward = _first(_NEXT, screen)
        if chosen and onward and (not left or len(answers or ()) == 1):
            return Move("tap", onward.button)
        if answers is None:
            unable = _first(_UNABLE, screen)
            return Move("tap", unable.button) if unable else _skip(screen)
        if (kept := _first(_KEEP, screen)) and _is_recalled(screen.text, answers):
            return Move("tap", kept.button)
        return self._give(answers, left, screen)

    def _give(self, answers: Answers, left: Sequence[str], screen: Screen) -> Move | None:
        for answer in left:
            for choice in screen.choices:
                if answer in (choice.button, choice.label):
                    # Only a single answer can be typed as it is.
                    return Move("answer" if len(answers) == 1 else "tap", choice.button)
        return Move("write", left[0]) if left else None

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        answers = self.opinion(character, f"{field.label}\n{field.hint}", field.options)
        if answers is None:
            return next((option for option in field.options if _UNABLE.search(folded(option))), "")
        if field.kind == "several":
            return [option for option in field.options if option in answers]
        return (
            ", ".join(answers)
            if field.kind == "words"
            else next((one for one in field.options if one in answers), None)
        )


def recalled(text: str) -> str:
    """What somebody is reminded to have said the last time; empty where they are not."""
    found = re.search(rf"{_SAID}(.+?)\.(?:\s|$)", text, re.MULTILINE)
    return found[1] if found else ""


def _is_recalled(text: str, answers: Answers) -> bool:
    """Whether they are reminded of just these answers, or of this order of them."""
    in_order = [f"{place}. {answer}" for place, answer in enumerate(answers, 1)]
    said = "|".join(re.escape(", ".join(each)) for each in (answers, in_order))
    return bool(re.search(rf"{_SAID}(?:{said})\.(?:\s|$)", text, re.MULTILINE))


def _first(pattern: re.Pattern[str], screen: Screen) -> Choice | None:
    return next((choice for choice in screen.choices if pattern.search(folded(choice.label))), None)


def _skip(screen: Screen) -> Move | None:
    return Move("tap", screen.controls["skip"]) if "skip" in screen.controls else None
