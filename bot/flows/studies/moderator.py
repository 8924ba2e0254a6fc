"""A moderator's side of studies: what its buttons open, and the conversations that change something."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.flows.flow import Flow
from bot.flows.studies import changes as study_changes
from bot.flows.studies import desk as study_desk
from bot.flows.studies import draft_items, draft_seats, item_changes, moderation, moderation_flows, next_round
from bot.flows.studies import making as study_making
from bot.flows.studies.access import Drawn
from bot.flows.turn import Turn

VIEWS: Mapping[str, Callable[[Turn, str], Awaitable[Drawn]]] = {
    "studies": study_desk.listed,
    "desk": study_desk.card,
    "studyround": next_round.next_round,
    "proposals": moderation.proposed,
    "comments": moderation.comments,
}
FLOWS: tuple[Flow[Any], ...] = (
    *study_making.FLOWS,
    *draft_items.FLOWS,
    *draft_seats.FLOWS,
    *item_changes.FLOWS,
    *study_changes.FLOWS,
    *moderation_flows.FLOWS,
)
