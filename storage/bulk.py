"""The outbox's bulk lane: what is said to many, by the one worker that holds the sender's lease.

    waiting ──begin──▶ under way ──▶ sent, failed, cancelled
       ▲                  │
       └──── retry ───────┘

`under way` is `waiting` with a lease and `uncertain`, put down before the message leaves: should the worker die now,
nobody knows whether it arrived. Its outcome takes both back. What a worker has read but not begun belongs to nobody,
so that pausing and cancelling need no one's consent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import accounts, campaigns, outbox, sender_leases

# Campaigns in these states send nothing.
STILL = ("draft", "waiting", "paused", "cancelled")

Key = tuple[datetime, int]
"""Where a pass through what is due has come to: rows in the order of `not_before`, then of their ids."""

START: Key = (datetime(1970, 1, 1, tzinfo=UTC), 0)


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A message to one of many. With a `campaign_id` it is composed when it is sent, in `language`; else `payload`
    is JSON of `bot.chat.messages`. A channel or a group has no account."""

    id: int
    not_before: datetime
    account_id: int | None
    account: str
    participant_id: int | None
    reachable: bool
    chat: str
    payload: str
    subject: str
    attempts: int
    uncertain: bool
    message_id: str
    campaign_id: int | None
    language: str

    @property
    def key(self) -> Key:
        """Its place in the order of a pass."""
        return self.not_before, self.id


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of one row. `state` is sent, failed, cancelled, or waiting (again, from `not_before` on)."""

    id: int
    state: str
    chat: str
    message_id: str = ""
    error: str = ""
    not_before: datetime | None = None
    uncertain: bool = False


_LET = or_(
    outbox.c.campaign_id.is_(None),
    exists().where(campaigns.c.id == outbox.c.campaign_id, campaigns.c.state.not_in(STILL)),
)
_DUE = and_(
    outbox.c.lane == "bulk",
    outbox.c.state == "waiting",
    outbox.c.not_before <= bindparam("now"),
    or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= bindparam("now")),
    _LET,
)
_READ: Select[Any] = (
    select(
        outbox.c.id,
        outbox.c.not_before,
        outbox.c.account_id,
        func.coalesce(accounts.c.key, ""),
        accounts.c.participant_id,
        func.coalesce(accounts.c.reachable, True),
        outbox.c.chat,
        outbox.c.payload,
        outbox.c.subject,
        outbox.c.attempts,
        outbox.c.uncertain,
        outbox.c.message_id,
        outbox.c.campaign_id,
        outbox.c.language,
    )
    .join_from(outbox, accounts, isouter=True)
    .where(
        _DUE,
        outbox.c.sender == bindparam("sender"),
        tuple_(outbox.c.not_before, outbox.c.id)
        > tuple_(
            bindparam("after_time", type_=outbox.c.not_before.type), bindparam("after_id", type_=outbox.c.id.type)
        ),
    )
    .order_by(outbox.c.not_before, outbox.c.id)
    .limit(bindparam("at_most"))
)
_BEGIN = (
    update(outbox)
    .where(
        outbox.c.id.in_(bindparam("ids", expanding=True)),
        _DUE,
        exists().where(
            sender_leases.c.sender == outbox.c.sender,
            sender_leases.c.holder == bindparam("holder"),
            sender_leases.c.until > bindparam("now"),
        ),
    )
    .values(attempts=outbox.c.attempts + 1, uncertain=True, lease_until=bindparam("until"))
    .returning(outbox.c.id)
)
_END = (
    update(outbox)
    .where(
        outbox.c.id == bindparam("row"),
        # What was cancelled meanwhile stays so, unless it has arrived.
        or_(outbox.c.state == "waiting", bindparam("to_state") == "sent"),
    )
    .values(
        state=bindparam("to_state"),
        chat=bindparam("to_chat"),
        message_id=bindparam("to_message"),
        error=bindparam("to_error"),
        not_before=func.coalesce(bindparam("to_not_before", type_=outbox.c.not_before.type), outbox.c.not_before),
        uncertain=bindparam("to_uncertain"),
        lease_until=None,
        ended_at=bindparam("to_ended_at", type_=outbox.c.ended_at.type),
    )
)
_CHAT = update(accounts).where(accounts.c.id == bindparam("row")).values(chat=bindparam("to_chat"))


async def due(connection: AsyncConnection, sender: str, after: Key, now: datetime, limit: int = 100) -> list[BulkRow]:
    """What this sender is to send next, in the order of a pass that has come to `after`."""
    rows = await connection.execute(
        _READ,
        {"sender": sender, "now": now, "after_time": after[0], "after_id": after[1], "at_most": limit},
    )
    return [BulkRow(*row) for row in rows]


async def begin(
    connection: AsyncConnection, ids: Sequence[int], holder: str, now: datetime, until: datetime
) -> set[int]:
    """Put down that these are about to be sent; the ones that may be. The others were cancelled, paused or begun
    by somebody else meanwhile, or `holder` has lost the sender's lease."""
    if not ids:
        return set()
    begun = await connection.execute(_BEGIN, {"ids": sorted(ids), "holder": holder, "now": now, "until": until})
    return set(begun.scalars())


async def end(connection: AsyncConnection, ended: Sequence[Ended], now: datetime) -> None:
    """Write outcomes down."""
    if not ended:
        return
    values = [
        {
            "row": each.id,
            "to_state": each.state,
            "to_chat": each.chat,
            "to_message": each.message_id,
            "to_error": each.error,
            "to_not_before": each.not_before,
            "to_uncertain": each.uncertain,
            "to_ended_at": None if each.state == "waiting" else now,
        }
        for each in ended
    ]
    await connection.execute(_END, values)


async def mark_unreachable(connection: AsyncConnection, account_ids: Sequence[int]) -> None:
    """These accounts are not to be written to until they write again."""
    if account_ids:
        await connection.execute(update(accounts).where(accounts.c.id.in_(account_ids)).values(reachable=False))


async def learn_chats(connection: AsyncConnection, chats: Mapping[int, str]) -> None:
    """Where accounts are to be written to from now on, by account id."""
    if chats:
        await connection.execute(_CHAT, [{"row": id, "to_chat": chat} for id, chat in chats.items()])
