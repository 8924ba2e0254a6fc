"""The next round before it opens: what it asks and why, what it leaves out, and changing that.

`studyround_12` is the round, `studyround_12_i-345` one of its questions; questions go in and out with one tap. Going
against the protocol's rule is an amendment, which the report prints.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import Markup, join, text
from bot.chat.messages import Button, Rows
from bot.chat.tokens import Standing, row_id
from bot.delphi.outcome import ItemOutcome, Outcome
from bot.delphi.protocol import OpenItem, Protocol, in_language, read_item
from bot.flows.flow import Halt
from bot.flows.studies import moderation
from bot.flows.studies.access import Drawn, desk, digits, language_name, round_ahead, shortly, title_of
from bot.flows.studies.feedback import Own, feedback
from bot.flows.studies.rounds import choose_items
from bot.flows.studies.times import local_date, moment
from bot.flows.turn import Turn
from bot.locales import Words
from storage import studies, study_items
from storage.studies import Round, Study
from storage.study_items import Item

# Questions on one screen.
PAGE = 12
# What an amendment says of a question before and after it is taken out.
ASKED = ("asked", "not asked")
# Why a question that was taken out by hand does not come back.
BY_HAND = "moderator"


@dataclass(frozen=True, slots=True)
class Plan:
    """A round to come: the questions that it asks, in their order, and those that it could ask as well. `came` is what
    came of each in the round before, by item id."""

    study: Study
    protocol: Protocol
    round: Round
    asked: Sequence[Item]
    left_out: Sequence[Item]
    came: dict[int, ItemOutcome]
    before: int

    @property
    def everything(self) -> list[Item]:
        return [*self.asked, *self.left_out]

    def item(self, id: int | None) -> Item | None:
        """One of its questions."""
        return next((item for item in self.everything if item.id == id), None)

    def asks(self, item: Item) -> bool:
        """Whether the round asks it, as things stand."""
        return any(one.id == item.id for one in self.asked)


async def next_round(turn: Turn, argument: str) -> Drawn:
    """See the module's docstring."""
    number, _, rest = argument.partition("_")
    plan = await plan_of(turn, number)
    if plan.round.state == "planned" and not plan.asked:
        return _not_chosen(turn, plan)
    act, _, detail = rest.partition("-")
    item = plan.item(row_id(detail))
    if act == "p" or item is None:
        return await _listing(turn, plan, row_id(detail) or 0 if act == "p" else 0)
    if act == "o":
        return await _take_out(turn, plan, item)
    if act == "b":
        return await _bring_back(turn, plan, item)
    return await _item(turn, plan, item)


async def plan_of(turn: Turn, argument: str) -> Plan:
    """A round that has not opened, for its study's moderators. Raises Halt."""
    study, each = await round_ahead(turn, argument)
    connection = await turn.connection()
    asked = await study_items.of_round(connection, each.id)
    there = {item.id for item in asked}
    left_out = [
        item
        for item in await study_items.all_of(connection, study.id)
        if item.id not in there and item.state != "replaced" and _belongs(item, each)
    ]
    outcome = await _outcome_before(connection, each)
    came = {} if outcome is None else {item.id: one for item in (*asked, *left_out) if (one := _came(outcome, item))}
    protocol = Protocol.model_validate(study.protocol)
    return Plan(study, protocol, each, asked, left_out, came, outcome.round if outcome is not None else 0)


async def ask(turn: Turn, plan: Plan, item_ids: Sequence[int]) -> None:
    """Have the round ask these questions. Raises Halt when it opens in this moment."""
    if not await choose_items(await turn.connection(), plan.round, item_ids):
        raise Halt(
            turn.words("nextround.is_open", number=plan.round.number), (("desk.card", desk(plan.study)),), drop=True
        )


async def amend(turn: Turn, study: Study, what: str, before: str, after: str) -> None:
    """Put down that what is asked is another thing than the protocol said; the method stays as it is."""
    await studies.amend(
        await turn.connection(),
        study.id,
        what=what,
        before=before,
        after=after,
        reason="",
        protocol=study.protocol,
        protocol_hash=study.protocol_hash,
        now=turn.now,
    )


def token(plan: Plan, act: str = "", detail: object = "") -> str:
    """The token of an act on a round; of the round itself without one."""
    what = f"{plan.round.id}_{act}-{detail}" if act else str(plan.round.id)
    return str(Standing("studyround", what))


def _belongs(item: Item, each: Round) -> bool:
    """Open questions of round 0 are asked in it, and all the others in the rounds of ratings."""
    written = read_item(item.item)
    return (isinstance(written, OpenItem) and written.proposals) == (each.number == 0)


async def _outcome_before(connection: AsyncConnection, each: Round) -> Outcome | None:
    """The last closed round of ratings."""
    closed = [
        one
        for one in await studies.rounds(connection, each.study_id)
        if 0 < one.number < each.number and one.outcome is not None
    ]
    return Outcome.model_validate(closed[-1].outcome) if closed else None


def _came(outcome: Outcome, item: Item) -> ItemOutcome | None:
    return next((one for one in outcome.items if (one.code, one.version) == (item.code, item.version)), None)


def _not_chosen(turn: Turn, plan: Plan) -> Drawn:
    """The round before it has still to decide what it asks."""
    opens = local_date(plan.round.opens_at, turn.person.zone, turn.words)
    title = title_of(plan.study, turn.words)
    said = turn.words("nextround.not_chosen", number=plan.round.number, title=title, opens=opens)
    return said, turn.onward((("desk.card", desk(plan.study)),))


async def _listing(turn: Turn, plan: Plan, first: int, lead: Markup = ()) -> Drawn:
    words, each = turn.words, plan.round
    shown = plan.everything[first : first + PAGE]
    head = words(
        "nextround.head",
        number=each.number,
        title=title_of(plan.study, words),
        opens=local_date(each.opens_at, turn.person.zone, words),
        closes=moment(each.closes_at, turn.person.zone, words),
    )
    parts: list[Markup] = [lead, head, words.count("nextround.asks", len(plan.asked))]
    buttons: list[Button] = []
    for group, belongs in (("in", True), ("out", False)):
        lines = []
        for item in (one for one in shown if plan.asks(one) == belongs):
            place = plan.everything.index(item) + 1
            buttons.append(Button(str(place), token(plan, "i", item.id)))
            lines.append(_line(plan, item, place, words))
        if lines:
            parts.append(join([words(f"nextround.those_{group}"), *lines]))
    rows = list(digits(turn, buttons))
    turning = []
    if first:
        turning.append(turn.button("nextround.before", token(plan, "p", max(0, first - PAGE))))
    if first + PAGE < len(plan.everything):
        turning.append(turn.button("nextround.more", token(plan, "p", first + PAGE)))
    parts += [await moderation.waiting(turn, plan.study), words("nextround.opens_itself")]
    return join(parts, "\n\n"), tuple(
        row
        for row in (
            *rows,
            tuple(turning),
            *await moderation.rows(turn, plan.study),
            (turn.button("desk.card", desk(plan.study)),),
        )
        if row
    )


def _line(plan: Plan, item: Item, place: int, words: Words) -> Markup:
    said = words("nextround.line", place=place, code=item.code, text=shortly(read_item(item.item).text, words))
    return join([said, _why(plan, item, words)], " – ")


def _why(plan: Plan, item: Item, words: Words) -> Markup:
    """Why it comes back, or does not."""
    if item.verdict == BY_HAND:
        return words("nextround.why_moderator")
    came = plan.came.get(item.id)
    if came is not None:
        return words(f"nextround.why_{came.decision.why}")
    if item.verdict:
        return words(f"nextround.why_{item.verdict}")
    if item.lineage and item.lineage[0]["how"] in ("reworded", "merged", "split"):
        return words(f"nextround.why_{item.lineage[0]['how']}")
    return words("nextround.why_new") if item.origin == "panel" else ()


async def _item(turn: Turn, plan: Plan, item: Item, lead: Markup = ()) -> Drawn:
    """One question with its words in every language, what it was made from, and what came of it."""
    words, written = turn.words, read_item(item.item)
    asks = plan.asks(item)
    came = plan.came.get(item.id)
    wordings = [
        words("nextround.text", language=language_name(language, words), text=said)
        for language, said in written.text.items()
    ]
    parts = [
        lead,
        words("nextround.item_in" if asks else "nextround.item_out", code=item.code, number=plan.round.number),
        join(wordings),
        text(in_language(written.explanation, words.language)),
        await _lineage(turn, item),
        words("nextround.because", why=why) if (why := _why(plan, item, words)) else (),
    ]
    if came is not None and came.kind != "open":
        numbers = feedback(written, came, Own(), plan.protocol, words)
        # What a panellist reads begins with their own answer, which a moderator has none of.
        told = words("nextround.came", number=plan.before)
        parts.append(join([told, _without(numbers, words("feedback.silent"))]))
    rows: Rows = ()
    if asks:
        rows += ((turn.button("nextround.out", token(plan, "o", item.id)),),)
        at = f"{plan.round.id}-{item.id}"
        reword, split = (turn.button(f"nextround.{name}", Standing(name, at)) for name in ("reword", "split"))
        if plan.round.number:
            rows += ((reword, split), (turn.button("nextround.merge", Standing("merge", at)),))
        else:
            rows += ((reword,),)
    else:
        rows += ((turn.button("nextround.back_in", token(plan, "b", item.id)),),)
    return join(parts, "\n\n"), (*rows, (turn.button("nextround.all", token(plan)),))


def _without(said: Markup, first: Markup) -> Markup:
    """The same words without their first sentence."""
    if not first or said[: len(first)] != first:
        return said
    next_, *rest = said[len(first) :]
    return replace(next_, text=next_.text.lstrip()), *rest


async def _lineage(turn: Turn, item: Item) -> Markup:
    """What it was made from, with the words that it had."""
    lines = []
    known = {(one.code, one.version): one for one in await study_items.all_of(await turn.connection(), item.study_id)}
    for step in item.lineage:
        earlier = known.get((step["item"], step["version"]))
        said = shortly(read_item(earlier.item).text, turn.words, 200) if earlier is not None else "–"
        lines.append(turn.words(f"nextround.was_{step['how']}", code=step["item"], text=said))
    return join(lines)


async def _take_out(turn: Turn, plan: Plan, item: Item) -> Drawn:
    """Ask it no more. One question has to stay: a study is ended, and not emptied."""
    if not plan.asks(item):
        return await _item(turn, plan, item)
    if len(plan.asked) == 1:
        return await _item(turn, plan, item, turn.words("nextround.last"))
    await ask(turn, plan, [one.id for one in plan.asked if one.id != item.id])
    await study_items.retire(await turn.connection(), item.id, BY_HAND, max(0, plan.round.number - 1))
    await amend(turn, plan.study, f"round {plan.round.number} asks {item.code}", *ASKED)
    changed = await plan_of(turn, str(plan.round.id))
    return await _listing(turn, changed, 0, turn.words("nextround.taken_out", code=item.code))


async def _bring_back(turn: Turn, plan: Plan, item: Item) -> Drawn:
    """Ask it after all, in its place."""
    if plan.asks(item):
        return await _item(turn, plan, item)
    both = sorted([*plan.asked, item], key=lambda one: (one.position, one.code, one.version))
    await ask(turn, plan, [one.id for one in both])
    await study_items.revive(await turn.connection(), item.id)
    await amend(turn, plan.study, f"round {plan.round.number} asks {item.code}", *reversed(ASKED))
    changed = await plan_of(turn, str(plan.round.id))
    return await _listing(turn, changed, 0, turn.words("nextround.brought_back", code=item.code))
