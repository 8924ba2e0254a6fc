"""Filling in a form, field by field, as somebody does who may be told that a field is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from sandbox.simulation import writing
from sandbox.simulation.character import Character
from sandbox.simulation.choosing import favourite, wanted
from sandbox.simulation.reading import Field, OpenForm

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
    random: Random
    _done: set[tuple[str, str]] = field(default_factory=set)
    _wrong: dict[tuple[str, str], int] = field(default_factory=dict)
    _redo: set[tuple[str, str]] = field(default_factory=set)

    def next(self, form: OpenForm) -> Entry | None:
        """The next field from the top, None when the form is ready to be sent."""
        for one in form.fields:
            key = (form.id, one.id)
            if key in self._redo or (key not in self._done and not one.held and self._cares(one)):
                self._redo.discard(key)
                self._done.add(key)
                return Entry(one, self._value(one, self._wrong.get(key, 0)))
        return None

    def refused(self, form: OpenForm) -> list[Field]:
        """Take note of the fields that are marked as wrong, to do them again."""
        wrong = [one for one in form.fields if one.error]
        for one in wrong:
            key = (form.id, one.id)
            self._redo.add(key)
            self._wrong[key] = self._wrong.get(key, 0) + 1
        return wrong

    def _cares(self, one: Field) -> bool:
        return not one.optional or self.character.liking(one.label) > WRITES

    def _value(self, one: Field, attempt: int) -> str | Sequence[str]:
        if one.kind == "several":
            return wanted(self.character, one.options)
        if one.kind == "one":
            return favourite(self.character, one.options)
        return writing.answer(f"{one.label} {one.hint}", self.character, self.random, attempt)
