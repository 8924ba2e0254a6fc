"""A panellist's side of a study: what its buttons open, and who hears what is typed or filled in meanwhile.

`VIEWS` show what the tables say now. `ACTS` speak for themselves, because what is typed next belongs to what they show.
"""

from collections.abc import Awaitable, Callable, Mapping

from bot.chat.events import FormSubmitted
from bot.chat.tokens import Standing
from bot.flows.studies import outcome as study_outcome
from bot.flows.studies import panel, practice, proposing, rating, rating_form, rating_typed, remarks
from bot.flows.studies.attention import FLOW, Spot, turn_away, way_back
from bot.flows.studies.item_view import Drawn
from bot.flows.turn import Turn
from storage.conversations import Conversation

VIEWS: Mapping[str, Callable[[Turn, str], Awaitable[Drawn]]] = {
    "study": panel.study,
    "rounds": panel.rounds,
    "takepart": panel.take_part,
    "notpart": panel.not_part,
    "leavestudy": panel.leave,
    "leftstudy": panel.left,
    "practice": practice.practice,
    "outcome": study_outcome.outcome,
}
ACTS: Mapping[str, Callable[[Turn, str], Awaitable[None]]] = {
    "rate": rating.rate,
    "rated": rating.rated,
    "because": rating.because,
    "grid": rating.grid,
    "later": rating.later,
    "page": rating_form.page,
    "remark": remarks.remark,
    "reasons": remarks.reasons,
    "picture": remarks.picture,
    "proposal": proposing.proposal,
}
# What a link from outside may open.
LINKED = ("study", "rounds", "rate")


def is_rating(conversation: Conversation | None) -> bool:
    """Whether an item of a round is in front of the person."""
    return conversation is not None and conversation.flow == FLOW


async def stop(turn: Turn, conversation: Conversation) -> None:
    """`/cancel`: enough for now."""
    spot = Spot.of(conversation)
    await rating.later(turn, str(spot.round) if spot is not None else "")


async def hear(turn: Turn, conversation: Conversation | None, written: str) -> bool:
    """Words for a round: for the item in front of the person, or for the message that has just opened a round. Whether
    they were."""
    if conversation is not None and is_rating(conversation) and await rating_typed.is_long_over(turn, conversation):
        turn_away(turn)
        conversation = None
    if conversation is None:
        return await rating_typed.typed_unasked(turn, written)
    if not is_rating(conversation):
        return False
    await rating_typed.typed(turn, conversation, written)
    return True


async def attached(turn: Turn, conversation: Conversation) -> None:
    """A file, which no item asks for."""
    turn.say(turn.words("screen.no_attachment"), ((way_back(turn, conversation),),))


async def filled_in(turn: Turn, token: Standing, event: FormSubmitted) -> bool:
    """A form with items of a round was sent. Whether it was one."""
    if token.name != "page":
        return False
    await rating_form.submitted(turn, token.argument, event.values)
    return True
