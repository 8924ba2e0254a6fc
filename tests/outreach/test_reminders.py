"""Many people at once: each is reminded once, by whichever process, on the account that suits them, at a pace."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.catalogue import load as load_catalogue
from bot.chat.markup import plain
from bot.chat.messages import Say
from bot.flows import owing
from bot.flows.router import FLOWS
from bot.flows.turn import House
from bot.locales import load
from bot.outreach.reminders import MOST_WAITING, Reminders
from storage import outbox as queue
from storage.database import open_database
from storage.schema import accounts, conversations, occasions, outbox, participants

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SENDERS = ("telegram", "slack:T1")
WORDS = load()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_database(database_url)
    yield opened
    await opened.dispose()


def reminders(database: AsyncEngine, now: datetime = NOON, senders: Collection[str] = SENDERS) -> Reminders:
    house = House(words=WORDS, catalogue=load_catalogue())
    return Reminders(database, WORDS, owing.providers(FLOWS, house), senders, lambda: now)


async def people(database: AsyncEngine, count: int) -> None:
    """So many people who left a form half done two days ago, each on Telegram."""
    ids = range(1, count + 1)
    async with database.begin() as connection:
        await connection.execute(
            insert(participants),
            [{"id": id, "zone": "Etc/UTC", "language": "en", "consent_version": 1, "created_at": NOON} for id in ids],
        )
        await connection.execute(
            insert(accounts),
            [
                {
                    "id": id,
                    "key": f"telegram:{id}",
                    "participant_id": id,
                    "platform": "telegram",
                    "chat": str(id),
                    "seen_at": NOON - timedelta(days=2),
                }
                for id in ids
            ],
        )
        await connection.execute(
            insert(conversations),
            [
                {
                    "participant_id": id,
                    "flow": "join",
                    "flow_version": 1,
                    "state": "open",
                    "step": "capacity",
                    "answers": {"known_language": True, "known_consent": True},
                    "history": ["language"],
                    "drawn": [],
                    "rev": 1,
                    "misses": 0,
                    "updated_at": NOON - timedelta(days=2),
                }
                for id in ids
            ],
        )


async def also_in_slack(database: AsyncEngine, *, reachable: bool = True) -> None:
    """The first person has a second account, which wrote last."""
    async with database.begin() as connection:
        await connection.execute(
            insert(accounts).values(
                id=1000,
                key="slack:T1/U1",
                participant_id=1,
                platform="slack",
                chat="D1",
                reachable=reachable,
                seen_at=NOON,
            )
        )


async def addressed(database: AsyncEngine) -> list[int]:
    async with database.connect() as connection:
        return [id for id in (await connection.execute(select(outbox.c.account_id))).scalars() if id is not None]


async def test_processes_that_tick_at_the_same_time_remind_everybody_once(database: AsyncEngine) -> None:
    await people(database, 40)
    reminded = await asyncio.gather(*(reminders(database).tick() for _ in range(4)))
    assert sum(reminded) == 40
    assert Counter(await addressed(database)) == Counter(range(1, 41))


async def test_a_crowd_is_reminded_at_a_pace(database: AsyncEngine) -> None:
    await people(database, MOST_WAITING + 30)
    assert await reminders(database).tick() == MOST_WAITING
    assert await reminders(database).tick() == 0
    async with database.begin() as connection:
        times = sorted((await connection.execute(select(outbox.c.not_before))).scalars())
        assert max(Counter(at.replace(microsecond=0) for at in times).values()) <= 10
        await connection.execute(update(outbox).values(state="sent"))
    assert await reminders(database, NOON + timedelta(seconds=10)).tick() == 30
    assert len(set(await addressed(database))) == MOST_WAITING + 30


async def test_where_a_person_wrote_last_unless_they_prefer_another_place(database: AsyncEngine) -> None:
    await people(database, 1)
    await also_in_slack(database)
    assert await reminders(database).tick() == 1
    assert await addressed(database) == [1000]
    async with database.begin() as connection:
        await connection.execute(update(participants).values(preferred_account_id=1))
    await reminders(database, NOON + timedelta(days=3)).tick()
    assert await addressed(database) == [1000, 1]


async def test_a_platform_that_is_not_set_up_is_not_where_anybody_is_reminded(database: AsyncEngine) -> None:
    await people(database, 1)
    await also_in_slack(database)
    await reminders(database, senders=("telegram",)).tick()
    assert await addressed(database) == [1]


async def test_an_account_that_cannot_be_reached_is_passed_over(database: AsyncEngine) -> None:
    await people(database, 1)
    await also_in_slack(database, reachable=False)
    await reminders(database).tick()
    assert await addressed(database) == [1]


async def test_who_has_not_agreed_to_be_stored_is_not_written_to(database: AsyncEngine) -> None:
    await people(database, 1)
    async with database.begin() as connection:
        await connection.execute(update(participants).values(consent_version=0))
    assert await reminders(database).tick() == 0


async def test_who_has_become_another_persons_second_account_is_told_once(database: AsyncEngine) -> None:
    await people(database, 2)
    assert await reminders(database).tick() == 2
    async with database.begin() as connection:
        await connection.execute(update(accounts).values(participant_id=1))
        await connection.execute(update(occasions).values(participant_id=1))
        rows = await queue.claim(connection, SENDERS, NOON + timedelta(seconds=1), NOON + timedelta(seconds=20))
        assert len(rows) == 2
        messages = await reminders(database, NOON + timedelta(seconds=1)).compose(connection, rows)
    (message,) = messages.values()
    assert isinstance(message, Say)
    assert "Join a coalition is not finished" in plain(message.text)


async def test_a_message_that_may_have_arrived_keeps_its_day(database: AsyncEngine) -> None:
    await people(database, 1)
    assert await reminders(database).tick() == 1
    async with database.begin() as connection:
        await connection.execute(update(conversations).values(state="done"))
        await connection.execute(update(outbox).values(uncertain=True))
        rows = await queue.claim(connection, SENDERS, NOON, NOON + timedelta(seconds=20))
        assert await reminders(database).compose(connection, rows) == {}
        assert len((await connection.execute(select(occasions.c.key))).all()) == 1
