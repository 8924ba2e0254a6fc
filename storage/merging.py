"""Two participants becoming one, and an account of one becoming a person of its own.

The older participant stays. What both began, asked for or set is there once afterwards; what that means for each table
is said where it is done.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage import panels
from storage.coalitions import LIVING
from storage.schema import (
    accounts,
    campaign_marks,
    campaigns,
    coalitions,
    conversations,
    files,
    memberships,
    obligations,
    occasions,
    outbox,
    participants,
    pledges,
    report_history,
    report_values,
    reports,
    snoozes,
)

# What everybody has until they choose something else.
DAYTIME = (9, 19)


async def merge(connection: AsyncConnection, one: int, other: int, now: datetime) -> int:
    """Make two participants one; the id of the one that stays."""
    kept, gone = sorted((one, other))
    locked = select(participants).where(participants.c.id.in_((kept, gone)))
    both = {row.id: row for row in await connection.execute(locked.order_by(participants.c.id).with_for_update())}
    zones = select(accounts.c.zone).where(accounts.c.participant_id.in_((kept, gone)))
    said = set((await connection.execute(zones)).scalars())
    await _drop_double_conversations(connection, kept, gone)
    await _end_double_memberships(connection, kept, gone, now)
    await _cancel_double_calls(connection, kept, gone)
    await _drop_double_rows(connection, kept, gone)
    await panels.unite(connection, kept, gone)
    for column in (
        accounts.c.participant_id,
        conversations.c.participant_id,
        memberships.c.participant_id,
        memberships.c.decided_by,
        coalitions.c.proposed_by,
        campaigns.c.author_id,
        campaigns.c.approved_by,
        campaign_marks.c.participant_id,
        occasions.c.participant_id,
        snoozes.c.participant_id,
        files.c.participant_id,
        obligations.c.lead_id,
        obligations.c.deputy_id,
        reports.c.help_by,
        reports.c.submitted_by,
        reports.c.corrected_by,
        report_history.c.given_by,
        report_values.c.given_by,
    ):
        await connection.execute(update(column.table).where(column == gone).values({column.name: kept}))
    await connection.execute(delete(participants).where(participants.c.id == gone))
    going_on = await _still_there(connection, [both[kept].conversation_id, both[gone].conversation_id])
    await connection.execute(
        update(participants)
        .where(participants.c.id == kept)
        .values(**merged(both[kept], both[gone], said), conversation_id=going_on)
    )
    return kept


async def split(connection: AsyncConnection, account_id: int, now: datetime) -> int:
    """Make this account a new participant, who has the settings but nothing of what was begun or joined; their id."""
    was = (
        await connection.execute(
            select(participants, accounts.c.name.label("account_name"))
            .join_from(accounts, participants)
            .where(accounts.c.id == account_id)
        )
    ).one()
    made = await connection.execute(
        insert(participants)
        .values(
            name=was.account_name or was.name,
            language=was.language,
            zone=was.zone,
            daytime_from=was.daytime_from,
            daytime_to=was.daytime_to,
            paused_until=was.paused_until,
            digest=was.digest,
            stopped_topics=was.stopped_topics,
            created_at=now,
        )
        .returning(participants.c.id)
    )
    new = int(made.scalar_one())
    await connection.execute(update(accounts).where(accounts.c.id == account_id).values(participant_id=new))
    # Answers to what was asked for belong to the person who stays.
    await connection.execute(update(memberships).where(memberships.c.account_id == account_id).values(account_id=None))
    await connection.execute(
        update(participants).where(participants.c.preferred_account_id == account_id).values(preferred_account_id=None)
    )
    return new


def merged(kept: Any, gone: Any, said_by_platforms: Collection[str]) -> dict[str, Any]:
    """One participant's columns out of two rows. What only one of them chose is kept; where both chose, the older one's
    choice, but the wish to be left alone comes first."""
    consent = gone if gone.consent_version > kept.consent_version else kept
    zones = [zone for zone in (kept.zone, gone.zone) if zone]
    chosen = [zone for zone in zones if zone not in said_by_platforms] or zones or [""]
    hours = [(row.daytime_from, row.daytime_to) for row in (kept, gone)]
    daytime = hours[1] if hours[0] == DAYTIME else hours[0]
    return {
        "name": kept.name or gone.name,
        "language": kept.language or gone.language,
        "zone": chosen[0],
        "consent_version": consent.consent_version,
        "consented_at": consent.consented_at,
        "generation": kept.generation or gone.generation,
        "engagement": kept.engagement or gone.engagement,
        "daytime_from": daytime[0],
        "daytime_to": daytime[1],
        "paused_until": max((row.paused_until for row in (kept, gone) if row.paused_until), default=None),
        "digest": kept.digest and gone.digest,
        "stopped_topics": sorted({*kept.stopped_topics, *gone.stopped_topics}),
        "preferred_account_id": kept.preferred_account_id or gone.preferred_account_id,
    }


async def _drop_double_conversations(connection: AsyncConnection, kept: int, gone: int) -> None:
    """Of two conversations in one flow about one thing the one that is going on stays, or else the later one."""
    rows = await connection.execute(
        select(
            conversations.c.id,
            conversations.c.flow,
            conversations.c.subject,
            conversations.c.state,
            conversations.c.history,
            conversations.c.updated_at,
        )
        .where(conversations.c.participant_id.in_((kept, gone)))
        .order_by(conversations.c.id)
    )
    best: dict[tuple[str, str], Any] = {}
    double = []
    for row in rows:
        other = best.get((row.flow, row.subject))
        if other is None or _worth(row) > _worth(other):
            best[row.flow, row.subject] = row
            double += [other.id] if other is not None else []
        else:
            double.append(row.id)
    await connection.execute(delete(conversations).where(conversations.c.id.in_(double)))


def _worth(conversation: Any) -> tuple[bool, bool, datetime]:
    is_open = conversation.state == "open"
    return is_open, is_open and bool(conversation.history), conversation.updated_at


async def _end_double_memberships(connection: AsyncConnection, kept: int, gone: int, now: datetime) -> None:
    """Of two living memberships in one coalition the approved one stays, or else the earlier one, with what was pledged
    in either; the other one becomes history."""
    rows = await connection.execute(
        select(memberships.c.id, memberships.c.coalition_id)
        .where(memberships.c.participant_id.in_((kept, gone)), memberships.c.state.in_(LIVING))
        .order_by(memberships.c.state == "pending", memberships.c.id)
    )
    staying: dict[int, int] = {}
    for row in rows:
        stays = staying.setdefault(row.coalition_id, row.id)
        if stays != row.id:
            there = select(pledges.c.kind).where(pledges.c.membership_id == stays)
            await connection.execute(
                update(pledges)
                .where(pledges.c.membership_id == row.id, pledges.c.kind.not_in(there))
                .values(membership_id=stays)
            )
            await connection.execute(
                update(memberships).where(memberships.c.id == row.id).values(state="left", ended_at=now)
            )


async def _cancel_double_calls(connection: AsyncConnection, kept: int, gone: int) -> None:
    """A call for engagement that both were to get goes out once."""
    of_kept = select(accounts.c.id).where(accounts.c.participant_id == kept)
    of_gone = select(accounts.c.id).where(accounts.c.participant_id == gone)
    called = select(outbox.c.campaign_id).where(
        outbox.c.account_id.in_(of_kept), outbox.c.campaign_id.is_not(None), outbox.c.state.in_(("waiting", "sent"))
    )
    await connection.execute(
        update(outbox)
        .where(
            outbox.c.account_id.in_(of_gone),
            outbox.c.state == "waiting",
            outbox.c.lease_until.is_(None),
            outbox.c.campaign_id.in_(called),
        )
        .values(state="cancelled")
    )


async def _drop_double_rows(connection: AsyncConnection, kept: int, gone: int) -> None:
    """What a call led to counts once a person; of two snoozes of one thing the older participant's stays."""
    for table, columns in (
        (campaign_marks, (campaign_marks.c.campaign_id, campaign_marks.c.mark)),
        (snoozes, (snoozes.c.topic, snoozes.c.subject)),
    ):
        there = select(*columns).where(table.c.participant_id == kept)
        await connection.execute(delete(table).where(table.c.participant_id == gone, tuple_(*columns).in_(there)))


async def _still_there(connection: AsyncConnection, ids: Sequence[int | None]) -> int | None:
    """The first of these conversations that was not dropped as one of two."""
    found = set((await connection.execute(select(conversations.c.id).where(conversations.c.id.in_(ids)))).scalars())
    return next((id for id in ids if id in found), None)
