"""Who sends for a sender: one worker at a time, for as long as it keeps saying so."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import outbox, sender_leases


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a sender's set-up, in the platform's code."""

    sender: str
    code: str


async def hold(
    connection: AsyncConnection, senders: Sequence[str], holder: str, now: datetime, until: datetime
) -> set[str]:
    """Take or renew the leases of these senders; the ones that are `holder`'s now."""
    if not senders:
        return set()
    await _introduce(connection, senders, now)
    mine = or_(sender_leases.c.holder == holder, sender_leases.c.until <= now)
    held = await connection.execute(
        update(sender_leases)
        .where(sender_leases.c.sender.in_(sorted(senders)), mine)
        .values(holder=holder, until=until)
        .returning(sender_leases.c.sender)
    )
    return set(held.scalars())


async def let_go(connection: AsyncConnection, holder: str, until: datetime) -> None:
    """Leave everything that `holder` holds to others, from this instant on."""
    await connection.execute(update(sender_leases).where(sender_leases.c.holder == holder).values(until=until))


async def seize(connection: AsyncConnection, senders: Sequence[str], now: datetime) -> None:
    """Void the leases of these senders: for a process that knows it is the only one, at its start."""
    await connection.execute(update(sender_leases).where(sender_leases.c.sender.in_(senders)).values(until=now))


async def note_fault(connection: AsyncConnection, fault: Fault, now: datetime) -> bool:
    """Put down what is wrong with a sender. Whether it is news, which somebody has to be told."""
    await _introduce(connection, [fault.sender], now)
    told = await connection.execute(
        update(sender_leases)
        .where(
            sender_leases.c.sender == fault.sender,
            or_(sender_leases.c.fault != fault.code, sender_leases.c.fault_told.is_(False)),
        )
        .values(fault=fault.code, fault_told=True)
    )
    return bool(told.rowcount)


async def note_repairs(connection: AsyncConnection, senders: Sequence[str]) -> list[str]:
    """Forget the faults that no waiting message suffers from any more; the senders that work again."""
    suffering = exists().where(
        outbox.c.sender == sender_leases.c.sender,
        outbox.c.state == "waiting",
        outbox.c.error == sender_leases.c.fault,
    )
    repaired = await connection.execute(
        update(sender_leases)
        .where(sender_leases.c.sender.in_(senders), sender_leases.c.fault != "", ~suffering)
        .values(fault="", fault_told=False)
        .returning(sender_leases.c.sender)
    )
    return list(repaired.scalars())


async def faults(connection: AsyncConnection) -> list[Fault]:
    """What is wrong at present."""
    rows = await connection.execute(
        select(sender_leases.c.sender, sender_leases.c.fault)
        .where(sender_leases.c.fault != "")
        .order_by(sender_leases.c.sender)
    )
    return [Fault(*row) for row in rows]


async def _introduce(connection: AsyncConnection, senders: Sequence[str], now: datetime) -> None:
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [{"sender": sender, "holder": "", "until": now} for sender in sorted(senders)]
    await connection.execute(insert_new(sender_leases).values(rows).on_conflict_do_nothing())
