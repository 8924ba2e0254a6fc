"""A closed study's pseudonyms and answers written anew, so that neither ids, order, times nor words lead to people."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from sqlalchemy import Row, Select, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.panels import LENGTH, SIGNS
from storage.schema import answers, proposals, pseudonyms, study_items, study_log, study_rounds

ROWS_AT_ONCE = 2_000
WORDS_GONE = ""
"""What stands for an answer in words after it has lost its pseudonym."""

COMMENT, OPEN_ANSWER = "text.comment", "text.open"
"""Under which the log keeps words: {"round", "item", "version", "words"}."""

Key = tuple[int, int | None]
"""An old pseudonym's id, and the round that the new one is for; None for all of them."""


@dataclass(frozen=True, slots=True)
class Old:
    """What is to be written anew. `numbers`: a round's number by its id; `codes`: an item's code and version by its id;
    `open_items`: those that are answered in words."""

    people: Sequence[Row[Any]]
    answers: Sequence[Row[Any]]
    proposals: Sequence[Row[Any]]
    numbers: Mapping[int, int]
    codes: Mapping[int, tuple[str, int]]
    open_items: frozenset[int]


async def redraw(
    connection: AsyncConnection, study: Row[Any], smallest: int, rng: Random, scrub: Callable[[str], str]
) -> None:
    """Write pseudonyms, answers and proposals of a study anew; what hangs on the old pseudonyms goes with them.

    Comments that were shown and answers in words go into the log, under nobody's name. Fewer than `smallest` who took
    part in the same rounds are not followed from one round to the next; fewer in a group are in none.
    """
    old = await _read(connection, study.id)
    texts = [{"study_id": study.id, "at": study.closed_at, **text} for text in _texts(old, scrub)]
    # Of a comment without an answer nothing is left.
    given = [row for row in old.answers if row.unable or row.value is not None]
    kept = [_answer(row, row.item_id in old.open_items) for row in given]
    kept += _took_part(old.proposals, kept)
    people = _new_people(old, kept, smallest, rng)
    await connection.execute(delete(proposals).where(proposals.c.round_id.in_(old.numbers)))
    await connection.execute(delete(answers).where(answers.c.round_id.in_(old.numbers)))
    await connection.execute(delete(pseudonyms).where(pseudonyms.c.study_id == study.id))
    codes = _codes(len(people), rng)
    by_code = {
        code: {"study_id": study.id, "code": code} | values for code, values in zip(codes, people.values(), strict=True)
    }
    await _insert(connection, pseudonyms, rng.sample(list(by_code.values()), len(by_code)))
    made = await connection.execute(select(pseudonyms.c.code, pseudonyms.c.id).where(pseudonyms.c.study_id == study.id))
    id_of = {row.code: row.id for row in made}
    new: dict[Key, int] = {key: id_of[code] for key, code in zip(people, codes, strict=True)}
    for each in kept:
        own, number = each["pseudonym_id"], old.numbers[each["round_id"]]
        each["pseudonym_id"] = new[own, None] if (own, None) in new else new[own, number]
    await _insert(connection, answers, rng.sample(kept, len(kept)))
    proposed = [_proposal(row, scrub) for row in old.proposals]
    await _insert(connection, proposals, rng.sample(proposed, len(proposed)))
    await _insert(connection, study_log, rng.sample(texts, len(texts)))


def open_items(study_id: int) -> Select[Any]:
    """The ids of items that are answered in words."""
    return select(study_items.c.id).where(
        study_items.c.study_id == study_id, study_items.c.item["kind"].as_string() == "open"
    )


async def _read(connection: AsyncConnection, study_id: int) -> Old:
    rounds = select(study_rounds.c.id, study_rounds.c.number).where(study_rounds.c.study_id == study_id)
    numbers = {row.id: row.number for row in await connection.execute(rounds)}
    items = select(study_items.c.id, study_items.c.code, study_items.c.version)
    of_study = await connection.execute(items.where(study_items.c.study_id == study_id))
    people = await connection.execute(select(pseudonyms).where(pseudonyms.c.study_id == study_id))
    given = await connection.execute(select(answers).where(answers.c.round_id.in_(numbers)))
    proposed = await connection.execute(select(proposals).where(proposals.c.round_id.in_(numbers)))
    return Old(
        people.all(),
        given.all(),
        proposed.all(),
        numbers,
        {row.id: (row.code, row.version) for row in of_study},
        frozenset((await connection.execute(open_items(study_id))).scalars()),
    )


def _texts(old: Old, scrub: Callable[[str], str]) -> list[dict[str, Any]]:
    found = []
    for row in old.answers:
        said = [(COMMENT, row.comment_shown)] if row.comment_state == "shown" else []
        if row.item_id in old.open_items and isinstance(row.value, str):
            said.append((OPEN_ANSWER, scrub(row.value)))
        code, version = old.codes[row.item_id]
        place = {"round": old.numbers[row.round_id], "item": code, "version": version}
        found += [{"what": what, "detail": place | {"words": words}} for what, words in said if words]
    return found


def _answer(row: Row[Any], in_words: bool) -> dict[str, Any]:
    value = WORDS_GONE if in_words and not row.unable else row.value
    return {
        "round_id": row.round_id,
        "item_id": row.item_id,
        "pseudonym_id": row.pseudonym_id,
        "value": value,
        "unable": row.unable,
        "why_changed": row.why_changed,
    }


def _took_part(proposed: Sequence[Row[Any]], kept: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """That somebody proposed something, now that the proposal itself is nobody's."""
    there = {(each["round_id"], each["item_id"], each["pseudonym_id"]) for each in kept}
    places = {(row.round_id, row.item_id, row.pseudonym_id) for row in proposed if row.pseudonym_id is not None}
    columns = ("round_id", "item_id", "pseudonym_id")
    given = {"value": WORDS_GONE, "unable": False, "why_changed": ""}
    return [dict(zip(columns, place, strict=True)) | given for place in sorted(places - there)]


def _proposal(row: Row[Any], scrub: Callable[[str], str]) -> dict[str, Any]:
    return {
        "round_id": row.round_id,
        "item_id": row.item_id,
        "words": scrub(row.words),
        "state": row.state,
        "reason": row.reason,
        "became_id": row.became_id,
    }


def _new_people(old: Old, kept: Sequence[Mapping[str, Any]], smallest: int, rng: Random) -> dict[Key, dict[str, Any]]:
    """The new pseudonyms; those who can be told by the rounds that they took part in have one for each round."""
    rounds: dict[int, set[int]] = defaultdict(set)
    for each in kept:
        rounds[each["pseudonym_id"]].add(old.numbers[each["round_id"]])
    course = {row.id: (frozenset(rounds[row.id]), row.first_round, row.last_round, row.withdrew) for row in old.people}
    groups = _groups(Counter(row.group for row in old.people), smallest)
    apart = _apart(rounds, course, smallest, rng)
    people: dict[Key, dict[str, Any]] = {}
    for row in old.people:
        group = {"group": groups[row.group]}
        if row.id not in apart:
            whole = {"first_round": row.first_round, "last_round": row.last_round, "withdrew": row.withdrew}
            people[row.id, None] = group | whole
        for number in rounds[row.id] if row.id in apart else ():
            people[row.id, number] = group | {"first_round": number, "last_round": number, "withdrew": False}
    return people


def _apart(rounds: Mapping[int, set[int]], course: Mapping[int, object], smallest: int, rng: Random) -> set[int]:
    """Who is not followed from one round to the next: those whose course through the rounds fewer than `smallest`
    share, and as many more, by lot, as it takes for nobody to be known in a round by that. Who answered nothing has
    nothing to be known by."""
    apart: set[int] = set()
    while True:
        followed = [id for id in sorted(rounds) if rounds[id] and id not in apart]
        alike = Counter(course[id] for id in followed)
        few = {id for id in followed if alike[course[id]] < smallest}
        if not few:
            known = Counter(number for id in apart for number in rounds[id])
            short = {number for number, count in known.items() if count < smallest}
            others = [id for id in followed if rounds[id] & short]
            if not others:
                return apart
            few = {rng.choice(others)}
        apart |= few


def _groups(sizes: Mapping[str, int], smallest: int) -> dict[str, str]:
    """What becomes of each group: small ones are none, with the next smallest as long as those in none are few."""
    ordered = sorted(sizes, key=lambda group: (group != "", sizes[group], group))
    none = [group for group in ordered if not group or sizes[group] < smallest]
    while none and sum(sizes[group] for group in none) < smallest and len(none) < len(ordered):
        none.append(ordered[len(none)])
    return {group: "" if group in none else group for group in sizes}


def _codes(count: int, rng: Random) -> list[str]:
    codes: set[str] = set()
    while len(codes) < count:
        codes.add("P-" + "".join(rng.choices(SIGNS, k=LENGTH)))
    return rng.sample(sorted(codes), count)


async def _insert(connection: AsyncConnection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    for begin in range(0, len(rows), ROWS_AT_ONCE):
        await connection.execute(insert(table), rows[begin : begin + ROWS_AT_ONCE])
