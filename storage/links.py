"""Codes that make two accounts one person: shown on one side, entered on the other, confirmed on both.

    open ──entered on the other side──▶ entered ──both have confirmed──▶ used
      └────────────── replaced, refused, or shown to others ───────────▶ refused

What is kept of a code is its hash. A row in the state `tries` holds no code: it counts wrong ones.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import accounts, links

# How long a code can be entered, and how long both sides have to confirm after that.
LIFETIME = timedelta(minutes=10)
# Wrong codes are counted per person over this time.
COUNTED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Link:
    """One code and what became of it. `back_hash` is empty unless a second code is still to come back; `confirmed`
    holds the accounts that have said yes."""

    id: int
    account_id: int
    state: str
    other_account_id: int | None
    back_hash: str
    confirmed: list[int]
    expires_at: datetime


_LINK: Select[Any] = select(
    links.c.id,
    links.c.account_id,
    links.c.state,
    links.c.other_account_id,
    links.c.back_hash,
    links.c.confirmed,
    links.c.expires_at,
)


async def open_(connection: AsyncConnection, account_id: int, code_hash: str, now: datetime) -> int:
    """Put down a new code of this account; an earlier one that waits is no longer good."""
    await connection.execute(
        update(links).where(links.c.account_id == account_id, links.c.state == "open").values(state="refused")
    )
    made = await connection.execute(
        insert(links)
        .values(account_id=account_id, code_hash=code_hash, state="open", confirmed=[], expires_at=now + LIFETIME)
        .returning(links.c.id)
    )
    return int(made.scalar_one())


async def waiting(connection: AsyncConnection, code_hash: str, now: datetime) -> Link | None:
    """The code with this hash, if it can still be entered, locked until the transaction ends."""
    found = _LINK.where(links.c.code_hash == code_hash, links.c.state == "open", links.c.expires_at > now)
    row = (await connection.execute(found.with_for_update())).first()
    return Link(*row) if row else None


async def enter(connection: AsyncConnection, id: int, other_account_id: int, now: datetime, back_hash: str) -> None:
    """The code was entered by this account. With `back_hash` it was seen by others, and a second one has to come
    back."""
    await connection.execute(
        update(links)
        .where(links.c.id == id)
        .values(
            state="entered",
            other_account_id=other_account_id,
            shown_in_public=bool(back_hash),
            back_hash=back_hash,
            expires_at=now + LIFETIME,
        )
    )


async def come_back(connection: AsyncConnection, account_id: int, back_hash: str, now: datetime) -> Link | None:
    """The link whose second code this is, entered by the account that showed the first one."""
    id = (
        await connection.execute(
            update(links)
            .where(
                links.c.account_id == account_id,
                links.c.state == "entered",
                links.c.back_hash == back_hash,
                links.c.expires_at > now,
            )
            .values(back_hash="")
            .returning(links.c.id)
        )
    ).scalar_one_or_none()
    return None if id is None else await link(connection, id)


async def link(connection: AsyncConnection, id: int) -> Link | None:
    """One code, locked until the transaction ends."""
    row = (await connection.execute(_LINK.where(links.c.id == id).with_for_update())).first()
    return Link(*row) if row else None


async def confirm(connection: AsyncConnection, link: Link, account_id: int) -> bool:
    """This side says yes; whether both have now."""
    confirmed = sorted({*link.confirmed, account_id})
    both = {link.account_id, link.other_account_id} <= set(confirmed)
    await connection.execute(
        update(links).where(links.c.id == link.id).values(confirmed=confirmed, state="used" if both else "entered")
    )
    return both


async def refuse(connection: AsyncConnection, id: int) -> None:
    """This code links nothing any more."""
    await connection.execute(update(links).where(links.c.id == id).values(state="refused"))


async def refuse_all(connection: AsyncConnection, account_id: int) -> None:
    """Nothing that this account takes part in links it any more."""
    await connection.execute(
        update(links)
        .where(
            or_(links.c.account_id == account_id, links.c.other_account_id == account_id),
            links.c.state.in_(("open", "entered")),
        )
        .values(state="refused")
    )


async def misses(connection: AsyncConnection, participant_id: int, now: datetime) -> int:
    """How many wrong codes this person has entered lately, on all their accounts."""
    counted = (
        select(func.coalesce(func.sum(links.c.tries), 0))
        .join_from(links, accounts, links.c.account_id == accounts.c.id)
        .where(accounts.c.participant_id == participant_id, links.c.state == "tries", links.c.expires_at > now)
    )
    return int((await connection.execute(counted)).scalar_one())


async def miss(connection: AsyncConnection, account_id: int, now: datetime) -> None:
    """Count a wrong code."""
    counted = await connection.execute(
        update(links)
        .where(links.c.account_id == account_id, links.c.state == "tries", links.c.expires_at > now)
        .values(tries=links.c.tries + 1)
    )
    if not counted.rowcount:
        await connection.execute(
            insert(links).values(
                account_id=account_id,
                code_hash="",
                state="tries",
                tries=1,
                confirmed=[],
                expires_at=now + COUNTED,
            )
        )


async def prune(connection: AsyncConnection, before: datetime) -> None:
    """Forget codes that expired before this instant."""
    await connection.execute(delete(links).where(links.c.expires_at < before))
