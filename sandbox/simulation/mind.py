"""How somebody decides what to do on a screen: by their goal first, then by character and common sense."""

from collections import Counter
from random import Random

from sandbox.simulation import writing
from sandbox.simulation.character import Character, misspelt
from sandbox.simulation.choosing import favourite, wanted
from sandbox.simulation.filling import WRITES
from sandbox.simulation.goal import Goal, Move
from sandbox.simulation.reading import Choice, Screen

SIDEWAYS = 4
"""How often somebody leaves the straight way, whatever their character."""


class Mind:
    """What one person thinks on the way to a goal, and remembers of it.

    `misread` counts by question how often the bot did not understand them; `reconsiders` is whether they went back to
    answer something else.
    """

    def __init__(self, character: Character, goal: Goal, random: Random) -> None:
        self.character = character
        self.goal = goal
        self.random = random
        self.misread: Counter[str] = Counter()
        self.reconsiders = False
        self._asked_a_person = False
        self._looked_further: set[str] = set()
        self._seen: set[str] = set()
        self._sideways = self._browsed = 0

    def decide(self, screen: Screen) -> Move:
        """What to do next."""
        controls, character = screen.controls, self.character
        if move := self.goal.choose(character, screen):
            return self._in_their_way(move, screen)
        if "agree" in controls:
            return Move("tap", controls["agree"]) if character.agrees else Move("quit", controls["disagree"])
        if "continue" in controls:
            return Move("tap", controls["continue"])
        if screen.place is not None:
            self._browsed = 0
            return self._answer(screen)
        if (fresh := self._unseen(screen)) and self._browsed < SIDEWAYS:
            self._browsed += 1
            self._seen.add(fresh.label)
            return Move("tap", fresh.button)
        if "again" in controls:
            return Move("tap", controls["again"])
        self._browsed = 0
        return Move("command", self.goal.command)

    def may_sidestep(self) -> bool:
        """Whether they leave the straight way once more, which is counted."""
        self._sideways += 1
        return self._sideways <= SIDEWAYS

    def _in_their_way(self, move: Move, screen: Screen) -> Move:
        """As the goal wants it, and as they would do it."""
        controls, character = screen.controls, self.character
        if move.how == "send":
            hesitates = "change" in controls and self.random.random() < character.second_thoughts
            if hesitates and self.may_sidestep():
                self.reconsiders = True
                return Move("tap", controls["change"])
            return Move("tap", move.words)
        if move.how in ("answer", "write") and self._takes_the_form(screen):
            return Move("tap", controls["form"])
        if move.how == "answer":
            choice = next(choice for choice in screen.choices if choice.button == move.words)
            return self._tap_or_type(choice, screen)
        return move

    def _takes_the_form(self, screen: Screen) -> bool:
        return "form" in screen.controls and self.random.random() > self.character.closes_forms

    def _answer(self, screen: Screen) -> Move:
        controls, character = screen.controls, self.character
        indifferent = "skip" in controls and character.liking(screen.question) < WRITES
        if self._takes_the_form(screen):
            return Move("tap", controls["form"])
        if "human" in controls and self.misread[screen.question] > 2 and not self._asked_a_person:
            self._asked_a_person = True
            return Move("tap", controls["human"])
        if indifferent and not any(choice.chosen for choice in screen.choices):
            return Move("tap", controls["skip"])
        if not screen.choices:
            tried = self.misread[screen.question]
            return Move("write", writing.answer(screen.question, character, self.random, tried))
        if "more" in controls and screen.question not in self._looked_further and self.random.random() < 0.3:
            self._looked_further.add(screen.question)
            return Move("tap", controls["more"])
        return self._give(screen)

    def _give(self, screen: Screen) -> Move:
        """Answer with one or several of the choices."""
        ticked = [choice for choice in screen.choices if choice.chosen]
        labels = [choice.label for choice in screen.choices]
        liked = wanted(self.character, labels) if screen.several else []
        missing = [choice for choice in screen.choices if choice.label in liked and not choice.chosen]
        if screen.several and not missing:
            return Move("tap", screen.controls["done"] if "done" in screen.controls else ticked[0].button)
        choice = missing[0] if missing else self._choice(screen)
        self.reconsiders = False
        return self._tap_or_type(choice, screen)

    def _tap_or_type(self, choice: Choice, screen: Screen) -> Move:
        typing = self.random.random() < self.character.typing and not self.misread[screen.question]
        if typing and not any(choice.chosen for choice in screen.choices):
            return Move("write", self._typed(choice, screen))
        return Move("tap", choice.button)

    def _typed(self, choice: Choice, screen: Screen) -> str:
        if screen.numbered and self.random.random() < 0.6:
            return choice.button
        slips = self.random.random() < self.character.misspelling
        return misspelt(choice.label, self.random) if slips else choice.label

    def _choice(self, screen: Screen) -> Choice:
        label = favourite(self.character, [choice.label for choice in screen.choices], self.reconsiders)
        return next(choice for choice in screen.choices if choice.label == label)

    def _unseen(self, screen: Screen) -> Choice | None:
        """What somebody who looks around has not looked at yet and likes best."""
        unseen = {choice.label: choice for choice in screen.choices if choice.label not in self._seen}
        return unseen[favourite(self.character, list(unseen))] if unseen else None
