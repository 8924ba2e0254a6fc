"""Which coalitions owe reports, how often, about what, and who writes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import coalitions, memberships, obligations, participants, pledges


@dataclass(frozen=True, slots=True)
class Obligation:
    """A coalition that owes reports: `every` is monthly, quarterly or yearly, `due_days` are those after the period's
    end, from the period `from_period` to `until_period` (empty: without end), about these indicators.

    `state` is the coalition's. `lead` and `deputy` are names, and empty where there is none; `lead_belongs` and
    `deputy_belongs` say whether they are (still) approved members.
    """

    coalition_id: int
    kind: str
    facility: str
    title: str
    objectives: list[str]
    state: str
    every: str
    due_days: int
    from_period: str
    until_period: str
    indicators: list[str]
    lead_id: int | None
    lead: str
    lead_belongs: bool
    deputy_id: int | None
    deputy: str
    deputy_belongs: bool

    @property
    def reporter_id(self) -> int | None:
        """Who is asked: the lead, or the deputy of one who has left; None when both have."""
        if self.lead_id is not None and self.lead_belongs:
            return self.lead_id
        return self.deputy_id if self.deputy_belongs else None

    def may_report(self, participant_id: int) -> bool:
        """Whether this person is the lead or the deputy, and still a member."""
        return (self.lead_belongs and participant_id == self.lead_id) or (
            self.deputy_belongs and participant_id == self.deputy_id
        )


@dataclass(frozen=True, slots=True)
class Member:
    """An approved member of a coalition."""

    participant_id: int
    name: str
    role: str


def _belongs(participant: Any) -> Any:
    return exists().where(
        memberships.c.coalition_id == obligations.c.coalition_id,
        memberships.c.participant_id == participant,
        memberships.c.state == "approved",
    )


_lead, _deputy = participants.alias("lead"), participants.alias("deputy")
_OBLIGATION: Select[Any] = (
    select(
        obligations.c.coalition_id,
        coalitions.c.kind,
        coalitions.c.facility,
        coalitions.c.title,
        coalitions.c.objectives,
        coalitions.c.state,
        obligations.c.every,
        obligations.c.due_days,
        obligations.c.from_period,
        obligations.c.until_period,
        obligations.c.indicators,
        obligations.c.lead_id,
        func.coalesce(_lead.c.name, ""),
        _belongs(obligations.c.lead_id),
        obligations.c.deputy_id,
        func.coalesce(_deputy.c.name, ""),
        _belongs(obligations.c.deputy_id),
    )
    .join_from(obligations, coalitions)
    .join(_lead, _lead.c.id == obligations.c.lead_id, isouter=True)
    .join(_deputy, _deputy.c.id == obligations.c.deputy_id, isouter=True)
    .order_by(coalitions.c.title, obligations.c.coalition_id)
)


async def obligation(connection: AsyncConnection, coalition_id: int) -> Obligation | None:
    """What this coalition owes, if it owes reports."""
    row = (await connection.execute(_OBLIGATION.where(obligations.c.coalition_id == coalition_id))).first()
    return Obligation(*row) if row else None


async def all_obligations(connection: AsyncConnection) -> list[Obligation]:
    """Every coalition that owes or owed reports, by title."""
    return [Obligation(*row) for row in await connection.execute(_OBLIGATION)]


async def obligations_of(connection: AsyncConnection, participants: Sequence[int]) -> list[Obligation]:
    """Those that name one of these people as lead or deputy."""
    rows = await connection.execute(
        _OBLIGATION.where(or_(obligations.c.lead_id.in_(participants), obligations.c.deputy_id.in_(participants)))
    )
    return [Obligation(*row) for row in rows]


async def oblige(
    connection: AsyncConnection,
    coalition_id: int,
    *,
    every: str,
    due_days: int,
    from_period: str,
    lead_id: int | None,
    deputy_id: int | None,
    indicators: Sequence[str],
    until_period: str = "",
) -> None:
    """Make a coalition owe reports, or change how."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    values = {
        "every": every,
        "due_days": due_days,
        "from_period": from_period,
        "until_period": until_period,
        "lead_id": lead_id,
        "deputy_id": deputy_id,
        "indicators": list(indicators),
    }
    await connection.execute(
        insert_new(obligations)
        .values(coalition_id=coalition_id, **values)
        .on_conflict_do_update(index_elements=["coalition_id"], set_=values)
    )


async def end_obligation(connection: AsyncConnection, coalition_id: int, until_period: str) -> None:
    """The coalition has closed: this is the last period that it owes."""
    await connection.execute(
        update(obligations)
        .where(obligations.c.coalition_id == coalition_id, obligations.c.until_period == "")
        .values(until_period=until_period)
    )


async def members(connection: AsyncConnection, coalition_id: int) -> list[Member]:
    """The approved members, in the order they asked to belong."""
    rows = await connection.execute(
        select(participants.c.id, participants.c.name, memberships.c.role)
        .join_from(memberships, participants, participants.c.id == memberships.c.participant_id)
        .where(memberships.c.coalition_id == coalition_id, memberships.c.state == "approved")
        .order_by(memberships.c.id)
    )
    return [Member(*row) for row in rows]


async def pledged_funds(connection: AsyncConnection, coalition_id: int) -> dict[str, Decimal]:
    """What the approved members promised to fund, by currency."""
    rows = await connection.execute(
        select(pledges.c.currency, pledges.c.amount)
        .join_from(pledges, memberships)
        .where(
            memberships.c.coalition_id == coalition_id,
            memberships.c.state == "approved",
            pledges.c.amount.is_not(None),
        )
        .order_by(pledges.c.currency)
    )
    total: dict[str, Decimal] = {}
    for currency, amount in rows:
        total[currency] = total.get(currency, Decimal()) + amount
    return total
