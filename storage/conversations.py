"""Conversations: where each person stands in each flow."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import conversations, outbox


@dataclass(slots=True)
class Conversation:
    """A row, with the message that shows its current question joined in (empty until the platform has told its id).

    `state` is `open`, `done` or `dropped`; `step` is a question's id, `review` or `change`.
    """

    id: int
    participant_id: int
    flow: str
    flow_version: int
    subject: str
    step: str
    answers: dict[str, Any]
    state: str = "open"
    history: list[str] = field(default_factory=list)
    drawn: list[str] = field(default_factory=list)
    rev: int = 0
    misses: int = 0
    screen_id: int | None = None
    screen_message: str = ""
    screen_account: int | None = None
    # The call for engagement that led here.
    campaign_id: int | None = None


_FULL: Select[Any] = select(
    conversations.c.id,
    conversations.c.participant_id,
    conversations.c.flow,
    conversations.c.flow_version,
    conversations.c.subject,
    conversations.c.step,
    conversations.c.answers,
    conversations.c.state,
    conversations.c.history,
    conversations.c.drawn,
    conversations.c.rev,
    conversations.c.misses,
    conversations.c.screen_id,
    outbox.c.message_id,
    outbox.c.account_id,
    conversations.c.campaign_id,
).join_from(conversations, outbox, conversations.c.screen_id == outbox.c.id, isouter=True)
_BY_ID = _FULL.where(conversations.c.id.in_(bindparam("ids", expanding=True)))
_OF_PERSON = _FULL.where(
    conversations.c.participant_id == bindparam("participant"),
    conversations.c.flow == bindparam("in_flow"),
    conversations.c.subject == bindparam("about"),
)
_BEGIN = insert(conversations).returning(conversations.c.id)
_SAVE = (
    update(conversations)
    .where(conversations.c.id == bindparam("row"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "flow_version",
                "state",
                "step",
                "answers",
                "history",
                "drawn",
                "rev",
                "misses",
                "screen_id",
                "campaign_id",
                "updated_at",
            )
        }
    )
)


async def by_ids(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, Conversation]:
    """Conversations by id."""
    if not ids:
        return {}
    rows = await connection.execute(_BY_ID, {"ids": ids})
    return {row.id: _read(row) for row in rows}


async def of_person(connection: AsyncConnection, participant_id: int, flow: str, subject: str) -> Conversation | None:
    """This person's conversation in this flow about this subject, whatever its state."""
    whose = {"participant": participant_id, "in_flow": flow, "about": subject}
    row = (await connection.execute(_OF_PERSON, whose)).first()
    return _read(row) if row else None


async def unfinished(connection: AsyncConnection, participant_id: int) -> list[Conversation]:
    """What this person began and did not end, the latest first."""
    rows = await connection.execute(
        _FULL.where(conversations.c.participant_id == participant_id, conversations.c.state == "open").order_by(
            conversations.c.updated_at.desc()
        )
    )
    return [_read(row) for row in rows]


async def screens(connection: AsyncConnection, ids: Collection[int]) -> dict[int, int]:
    """The outbox row that shows each conversation's current question."""
    if not ids:
        return {}
    rows = await connection.execute(
        select(conversations.c.id, conversations.c.screen_id).where(
            conversations.c.id.in_(ids), conversations.c.screen_id.is_not(None)
        )
    )
    return {row.id: row.screen_id for row in rows}


async def begin(connection: AsyncConnection, conversation: Conversation, now: datetime) -> int:
    """Make the row; its id."""
    values = _values(conversation, now) | {
        "participant_id": conversation.participant_id,
        "flow": conversation.flow,
        "subject": conversation.subject,
    }
    return int((await connection.execute(_BEGIN, values)).scalar_one())


async def save(connection: AsyncConnection, changed: Sequence[Conversation], now: datetime) -> None:
    """Write the rows back."""
    if changed:
        await connection.execute(_SAVE, [{"row": c.id, **_values(c, now)} for c in changed])


def _values(conversation: Conversation, now: datetime) -> dict[str, Any]:
    return {
        "flow_version": conversation.flow_version,
        "state": conversation.state,
        "step": conversation.step,
        "answers": conversation.answers,
        "history": conversation.history,
        "drawn": conversation.drawn,
        "rev": conversation.rev,
        "misses": conversation.misses,
        "screen_id": conversation.screen_id,
        "campaign_id": conversation.campaign_id,
        "updated_at": now,
    }


def _read(row: Any) -> Conversation:
    columns: tuple[Any, ...] = tuple(row)
    return Conversation(*(*columns[:-3], row.message_id or "", row.account_id, row.campaign_id))
