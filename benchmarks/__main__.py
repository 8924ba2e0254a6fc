"""`python -m benchmarks`: the bot and the baseline under the same load, in turns; see docs/benchmarks.md."""

import asyncio
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks import databases, measure
from benchmarks.api import Api, serve
from benchmarks.measure import Incomplete, Load, Measured
from benchmarks.people import FORM, Stuck
from benchmarks.processes import Failed

BASELINE = "ConversationHandler, PicklePersistence"
SQLITE = "engage web, SQLite"
POSTGRESQL = "engage web, PostgreSQL"
# At least so many times the baseline's steps a second.
GOAL = 2.0

FULL = (2, Load(people=200, seconds=15))
QUICK = (1, Load(people=100, seconds=3))

console = Console()


def main(
    quick: Annotated[bool, typer.Option(help="A short look, in about 20 seconds.")] = False,
    profile: Annotated[
        Path | None, typer.Option(help="Profile the bot alone, on SQLite, and write cProfile's statistics there.")
    ] = None,
) -> None:
    """Play the join form by webhook against one web process and against the baseline. Fails below the goal."""
    rounds, load = QUICK if quick else FULL
    try:
        results = uvloop.run(_interruptible(rounds, load, profile and profile.resolve()))
    except* (Stuck, Failed, Incomplete) as group:
        for error in group.exceptions:
            console.print(f"[red]{type(error).__name__}:[/red] {error}", highlight=False)
        sys.exit(2)
    except* KeyboardInterrupt:
        sys.exit(130)
    _report(results, load)
    slow = BASELINE in results and any(ratio < GOAL for ratio in _ratios(results).values())
    sys.exit(1 if slow else 0)


async def _interruptible(rounds: int, load: Load, profile: Path | None) -> dict[str, Measured]:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with tempfile.TemporaryDirectory(prefix="engage-bench-") as folder:
        async with serve() as api:
            if profile is not None:
                return await _profile(api, load, Path(folder), profile)
            return await _compare(api, rounds, load, Path(folder))


async def _profile(api: Api, load: Load, folder: Path, profile: Path) -> dict[str, Measured]:
    return {SQLITE: await measure.bot(api, load, f"sqlite:///{folder}/bot.db", folder, profile)}


async def _compare(api: Api, rounds: int, load: Load, folder: Path) -> dict[str, Measured]:
    """In turns, so that whatever else this machine does meets them alike."""
    results = {name: Measured() for name in (BASELINE, SQLITE, POSTGRESQL)}
    with databases.postgresql() as server:
        for number in range(rounds):
            for name, total in results.items():
                console.print(f"[dim]{name}: {load.people} people, {load.seconds:g} s[/dim]", highlight=False)
                place = folder / f"{number}-{len(name)}"
                place.mkdir()
                if name == BASELINE:
                    total.add(await measure.conversation_handler(api, load, place))
                elif name == SQLITE:
                    total.add(await measure.bot(api, load, f"sqlite:///{place}/bot.db", place))
                else:
                    total.add(await measure.bot(api, load, databases.create(server, f"round_{number}"), place))
    return results


def _ratios(results: dict[str, Measured]) -> dict[str, float]:
    """Steps a second, in times of the baseline's."""
    base = results[BASELINE].steps_per_second
    return {name: result.steps_per_second / base for name, result in results.items() if name != BASELINE}


def _report(results: dict[str, Measured], load: Load) -> None:
    ratios = _ratios(results) if BASELINE in results else {}
    table = Table(title=f"The join form, {len(FORM)} steps, {load.people} people at a time, one process")
    table.add_column("")
    for heading in ("steps/s", "× baseline", "p50 ms", "p95 ms", "CPU s per 1,000 steps", "forms", "load's CPU"):
        table.add_column(heading, justify="right")
    for name, result in results.items():
        table.add_row(
            name,
            f"{result.steps_per_second:,.0f}",
            f"{ratios[name]:.1f}" if name in ratios else "",
            f"{1000 * result.percentile(0.5):,.0f}",
            f"{1000 * result.percentile(0.95):,.0f}",
            f"{result.cpu_per_thousand:.2f}",
            f"{result.forms:,}",
            f"{result.load_cpu_seconds / result.seconds:.0%}",
        )
    console.print(table)
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}", highlight=False)
    if ratios:
        worst = min(ratios.values())
        verdict = "reached" if worst >= GOAL else "not reached"
        console.print(f"At least {GOAL:g} × the baseline: {verdict} ({worst:.1f} ×)", highlight=False)


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
