"""A question of the next round in other words, made of two, or made into two.

What was asked never changes: other words are another version, and what was merged or split gives its place to new
questions that say what they were made from. The rounds before cannot be compared with them, and that is on purpose.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from bot.chat.markup import Markup, join
from bot.chat.tokens import row_id
from bot.delphi.checking import LONGEST
from bot.delphi.protocol import Item as Written
from bot.delphi.protocol import Protocol, read_item, stored_item
from bot.delphi.protocol import in_language as words_in
from bot.flows.flow import Beginning, Ending, Flow, Halt, Misfit, Option, PickOne, Write
from bot.flows.studies.access import shortly
from bot.flows.studies.next_round import Plan, amend, ask, plan_of, token
from bot.flows.studies.spoken import Spoken, in_language, named, spoken
from bot.flows.turn import Turn
from bot.locales import LANGUAGES
from storage import study_items
from storage.study_items import Item


class Change(Spoken):
    """Of which question of which round. `other` is what it is merged with; the
    second words are those of the other half when it is split."""

    round: str
    item: str
    other: str | None = None
    text_en: str | None = None
    text_fr: str | None = None
    text_es: str | None = None
    second_en: str | None = None
    second_fr: str | None = None
    second_es: str | None = None


async def _begin(turn: Turn, argument: str) -> Beginning:
    of_round, _, of_item = argument.partition("-")
    plan = await plan_of(turn, of_round)
    item = _asked(turn, plan, of_item)
    about = f"study {plan.study.code} item {item.id}"
    return Beginning({"round": of_round, "item": of_item, **spoken(plan.protocol.languages)}, about)


def _asked(turn: Turn, plan: Plan, argument: str) -> Item:
    """A question that the round asks. Raises Halt."""
    item = plan.item(row_id(argument))
    if item is None or not plan.asks(item):
        raise Halt(turn.words("nextround.not_asked"), (("nextround.all", token(plan)),), drop=True)
    return item


async def _plan_and_item(turn: Turn, answers: Change) -> tuple[Plan, Item]:
    plan = await plan_of(turn, answers.round)
    return plan, _asked(turn, plan, answers.item)


def _now(language: str) -> Callable[[Turn, Change], Any]:
    """What the question says now in a language."""

    async def lead(turn: Turn, answers: Change) -> Markup:
        plan, item = await _plan_and_item(turn, answers)
        said = read_item(item.item).text.get(language, "") or "–"  # type: ignore[call-overload]  # a Language
        now = turn.words("rework.now", code=item.code, text=said)
        other = plan.item(row_id(answers.other)) if answers.other else None
        if other is None:
            return now
        said = read_item(other.item).text.get(language, "") or "–"  # type: ignore[call-overload]  # a Language
        return join([now, turn.words("rework.now", code=other.code, text=said)])

    return lead


def _read(_turn: Turn, written: str) -> str:
    tidy = " ".join(written.split())
    if len(tidy) > LONGEST["text"]:
        raise Misfit("write.too_long", longest=LONGEST["text"], length=len(tidy))
    return tidy


def _writes(name: str, *, optional: bool = False, lead: bool = True) -> tuple[Write[Change], ...]:
    """A question for the words in each of the study's languages."""
    return tuple(
        Write(
            id=f"{name}_{language}",
            texts=name,
            fills=named(language),
            when=in_language(language),
            optional=optional,
            long=True,
            lead=_now(language) if lead else None,
            read=_read,
        )
        for language in LANGUAGES
    )


async def _finish_rewording(turn: Turn, answers: Change) -> Ending:
    plan, item = await _plan_and_item(turn, answers)
    written = read_item(item.item)
    changed = {language: said for language, said in answers.texts("text").items() if said != written.text.get(language)}  # type: ignore[call-overload]  # a Language
    back = (("nextround.all", token(plan)),)
    if not changed:
        return Ending(turn.words("reword.unchanged", code=item.code), back)
    new = written.model_copy(update={"text": {**written.text, **changed}})
    lineage = [{"how": "reworded", "item": item.code, "version": item.version}]
    await _put(turn, plan, [item], [(item.code, new)], lineage)
    return Ending(turn.words("reword.done", code=item.code), back)


async def _finish_merging(turn: Turn, answers: Change) -> Ending:
    plan, item = await _plan_and_item(turn, answers)
    other = _asked(turn, plan, answers.other or "")
    known = await study_items.all_of(await turn.connection(), plan.study.id)
    code = free_code([one.code for one in known], item.code)
    new = read_item(item.item).model_copy(update={"id": code, "text": answers.texts("text")})
    lineage = [{"how": "merged", "item": one.code, "version": one.version} for one in (item, other)]
    await _put(turn, plan, [item, other], [(code, new)], lineage)
    said = turn.words("merge.done", first=item.code, second=other.code, code=code)
    return Ending(said, (("nextround.all", token(plan)),))


async def _finish_splitting(turn: Turn, answers: Change) -> Ending:
    plan, item = await _plan_and_item(turn, answers)
    codes = [one.code for one in await study_items.all_of(await turn.connection(), plan.study.id)]
    halves: list[tuple[str, Written]] = []
    for name in ("text", "second"):
        code = free_code([*codes, *(code for code, _ in halves)], item.code)
        halves.append((code, read_item(item.item).model_copy(update={"id": code, "text": answers.texts(name)})))
    lineage = [{"how": "split", "item": item.code, "version": item.version}]
    await _put(turn, plan, [item], halves, lineage)
    said = turn.words("split.done", code=item.code, first=halves[0][0], second=halves[1][0])
    return Ending(said, (("nextround.all", token(plan)),))


async def _put(
    turn: Turn,
    plan: Plan,
    olds: Sequence[Item],
    news: Sequence[tuple[str, Written]],
    lineage: Sequence[Mapping[str, Any]],
) -> None:
    """The new questions take the place of the old ones in the round, and the amendment says how."""
    connection = await turn.connection()
    ids = []
    for code, written in news:
        # Somebody of the panel proposed it, whatever words it has now.
        origin = olds[0].origin
        ids.append(
            await study_items.add(connection, plan.study.id, code, stored_item(written), origin=origin, lineage=lineage)
        )
    order = [item.id for item in plan.asked]
    place = order.index(olds[0].id)
    gone = {item.id for item in olds}
    kept_before = [id for id in order[:place] if id not in gone]
    kept_after = [id for id in order[place:] if id not in gone]
    await ask(turn, plan, [*kept_before, *ids, *kept_after])
    for old in olds:
        await study_items.replace(connection, old.id)
    before = "; ".join(f"{old.code}: {_plain(read_item(old.item), plan.protocol)}" for old in olds)
    after = "; ".join(f"{code}: {_plain(written, plan.protocol)}" for code, written in news)
    await amend(turn, plan.study, f"item {olds[0].code}", before, after)


def _plain(written: Written, protocol: Protocol) -> str:
    return words_in(written.text, protocol.languages[0])


def free_code(codes: Collection[str], like: str) -> str:
    """The next code in the series of this one: `A4` after A1, A2 and A3, whichever of them it is."""
    series = re.sub(r"\d+$", "", like) or "N"
    numbers = [int(found[1]) for code in codes if (found := re.fullmatch(rf"{re.escape(series)}(\d+)", code))]
    return f"{series}{max(numbers, default=0) + 1}"


async def _partners(turn: Turn, answers: Change) -> Sequence[Option]:
    """The questions of the round that are answered in the same way."""
    plan, item = await _plan_and_item(turn, answers)
    mine = _way(read_item(item.item), plan.protocol)
    return [
        Option(str(one.id), f"{one.code}. {shortly(read_item(one.item).text, turn.words)}")
        for one in plan.asked
        if one.id != item.id and _way(read_item(one.item), plan.protocol) == mine
    ]


def _way(written: Written, protocol: Protocol) -> tuple[str, str]:
    return written.kind, str(protocol.scale_of(written))


async def _begin_merging(turn: Turn, argument: str) -> Beginning:
    beginning = await _begin(turn, argument)
    if not await _partners(turn, Change.model_validate(beginning.answers)):
        plan = await plan_of(turn, argument.partition("-")[0])
        raise Halt(turn.words("merge.alone"), (("nextround.all", token(plan)),))
    return beginning


REWORD: Flow[Change] = Flow(
    name="reword",
    version=1,
    answers=Change,
    begin=_begin,
    finish=_finish_rewording,
    steps=_writes("text", optional=True),
)
MERGE: Flow[Change] = Flow(
    name="merge",
    version=1,
    answers=Change,
    begin=_begin_merging,
    finish=_finish_merging,
    steps=(PickOne(id="other", options=_partners), *_writes("text")),
)
SPLIT: Flow[Change] = Flow(
    name="split",
    version=1,
    answers=Change,
    begin=_begin,
    finish=_finish_splitting,
    steps=(*_writes("text"), *_writes("second", lead=False)),
)
FLOWS = (REWORD, MERGE, SPLIT)
