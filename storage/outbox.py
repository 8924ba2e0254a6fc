"""What is to be said: rows that end as sent, failed or cancelled. For the bulk lane see `storage/bulk.py`.

    waiting ──claim──▶ leased ──▶ sent
     │ ▲                 │  └───▶ failed
     │ └──── retry ──────┘
     └───▶ cancelled

`leased` is `waiting` with `lease_until` in the future. A lease that ran out says that nobody recorded the outcome:
the message may have arrived, so the next attempt is marked `uncertain`. An edit that comes due again when its message
has been edited anew is cancelled.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, delete, exists, func, insert, not_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import accounts, inbox, outbox


@dataclass(frozen=True, slots=True)
class Row:
    """A message to be sent. `payload` is JSON of `bot.chat.messages`."""

    id: int
    account_id: int | None
    account: str
    chat: str
    payload: str
    attempts: int
    message_id: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message about to be recorded. `edited` is the platform's id of the message that it edits. Without an
    `account_id` it is said once, to an account that is being forgotten."""

    sender: str
    account_id: int | None
    account: str
    chat: str
    payload: str
    subject: str = ""
    dedupe_key: str | None = None
    edited: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one attempt. `state` is sent, failed, or waiting (to be tried again at `not_before`). Where the
    platform was not `tried`, it does not count as an attempt."""

    id: int
    state: str
    message_id: str = ""
    chat: str = ""
    error: str = ""
    not_before: datetime | None = None
    uncertain: bool = False
    tried: bool = True


_INSERT = insert(outbox)
_LAST = select(func.coalesce(func.max(outbox.c.id), 0))
_NUMBERS = select(func.nextval(func.pg_get_serial_sequence("outbox", "id"))).select_from(
    func.generate_series(1, bindparam("count"))
)
_MARK_SENT = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"))
    .values(state="sent", message_id=bindparam("message"), chat=bindparam("to_chat"), lease_until=None)
)
_MARK = (
    update(outbox)
    .where(outbox.c.id == bindparam("row"))
    .values(
        state=bindparam("to_state"),
        error=bindparam("to_error"),
        # With its type, or SQLite would store another form of the instant than the one it is compared with.
        not_before=func.coalesce(bindparam("to_not_before", type_=outbox.c.not_before.type), outbox.c.not_before),
        uncertain=or_(outbox.c.uncertain, bindparam("to_uncertain")),
        attempts=outbox.c.attempts - bindparam("uncounted", type_=Integer),
        lease_until=None,
    )
)


async def add(
    connection: AsyncConnection, outgoing: Sequence[Outgoing], now: datetime, lease_until: datetime | None
) -> list[Row]:
    """Record messages, leased to whoever records them and sends them right after the commit. Without a lease they are
    nobody's yet, and are sent with what is due."""
    if not outgoing:
        return []
    ids = await _reserve(connection, len(outgoing))
    values = [
        {
            "id": id,
            "dedupe_key": out.dedupe_key,
            "sender": out.sender,
            "account_id": out.account_id,
            "chat": out.chat,
            "lane": "interactive",
            "payload": out.payload,
            "subject": out.subject,
            "state": "waiting",
            "attempts": 0 if lease_until is None else 1,
            "not_before": now,
            "lease_until": lease_until,
            "message_id": out.edited,
            "created_at": now,
        }
        for id, out in zip(ids, outgoing, strict=True)
    ]
    await connection.execute(_INSERT, values)
    return [
        Row(id, out.account_id, out.account, out.chat, out.payload, 1, out.edited)
        for id, out in zip(ids, outgoing, strict=True)
    ]


async def claim(
    connection: AsyncConnection,
    senders: Sequence[str],
    now: datetime,
    lease_until: datetime,
    limit: int = 100,
    besides: Collection[int] = (),
) -> list[Row]:
    """Lease what is due of the interactive lane `besides` some rows, oldest first; others' claims are passed over."""
    due = (
        select(outbox.c.id)
        .where(
            outbox.c.state == "waiting",
            outbox.c.lane == "interactive",
            outbox.c.sender.in_(senders),
            outbox.c.id.not_in(besides),
            # The last word to an account that was forgotten: nobody knows any more where it would go.
            outbox.c.account_id.is_not(None),
            outbox.c.not_before <= now,
            or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now),
        )
        .order_by(outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list((await connection.execute(due)).scalars())
    if ids:
        ids = await _without_outdated(connection, ids)
    if not ids:
        return []
    await connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(
            attempts=outbox.c.attempts + 1,
            # A lease that was never given back belongs to a sender that died before it could say what happened.
            uncertain=or_(outbox.c.uncertain, outbox.c.lease_until.is_not(None)),
            lease_until=lease_until,
        )
    )
    rows = await connection.execute(
        select(
            outbox.c.id,
            outbox.c.account_id,
            accounts.c.key,
            outbox.c.chat,
            outbox.c.payload,
            outbox.c.attempts,
            outbox.c.message_id,
        )
        .join_from(outbox, accounts)
        .where(outbox.c.id.in_(ids))
        .order_by(outbox.c.id)
    )
    return [Row(*row) for row in rows]


async def _without_outdated(connection: AsyncConnection, ids: Sequence[int]) -> list[int]:
    """These rows but for edits of a message that was edited anew since: coming late, they would show what is past. They
    are cancelled."""
    later = outbox.alias("later")
    cancelled = await connection.execute(
        update(outbox)
        .where(
            outbox.c.id.in_(ids),
            outbox.c.message_id != "",
            exists().where(
                later.c.id > outbox.c.id,
                later.c.account_id == outbox.c.account_id,
                later.c.message_id == outbox.c.message_id,
                later.c.state.in_(("waiting", "sent")),
            ),
        )
        .values(state="cancelled", error="outdated", lease_until=None)
        .returning(outbox.c.id)
    )
    outdated = set(cancelled.scalars())
    return [id for id in ids if id not in outdated]


async def renew(connection: AsyncConnection, ids: Collection[int], lease_until: datetime) -> None:
    """Go on holding the leases of these rows. What another transaction is just writing down is passed over."""
    if not ids:
        return
    held = (
        select(outbox.c.id)
        .where(outbox.c.id.in_(ids), outbox.c.state == "waiting", outbox.c.lease_until.is_not(None))
        .with_for_update(skip_locked=True)
    )
    await connection.execute(update(outbox).where(outbox.c.id.in_(held)).values(lease_until=lease_until))


async def release(connection: AsyncConnection, senders: Sequence[str], now: datetime) -> int:
    """Take back every lease of these senders: for a process that knows it is the only one, at its start."""
    done = await connection.execute(
        update(outbox)
        .where(outbox.c.state == "waiting", outbox.c.sender.in_(senders), outbox.c.lease_until > now)
        .values(lease_until=now)
    )
    return int(done.rowcount)


async def record(connection: AsyncConnection, results: Sequence[Result]) -> None:
    """Write outcomes down."""
    sent = [{"row": r.id, "message": r.message_id, "to_chat": r.chat} for r in results if r.state == "sent"]
    others: list[dict[str, Any]] = [
        {
            "row": r.id,
            "to_state": r.state,
            "to_error": r.error,
            "to_not_before": r.not_before,
            "to_uncertain": r.uncertain,
            "uncounted": 0 if r.tried else 1,
        }
        for r in results
        if r.state != "sent"
    ]
    if sent:
        await connection.execute(_MARK_SENT, sent)
    if others:
        await connection.execute(_MARK, others)


async def about(connection: AsyncConnection, subject: str) -> list[Row]:
    """Messages about a subject that the platform has, to be edited."""
    rows = await connection.execute(
        select(
            outbox.c.id,
            outbox.c.account_id,
            accounts.c.key,
            outbox.c.chat,
            outbox.c.payload,
            outbox.c.attempts,
            outbox.c.message_id,
        )
        .join_from(outbox, accounts)
        .where(outbox.c.subject == subject, outbox.c.state == "sent", outbox.c.message_id != "")
        .order_by(outbox.c.id)
    )
    return [Row(*row) for row in rows]


async def edit_anew(connection: AsyncConnection, row: Row, payload: str, now: datetime) -> bool:
    """Send a message that the platform has once more, as an edit of itself; False when it says this already."""
    edited = await connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id, outbox.c.state == "sent", outbox.c.payload != payload)
        .values(payload=payload, state="waiting", attempts=0, error="", not_before=now, uncertain=False)
    )
    return bool(edited.rowcount)


async def prune(connection: AsyncConnection, before: datetime) -> None:
    """Forget event keys and finished messages from before this instant: platforms redeliver for a day at most."""
    await connection.execute(delete(inbox).where(inbox.c.received_at < before))
    ended = or_(outbox.c.state != "waiting", outbox.c.account_id.is_(None))
    # What came of a call is told from its rows.
    kept = or_(outbox.c.subject != "", outbox.c.campaign_id.is_not(None))
    await connection.execute(delete(outbox).where(outbox.c.created_at < before, ended, not_(kept)))


async def _reserve(connection: AsyncConnection, count: int) -> Sequence[int]:
    """Ids for new rows. To ask for them afterwards costs SQLite a statement for each row, and PostgreSQL one that is as
    long as all the rows and is parsed anew each time."""
    if connection.dialect.name == "sqlite":
        # Nobody else writes until this transaction ends.
        last = (await connection.execute(_LAST)).scalar_one()
        return range(last + 1, last + 1 + count)
    return (await connection.execute(_NUMBERS, {"count": count})).scalars().all()
