"""Coalitions, the organisations in them, who belongs to them and what they pledged."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import panels
from storage.schema import audit, coalitions, memberships, organisations, participants, pledges

LIVING = ("pending", "approved")


@dataclass(frozen=True, slots=True)
class Coalition:
    """A Partnership or an Alliance. `state` is forming, open or closed; `members` counts the approved ones."""

    id: int
    kind: str
    facility: str
    title: str
    aim: str
    objectives: list[str]
    state: str
    members: int


@dataclass(frozen=True, slots=True)
class Pledge:
    """One kind of contribution; an amount and a currency only for funds."""

    kind: str
    amount: Decimal | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Membership:
    """A request to belong to a coalition and what became of it: pending, approved, declined, left."""

    id: int
    participant_id: int
    account_id: int | None
    name: str
    coalition_id: int
    kind: str
    facility: str
    title: str
    aim: str
    role: str
    state: str
    note: str
    reason: str
    requested_at: datetime
    decided_at: datetime | None
    decider: str
    generation: str
    engagement: str
    organisation: str
    organisation_type: str
    country: str
    status: str


_members = (
    select(func.count())
    .where(memberships.c.coalition_id == coalitions.c.id, memberships.c.state == "approved")
    .scalar_subquery()
)
_COALITION: Select[Any] = select(
    coalitions.c.id,
    coalitions.c.kind,
    coalitions.c.facility,
    coalitions.c.title,
    coalitions.c.aim,
    coalitions.c.objectives,
    coalitions.c.state,
    _members,
)
_decider = participants.alias("decider")
_MEMBERSHIP: Select[Any] = (
    select(
        memberships.c.id,
        memberships.c.participant_id,
        memberships.c.account_id,
        participants.c.name,
        memberships.c.coalition_id,
        coalitions.c.kind,
        coalitions.c.facility,
        coalitions.c.title,
        coalitions.c.aim,
        memberships.c.role,
        memberships.c.state,
        memberships.c.note,
        memberships.c.reason,
        memberships.c.requested_at,
        memberships.c.decided_at,
        func.coalesce(_decider.c.name, ""),
        participants.c.generation,
        participants.c.engagement,
        func.coalesce(organisations.c.name, ""),
        func.coalesce(organisations.c.type, ""),
        func.coalesce(organisations.c.country, ""),
        func.coalesce(organisations.c.status, ""),
    )
    .join_from(memberships, coalitions)
    .join(participants, participants.c.id == memberships.c.participant_id)
    .join(_decider, _decider.c.id == memberships.c.decided_by, isouter=True)
    .join(organisations, organisations.c.id == memberships.c.organisation_id, isouter=True)
)

# What every request to join runs is composed once: to compose a statement takes SQLAlchemy as long as to run it.
_OPEN_IN = _COALITION.where(coalitions.c.facility == bindparam("in_facility"), coalitions.c.state != "closed").order_by(
    _members.desc(), coalitions.c.id
)
_TITLES = (
    select(coalitions.c.id, coalitions.c.title)
    .where(coalitions.c.facility == bindparam("in_facility"), coalitions.c.state != "closed")
    .order_by(coalitions.c.id)
)
_COALITION_BY_ID = _COALITION.where(coalitions.c.id == bindparam("coalition"))
_MEMBERSHIP_BY_ID = _MEMBERSHIP.where(memberships.c.id == bindparam("membership"))
# Does nothing where there is a living membership already: an index sees to it that there is one at most.
_REQUEST = {
    "sqlite": sqlite.insert(memberships).on_conflict_do_nothing().returning(memberships.c.id),
    "postgresql": postgresql.insert(memberships).on_conflict_do_nothing().returning(memberships.c.id),
}
_WITHDRAW_PLEDGES = delete(pledges).where(pledges.c.membership_id == bindparam("membership"))
_PLEDGE = insert(pledges)
_NOTE = insert(audit)


async def open_in(connection: AsyncConnection, facility: str) -> list[Coalition]:
    """What can be joined in a facility, the largest first."""
    return [Coalition(*row) for row in await connection.execute(_OPEN_IN, {"in_facility": facility})]


async def coalition(connection: AsyncConnection, id: int) -> Coalition | None:
    """One coalition."""
    row = (await connection.execute(_COALITION_BY_ID, {"coalition": id})).first()
    return Coalition(*row) if row else None


async def not_closed(connection: AsyncConnection) -> list[Coalition]:
    """Every coalition that is forming or open, by title."""
    rows = await connection.execute(
        _COALITION.where(coalitions.c.state != "closed").order_by(coalitions.c.title, coalitions.c.id)
    )
    return [Coalition(*row) for row in rows]


async def set_closed(connection: AsyncConnection, id: int, is_closed: bool) -> bool:
    """Close a coalition, whose members stay members, or open it again. False when it was so before."""
    other = coalitions.c.state != "closed" if is_closed else coalitions.c.state == "closed"
    state = "closed" if is_closed else "open"
    done = await connection.execute(update(coalitions).where(coalitions.c.id == id, other).values(state=state))
    return bool(done.rowcount)


async def propose(
    connection: AsyncConnection,
    *,
    kind: str,
    facility: str,
    title: str,
    aim: str,
    objectives: Sequence[str],
    proposed_by: int | None,
    now: datetime,
    state: str = "forming",
) -> int:
    """A new coalition's id; the one that already has this title in this facility, when there is one."""
    same = await _titled(connection, facility, title)
    if same is None and connection.dialect.name == "postgresql":
        # One after the other, or two who propose the same at once would not see each other. SQLite has one writer.
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(facility))))
        same = await _titled(connection, facility, title)
    if same is not None:
        return same
    made = await connection.execute(
        insert(coalitions)
        .values(
            kind=kind,
            facility=facility,
            title=title,
            aim=aim,
            objectives=list(objectives),
            state=state,
            proposed_by=proposed_by,
            created_at=now,
        )
        .returning(coalitions.c.id)
    )
    return int(made.scalar_one())


async def _titled(connection: AsyncConnection, facility: str, title: str) -> int | None:
    """The coalition with this title. Compared here, since SQLite folds the case of ASCII letters only."""
    for id, other in await connection.execute(_TITLES, {"in_facility": facility}):
        if other.casefold() == title.casefold():
            return int(id)
    return None


async def organisation(
    connection: AsyncConnection, *, name: str, type: str, country: str, status: str, now: datetime
) -> int:
    """The organisation's id; made when it is new. What its people say of its type and status is kept up to date."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert_new(organisations).values(
        name=name,
        name_key=" ".join(name.casefold().split()),
        type=type,
        country=country,
        status=status,
        created_at=now,
    )
    made = await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["name_key", "country"], set_={"type": type, "status": status}
        ).returning(organisations.c.id)
    )
    return int(made.scalar_one())


async def request(
    connection: AsyncConnection,
    *,
    participant_id: int,
    account_id: int,
    organisation_id: int | None,
    coalition_id: int,
    role: str,
    note: str,
    now: datetime,
) -> int | None:
    """Ask to belong; the membership's id, or None when this person already belongs or has asked."""
    made = await connection.execute(
        _REQUEST[connection.dialect.name],
        {
            "participant_id": participant_id,
            "account_id": account_id,
            "organisation_id": organisation_id,
            "coalition_id": coalition_id,
            "role": role,
            "state": "pending",
            "note": note,
            "requested_at": now,
        },
    )
    id = made.scalar_one_or_none()
    return None if id is None else int(id)


async def pledge(connection: AsyncConnection, membership_id: int, promised: Sequence[Pledge]) -> None:
    """Replace what was pledged."""
    await connection.execute(_WITHDRAW_PLEDGES, {"membership": membership_id})
    if promised:
        await connection.execute(
            _PLEDGE,
            [
                {"membership_id": membership_id, "kind": p.kind, "amount": p.amount, "currency": p.currency}
                for p in promised
            ],
        )


async def pledged(connection: AsyncConnection, membership_id: int) -> list[Pledge]:
    """What was pledged, in the order it was named."""
    rows = await connection.execute(
        select(pledges.c.kind, pledges.c.amount, pledges.c.currency)
        .where(pledges.c.membership_id == membership_id)
        .order_by(pledges.c.id)
    )
    return [Pledge(*row) for row in rows]


async def membership(connection: AsyncConnection, id: int) -> Membership | None:
    """One membership with everything that is said about it."""
    row = (await connection.execute(_MEMBERSHIP_BY_ID, {"membership": id})).first()
    return Membership(*row) if row else None


async def of_participant(connection: AsyncConnection, participant_id: int) -> list[Membership]:
    """A person's living memberships, in the order they were asked for."""
    rows = await connection.execute(
        _MEMBERSHIP.where(memberships.c.participant_id == participant_id, memberships.c.state.in_(LIVING)).order_by(
            memberships.c.id
        )
    )
    return [Membership(*row) for row in rows]


async def pending(connection: AsyncConnection) -> list[Membership]:
    """Requests that wait for a decision, the oldest first."""
    rows = await connection.execute(_MEMBERSHIP.where(memberships.c.state == "pending").order_by(memberships.c.id))
    return [Membership(*row) for row in rows]


async def decide(
    connection: AsyncConnection, id: int, *, state: str, decided_by: int, reason: str, now: datetime
) -> bool:
    """Approve or decline a pending request. False when somebody has decided already, or it was withdrawn."""
    done = await connection.execute(
        update(memberships)
        .where(memberships.c.id == id, memberships.c.state == "pending")
        .values(state=state, decided_by=decided_by, decided_at=now, reason=reason)
    )
    if not done.rowcount:
        return False
    coalition_id = (
        await connection.execute(select(memberships.c.coalition_id).where(memberships.c.id == id))
    ).scalar_one()
    # A coalition opens with its first approved member.
    if state == "approved":
        await connection.execute(
            update(coalitions)
            .where(coalitions.c.id == coalition_id, coalitions.c.state == "forming")
            .values(state="open")
        )
    await _close_if_abandoned(connection, coalition_id)
    return True


async def leave(connection: AsyncConnection, id: int, participant_id: int, now: datetime) -> bool:
    """End a membership, or withdraw a request. False when there was nothing to end."""
    left = await connection.execute(
        update(memberships)
        .where(
            memberships.c.id == id,
            memberships.c.participant_id == participant_id,
            memberships.c.state.in_(LIVING),
        )
        .values(state="left", ended_at=now)
        .returning(memberships.c.coalition_id)
    )
    row = left.first()
    if row is None:
        return False
    await _close_if_abandoned(connection, row[0])
    return True


async def composition(connection: AsyncConnection, coalition_id: int) -> dict[str, int]:
    """How many approved members there are by type of organisation; those on their own are under `alone`."""
    kind = func.coalesce(organisations.c.type, "alone")
    rows = await connection.execute(
        select(kind, func.count())
        .select_from(memberships)
        .join(organisations, organisations.c.id == memberships.c.organisation_id, isouter=True)
        .where(memberships.c.coalition_id == coalition_id, memberships.c.state == "approved")
        .group_by(kind)
        .order_by(func.count().desc(), kind)
    )
    return {row[0]: row[1] for row in rows}


async def note_action(
    connection: AsyncConnection, *, actor_id: int | None, action: str, subject: str, now: datetime
) -> None:
    """Put into the audit trail who did what to what; no words of anybody's."""
    await connection.execute(_NOTE, {"at": now, "actor_id": actor_id, "action": action, "subject": subject})


async def forget_participant(connection: AsyncConnection, participant_id: int) -> None:
    """Erase a person: their accounts, conversations, memberships and pledges go with them. What they answered in
    studies stays, and nobody can say any more that it was theirs."""
    left = select(memberships.c.coalition_id).where(
        memberships.c.participant_id == participant_id, memberships.c.state.in_(LIVING)
    )
    coalition_ids = (await connection.execute(left)).scalars().all()
    await panels.forget(connection, participant_id)
    await connection.execute(delete(participants).where(participants.c.id == participant_id))
    for coalition_id in coalition_ids:
        await _close_if_abandoned(connection, coalition_id)


async def _close_if_abandoned(connection: AsyncConnection, coalition_id: int) -> None:
    """A coalition that never opened closes with its last request. Locked, so that of two requests that end at the
    same time one is seen to be the last."""
    await connection.execute(select(coalitions.c.id).where(coalitions.c.id == coalition_id).with_for_update())
    living = (
        select(func.count())
        .select_from(memberships)
        .where(memberships.c.coalition_id == coalition_id, memberships.c.state.in_(LIVING))
        .scalar_subquery()
    )
    await connection.execute(
        update(coalitions)
        .where(coalitions.c.id == coalition_id, coalitions.c.state == "forming", living == 0)
        .values(state="closed")
    )
