"""The secretariat's part: requests that wait for a decision, deciding.

Authority is checked here, on every act, whatever button it came from.
"""

from typing import Any

from pydantic import BaseModel

from bot.chat.markup import Markup, join
from bot.chat.messages import Button, Rows, Say
from bot.chat.tokens import Standing, row_id
from bot.flows import describe
from bot.flows.colleagues import authorise, colleagues, refresh
from bot.flows.flow import Beginning, Ending, Flow, Halt, Write
from bot.flows.turn import Turn
from bot.locales import Words
from storage import coalitions, obligations, people
from storage.coalitions import Membership


async def announce(turn: Turn, membership: Membership) -> None:
    """Put a new request before everybody who may decide."""
    for colleague in await colleagues(turn):
        words = turn.words_for(colleague)
        turn.tell(
            colleague,
            Say(await _request(turn, membership, words), _decision_rows(membership, words)),
            subject=_subject(membership.id),
        )


async def requests(turn: Turn, _argument: str) -> tuple[Markup, Rows]:
    """`/requests`: everything that waits for a decision."""
    authorise(turn)
    waiting = await coalitions.pending(await turn.connection())
    if not waiting:
        return turn.words("requests.none"), ()
    lines = [
        turn.words("requests.item", place=place, name=membership.name, title=membership.title)
        for place, membership in enumerate(waiting[:20], 1)
    ]
    buttons = [
        Button(str(place), str(Standing("request", str(membership.id))))
        for place, membership in enumerate(waiting[:20], 1)
    ]
    rows = tuple(tuple(buttons[start : start + 5]) for start in range(0, len(buttons), 5))
    return join([turn.words.count("requests.waiting", len(waiting)), join(lines)], "\n\n"), rows


async def request(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """One request, with its buttons while it is undecided."""
    authorise(turn)
    membership = await _membership(turn, argument)
    rows = _decision_rows(membership, turn.words) if membership.state == "pending" else ()
    back = ((turn.button("requests.all", "requests"),),)
    return await _request(turn, membership, turn.words), rows + back


async def approve(turn: Turn, argument: str) -> tuple[Markup, Rows]:
    """Approve at once; a second decider learns what was decided and by whom."""
    authorise(turn)
    membership = await _membership(turn, argument)
    await _decide(turn, membership, "approved", "")
    decided = await _membership(turn, argument)
    rows: Rows = ()
    if await obligations.obligation(await turn.connection(), decided.coalition_id) is None:
        rows = ((turn.button("obligation.set_up", Standing("obligation", str(decided.coalition_id))),),)
    return await _request(turn, decided, turn.words), rows


class Reason(BaseModel):
    """Why a request is declined."""

    membership: str
    reason: str | None = None


async def _begin_decline(turn: Turn, argument: str) -> Beginning:
    authorise(turn)
    membership = await _membership(turn, argument)
    if membership.state != "pending":
        raise Halt(await _request(turn, membership, turn.words))
    return Beginning({"membership": argument}, f"membership {argument}")


async def _whom(turn: Turn, answers: Reason) -> Markup:
    membership = await _membership(turn, answers.membership)
    return turn.words("decline.whom", name=membership.name, title=membership.title)


async def _finish_decline(turn: Turn, answers: Reason) -> Ending:
    authorise(turn)
    membership = await _membership(turn, answers.membership)
    await _decide(turn, membership, "declined", answers.reason or "")
    return Ending(await _request(turn, await _membership(turn, answers.membership), turn.words))


DECLINE: Flow[Reason] = Flow(
    name="decline",
    version=1,
    answers=Reason,
    steps=(
        Write(
            id="reason",
            optional=True,
            long=True,
            lead=_whom,
            read=lambda _turn, written: describe.shortened(written),
        ),
    ),
    begin=_begin_decline,
    finish=_finish_decline,
    review=False,
)


async def _decide(turn: Turn, membership: Membership, state: str, reason: str) -> None:
    """Decide once. Whoever comes second is told what was decided, by the request's own text."""
    connection = await turn.connection()
    if not await coalitions.decide(
        connection, membership.id, state=state, decided_by=turn.person.id, reason=reason, now=turn.now
    ):
        turn.toast = turn.words.plain("decide.already")
        return
    await coalitions.note_action(
        connection, actor_id=turn.person.id, action=state, subject=_subject(membership.id), now=turn.now
    )
    decided = await coalitions.membership(connection, membership.id)
    assert decided is not None, "it was decided in this transaction"
    await _tell_applicant(turn, decided)
    await _update_copies(turn, decided)


async def _tell_applicant(turn: Turn, membership: Membership) -> None:
    connection = await turn.connection()
    account = await people.account_to_write(connection, membership.participant_id, membership.account_id)
    applicant = await people.by_account_id(connection, account) if account else None
    if applicant is None:
        return
    words = turn.words_for(applicant)
    said = words(
        f"decided.{membership.state}",
        kind=words.plain(f"kind.{membership.kind}"),
        title=membership.title,
        decider=membership.decider or words.plain("secretariat.name"),
    )
    reason = words("decided.reason", reason=membership.reason) if membership.reason else ()
    further = words(f"decided.{membership.state}_next", contact=turn.house.contact or words.plain("secretariat.name"))
    onward = "coalitions" if membership.state == "approved" else "join"
    button = Button(words.plain(f"start.{onward}"), onward)
    turn.tell(
        applicant,
        Say(join([said, reason, further], "\n\n"), ((button,),)),
        _subject(membership.id) + " answer",
    )


async def _update_copies(turn: Turn, membership: Membership) -> None:
    """Every copy of the request that a colleague has says what was decided, and loses its buttons."""

    async def copy(words: Words) -> Say:
        return Say(await _request(turn, membership, words))

    await refresh(turn, _subject(membership.id), copy)


async def _request(turn: Turn, membership: Membership, words: Words) -> Markup:
    """A request as the secretariat reads it."""
    promised = await coalitions.pledged(await turn.connection(), membership.id)
    return join(
        [
            words(
                "request.head",
                name=membership.name,
                kind=words.plain(f"kind.{membership.kind}"),
                title=membership.title,
            ),
            describe.membership(membership, promised, turn.house.catalogue, words),
            describe.decision(membership, words),
        ],
        "\n\n",
    )


def _decision_rows(membership: Membership, words: Words) -> Rows:
    return (
        (
            Button(words.plain("request.approve"), str(Standing("approve", str(membership.id))), "primary"),
            Button(words.plain("request.decline"), str(Standing("decline", str(membership.id))), "danger"),
        ),
    )


async def _membership(turn: Turn, argument: str) -> Membership:
    id = row_id(argument)
    found = None if id is None else await coalitions.membership(await turn.connection(), id)
    if found is None:
        raise Halt(turn.words("requests.gone"))
    return found


def _subject(membership_id: int) -> str:
    return f"membership {membership_id}"


FLOWS: tuple[Flow[Any], ...] = (DECLINE,)
