"""Many people with a message waiting for each, and platforms that take it or fail as told."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.markup import parse
from bot.chat.messages import Say, encode
from bot.outreach import rates
from bot.outreach.delivery import Delivery, Sent
from bot.outreach.worker import Alarm, Compose, Worker, as_stored
from storage.database import open_database
from storage.schema import accounts, campaigns, outbox, participants

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TELEGRAM, SLACK = "telegram", "slack:T01"


@dataclass
class Platform:
    """Takes messages. `failing` holds, by account, what the next attempts end in: None for success."""

    name: str
    arrived: list[Delivery] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    failing: dict[str, deque[Exception | None]] = field(default_factory=lambda: defaultdict(deque))
    before: Callable[[str], None] = lambda account: None
    gate: asyncio.Event | None = None

    async def deliver(self, delivery: Delivery) -> Sent:
        account = str(delivery.account)
        self.tried.append(account)
        self.before(account)
        await asyncio.sleep(0)
        if self.gate is not None:
            await self.gate.wait()
        if self.failing[account] and (failure := self.failing[account].popleft()):
            raise failure
        self.arrived.append(delivery)
        return Sent(f"m{len(self.arrived)}", delivery.chat or f"D{delivery.account.user}")

    @property
    def to(self) -> list[str]:
        """Whom messages arrived at, in their order."""
        return [str(delivery.account) for delivery in self.arrived]


@dataclass
class Scene:
    """A database, two platforms, and a clock that goes on when it is told to."""

    database: AsyncEngine
    telegram: Platform = field(default_factory=lambda: Platform(TELEGRAM))
    slack: Platform = field(default_factory=lambda: Platform(SLACK))
    now: datetime = NOW
    seconds: float = 0.0
    compose: Compose = as_stored
    alarm: Alarm | None = None

    def worker(self, holder: str = "one") -> Worker:
        """One that the rates do not hold back."""
        return Worker(
            self.database,
            {TELEGRAM: self.telegram, SLACK: self.slack},
            {TELEGRAM: rates.telegram(10_000, 10_000, 600_000), SLACK: rates.slack(10_000, 10_000)},
            lambda: self.now,
            lambda: asyncio.get_running_loop().time() + self.seconds,
            holder,
            self.compose,
            self.alarm,
        )

    def go_on(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        self.seconds += seconds

    async def people(self, count: int, sender: str = TELEGRAM, **row: Any) -> list[str]:
        """So many people, with a message waiting for each; their accounts."""
        async with self.database.begin() as connection:
            return await fill(connection, count, sender, **row)

    async def rows(self) -> list[Row[Any]]:
        """The outbox."""
        async with self.database.begin() as connection:
            return list((await connection.execute(select(outbox).order_by(outbox.c.id))).all())

    async def row(self) -> Row[Any]:
        """The one row of the outbox."""
        (row,) = await self.rows()
        return row

    async def states(self) -> set[str]:
        return {row.state for row in await self.rows()}

    async def reachable(self) -> bool:
        """Whether the one account can be reached."""
        async with self.database.begin() as connection:
            return bool((await connection.execute(select(accounts.c.reachable))).scalar_one())

    async def campaign(self, state: str = "sending") -> int:
        """A call for engagement."""
        async with self.database.begin() as connection:
            made = await connection.execute(
                insert(campaigns)
                .values(title="Soil", state=state, audience={}, texts={}, button={}, created_at=NOW)
                .returning(campaigns.c.id)
            )
            return int(made.scalar_one())

    async def put_campaign(self, state: str) -> None:
        """Pause or resume every call."""
        async with self.database.begin() as connection:
            await connection.execute(update(campaigns).values(state=state))


async def fill(connection: Any, count: int, sender: str = TELEGRAM, **row: Any) -> list[str]:
    """People with an account at this sender, and a row in the bulk lane for each."""
    slack = sender != TELEGRAM
    first = len((await connection.execute(select(accounts.c.id))).all()) + 1
    ids = list(range(first, first + count))
    keys = [f"{sender}/U{id:06}" if slack else f"telegram:{id}" for id in ids]
    await connection.execute(insert(participants), [{"id": id, "created_at": NOW} for id in ids])
    await connection.execute(
        insert(accounts),
        [
            {
                "id": id,
                "key": key,
                "participant_id": id,
                "platform": "slack" if slack else "telegram",
                "chat": "" if slack else str(id),
                "seen_at": NOW,
            }
            for id, key in zip(ids, keys, strict=True)
        ],
    )
    await connection.execute(
        insert(outbox),
        [
            {
                "sender": sender,
                "account_id": id,
                "chat": "" if slack else str(id),
                "lane": "bulk",
                "payload": encode(Say(parse(f"Come, {id}!"))).decode(),
                "state": "waiting",
                "attempts": 0,
                "not_before": NOW,
                "created_at": NOW,
                **row,
            }
            for id in ids
        ],
    )
    return keys


@asynccontextmanager
async def scene(database_url: str) -> AsyncIterator[Scene]:
    """An empty database, and platforms that nobody has written to."""
    database = open_database(database_url)
    try:
        yield Scene(database)
    finally:
        await database.dispose()
