"""Which item of a round is in front of a person, so that what they type goes to it.

Kept as the step of a conversation in the flow `rating`, one a person and round. It names the item and what is asked of
it, and holds no answer.
"""

from dataclasses import dataclass
from typing import Literal, Self

from bot.chat.messages import Button
from bot.chat.tokens import Standing
from bot.flows.studies.sheet import Sheet
from bot.flows.turn import Turn
from storage import conversations
from storage.conversations import Conversation

FLOW = "rating"
Use = Literal["answer", "remark", "proposal"]
_USES: dict[str, Use] = {"answer": "answer", "remark": "remark", "proposal": "proposal"}


@dataclass(frozen=True, slots=True)
class Spot:
    """An item of a round, and whether words are its answer, a comment on it, or another wording of `proposal`."""

    round: int
    item: int
    use: Use = "answer"
    proposal: int = 0

    def __str__(self) -> str:
        return f"{self.round}.{self.item}.{self.use}.{self.proposal}"

    @classmethod
    def of(cls, conversation: Conversation) -> Self | None:
        """Where a conversation is, or None when no item is in front of the person."""
        parts = conversation.step.split(".")
        if len(parts) != 4 or parts[2] not in _USES:
            return None
        return cls(int(parts[0]), int(parts[1]), _USES[parts[2]], int(parts[3]))

    @property
    def token(self) -> Standing:
        """What shows the item."""
        return Standing("rate", f"{self.round}-{self.item}")


def way_back(turn: Turn, conversation: Conversation) -> Button:
    """Leads back to the item that is in front of the person."""
    spot = Spot.of(conversation)
    return turn.button("rate.go_on", spot.token if spot is not None else "rounds")


async def turn_to(turn: Turn, sheet: Sheet, spot: Spot) -> Conversation:
    """What this person types next belongs there."""
    found = turn.conversation
    if found is None or found.flow != FLOW or found.subject != sheet.subject:
        connection = await turn.connection()
        found = await conversations.of_person(connection, turn.person.id, FLOW, sheet.subject)
    if found is None:
        found = Conversation(0, turn.person.id, FLOW, 1, sheet.subject, str(spot), {})
        found.id = await conversations.begin(connection, found, turn.now)
    if found.step != str(spot):
        found.misses = 0
    found.state, found.step = "open", str(spot)
    found.rev += 1
    turn.person.conversation_id = found.id
    turn.conversation = found
    turn.touched[found.id] = found
    return found


def turn_away(turn: Turn) -> None:
    """No item is in front of this person any more."""
    found = turn.conversation
    if found is not None and found.flow == FLOW:
        found.state, found.step = "done", ""
        found.rev += 1
        turn.person.conversation_id = None
        turn.conversation = None
        turn.touched[found.id] = found
