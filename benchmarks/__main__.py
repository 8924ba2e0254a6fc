"""`python -m benchmarks`: the bot and the baseline under the same load, in turns; see docs/benchmarks.md."""

import asyncio
import signal
import sys
import tempfile
from asyncio import CancelledError
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from benchmarks import databases, measure, report
from benchmarks.api import Api, serve
from benchmarks.measure import Incomplete, Load, Measured
from benchmarks.people import Stuck
from benchmarks.processes import Failed

FULL = (2, Load(people=200, seconds=15))
QUICK = (1, Load(people=100, seconds=3))

Contenders = Mapping[str, Callable[[Path], Awaitable[Measured]]]


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A short look, in about 20 seconds.")] = False,
    profile: Annotated[
        Path | None, typer.Option(help="Profile the bot alone, on SQLite, and write cProfile's statistics there.")
    ] = None,
) -> None:
    """Play the join form by webhook against one web process and against the baseline. Fails below the goal."""
    rounds, load = QUICK if quick else FULL
    try:
        results = uvloop.run(
            _until_told_to_stop(_profile(load, profile.resolve()) if profile else _compare(rounds, load))
        )
    except* (Stuck, Failed, Incomplete) as errors:
        report.failure(errors)
        sys.exit(2)
    except* CancelledError:
        sys.exit(130)
    report.show(results, load)
    sys.exit(0 if report.is_fast_enough(results) else 1)


async def _until_told_to_stop(work: Awaitable[dict[str, Measured]]) -> dict[str, Measured]:
    """Told to stop, we end what we have started; a shell may have told us to ignore Ctrl-C, so we listen ourselves."""
    task = asyncio.current_task()
    assert task is not None
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, task.cancel)
    return await work


async def _profile(load: Load, profile: Path) -> dict[str, Measured]:
    with tempfile.TemporaryDirectory(prefix="engage-bench-") as folder:
        async with serve() as api:
            url = f"sqlite:///{folder}/bot.db"
            return {report.SQLITE: await measure.bot(api, load, url, Path(folder), profile)}


async def _compare(rounds: int, load: Load) -> dict[str, Measured]:
    """In turns, so that whatever else this machine does meets them alike."""
    results: dict[str, Measured] = {}
    with databases.postgresql() as server, tempfile.TemporaryDirectory(prefix="engage-bench-") as folder:
        async with serve() as api:
            contenders = _contenders(api, load, server)
            for _ in range(rounds):
                for name, play in contenders.items():
                    report.progress(name, load)
                    results.setdefault(name, Measured()).add(await play(Path(tempfile.mkdtemp(dir=folder))))
    return results


def _contenders(api: Api, load: Load, server: str) -> Contenders:
    """Each plays once in a folder of its own, with nothing left from the last time."""
    return {
        report.BASELINE: lambda folder: measure.conversation_handler(api, load, folder),
        report.SQLITE: lambda folder: measure.bot(api, load, f"sqlite:///{folder}/bot.db", folder),
        report.POSTGRESQL: lambda folder: measure.bot(api, load, databases.create(server, folder.name), folder),
    }


if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app()
