"""`python -m benchmarks.outreach`: a call for engagement to 100,000 people on two platforms, by one `engage worker`.

It is a real one: written, confirmed, its audience frozen by the database, each message composed when it is sent.

Fails when somebody is left out or told twice, when it takes more than 1.05 of the time that the rates allow, when any
second sees more than a rate, or when memory grows. The sandbox that takes the messages runs in this process.
"""

import asyncio
import os
import platform
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import typer
import uvloop
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks import databases
from bot.clock import system_clock
from bot.outreach import campaigns as calls
from sandbox.calls import Call, CallLog
from sandbox.server import serve
from sandbox.world import World
from storage import campaigns
from storage.campaigns import Draft
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import outbox
from tests.outreach.audience import arrivals, crowded_world, meet

ROOT = Path(__file__).resolve().parents[1]
SENDS = {"sendMessage": "telegram", "chat.postMessage": "slack"}
GOAL = 1.05
# Memory may vary by so much between the tenth and the last part of the run.
FLAT_MEGABYTES = 10.0
STARTING_SECONDS = 60.0

console = Console()


class Arrivals(CallLog):
    """Instead of the calls themselves, when each message arrived, in seconds."""

    def __init__(self) -> None:
        super().__init__(size=1)
        self.times: dict[str, array[float]] = {"telegram": array("d"), "slack": array("d")}
        self.refused = 0

    def add(self, call: Call) -> None:
        if name := SENDS.get(call.name):
            if call.ok:
                self.times[name].append(time.monotonic())
            else:
                self.refused += 1
        self.changes.touch()

    @property
    def count(self) -> int:
        return sum(map(len, self.times.values()))


@dataclass
class Watched:
    """The worker's memory over time, in megabytes, and the CPU time that it has taken since, in seconds."""

    megabytes: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    async def watch(self, pid: int) -> None:
        while True:
            self.megabytes.append(_resident(pid))
            self.seconds.append(_cpu(pid))
            await asyncio.sleep(1)

    @property
    def growth(self) -> float:
        """From the end of the first tenth on, the most above what it was then."""
        settled = self.megabytes[max(1, len(self.megabytes) // 10) :]
        return max(settled) - settled[0]


def main(
    people: Annotated[int, typer.Option(help="How many, half of them on each platform.")] = 100_000,
    rate: Annotated[int, typer.Option(help="Messages a second, on each platform.")] = 150,
    database: Annotated[str, typer.Option(help="sqlite or postgresql")] = "postgresql",
) -> None:
    """Measure one call."""
    assert database in ("sqlite", "postgresql")
    kind: Literal["sqlite", "postgresql"] = "sqlite" if database == "sqlite" else "postgresql"
    with tempfile.TemporaryDirectory(prefix="engage-bench-") as folder, _database(kind, Path(folder)) as url:
        failures = uvloop.run(_measure(url, Path(folder), people, rate))
    for failure in failures:
        console.print(f"[red]{failure}[/red]", highlight=False)
    sys.exit(1 if failures else 0)


async def _measure(url: str, folder: Path, people: int, rate: int) -> list[str]:
    world = crowded_world(people // 2, people - people // 2)
    world.strict.discard("slack.own_messages")
    world.calls = log = Arrivals()
    engine = open_database(url)
    await migrate(engine)
    async with engine.begin() as connection:
        await meet(connection, world)
    froze = await _call(engine)
    console.print(f"its rows were made in {froze:.2f} s", highlight=False)
    async with serve(world) as sandbox:
        watched = await _run(url, folder, world, log, sandbox, people, rate)
    states, uncertain = await _rows(engine)
    await engine.dispose()
    return _report(world, log, watched, states, uncertain, people, rate)


async def _call(engine: AsyncEngine) -> float:
    """Confirm a call to everybody a minute ago, so that it may leave now; how long its rows took, in seconds."""
    draft = Draft(
        title="Soil",
        texts={"en": "*Come!* The Alliance on soil looks for you."},
        button={"target": "join", "labels": {}},
        audience={"all": []},
    )
    ago = system_clock() - calls.UNDO
    async with engine.begin() as connection:
        id = await campaigns.create(connection, draft, None, ago)
    began = time.perf_counter()
    async with engine.begin() as connection:
        await calls.confirm(connection, id, None, {}, ago, four_eyes=False)
    return time.perf_counter() - began


async def _run(url: str, folder: Path, world: World, log: Arrivals, sandbox: str, people: int, rate: int) -> Watched:
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PYTHONPATH": str(ROOT),
        "DATABASE_URL": url,
        "TELEGRAM_BOT_TOKEN": world.telegram.token,
        "TELEGRAM_API_URL": f"{sandbox}/telegram",
        "SLACK_BOT_TOKEN": world.slack.bot_token,
        "SLACK_API_URL": f"{sandbox}/slack/api/",
        "TELEGRAM_RATE": str(rate),
        "SLACK_WORKSPACE_RATE": str(rate),
    }
    watched = Watched()
    with (folder / "log").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from bot.cli import main; main(['worker'])",
            env=environment,
            cwd=folder,
            stdout=output,
            stderr=output,
        )
    try:
        await log.changes.until(lambda: log.count > 0, STARTING_SECONDS)
        watching = asyncio.create_task(watched.watch(process.pid))
        patience = STARTING_SECONDS + 2 * people / 2 / rate
        await log.changes.until(lambda: log.count >= people, patience)
        watching.cancel()
        process.terminate()
        await asyncio.wait_for(process.wait(), STARTING_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if log.count < people:
        console.print((folder / "log").read_text(errors="replace")[-3000:], highlight=False, markup=False)
    return watched


def _report(
    world: World,
    log: Arrivals,
    watched: Watched,
    states: dict[str, int],
    uncertain: int,
    people: int,
    rate: int,
) -> list[str]:
    failures = []
    table = Table(title=f"A call to {people:,} people, {rate}/s on each platform")
    for heading in ("", "messages", "seconds", "allowed", "× allowed", "most in a second"):
        table.add_column(heading, justify="right")
    for name, times in log.times.items():
        took, allowed, most = times[-1] - times[0], len(times) / rate, most_in_a_second(times)
        table.add_row(name, f"{len(times):,}", f"{took:.1f}", f"{allowed:.1f}", f"{took / allowed:.3f}", str(most))
        if took > GOAL * allowed:
            failures.append(f"{name}: {took / allowed:.3f} × the time that the rate allows")
        if name == "telegram" and most > rate:
            failures.append(f"{name}: {most} in a second")
    console.print(table)
    arrived = list(arrivals(world).values())
    once, never = arrived.count(1), arrived.count(0)
    console.print(
        f"told once: {once:,}; never: {never}; more often: {people - once - never}; "
        f"refused: {log.refused}; rows: {states}, uncertain: {uncertain}",
        highlight=False,
    )
    console.print(
        f"memory: {watched.megabytes[0]:.0f} MB at first, {max(watched.megabytes):.0f} MB at most, "
        f"{watched.growth:+.1f} MB after the first tenth",
        highlight=False,
    )
    sending = watched.seconds[-1] - watched.seconds[0]
    console.print(f"the worker took {1000 * sending / people:.2f} ms of CPU for each message", highlight=False)
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}", highlight=False)
    if once != people or states != {"sent": people} or uncertain:
        failures.append("not everybody was told exactly once")
    if watched.growth > FLAT_MEGABYTES:
        failures.append(f"memory grew by {watched.growth:.1f} MB")
    return failures


def most_in_a_second(times: Sequence[float]) -> int:
    """The most that any stretch of a second sees; its end does not belong to it."""
    times = sorted(times)
    most = first = 0
    for place, at in enumerate(times):
        while at - times[first] >= 1:
            first += 1
        most = max(most, place - first + 1)
    return most


async def _rows(engine: AsyncEngine) -> tuple[dict[str, int], int]:
    async with engine.begin() as connection:
        states = await connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
        counted = {str(state): int(number) for state, number in states}
        doubtful = await connection.execute(select(func.count()).where(outbox.c.uncertain))
        return counted, int(doubtful.scalar_one())


def _resident(pid: int) -> float:
    """Megabytes in memory, from Linux's /proc."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _cpu(pid: int) -> float:
    """Seconds of CPU time so far, from Linux's /proc: the twelfth and thirteenth number after the name."""
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _database(kind: Literal["sqlite", "postgresql"], folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/engage.db"
        return
    with databases.postgresql() as root:
        yield databases.create(root, "engage")


if __name__ == "__main__":
    typer.run(main)
