"""One measurement: a contender under load for some seconds, and the proof that every step took place."""

import asyncio
import pickle
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from benchmarks import baseline, databases
from benchmarks.api import TOKEN, Api
from benchmarks.people import STEPS, Crowd
from benchmarks.processes import Running, all_cpu_seconds, running
from benchmarks.wire import Webhook

SECRET = "a-secret-that-only-telegram-knows"  # noqa: S105 - for a server on this machine alone
# What Telegram opens at most, and what the bot asks it for.
CONNECTIONS = 100
WARM_UP_FORMS = 20
ENGAGE = Path(sys.executable).with_name("engage")


class Incomplete(Exception):
    """Something that was done has had no effect, or more than one."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many people at a time, for how many seconds."""

    people: int
    seconds: float


@dataclass(slots=True)
class Measured:
    """What one or several measurements of a contender came to. Latencies in seconds, one per step."""

    seconds: float = 0
    cpu_seconds: float = 0
    load_cpu_seconds: float = 0
    other_cpu_seconds: float = 0
    latencies: list[float] = field(default_factory=list)
    forms: int = 0

    def add(self, other: "Measured") -> None:
        """Take another measurement of the same contender in."""
        self.seconds += other.seconds
        self.cpu_seconds += other.cpu_seconds
        self.load_cpu_seconds += other.load_cpu_seconds
        self.other_cpu_seconds += other.other_cpu_seconds
        self.latencies += other.latencies
        self.forms += other.forms

    @property
    def steps_per_second(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def cpu_per_thousand(self) -> float:
        """CPU seconds of the process per 1,000 steps."""
        return 1000 * self.cpu_seconds / len(self.latencies)

    def percentile(self, share: float) -> float:
        """The latency that this share of the steps stayed within (nearest rank), in seconds."""
        ranked = sorted(self.latencies)
        return ranked[max(0, round(share * len(ranked)) - 1)]


async def bot(api: Api, load: Load, url: str, folder: Path, profile: Path | None = None) -> Measured:
    """`engage web` on an empty database at `url`."""
    environment = {
        "DATABASE_URL": url,
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "TELEGRAM_BOT_TOKEN": TOKEN,
        "TELEGRAM_WEBHOOK_SECRET": SECRET,
        "TELEGRAM_API_URL": api.url,
    }
    command = ["-m", "cProfile", "-o", str(profile)] if profile else []
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with (
        running([*command, str(ENGAGE), "web"], environment, folder) as process,
        _crowd(api, process, "/telegram/webhook", headers) as crowd,
    ):
        measured = await _play(crowd, process, load)
    had = databases.effects(url) | {"strays": api.strays}
    expected = {"updates": crowd.forms * STEPS, "requests": crowd.forms, "unsent": 0, "strays": 0}
    if had != expected:
        raise Incomplete(f"found {had}, expected {expected}")
    return measured


async def conversation_handler(api: Api, load: Load, folder: Path) -> Measured:
    """The baseline, with a new pickle."""
    stored = folder / "baseline.pickle"
    command = ["-m", "benchmarks.baseline", str(stored)]
    async with (
        running(command, {"TELEGRAM_API_URL": api.url}, folder) as process,
        _crowd(api, process, baseline.PATH, {}) as crowd,
    ):
        measured = await _play(crowd, process, load)
    kept = len(pickle.loads(stored.read_bytes())["bot_data"][baseline.FORMS])
    if kept != crowd.forms:
        raise Incomplete(f"in the pickle: {kept} requests, expected: {crowd.forms}")
    return measured


@asynccontextmanager
async def _crowd(api: Api, process: Running, path: str, headers: dict[str, str]) -> AsyncIterator[Crowd]:
    webhook = Webhook(process.port, path, headers, CONNECTIONS)
    try:
        # The same people with the same wishes for everybody.
        yield Crowd(api, webhook, Random(4))
    finally:
        webhook.close()


async def _play(crowd: Crowd, process: Running, load: Load) -> Measured:
    """What happened within the given seconds; forms begun in them are finished afterwards, unmeasured."""
    async with asyncio.TaskGroup() as group:
        for _ in range(WARM_UP_FORMS):
            group.create_task(crowd.fill_in())
    before, began = crowd.steps, _spent(process)
    playing = asyncio.create_task(crowd.keep_playing(load.people, began[0] + load.seconds))
    try:
        await asyncio.wait([playing], timeout=load.seconds)
        seconds, cpu, own, everything = (now - then for now, then in zip(_spent(process), began, strict=True))
        measured = Measured(seconds, cpu, own, everything - cpu - own, crowd.latencies[before:])
        await playing
    finally:
        playing.cancel()
    measured.forms = crowd.forms
    return measured


def _spent(process: Running) -> tuple[float, float, float, float]:
    """The loop's time; CPU seconds of the process, of the load, and of everything."""
    return asyncio.get_running_loop().time(), process.cpu_seconds(), _own_cpu_seconds(), all_cpu_seconds()


def _own_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
