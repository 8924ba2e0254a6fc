"""Who sees what of `/progress`: a coalition's own figures are for its members and the secretariat, sums are for
everybody."""

from collections.abc import Sequence

from bot.flows.flow import Halt
from bot.flows.turn import Turn
from storage import obligations, rollups
from storage.obligations import Obligation


async def own(turn: Turn, owing: Sequence[Obligation]) -> list[Obligation]:
    """Of the coalitions that owe reports those that this person belongs to."""
    mine = set(await rollups.belongs(await turn.connection(), turn.person.id))
    return [one for one in owing if one.coalition_id in mine]


async def authorised(turn: Turn, coalition: int) -> Obligation:
    """The coalition's obligation, for its members and the secretariat; others are led to what everybody sees."""
    found = await obligations.obligation(await turn.connection(), coalition)
    if found is None or not (turn.is_secretariat or await own(turn, [found])):
        raise Halt(turn.words("progress.not_yours"), (("progress.all", "progress"),))
    return found
