"""`/coalitions`: what I joined or asked to join, what I pledged; change it, or leave."""

from typing import Any

from pydantic import BaseModel

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows, Say
from bot.chat.tokens import Standing, row_id
from bot.flows import describe, money
from bot.flows.colleagues import colleagues
from bot.flows.flow import Beginning, Ending, Flow, Halt, Option, PickSeveral, Write
from bot.flows.joining.join import CONTRIBUTIONS, pledges_of
from bot.flows.progress import obligations
from bot.flows.turn import Turn
from storage import coalitions
from storage import obligations as stored
from storage.coalitions import Membership


async def mine(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """The list, or with a membership's number its card."""
    if argument:
        return await _card(turn, await _own(turn, argument))
    memberships = await coalitions.of_participant(await turn.connection(), turn.person.id)
    if not memberships:
        return turn.words("coalitions.none"), (
            (turn.button("start.join", "join"),),
            (turn.button("start.objectives", "objectives"),),
        )
    if len(memberships) == 1:
        return await _card(turn, memberships[0])
    lines = [
        turn.words(
            "coalitions.line",
            place=place,
            kind=turn.words.plain(f"kind.{one.kind}"),
            title=one.title,
            state=turn.words.plain(f"coalitions.{one.state}"),
        )
        for place, one in enumerate(memberships, 1)
    ]
    buttons = [Button(str(place), str(Standing("coalitions", str(one.id)))) for place, one in enumerate(memberships, 1)]
    rows = tuple(tuple(buttons[start : start + 5]) for start in range(0, len(buttons), 5))
    return join([turn.words("coalitions.mine"), join(lines)], "\n\n"), (
        *rows,
        (turn.button("start.join", "join"),),
    )


async def leave(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """Ask first."""
    membership = await _own(turn, argument)
    return turn.words(f"leave.ask_{membership.state}", title=membership.title), (
        (
            Button(turn.words.plain("leave.yes"), str(Standing("left", argument)), "danger"),
            turn.button("leave.no", Standing("coalitions", argument)),
        ),
    )


async def left(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """Leave, or withdraw what was asked. The secretariat learns of it."""
    membership = await _own(turn, argument)
    connection = await turn.connection()
    await coalitions.leave(connection, membership.id, turn.person.id, turn.now)
    await coalitions.note_action(
        connection,
        actor_id=turn.person.id,
        action="left",
        subject=f"membership {membership.id}",
        now=turn.now,
    )
    await obligations.lost(turn, membership)
    for colleague in await colleagues(turn):
        words = turn.words_for(colleague)
        turn.tell(colleague, Say(words(f"leave.told_{membership.state}", name=membership.name, title=membership.title)))
    return turn.words(f"leave.done_{membership.state}", title=membership.title), (
        (turn.button("start.coalitions", "coalitions"),),
        (turn.button("start.join", "join"),),
    )


async def _card(turn: Turn, membership: Membership) -> tuple[Markup, Rows]:
    connection = await turn.connection()
    promised = await coalitions.pledged(connection, membership.id)
    words = turn.words
    card = join(
        [
            words("coalitions.head", kind=words.plain(f"kind.{membership.kind}"), title=membership.title),
            join(
                [
                    describe.line(words, "coalitions.state", words.plain(f"coalitions.{membership.state}")),
                    describe.line(
                        words,
                        "join.facility.label",
                        describe.facility(turn.house.catalogue.facility(membership.facility), words),
                    ),
                    describe.line(words, "join.aim.label", membership.aim),
                    describe.line(words, "join.role.label", words.plain(f"join.role.{membership.role}")),
                    describe.line(words, "join.organisation.label", membership.organisation),
                    describe.line(
                        words,
                        "coalitions.pledged",
                        describe.pledges(promised, words) or words.plain("coalitions.nothing_pledged"),
                    ),
                ]
            ),
            await _composition(turn, membership),
        ],
        "\n\n",
    )
    number = str(membership.id)
    owes = membership.state == "approved" and await stored.obligation(connection, membership.coalition_id)
    reports = ((turn.button("start.progress", Standing("progress", str(membership.coalition_id))),),) if owes else ()
    return card, (
        *reports,
        (turn.button("coalitions.change", Standing("pledge", number)),),
        (turn.button(f"coalitions.leave_{membership.state}", Standing("leave", number)),),
        (turn.button("coalitions.all", "coalitions"),),
    )


async def _composition(turn: Turn, membership: Membership) -> Markup:
    """How many belong, by type of organisation."""
    by_type = await coalitions.composition(await turn.connection(), membership.coalition_id)
    total = sum(by_type.values())
    lines = [
        turn.words("coalitions.share", what=turn.words.plain(_type(kind)), n=n)
        for kind, n in sorted(by_type.items(), key=lambda item: -item[1])
    ]
    return join([turn.words.count("coalitions.members", total), join(lines)])


def _type(kind: str) -> str:
    return "coalitions.alone" if kind == "alone" else f"join.organisation_type.{kind}"


async def _own(turn: Turn, argument: str) -> Membership:
    id = row_id(argument)
    found = None if id is None else await coalitions.membership(await turn.connection(), id)
    if found is None or found.participant_id != turn.person.id or found.state not in coalitions.LIVING:
        raise Halt(turn.words("coalitions.gone"), (("start.coalitions", "coalitions"),))
    return found


class Change(BaseModel):
    """What a member contributes, to be changed."""

    membership: str
    contributions: list[str] | None = None
    amount: str | None = None


async def _begin(turn: Turn, argument: str) -> Beginning:
    membership = await _own(turn, argument)
    return Beginning({"membership": argument}, f"membership {membership.id}")


async def _kinds(turn: Turn, _answers: Change) -> list[Option]:
    return [Option(kind, turn.words.plain(f"join.contributions.{kind}")) for kind in CONTRIBUTIONS]


async def _about(turn: Turn, answers: Change) -> Markup:
    membership = await _own(turn, answers.membership)
    promised = await coalitions.pledged(await turn.connection(), membership.id)
    now = describe.pledges(promised, turn.words) or turn.words.plain("coalitions.nothing_pledged")
    return turn.words("pledge.now", title=membership.title, pledged=now)


async def _finish(turn: Turn, answers: Change) -> Ending:
    membership = await _own(turn, answers.membership)
    connection = await turn.connection()
    await coalitions.pledge(connection, membership.id, pledges_of(answers.contributions, answers.amount))
    await coalitions.note_action(
        connection,
        actor_id=turn.person.id,
        action="pledged",
        subject=f"membership {membership.id}",
        now=turn.now,
    )
    promised = await coalitions.pledged(connection, membership.id)
    now = describe.pledges(promised, turn.words) or turn.words.plain("coalitions.nothing_pledged")
    return Ending(
        turn.words("pledge.changed", title=membership.title, pledged=now),
        (("start.coalitions", "coalitions"),),
    )


PLEDGE: Flow[Change] = Flow(
    name="pledge",
    version=1,
    answers=Change,
    begin=_begin,
    finish=_finish,
    steps=(
        PickSeveral(id="contributions", page="pledge", optional=True, options=_kinds, lead=_about),
        Write(
            id="amount",
            page="pledge",
            when=lambda a: "funds" in (a.contributions or ()),
            read=money.read,
            show=money.show,
        ),
    ),
)

FLOWS: tuple[Flow[Any], ...] = (PLEDGE,)
