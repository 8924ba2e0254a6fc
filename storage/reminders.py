"""Being written to unasked: to whom, what was said when, what was put off.

Two kinds of occasions are put down. One for the local day that a message takes (its topic is `day`): its key makes sure
that there is one such message a day. And one for each thing that the message spoke of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, Text, cast, delete, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import (
    accounts,
    audit,
    campaigns,
    conversations,
    memberships,
    occasions,
    outbox,
    participants,
    snoozes,
)

DAY = "day"
# Values in one statement.
MOST_KEYS = 5000


@dataclass(frozen=True, slots=True)
class Recipient:
    """A participant who can be reached, with their settings and the account to write to."""

    participant_id: int
    name: str
    language: str
    zone: str
    daytime_from: int
    daytime_to: int
    paused_until: datetime | None
    digest: bool
    stopped_topics: list[str]
    account_id: int
    account: str
    chat: str
    hint: str
    zone_hint: str
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Occasion:
    """A local day that is taken (topic `day`), or one thing that was said on it."""

    participant_id: int
    topic: str
    subject: str
    day: date
    at: datetime


@dataclass(frozen=True, slots=True)
class Snooze:
    """Something that a person put off."""

    participant_id: int
    topic: str
    subject: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Reminder:
    """A row of the outbox whose words are found when it is sent. `key` is that of the day it takes."""

    row_id: int
    participant_id: int
    key: str
    day: date
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A form that was begun and not sent."""

    conversation_id: int
    participant_id: int
    touched_at: datetime


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """A call for engagement that its author put before their colleagues."""

    id: int
    title: str
    author_id: int | None
    since: datetime


_RECIPIENT: Select[Any] = (
    select(
        participants.c.id,
        participants.c.name,
        participants.c.language,
        participants.c.zone,
        participants.c.daytime_from,
        participants.c.daytime_to,
        participants.c.paused_until,
        participants.c.digest,
        participants.c.stopped_topics,
        accounts.c.id,
        accounts.c.key,
        accounts.c.chat,
        accounts.c.language,
        accounts.c.zone,
        accounts.c.seen_at,
    )
    .join_from(participants, accounts, accounts.c.participant_id == participants.c.id)
    .where(accounts.c.reachable)
    # The one preferred, else the one that wrote last.
    .order_by((accounts.c.id == participants.c.preferred_account_id).is_(True), accounts.c.seen_at, accounts.c.id)
)


def day_key(participant_id: int, day: date) -> str:
    """The occasion that says that this participant has had an unasked message on this local day."""
    return f"{DAY} {participant_id} {day.isoformat()}"


async def recipients(connection: AsyncConnection, ids: Sequence[int]) -> list[Recipient]:
    """These participants with each account that can be reached; of several, the best one to write to comes last."""
    rows = await connection.execute(_RECIPIENT.where(participants.c.id.in_(ids)))
    return [Recipient(*row) for row in rows]


async def said(connection: AsyncConnection, ids: Sequence[int], since: datetime) -> list[Occasion]:
    """What these participants were told unasked since an instant."""
    rows = await connection.execute(
        select(
            occasions.c.participant_id,
            occasions.c.topic,
            occasions.c.subject,
            occasions.c.day,
            occasions.c.at,
        ).where(occasions.c.participant_id.in_(ids), occasions.c.at >= since)
    )
    return [Occasion(id, topic, subject, date.fromisoformat(day), at) for id, topic, subject, day, at in rows]


async def put_off(connection: AsyncConnection, ids: Sequence[int]) -> list[Snooze]:
    """What these participants have put off, and until when."""
    rows = await connection.execute(
        select(snoozes.c.participant_id, snoozes.c.topic, snoozes.c.subject, snoozes.c.until).where(
            snoozes.c.participant_id.in_(ids)
        )
    )
    return [Snooze(*row) for row in rows]


async def take_day(connection: AsyncConnection, participant_id: int, day: date, now: datetime) -> bool:
    """Keep this local day for one unasked message. False when it is taken."""
    return bool(await _put_down(connection, [(day_key(participant_id, day), participant_id, DAY, "", day, now)]))


async def enqueue(
    connection: AsyncConnection, to: Recipient, sender: str, day: date, at: datetime, now: datetime
) -> None:
    """A message to be composed when it is sent, `at` or later, on the day that it took."""
    await connection.execute(
        insert(outbox).values(
            dedupe_key=day_key(to.participant_id, day),
            sender=sender,
            account_id=to.account_id,
            chat=to.chat,
            lane="interactive",
            payload="",
            state="waiting",
            attempts=0,
            not_before=at,
            created_at=now,
        )
    )


async def waiting(connection: AsyncConnection, senders: Sequence[str]) -> dict[str, int]:
    """How many reminders wait to be sent, by sender."""
    rows = await connection.execute(
        select(outbox.c.sender, func.count())
        .where(
            outbox.c.sender.in_(senders),
            outbox.c.lane == "interactive",
            outbox.c.state == "waiting",
            outbox.c.payload == "",
        )
        .group_by(outbox.c.sender)
    )
    return {row[0]: row[1] for row in rows}


async def reminders(connection: AsyncConnection, row_ids: Sequence[int]) -> list[Reminder]:
    """The reminders among these rows of the outbox, with whom they are for today."""
    rows = await connection.execute(
        select(outbox.c.id, accounts.c.participant_id, outbox.c.dedupe_key, outbox.c.uncertain)
        .join_from(outbox, accounts)
        .where(outbox.c.id.in_(row_ids), outbox.c.dedupe_key.startswith(f"{DAY} "))
        .order_by(outbox.c.id)
    )
    return [
        Reminder(id, participant_id, key, date.fromisoformat(key.rpartition(" ")[2]), uncertain)
        for id, participant_id, key, uncertain in rows
    ]


async def say(
    connection: AsyncConnection, participant_id: int, day: date, about: Sequence[tuple[str, str]], now: datetime
) -> None:
    """Put down what the message of this day speaks of, in the place of what was put down for it before."""
    await _forget_things(connection, participant_id, day)
    await _put_down(
        connection,
        [
            (f"{topic} {participant_id} {day.isoformat()} {subject}", participant_id, topic, subject, day, now)
            for topic, subject in about
        ],
    )


async def give_back(connection: AsyncConnection, reminder: Reminder) -> None:
    """Nothing was said: the day is free again. When it may have been said after all, the day stays taken."""
    await connection.execute(update(outbox).where(outbox.c.id == reminder.row_id).values(dedupe_key=None))
    if not reminder.uncertain:
        await _forget_things(connection, reminder.participant_id, reminder.day)
        await connection.execute(delete(occasions).where(occasions.c.key == reminder.key))


async def snooze(
    connection: AsyncConnection, participant_id: int, about: Sequence[tuple[str, str]], until: datetime
) -> None:
    """Put these things off."""
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    rows = [
        {"participant_id": participant_id, "topic": topic, "subject": subject, "until": until}
        for topic, subject in about
    ]
    if rows:
        statement = insert_new(snoozes).values(rows)
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["participant_id", "topic", "subject"], set_={"until": statement.excluded.until}
            )
        )


async def said_on(connection: AsyncConnection, participant_id: int, day: str) -> list[tuple[str, str]]:
    """What the message of this local day spoke of."""
    rows = await connection.execute(
        select(occasions.c.topic, occasions.c.subject)
        .where(occasions.c.participant_id == participant_id, occasions.c.day == day, occasions.c.topic != DAY)
        .order_by(occasions.c.topic, occasions.c.subject)
    )
    return [(topic, subject) for topic, subject in rows]


async def unfinished(
    connection: AsyncConnection,
    flows: Sequence[str],
    after: datetime,
    before: datetime,
    ids: Sequence[int] | None = None,
) -> list[Unfinished]:
    """Forms of these flows that were touched between these instants and not sent; of these participants, or of all
    who have agreed to what is stored of them."""
    query = (
        select(conversations.c.id, conversations.c.participant_id, conversations.c.updated_at)
        .join_from(conversations, participants)
        .where(
            conversations.c.state == "open",
            conversations.c.flow.in_(flows),
            conversations.c.updated_at > after,
            conversations.c.updated_at <= before,
            participants.c.consent_version > 0,
        )
        .order_by(conversations.c.id)
    )
    if ids is not None:
        query = query.where(conversations.c.participant_id.in_(ids))
    return [Unfinished(*row) for row in await connection.execute(query)]


async def waiting_requests(connection: AsyncConnection) -> list[tuple[int, datetime]]:
    """Requests to join that wait for a decision, the oldest first: their ids, and since when they wait."""
    rows = await connection.execute(
        select(memberships.c.id, memberships.c.requested_at)
        .where(memberships.c.state == "pending")
        .order_by(memberships.c.requested_at, memberships.c.id)
    )
    return [(id, at) for id, at in rows]


async def waiting_calls(connection: AsyncConnection) -> list[WaitingCall]:
    """Calls for engagement that wait for a colleague's approval, in the order in which they were put before them."""
    asked = func.max(audit.c.at)
    rows = await connection.execute(
        select(campaigns.c.id, campaigns.c.title, campaigns.c.author_id, asked)
        .join_from(campaigns, audit, audit.c.subject == literal("campaign ") + cast(campaigns.c.id, Text))
        .where(campaigns.c.state == "waiting", audit.c.action == "submitted")
        .group_by(campaigns.c.id, campaigns.c.title, campaigns.c.author_id)
        .order_by(asked, campaigns.c.id)
    )
    return [WaitingCall(*row) for row in rows]


async def participants_of(connection: AsyncConnection, account_keys: Sequence[str]) -> list[int]:
    """The people behind these accounts."""
    rows = await connection.execute(
        select(accounts.c.participant_id).where(accounts.c.key.in_(account_keys)).distinct()
    )
    return sorted(rows.scalars())


async def participants_by_account(connection: AsyncConnection, account_keys: Sequence[str]) -> dict[str, int]:
    """The person behind each of these accounts that is known."""
    found: dict[str, int] = {}
    for start in range(0, len(account_keys), MOST_KEYS):
        keys = account_keys[start : start + MOST_KEYS]
        rows = await connection.execute(
            select(accounts.c.key, accounts.c.participant_id).where(accounts.c.key.in_(keys))
        )
        found.update((key, id) for key, id in rows)
    return found


async def prune(connection: AsyncConnection, before: datetime) -> None:
    """Forget what was said, and put off, before this instant."""
    await connection.execute(delete(occasions).where(occasions.c.at < before))
    await connection.execute(delete(snoozes).where(snoozes.c.until < before))


async def _put_down(connection: AsyncConnection, rows: Sequence[tuple[str, int, str, str, date, datetime]]) -> int:
    """Occasions that were not there before; how many that were."""
    if not rows:
        return 0
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    values = [
        {"key": key, "participant_id": id, "topic": topic, "subject": subject, "day": day.isoformat(), "at": at}
        for key, id, topic, subject, day, at in rows
    ]
    statement = insert_new(occasions).values(values).on_conflict_do_nothing().returning(occasions.c.key)
    return len((await connection.execute(statement)).all())


async def _forget_things(connection: AsyncConnection, participant_id: int, day: date) -> None:
    await connection.execute(
        delete(occasions).where(
            occasions.c.participant_id == participant_id,
            occasions.c.day == day.isoformat(),
            occasions.c.topic != DAY,
        )
    )
