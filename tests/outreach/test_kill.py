"""Two workers on PostgreSQL; the one that sends is killed, again and again.

Nobody is left out, and whoever may have been told twice is marked.
"""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncEngine

from sandbox.calls import CallLog
from sandbox.server import serve
from sandbox.world import World
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import outbox, sender_leases
from tests.databases import PostgreSQL
from tests.outreach.audience import arrivals, crowded_world, invite

PEOPLE = int(os.environ.get("ENGAGE_RECIPIENTS", "500"))
KILLS = int(os.environ.get("ENGAGE_KILLS", "4"))
RATE = 30
ENOUGH = 60.0
"""Seconds for whatever must come, in the end."""


class Workers:
    """Worker processes; who is killed is started again."""

    def __init__(self, settings: Mapping[str, str], folder: Path) -> None:
        self._environment = {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(sys.path), **settings}
        self._folder = folder
        self.processes: list[asyncio.subprocess.Process] = []

    async def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self.processes.append(
                await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-m",
                    "tests.outreach.process",
                    env=self._environment,
                    cwd=self._folder,
                    stdout=log,
                    stderr=log,
                )
            )

    async def kill(self, pid: int) -> None:
        """SIGKILL, and another one in its place."""
        (process,) = (each for each in self.processes if each.pid == pid)
        process.kill()
        assert await process.wait() == -signal.SIGKILL
        self.processes.remove(process)
        await self.start()

    async def stop(self) -> list[int]:
        """SIGTERM, once they listen to it; how they ended."""
        for process in self.processes:
            await self._listens(process)
        for process in self.processes:
            process.terminate()
        ended = [await process.wait() for process in self.processes]
        self.processes.clear()
        return ended

    async def _listens(self, process: asyncio.subprocess.Process) -> None:
        """Nothing tells of that but the log."""
        async with asyncio.timeout(ENOUGH):
            while f"listens {process.pid}\n" not in self.log and process.returncode is None:  # noqa: ASYNC110 - see above
                await asyncio.sleep(0.05)

    async def aclose(self) -> None:
        """Leave nothing running, whatever happened."""
        for process in self.processes:
            process.kill()
            await process.wait()

    @property
    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")


@pytest.fixture
async def database(postgresql: PostgreSQL) -> AsyncIterator[AsyncEngine]:
    with postgresql.database("bare") as url:
        opened = open_database(url)
        await migrate(opened)
        yield opened
        await opened.dispose()


async def test_killed_while_it_calls(database: AsyncEngine, tmp_path: Path) -> None:
    async with calling(database, tmp_path, PEOPLE) as (world, workers):
        for _ in range(2):
            await workers.start()
        await _kill_often(world, database, workers)
        assert await workers.stop() == [0, 0], workers.log[-4000:]
    rows = await _rows(database)
    arrived = arrivals(world)
    twice = {chat for chat, times in arrived.items() if times > 1}
    print(f"{KILLS} kills: {len(twice)} told twice, {sum(row.uncertain for row in rows)} marked")
    assert min(arrived.values()) == 1, "somebody was left out"
    assert max(arrived.values()) <= 2
    assert {(row.state, row.lease_until) for row in rows} == {("sent", None)}
    assert twice <= {row.chat for row in rows if row.uncertain}, "somebody was told twice, and it is not marked"
    assert len(twice) <= KILLS


async def test_told_to_stop_while_it_calls(database: AsyncEngine, tmp_path: Path) -> None:
    async with calling(database, tmp_path, 120) as (world, workers):
        await workers.start()
        await _told(world, 40)
        assert await workers.stop() == [0], workers.log[-4000:]
        rows = await _rows(database)
        assert {row.chat for row in rows if row.state == "sent"} == {c for c, n in arrivals(world).items() if n}
        assert len({row.chat for row in rows if row.state == "sent"}) < 120
        await workers.start()
        await _told(world, 120)
        assert await workers.stop() == [0], workers.log[-4000:]
    assert set(arrivals(world).values()) == {1}
    assert {(row.state, row.uncertain, row.attempts) for row in await _rows(database)} == {("sent", False, 1)}


@asynccontextmanager
async def calling(database: AsyncEngine, folder: Path, people: int) -> AsyncIterator[tuple[World, Workers]]:
    """A message waits for everybody in the world, half of them on Telegram; nobody sends yet."""
    world = crowded_world(people // 2, people - people // 2)
    world.strict.discard("slack.own_messages")
    world.calls = CallLog(1_000_000)
    async with database.begin() as connection:
        await invite(connection, world)
    async with serve(world) as sandbox:
        settings = {
            "DATABASE_URL": database.url.render_as_string(hide_password=False),
            "TELEGRAM_BOT_TOKEN": world.telegram.token,
            "TELEGRAM_API_URL": f"{sandbox}/telegram",
            "SLACK_BOT_TOKEN": world.slack.bot_token,
            "SLACK_API_URL": f"{sandbox}/slack/api/",
            "TELEGRAM_RATE": str(RATE),
            "SLACK_WORKSPACE_RATE": str(RATE),
        }
        workers = Workers(settings, folder)
        try:
            yield world, workers
        finally:
            await workers.aclose()
    assert "Traceback" not in workers.log, workers.log[-4000:]


async def _kill_often(world: World, database: AsyncEngine, workers: Workers) -> None:
    """Kill whoever sends, whenever another part has arrived."""
    random = Random(4)
    marks = sorted(random.sample(range(PEOPLE // 50, PEOPLE - PEOPLE // 50), KILLS))
    for mark in marks:
        await _told(world, mark)
        await workers.kill(await _sending(database, random))
    await _told(world, PEOPLE)
    # Whoever was on the way when the last one died is told again.
    async with asyncio.timeout(ENOUGH):
        while await _waiting(database):
            await world.calls.changes.after(world.calls.changes.number, 0.2)


async def _told(world: World, people: int) -> None:
    def told() -> bool:
        return sum(call.name in ("sendMessage", "chat.postMessage") for call in world.calls.after(0, 10**6)) >= people

    async with asyncio.timeout(ENOUGH):
        while not told():
            await world.calls.changes.after(world.calls.changes.number + 5, 0.2)


async def _sending(database: AsyncEngine, random: Random) -> int:
    """The process that holds one of the senders."""
    async with asyncio.timeout(ENOUGH), database.connect() as connection:
        while True:
            rows = await connection.execute(select(sender_leases.c.holder, sender_leases.c.until))
            held = [int(holder) for holder, _ in rows if holder]
            if held:
                return random.choice(held)


async def _waiting(database: AsyncEngine) -> bool:
    return any(row.state == "waiting" for row in await _rows(database))


async def _rows(database: AsyncEngine) -> Sequence[Row[Any]]:
    async with database.begin() as connection:
        return (await connection.execute(select(outbox))).all()
