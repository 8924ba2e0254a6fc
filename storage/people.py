"""Who is writing: accounts and the participants behind them, read and written in bulk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, case, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import accounts, inbox, participants


@dataclass(slots=True)
class Person:
    """An account and its participant, as one row. What is changed here is written back by `save`."""

    account_id: int
    account: str
    chat: str
    reachable: bool
    handle: str
    hint: str
    id: int
    name: str
    language: str
    zone: str
    consent_version: int
    consented_at: datetime | None
    generation: str
    engagement: str
    conversation_id: int | None
    # What the platform says of the zone; as long as `zone` is the same, it follows the platform.
    zone_hint: str
    seen_at: datetime
    daytime_from: int
    daytime_to: int
    paused_until: datetime | None
    digest: bool
    stopped_topics: list[str]
    preferred_account_id: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """One account of a participant, as the platform describes it. `account` is `telegram:42` or `slack:T01/U02`."""

    id: int
    account: str
    platform: str
    name: str
    handle: str
    reachable: bool
    participant_id: int


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What is known of an account that may be new."""

    account: str
    platform: str
    name: str
    handle: str
    language: str
    zone: str


_PERSON: Select[Any] = (
    select(
        accounts.c.id.label("account_id"),
        accounts.c.key.label("account"),
        accounts.c.chat,
        accounts.c.reachable,
        accounts.c.handle,
        accounts.c.language.label("hint"),
        participants.c.id,
        participants.c.name,
        participants.c.language,
        participants.c.zone,
        participants.c.consent_version,
        participants.c.consented_at,
        participants.c.generation,
        participants.c.engagement,
        participants.c.conversation_id,
        accounts.c.zone.label("zone_hint"),
        accounts.c.seen_at,
        participants.c.daytime_from,
        participants.c.daytime_to,
        participants.c.paused_until,
        participants.c.digest,
        participants.c.stopped_topics,
        participants.c.preferred_account_id,
    )
    .join_from(accounts, participants)
    .order_by(participants.c.id)
)
# Both rows are locked, because PostgreSQL reads only locked rows anew after it has waited for them. Their keys are not:
# who tells this person something in another transaction refers to them and need not wait.
_BY_ACCOUNT = _PERSON.where(accounts.c.key.in_(bindparam("keys", expanding=True))).with_for_update(key_share=True)
_PLACE: Select[Any] = select(
    accounts.c.id,
    accounts.c.key,
    accounts.c.platform,
    accounts.c.name,
    accounts.c.handle,
    accounts.c.reachable,
    accounts.c.participant_id,
)
_UNLOCKED = _PERSON.where(accounts.c.key.in_(bindparam("keys", expanding=True)))
_SAVE_PARTICIPANT = update(participants).where(participants.c.id == bindparam("row"))
_SAVE_ACCOUNT = update(accounts).where(accounts.c.id == bindparam("row"))


async def accept(connection: AsyncConnection, keys: Sequence[str], now: datetime) -> set[str]:
    """Put event keys into the inbox; the ones that were not there before. Sorted, so that two processes that
    take the same events wait for each other instead of deadlocking."""
    rows = [{"key": key, "received_at": now} for key in sorted(set(keys))]
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert_new(inbox).on_conflict_do_nothing().returning(inbox.c.key)
    return set((await connection.execute(statement, rows)).scalars())


async def meet(connection: AsyncConnection, newcomers: Sequence[Newcomer], now: datetime) -> dict[str, Person]:
    """The people behind these accounts by account, locked until the transaction ends; the new ones are made."""
    keys = [newcomer.account for newcomer in newcomers]
    known = await _locked(connection, keys)
    missing = sorted((n for n in newcomers if n.account not in known), key=lambda n: n.account)
    if missing:
        await _create(connection, missing, now)
        known = await _locked(connection, keys)
    return known


async def by_accounts(connection: AsyncConnection, keys: Sequence[str]) -> list[Person]:
    """People by account, not locked."""
    if not keys:
        return []
    return [Person(*row) for row in await connection.execute(_UNLOCKED, {"keys": keys})]


async def by_account_id(connection: AsyncConnection, account_id: int) -> Person | None:
    """The person behind one account row."""
    row = (await connection.execute(_PERSON.where(accounts.c.id == account_id))).first()
    return Person(*row) if row else None


async def places(connection: AsyncConnection, participant_id: int) -> list[Place]:
    """A participant's accounts, the oldest first."""
    rows = await connection.execute(_PLACE.where(accounts.c.participant_id == participant_id).order_by(accounts.c.id))
    return [Place(*row) for row in rows]


async def zones(connection: AsyncConnection, participant_id: int) -> list[str]:
    """Zones that a participant may live in: their own word first, then what their platforms say, the latest first."""
    rows = await connection.execute(
        select(participants.c.zone, accounts.c.zone)
        .join_from(participants, accounts)
        .where(participants.c.id == participant_id)
        .order_by(accounts.c.seen_at.desc())
    )
    said = [tuple(row) for row in rows]
    return [zone for zone in (*(own for own, _ in said[:1]), *(hint for _, hint in said)) if zone]


async def place(connection: AsyncConnection, account_id: int) -> Place | None:
    """One account."""
    row = (await connection.execute(_PLACE.where(accounts.c.id == account_id))).first()
    return Place(*row) if row else None


async def account_to_write(
    connection: AsyncConnection, participant_id: int, otherwise: int | None = None
) -> int | None:
    """The account to write a participant to: the one they prefer, then `otherwise`, then the one that wrote last;
    never one that cannot be reached."""
    by_choice = case(
        (accounts.c.id == participants.c.preferred_account_id, 0),
        (accounts.c.id == (otherwise or 0), 1),
        else_=2,
    )
    return (
        await connection.execute(
            select(accounts.c.id)
            .join_from(accounts, participants)
            .where(accounts.c.participant_id == participant_id, accounts.c.reachable)
            .order_by(by_choice, accounts.c.seen_at.desc(), accounts.c.id.desc())
            .limit(1)
        )
    ).scalar_one_or_none()


async def save(connection: AsyncConnection, before: Mapping[int, Person], after: Mapping[int, Person]) -> None:
    """Write what changed, by account id."""
    participant_rows, account_rows = [], []
    for key, person in after.items():
        was = before[key]
        if _participant(person) != _participant(was):
            participant_rows.append({"row": person.id, **_participant(person)})
        if _account(person) != _account(was):
            account_rows.append({"row": person.account_id, **_account(person)})
    if participant_rows:
        await connection.execute(_SAVE_PARTICIPANT, participant_rows)
    if account_rows:
        await connection.execute(_SAVE_ACCOUNT, account_rows)


async def describe(connection: AsyncConnection, person: Person, *, generation: str, engagement: str) -> None:
    """Put down at once how a person describes themselves, because what is said in this transaction shows it."""
    person.generation, person.engagement = generation, engagement
    await connection.execute(_SAVE_PARTICIPANT, [{"row": person.id, **_participant(person)}])


async def _locked(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, Person]:
    rows = await connection.execute(_BY_ACCOUNT, {"keys": keys})
    return {person.account: person for person in (Person(*row) for row in rows)}


async def _create(connection: AsyncConnection, newcomers: Sequence[Newcomer], now: datetime) -> None:
    """Accounts that another process made in this moment win: ours then finds the key taken and undoes its half."""
    made = await connection.execute(
        insert(participants).returning(participants.c.id, participants.c.name),
        [{"name": newcomer.name, "created_at": now} for newcomer in newcomers],
    )
    # They come back in any order, and of several with one name each will do.
    ids: dict[str, list[int]] = {}
    for id, name in made:
        ids.setdefault(name, []).append(id)
    rows = [
        {
            "key": newcomer.account,
            "participant_id": ids[newcomer.name].pop(),
            "platform": newcomer.platform,
            "name": newcomer.name,
            "handle": newcomer.handle,
            "language": newcomer.language,
            "zone": newcomer.zone,
            "seen_at": now,
        }
        for newcomer in newcomers
    ]
    insert_new = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    statement = insert_new(accounts).on_conflict_do_nothing().returning(accounts.c.participant_id)
    with_account = set((await connection.execute(statement, rows)).scalars())
    if stray := [row["participant_id"] for row in rows if row["participant_id"] not in with_account]:
        await connection.execute(delete(participants).where(participants.c.id.in_(stray)))


def _participant(person: Person) -> dict[str, object]:
    return {
        "name": person.name,
        "language": person.language,
        "zone": person.zone,
        "consent_version": person.consent_version,
        "consented_at": person.consented_at,
        "generation": person.generation,
        "engagement": person.engagement,
        "conversation_id": person.conversation_id,
        "daytime_from": person.daytime_from,
        "daytime_to": person.daytime_to,
        "paused_until": person.paused_until,
        "digest": person.digest,
        "stopped_topics": person.stopped_topics,
        "preferred_account_id": person.preferred_account_id,
    }


def _account(person: Person) -> dict[str, object]:
    return {
        "chat": person.chat,
        "reachable": person.reachable,
        "handle": person.handle,
        "language": person.hint,
        "zone": person.zone_hint,
        "seen_at": person.seen_at,
    }
