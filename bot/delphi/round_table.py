"""The answers of one round, by item and by pseudonym: what its outcome is computed from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bot.delphi.distribution import MISSING, UNABLE
from bot.delphi.protocol import Item

Answer = int | float | str | Sequence[str]
"""A rating, a number, one option or words, several options (in order, for a ranking)."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One version of an item and what each panellist answered to it, in the order of the table's panellists.

    `answers` has None where there is no answer; `unable`, shape (panellists,), says for which of those it was "unable
    to score". `why`: why each was changed since the round before, as far as it was asked and said; empty for no column
    of reasons.
    """

    code: str
    version: int
    item: Item
    answers: Sequence[Answer | None]
    unable: Mask
    why: Sequence[str] = ()

    @property
    def name(self) -> str:
        """What tells versions apart where items are matched between rounds."""
        return f"{self.code}/{self.version}"

    def has_answer(self) -> Mask:
        """Who answered, shape (panellists,); "unable to score" is an answer."""
        given = np.array([answer is not None for answer in self.answers], dtype=np.bool_)
        answered: Mask = given | self.unable
        return answered

    def ratings(self) -> NDArray[np.int16]:
        """The points of a scale, with MISSING and UNABLE, shape (panellists,)."""
        points = np.array([MISSING if answer is None else answer for answer in self.answers], dtype=np.int16)
        points[self.unable] = UNABLE
        return points


@dataclass(frozen=True, slots=True, eq=False)
class RoundTable:
    """Everyone who consented, by pseudonym, whether they answered in this round or not; the items of the round.

    `groups` names each one's group, "" for none; `withdrawn`, shape (panellists,), who had left the study by the end
    of the round. Who never came as far as a pseudonym is only counted, by group: `waiting` did not answer the
    invitation, `declined` said no.
    """

    panellists: tuple[str, ...]
    groups: tuple[str, ...]
    columns: tuple[Column, ...]
    withdrawn: Mask
    waiting: Mapping[str, int] = field(default_factory=dict)
    declined: Mapping[str, int] = field(default_factory=dict)
