"""Who is invited to a study that is being made: people of whom something is true, added to its panel in one step."""

from collections.abc import Sequence

from pydantic import BaseModel

from bot.chat.markup import Markup, join
from bot.delphi.protocol import Protocol, Seat, in_language
from bot.flows.calls.draft import known_of
from bot.flows.flow import Beginning, Ending, Flow, Option, PickOne, PickSeveral
from bot.flows.studies.access import desk, draft_of
from bot.flows.studies.drafts import keep
from bot.flows.turn import Turn
from bot.outreach import audience, recipients
from bot.outreach.audience import EVERYBODY, KINDS, All, Filter
from storage.studies import Study

# Takes everybody off the panel again.
NOBODY = "nobody"
EVERY = "everybody"


class Seats(BaseModel):
    """Into which group, by what people are chosen, which. `sure` confirms the number."""

    study: str
    grouped: bool = False
    group: str | None = None
    kind: str | None = None
    values: list[str] | None = None
    sure: str | None = None


async def _begin(turn: Turn, argument: str) -> Beginning:
    study, protocol = await draft_of(turn, argument)
    return Beginning({"study": argument, "grouped": bool(protocol.groups)}, f"study {study.code} seats")


async def _groups(turn: Turn, answers: Seats) -> Sequence[Option]:
    _, protocol = await draft_of(turn, answers.study)
    return [Option(group.id, in_language(group.name, turn.language)) for group in protocol.groups]


async def _kinds(turn: Turn, answers: Seats) -> Sequence[Option]:
    """By what people can be chosen at present; everybody; and nobody, where there are seats to be taken back."""
    known = await known_of(turn)
    _, protocol = await draft_of(turn, answers.study)
    kinds = [Option(kind, turn.words.plain(f"audience.kind.{kind}")) for kind in KINDS if known.options(kind)]
    ends = [EVERY, *([NOBODY] if protocol.panel else [])]
    return [*kinds, *(Option(end, turn.words.plain(f"seats.kind.{end}")) for end in ends)]


async def _values(turn: Turn, answers: Seats) -> Sequence[Option]:
    if answers.kind not in KINDS:
        return []
    known = await known_of(turn)
    return [
        Option(value, audience.label(answers.kind, value, turn.words, known)) for value in known.options(answers.kind)
    ]


async def _so_far(turn: Turn, answers: Seats) -> Markup:
    """How many have a seat, by group."""
    _, protocol = await draft_of(turn, answers.study)
    return _counted(turn, protocol)


def _counted(turn: Turn, protocol: Protocol) -> Markup:
    lines = [turn.words.count("seats.there", len(protocol.panel))]
    for group in protocol.groups:
        name = in_language(group.name, turn.language)
        members = sum(seat.group == group.id for seat in protocol.panel)
        lines.append(turn.words("seats.in_group", name=name, n=members))
    return join(lines)


async def _new(turn: Turn, answers: Seats, protocol: Protocol) -> list[Seat]:
    """The seats of those who are chosen and have none yet."""
    tree = EVERYBODY if answers.kind == EVERY else Filter(answers.kind or "", tuple(answers.values or ()))
    chosen = tree if isinstance(tree, All) else All((tree,))
    there = {seat.account for seat in protocol.panel}
    accounts = await recipients.accounts_of(await turn.connection(), chosen, turn.now)
    return [Seat(account=account, group=answers.group or "") for account in accounts if account not in there]


async def _how_many(turn: Turn, answers: Seats) -> Markup:
    _, protocol = await draft_of(turn, answers.study)
    if answers.kind == NOBODY:
        return turn.words.count("seats.emptied", len(protocol.panel))
    return turn.words.count("seats.added", len(await _new(turn, answers, protocol)))


async def _finish(turn: Turn, answers: Seats) -> Ending:
    study, protocol = await draft_of(turn, answers.study)
    if answers.sure == "yes":
        panel = [] if answers.kind == NOBODY else [*protocol.panel, *await _new(turn, answers, protocol)]
        protocol = protocol.model_copy(update={"panel": panel})
        await keep(turn, study, protocol)
    return Ending(_counted(turn, protocol), _onward(study))


def _onward(study: Study) -> tuple[tuple[str, str], ...]:
    return ("seats.more", f"seats_{study.id}"), ("desk.to_draft", desk(study))


SEATS: Flow[Seats] = Flow(
    name="seats",
    version=1,
    answers=Seats,
    review=False,
    begin=_begin,
    finish=_finish,
    steps=(
        PickOne(id="group", options=_groups, when=lambda answers: answers.grouped),
        PickOne(id="kind", options=_kinds, lead=_so_far, resets=("values",)),
        PickSeveral(id="values", options=_values, when=lambda answers: answers.kind not in (None, EVERY, NOBODY)),
        PickOne(id="sure", options=("yes", "no"), lead=_how_many),
    ),
)
FLOWS = (SEATS,)
