"""Who a call for engagement is about to be sent to, as they stand at that moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.reminders import DAY, day_key
from storage.schema import accounts, campaigns, occasions, outbox, panellists, participants


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody about to be written to: what they wish for, and where it is day for them."""

    participant_id: int
    language: str
    hint: str
    zone: str
    zone_hint: str
    daytime_from: int
    daytime_to: int
    paused_until: datetime | None
    stopped_topics: list[str]
    agreed: bool
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """A row that is to be sent: its reader (None in a channel or a group), and when its call was confirmed last. What a
    call says has not changed since."""

    confirmed_at: datetime | None
    reader: Reader | None


def takes_part() -> ColumnElement[bool]:
    """They have agreed to take part in a study."""
    return exists().where(panellists.c.participant_id == participants.c.id, panellists.c.state == "consented")


_ASKED: Select[Any] = (
    select(
        outbox.c.id,
        campaigns.c.confirmed_at,
        participants.c.id,
        participants.c.language,
        accounts.c.language,
        participants.c.zone,
        accounts.c.zone,
        participants.c.daytime_from,
        participants.c.daytime_to,
        participants.c.paused_until,
        participants.c.stopped_topics,
        or_(participants.c.consent_version > 0, takes_part()),
        accounts.c.seen_at,
    )
    .join_from(outbox, campaigns, campaigns.c.id == outbox.c.campaign_id)
    .join(accounts, accounts.c.id == outbox.c.account_id, isouter=True)
    .join(participants, participants.c.id == accounts.c.participant_id, isouter=True)
)


async def of_rows(connection: AsyncConnection, row_ids: Collection[int]) -> dict[int, Asked]:
    """Who these rows of the outbox are for, by row; those that are gone are left out."""
    rows = await connection.execute(_ASKED.where(outbox.c.id.in_(row_ids)))
    return {
        id: Asked(confirmed_at, None if person[0] is None else Reader(*person)) for id, confirmed_at, *person in rows
    }


async def take_days(
    connection: AsyncConnection, days: Collection[tuple[int, date, int]], now: datetime
) -> set[tuple[int, int]]:
    """Keep local days for calls: of (participant, day, campaign) the (participant, campaign) that have theirs, now or
    from an earlier attempt."""
    if not days:
        return set()
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    keys = {
        day_key(participant_id, day): (participant_id, day, campaign_id)
        # In the order in which everybody takes them, so that two workers never wait for each other.
        for participant_id, day, campaign_id in sorted(days, reverse=True)
    }
    statement = insert_new(occasions)
    kept = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"subject": statement.excluded.subject},
        where=occasions.c.subject == statement.excluded.subject,
    )
    taken = await connection.execute(
        kept.returning(occasions.c.key),
        [
            {
                "key": key,
                "participant_id": participant_id,
                "topic": DAY,
                "subject": _of_campaign(campaign_id),
                "day": day.isoformat(),
                "at": now,
            }
            for key, (participant_id, day, campaign_id) in reversed(keys.items())
        ],
    )
    held = [keys[key] for key in taken.scalars()]
    return {(participant_id, campaign_id) for participant_id, _, campaign_id in held}


async def give_back_days(connection: AsyncConnection, campaign_id: int) -> None:
    """The days that a call has taken of people to whom it will not be sent, or not yet, are free again."""
    missed = (
        select(accounts.c.participant_id)
        .join_from(outbox, accounts)
        .where(
            outbox.c.campaign_id == campaign_id,
            outbox.c.state.in_(("waiting", "cancelled")),
            outbox.c.uncertain.is_(False),
        )
    )
    await connection.execute(
        delete(occasions).where(
            occasions.c.topic == DAY,
            occasions.c.subject == _of_campaign(campaign_id),
            occasions.c.participant_id.in_(missed),
        )
    )


async def need_not_last(connection: AsyncConnection) -> None:
    """What this transaction writes may be lost with the power, unless a later one is kept. PostgreSQL need not wait for
    the disk then."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL synchronous_commit TO off"))


def _of_campaign(id: int) -> str:
    """What a day is taken for."""
    return f"campaign {id}"
