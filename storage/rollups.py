"""What coalitions reported, read for sums, pictures, exports and the monthly digest."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.places import Place
from storage.rows import taken
from storage.schema import digests, files, memberships, outbox, participants, report_history, report_values, reports

# What exports in `files` are about, followed by the person who asked for it.
EXPORTED = "progress export "


@dataclass(frozen=True, slots=True)
class Standing:
    """A figure as it stands: of a coalition, on a period, about an indicator. One without an amount and without words
    says that there was nothing to report."""

    coalition_id: int
    period: str
    indicator: str
    currency: str
    amount: Decimal | None
    words: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a report said before its correction `revision` + 1. `giver` is a name."""

    report_id: int
    revision: int
    status: str
    why: str
    milestones: str
    help: str
    giver: str
    given_at: datetime


_newest = func.max(report_values.c.revision).over(partition_by=(report_values.c.report_id, report_values.c.indicator))
_EVERY: Select[Any] = select(
    reports.c.coalition_id,
    reports.c.period,
    report_values.c.indicator,
    report_values.c.currency,
    report_values.c.amount,
    report_values.c.words,
    report_values.c.revision,
    _newest.label("newest"),
).join_from(reports, report_values)
_EARLIER: Select[Any] = (
    select(
        report_history.c.report_id,
        report_history.c.revision,
        report_history.c.status,
        report_history.c.why,
        report_history.c.milestones,
        report_history.c.help,
        func.coalesce(participants.c.name, ""),
        report_history.c.given_at,
    )
    .join_from(report_history, participants, participants.c.id == report_history.c.given_by, isouter=True)
    .order_by(report_history.c.report_id, report_history.c.revision)
)


async def standing(
    connection: AsyncConnection, coalition_ids: Sequence[int] | None = None, about: Collection[str] | None = None
) -> list[Standing]:
    """The figures of these coalitions, or of all, on these indicators, or on all, as they stand now; several about one
    indicator when it has amounts in several currencies."""
    chosen = _EVERY if coalition_ids is None else _EVERY.where(reports.c.coalition_id.in_(coalition_ids))
    every = (chosen if about is None else chosen.where(report_values.c.indicator.in_(about))).subquery()
    rows = await connection.execute(
        select(
            every.c.coalition_id,
            every.c.period,
            every.c.indicator,
            every.c.currency,
            every.c.amount,
            every.c.words,
        )
        .where(every.c.revision == every.c.newest)
        .order_by(every.c.coalition_id, every.c.period, every.c.indicator, every.c.currency)
    )
    return await taken(rows, Standing)


async def told(connection: AsyncConnection) -> set[str]:
    """The indicators that anything was ever said about."""
    return set((await connection.execute(select(report_values.c.indicator).distinct())).scalars())


async def earlier(connection: AsyncConnection, report_id: int | None = None) -> list[Earlier]:
    """What this report, or every one, said before it was corrected, the oldest first."""
    chosen = _EARLIER if report_id is None else _EARLIER.where(report_history.c.report_id == report_id)
    return [Earlier(*row) for row in await connection.execute(chosen)]


async def belongs(connection: AsyncConnection, participant_id: int) -> list[int]:
    """The coalitions in which this person is an approved member."""
    rows = await connection.execute(
        select(memberships.c.coalition_id)
        .where(memberships.c.participant_id == participant_id, memberships.c.state == "approved")
        .distinct()
    )
    return [int(row.coalition_id) for row in rows]


async def submitted_between(connection: AsyncConnection, since: datetime, until: datetime) -> int:
    """How many reports came in from `since` on and before `until`."""
    counted = select(func.count()).where(reports.c.submitted_at >= since, reports.c.submitted_at < until)
    return int((await connection.execute(counted)).scalar_one())


async def digested(connection: AsyncConnection) -> dict[int, str]:
    """The places that the monthly digest goes to, with the month of the last one (`2026-09`, or empty)."""
    return {int(row.place_id): row.month for row in await connection.execute(select(digests))}


async def subscribe(connection: AsyncConnection, place_id: int, month: str) -> None:
    """From now on the digest goes to this place, the one of `month` not included."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    await connection.execute(insert_new(digests).values(place_id=place_id, month=month).on_conflict_do_nothing())


async def unsubscribe(connection: AsyncConnection, place_id: int) -> None:
    """The digest goes to this place no longer."""
    await connection.execute(delete(digests).where(digests.c.place_id == place_id))


async def claim_digest(connection: AsyncConnection, place_id: int, month: str) -> bool:
    """Whether it falls to this transaction to send the digest of this month there."""
    claimed = await connection.execute(
        update(digests).where(digests.c.place_id == place_id, digests.c.month < month).values(month=month)
    )
    return bool(claimed.rowcount)


async def post(connection: AsyncConnection, place: Place, payload: str, subject: str, now: datetime) -> None:
    """Put down a message to a channel or a group."""
    await connection.execute(
        insert(outbox).values(
            sender=place.sender,
            chat=place.chat,
            lane="bulk",
            payload=payload,
            subject=subject,
            state="waiting",
            attempts=0,
            not_before=now,
            language=place.language,
            created_at=now,
        )
    )


async def prune(connection: AsyncConnection, before: datetime) -> None:
    """Forget the exports made before then: they name people, and whoever asked for one has it."""
    stale = files.c.subject.startswith(EXPORTED), files.c.created_at < before
    await connection.execute(delete(files).where(*stale))
