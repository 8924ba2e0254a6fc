"""Filling in a form, field by field, as somebody does who may be told that a field is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from sandbox.simulation import writing
from sandbox.simulation.character import Character
from sandbox.simulation.choosing import favourite, wanted
from sandbox.simulation.goal import Goal
from sandbox.slack.form import Field, Modal

WRITES = 0.45
"""How much one has to care for an optional question to answer it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What goes into a field: words, or the labels of options."""

    field: Field
    value: str | Sequence[str]


@dataclass(slots=True)
class Filling:
    """What a person has done to the forms they were shown."""

    character: Character
    goal: Goal
    random: Random
    _done: set[tuple[str, str]] = field(default_factory=set)
    _wrong: dict[tuple[str, str], int] = field(default_factory=dict)
    _redo: set[tuple[str, str]] = field(default_factory=set)

    def next(self, form: Modal) -> Entry | None:
        """The next field from the top, None when the form is ready to be sent."""
        for one in form.fields:
            key = (form.id, one.id)
            if key in self._redo or (key not in self._done and not one.value):
                self._redo.discard(key)
                self._done.add(key)
                if value := self._value(form, one):
                    return Entry(one, value)
        return None

    def refused(self, form: Modal) -> list[Field]:
        """Take note of the fields that are marked as wrong, to do them again."""
        wrong = [one for one in form.fields if one.error]
        for one in wrong:
            key = (form.id, one.id)
            self._redo.add(key)
            self._wrong[key] = self._wrong.get(key, 0) + 1
        return wrong

    def _value(self, form: Modal, one: Field) -> str | Sequence[str]:
        """What goes into it; empty for what they leave out."""
        meant = self.goal.fill(self.character, form, one)
        if meant is not None:
            return meant
        if one.kind == "files":
            return ""
        if one.optional and self.character.liking(one.label) <= WRITES:
            return ""
        if one.kind == "several":
            return wanted(self.character, one.options)
        if one.kind == "one":
            return favourite(self.character, one.options)
        return writing.answer(
            f"{one.label} {one.hint}", self.character, self.random, self._wrong.get((form.id, one.id), 0)
        )
