"""To answer a round of a study, by an opinion on each item."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sandbox.simulation.character import Character
from sandbox.simulation.goal import Move, Standing, says
from sandbox.simulation.reading import Choice, Screen
from sandbox.simulation.words import folded
from sandbox.slack.form import Field, Modal

Opinion = Callable[[Character, str], str | None]
"""From a person and the words in front of them (an item's code stands among them) to what they answer: a point of the
scale as digits, the words of an option, or words of their own; None when they cannot say."""

_KEEP = re.compile(r"^(keep|garder|conserver|mantener|conservar)\b")
_UNABLE = re.compile(r"^(unable|cannot|impossible|je ne peux|sans avis|no puedo|no sabria|imposible)\b")
_NEXT = re.compile(r"^(next|suivante?|siguiente)\b")


@dataclass(frozen=True, slots=True)
class Rate:
    """A `Goal`: go through the items of a round, keeping the last rating with the button for it where it is the same.

    `door` fits the button that leads to the items, `finished` the text that says that all are answered; both are for
    folded words. What is asked beside the items, such as consent or why a rating changed, is left to the person.
    """

    opinion: Opinion
    door: re.Pattern[str]
    finished: re.Pattern[str]
    command: str = "/rounds"
    link: str = ""
    acts: int = 500

    def standing(self, text: str) -> Standing:
        return "done" if says(self.finished, text) else ""

    def choose(self, character: Character, screen: Screen) -> Move | None:
        if screen.place is None:
            entrance = _first(self.door, screen)
            return Move("tap", entrance.button) if entrance else None
        if any(choice.chosen for choice in screen.choices) and (onward := _first(_NEXT, screen)):
            return Move("tap", onward.button)
        answer = self.opinion(character, screen.text)
        if answer is None:
            unable = _first(_UNABLE, screen)
            return Move("tap", unable.button) if unable else _skip(screen)
        kept = _first(_KEEP, screen)
        if kept and answer in folded(kept.label).split():
            return Move("tap", kept.button)
        for choice in screen.choices:
            if answer in (choice.button, choice.label):
                return Move("answer", choice.button)
        return Move("write", answer) if screen.wants_words else None

    def fill(self, character: Character, form: Modal, field: Field) -> str | Sequence[str] | None:
        answer = self.opinion(character, f"{field.label}\n{field.hint}")
        if field.kind == "words":
            return answer or ""
        if answer is None:
            return next((option for option in field.options if _UNABLE.search(folded(option))), "")
        return next((option for option in field.options if option == answer), None)


def _first(pattern: re.Pattern[str], screen: Screen) -> Choice | None:
    return next((choice for choice in screen.choices if pattern.search(folded(choice.label))), None)


def _skip(screen: Screen) -> Move | None:
    return Move("tap", screen.controls["skip"]) if "skip" in screen.controls else None
