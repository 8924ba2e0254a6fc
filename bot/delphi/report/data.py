"""A closed study as its report needs it, and the same without anything that tells people apart."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Any

import numpy as np

from bot.delphi.closing import outcome_of
from bot.delphi.outcome import Outcome
from bot.delphi.protocol import Item, Protocol
from bot.delphi.round_table import Column, RoundTable

MERGED = "merged"
"""The group of all whose own group is too small."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round that has closed. `opens` and `closes` are wall times."""

    number: int
    opens: str
    closes: str
    opened_at: datetime | None
    closed_at: datetime | None
    table: RoundTable


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """A version of an item. `lineage`: `[{"how": "reworded", "item": "B3", "version": 1}]`; `origin`: protocol or
    panel; `state`: active, retired or replaced."""

    code: str
    version: int
    item: Item
    origin: str
    lineage: Sequence[Mapping[str, Any]]
    state: str
    verdict: str
    retired_round: int | None


@dataclass(frozen=True, slots=True)
class Amendment:
    """A change of the frozen protocol, and the hash of the protocol after it."""

    at: datetime
    what: str
    before: Any
    after: Any
    reason: str
    protocol_hash: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words of a panellist, scrubbed of names, without whose they are: a comment, or an answer to an open question."""

    round: int
    code: str
    version: int
    words: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was proposed in round 0, and what became of it: accepted, merged, declined or waiting."""

    words: str
    state: str
    reason: str
    became: str


@dataclass(frozen=True, slots=True)
class StudyData:
    """`protocol` is the one in force at the end, `published` the one that was frozen before round 1."""

    protocol: Protocol
    published: Protocol
    rehearsal: bool
    published_at: datetime | None
    closed_at: datetime | None
    sealed_at: datetime | None
    stop_reason: str
    rounds: tuple[Round, ...]
    items: tuple[ItemVersion, ...]
    amendments: tuple[Amendment, ...] = ()
    comments: tuple[Text, ...] = ()
    open_answers: tuple[Text, ...] = ()
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """A study as it may be handed on: pseudonyms drawn anew, small groups merged, words in random order; and what came
    of each round, computed from nothing but these data."""

    study: StudyData
    outcomes: tuple[Outcome, ...]

    @property
    def rated_rounds(self) -> list[tuple[Round, Outcome]]:
        """The rounds of ratings, each with its outcome."""
        return [pair for pair in zip(self.study.rounds, self.outcomes, strict=True) if pair[0].number]


def publish(study: StudyData, rng: Random) -> Published:
    """Takes from a study what tells people apart. The same panellist has the same new pseudonym in every round."""
    groups = merged_groups(study)
    people = sorted({name for each in study.rounds for name in each.table.panellists})
    rng.shuffle(people)
    width = len(str(len(people)))
    codes = {name: f"R{number:0{width}}" for number, name in enumerate(people, start=1)}
    rounds = tuple(replace(each, table=_without_people(each.table, codes, groups)) for each in study.rounds)
    texts = [shuffled(words, rng) for words in (study.comments, study.open_answers)]
    anonymous = replace(
        study, rounds=rounds, comments=texts[0], open_answers=texts[1], proposals=tuple(_shuffle(study.proposals, rng))
    )
    outcomes: list[Outcome] = []
    previous: tuple[int, RoundTable] | None = None
    for each in rounds:
        outcomes.append(outcome_of(study.protocol, each.number, each.table, previous))
        # Round 0 has no ratings to compare with.
        previous = (each.number, each.table) if each.number else None
    return Published(anonymous, tuple(outcomes))


def merged_groups(study: StudyData) -> dict[str, str]:
    """What each group becomes: groups smaller than the protocol's minimum are one together, with the next smallest as
    long as that is too small itself; where one group is left there are none."""
    member = {name: group for each in study.rounds for name, group in zip(*_people(each.table), strict=True)}
    sizes = Counter(member.values())
    smallest = study.protocol.smallest_group
    ordered = sorted(sizes, key=lambda group: (sizes[group], group))
    merged = [group for group in ordered if sizes[group] < smallest]
    while merged and sum(sizes[group] for group in merged) < smallest and len(merged) < len(ordered):
        merged.append(ordered[len(merged)])
    others = {group for each in study.rounds for counts in _never_joined(each.table) for group in counts}
    names = {group: MERGED if group in merged or group not in sizes else group for group in {*sizes, *others}}
    return names if len(set(names.values())) > 1 else dict.fromkeys(names, "")


def shuffled(texts: Sequence[Text], rng: Random) -> tuple[Text, ...]:
    """By round and item, and within an item in random order: the order of answering would tell who is who."""
    return tuple(sorted(_shuffle(texts, rng), key=lambda text: (text.code, text.version, text.round)))


def _shuffle(values: Sequence[Any], rng: Random) -> list[Any]:
    return rng.sample(list(values), len(values))


def _people(table: RoundTable) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return table.panellists, table.groups


def _never_joined(table: RoundTable) -> tuple[Mapping[str, int], Mapping[str, int]]:
    return table.waiting, table.declined


def _without_people(table: RoundTable, codes: Mapping[str, str], groups: Mapping[str, str]) -> RoundTable:
    order = sorted(range(len(table.panellists)), key=lambda row: codes[table.panellists[row]])
    waiting, declined = (_summed(counts, groups) for counts in _never_joined(table))
    return RoundTable(
        panellists=tuple(codes[table.panellists[row]] for row in order),
        groups=tuple(groups[table.groups[row]] for row in order),
        columns=tuple(_reordered(column, order) for column in table.columns),
        withdrawn=table.withdrawn[order] if order else np.zeros(0, dtype=np.bool_),
        waiting=waiting,
        declined=declined,
    )


def _reordered(column: Column, order: Sequence[int]) -> Column:
    return replace(
        column,
        answers=[column.answers[row] for row in order],
        unable=column.unable[list(order)],
        why=[column.why[row] for row in order] if column.why else (),
    )


def _summed(counts: Mapping[str, int], groups: Mapping[str, str]) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for group, count in counts.items():
        summed[groups[group]] += count
    return dict(summed)
