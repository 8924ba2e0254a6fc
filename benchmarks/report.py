"""What was measured, as a table, and whether the goal was reached."""

import os
import platform
from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Load, Measured
from benchmarks.people import STEPS

BASELINE = "ConversationHandler"
SQLITE = "engage web, SQLite"
POSTGRESQL = "engage web, PostgreSQL"
# At least so many times the baseline's steps a second, on each database.
GOAL = 2.0
# Other processes that use more than this share of a core make both sides slower, though not alike.
BUSY = 0.25

HEADINGS = ("steps/s", "× baseline", "p50 ms", "p95 ms", "CPU s / 1,000", "forms", "load", "others")

Results = Mapping[str, Measured]

console = Console(highlight=False)


def progress(name: str, load: Load) -> None:
    """Say what is being measured now."""
    console.print(f"[dim]{name}: {load.people} people at a time for {load.seconds:g} s[/dim]")


def failure(errors: BaseExceptionGroup[Exception]) -> None:
    """Say why there is nothing to show."""
    for error in errors.exceptions:
        if isinstance(error, BaseExceptionGroup):
            failure(error)
        else:
            console.print(f"{type(error).__name__}: {error}", markup=False)


def ratios(results: Results) -> dict[str, float]:
    """Steps a second in times of the baseline's; empty without a baseline."""
    if BASELINE not in results:
        return {}
    base = results[BASELINE].steps_per_second
    return {name: result.steps_per_second / base for name, result in results.items() if name != BASELINE}


def is_fast_enough(results: Results) -> bool:
    """Whether the goal is reached on every database that was measured."""
    return all(ratio >= GOAL for ratio in ratios(results).values())


def show(results: Results, load: Load) -> None:
    """Print the table and the verdict."""
    compared = ratios(results)
    table = Table(title=f"The join form, {STEPS} steps, {load.people} people at a time, one process")
    table.add_column("")
    for heading in HEADINGS:
        table.add_column(heading, justify="right", no_wrap=True)
    for name, result in results.items():
        table.add_row(name, *_cells(result, compared.get(name)))
    console.print(table)
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.machine()}.", end=" ")
    console.print("load, others: what these people, and everything else on the machine, used of a core.")
    if compared:
        worst = min(compared.values())
        verdict = "reached" if worst >= GOAL else "not reached"
        console.print(f"At least {GOAL:g} × the baseline: {verdict} ({worst:.1f} ×).")
    if any(_used(results[name].other_cpu_seconds, results[name]) > BUSY for name in results if name != POSTGRESQL):
        console.print("Something else keeps this machine busy: expect better numbers when it is idle.")


def _cells(result: Measured, ratio: float | None) -> tuple[str, ...]:
    return (
        f"{result.steps_per_second:,.0f}",
        "" if ratio is None else f"{ratio:.1f}",
        f"{1000 * result.percentile(0.5):,.0f}",
        f"{1000 * result.percentile(0.95):,.0f}",
        f"{result.cpu_per_thousand:.2f}",
        f"{result.forms:,}",
        f"{_used(result.load_cpu_seconds, result):.0%}",
        f"{_used(result.other_cpu_seconds, result):.0%}",
    )


def _used(cpu_seconds: float, result: Measured) -> float:
    return cpu_seconds / result.seconds
