"""`python -m benchmarks.delphi`: a closed round of 10,000 panellists and 100 items, in CPU seconds and memory.

The limit holds for closing the round: its outcome against the round before, with everybody's feedback in it.
"""

import platform
import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from bot.delphi.distribution import MISSING, UNABLE
from bot.delphi.feedback import feedback_numbers
from bot.delphi.scale import NINE_POINTS

if TYPE_CHECKING:
    from bot.delphi.protocol import Language, Protocol
    from bot.delphi.round_table import RoundTable

Ratings = NDArray[np.int16]

PANELLISTS, ITEMS, GROUPS = 10_000, 100, 8
MOST_CPU_SECONDS = 2.0
MOST_MEGABYTES = 500

console = Console()


def main() -> None:
    """Measure what every panellist is told of a round, closing it, and the analysis of it. Fails above the limits."""
    rng = np.random.default_rng(1)
    ratings, groups = _round(rng)
    before, _ = _round(rng)
    table = Table(title=f"{PANELLISTS:,} panellists × {ITEMS} items in {GROUPS} groups")
    for heading in ("", "CPU s", "peak MB"):
        table.add_column(heading, justify="right" if heading else "left")
    feedback = _cpu_seconds(lambda: feedback_numbers(ratings, NINE_POINTS, groups))
    table.add_row("feedback of the round for everyone", f"{feedback:.2f}", f"{_peak_megabytes():.0f}")
    closing = _close(ratings, before, groups)
    megabytes = _peak_megabytes()
    table.add_row("the round closes: its outcome, feedback and change", f"{closing:.2f}", f"{megabytes:.0f}")
    analysis = _cpu_seconds(lambda: _analyse(ratings, groups))
    table.add_row("analysis of the round, with groups", f"{analysis:.2f}", f"{_peak_megabytes():.0f}")
    console.print(table)
    console.print(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}", highlight=False)
    kept = feedback + closing < MOST_CPU_SECONDS and megabytes < MOST_MEGABYTES
    limits = f"under {MOST_CPU_SECONDS:g} s of CPU and {MOST_MEGABYTES} MB"
    console.print(f"Feedback and closing {limits}: {'kept' if kept else 'not kept'}", highlight=False)
    sys.exit(0 if kept else 1)


def _close(ratings: Ratings, before: Ratings, groups: NDArray[np.int64]) -> float:
    # Imported here: scipy's memory is not the feedback's.
    from bot.delphi.closing import outcome_of

    study = _study()
    now, earlier = _answers(study, ratings, groups), _answers(study, before, groups)
    return _cpu_seconds(lambda: outcome_of(study, 2, now, (1, earlier)))


def _study() -> "Protocol":
    from bot.delphi.protocol import Group, Protocol, Round, ScaleItem

    words: dict[Language, str] = {"en": "x"}
    month = datetime(2027, 1, 1), datetime(2027, 2, 1)  # noqa: DTZ001  # wall times
    return Protocol(
        study="soil",
        title=words,
        introduction=words,
        items=[ScaleItem(id=f"A{number}", text=words) for number in range(ITEMS)],
        groups=[Group(id=f"g{number}", name=words) for number in range(GROUPS)],
        rounds=[Round(opens=month[0], closes=month[1])],
    )


def _answers(study: "Protocol", ratings: Ratings, groups: NDArray[np.int64]) -> "RoundTable":
    """As they come from the database: a list for each item."""
    from bot.delphi.round_table import Column, RoundTable

    columns = [
        Column(item.id, 1, item, [int(point) if point >= 0 else None for point in column], column == UNABLE)
        for item, column in zip(study.items, ratings.T, strict=True)
    ]
    people = tuple(f"p{number}" for number in range(PANELLISTS))
    nobody = np.zeros(PANELLISTS, dtype=np.bool_)
    return RoundTable(people, tuple(f"g{group}" for group in groups.tolist()), tuple(columns), nobody)


def _round(rng: np.random.Generator) -> tuple[Ratings, NDArray[np.int64]]:
    """Ratings with some missing and some unable to score, and the group of each panellist."""
    ratings = rng.integers(1, 10, size=(PANELLISTS, ITEMS)).astype(np.int16)
    ratings[rng.random(ratings.shape) < 0.10] = MISSING
    ratings[rng.random(ratings.shape) < 0.02] = UNABLE
    return ratings, rng.integers(GROUPS, size=PANELLISTS)


def _analyse(ratings: Ratings, groups: NDArray[np.int64]) -> None:
    from bot.delphi.analysis import Settings, analyse
    from bot.delphi.table import Table as Sheet

    people = tuple(f"p{number}" for number in range(PANELLISTS))
    items = tuple(f"item {number}" for number in range(ITEMS))
    analyse(Sheet(people, items, ratings, tuple(map(str, groups.tolist()))), Settings(NINE_POINTS))


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
