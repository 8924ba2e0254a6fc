"""`python -m benchmarks.delphi`: a closed round of 10,000 panellists and 100 items, in CPU seconds and memory."""

import platform
import resource
import sys
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bot.delphi.distribution import MISSING, UNABLE
from bot.delphi.feedback import feedback_numbers
from bot.delphi.scale import NINE_POINTS

PANELLISTS, ITEMS, GROUPS = 10_000, 100, 8
MOST_CPU_SECONDS = 2.0
MOST_MEGABYTES = 500

console = Console()


def main() -> None:
    """Measure what every panellist is told of a round, and the analysis of the same round. Fails above the limits."""
    ratings, groups = _round(np.random.default_rng(1))
    feedback = _cpu_seconds(lambda: feedback_numbers(ratings, NINE_POINTS, groups))
    megabytes = _peak_megabytes()
    analysis = _cpu_seconds(lambda: _analyse(ratings, groups))
    table = Table(title=f"{PANELLISTS:,} panellists × {ITEMS} items in {GROUPS} groups")
    for heading in ("", "CPU s", "peak MB"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_row("feedback of the round for everyone", f"{feedback:.2f}", f"{megabytes:.0f}")
    table.add_row("analysis of the round, with groups", f"{analysis:.2f}", f"{_peak_megabytes():.0f}")
    console.print(table)
    console.print(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}", highlight=False)
    kept = feedback < MOST_CPU_SECONDS and megabytes < MOST_MEGABYTES
    limits = f"under {MOST_CPU_SECONDS:g} s of CPU and {MOST_MEGABYTES} MB"
    console.print(f"Feedback {limits}: {'kept' if kept else 'not kept'}", highlight=False)
    sys.exit(0 if kept else 1)


def _round(rng: np.random.Generator) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Ratings with some missing and some unable to score, and the group of each panellist."""
    ratings = rng.integers(1, 10, size=(PANELLISTS, ITEMS)).astype(np.int16)
    ratings[rng.random(ratings.shape) < 0.10] = MISSING
    ratings[rng.random(ratings.shape) < 0.02] = UNABLE
    return ratings, rng.integers(GROUPS, size=PANELLISTS)


def _analyse(ratings: NDArray[np.int16], groups: NDArray[np.int64]) -> None:
    # Imported here: scipy's memory is not the feedback's.
    from bot.delphi.analysis import Settings, analyse
    from bot.delphi.table import Table as Ratings

    people = tuple(f"p{number}" for number in range(PANELLISTS))
    items = tuple(f"item {number}" for number in range(ITEMS))
    analyse(Ratings(people, items, ratings, tuple(map(str, groups.tolist()))), Settings(NINE_POINTS))


def _cpu_seconds(work: Callable[[], object]) -> float:
    begins = time.process_time()
    work()
    return time.process_time() - begins


def _peak_megabytes() -> float:
    """The most memory this process has had, Python and libraries included."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    main()
