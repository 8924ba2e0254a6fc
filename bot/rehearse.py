"""`engage rehearse`: hold a study with a simulated panel, write its report, and say who got stuck."""

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from rich.console import Console, Group
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from bot import rehearsal
from bot.crowd import MIBIBYTE
from bot.delphi.checking import Weight
from bot.delphi.definition import read_definition
from bot.delphi.protocol import Protocol
from bot.rehearsal import Rehearsed, Unfit, rehearse

__all__ = ["Unfit", "play", "read"]


def read(file: Path) -> Protocol:
    """The protocol of a definition file. Its dates may lie in the past: the rehearsal has a clock of its own. Raises
    `Unfit` with everything that is wrong with it."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise Unfit(f"{file} cannot be read: {error.strerror}.") from None
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    definition = read_definition(content, file.name, long_ago, lambda name: (file.parent / name).read_bytes())
    in_the_way = definition.standing_in_the_way((Weight.ERROR,))
    if in_the_way or definition.protocol is None:
        raise Unfit("\n".join([*map(str, in_the_way), "Nothing was rehearsed."]))
    return definition.protocol


def play(protocol: Protocol, panel: int, seed: int, at_once: int, database: Path, to: Path, console: Console) -> bool:
    """Hold the study with a progress bar, write the report to a folder and show what came of it; tells whether nobody
    got stuck and the report's numbers can be computed again from its data. Raises `Unfit` when the study cannot be
    published."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=1.0)

        def watch(now: rehearsal.Progress) -> None:
            done = (now.now - now.began) / (now.ends - now.began)
            told = f"{now.now:%Y-%m-%d %H:%M} · {now.doing} · at their screens {now.here} · stuck {now.stuck}"
            progress.update(task, completed=min(done, 1.0), description=told)

        rehearsed = uvloop.run(rehearse(protocol, panel, seed, database, watch, at_once))
        progress.update(task, completed=1.0)
    write(rehearsed.report, to)
    agrees, verdict = computed_again(to)
    console.print(summary(rehearsed, protocol, to, verdict))
    return agrees and not rehearsed.bugs


def write(files: Mapping[str, bytes], to: Path) -> None:
    """Put the files of a report into a folder, which is made."""
    for name, content in files.items():
        path = to / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def computed_again(folder: Path) -> tuple[bool, str]:
    """Whether a report's own script finds the numbers of the report in its data, and what it says at the end."""
    run = subprocess.run([sys.executable, folder / "recompute.py"], capture_output=True, text=True, check=False)
    said = (run.stdout or run.stderr).strip().splitlines()
    return run.returncode == 0, said[-1] if said else "recompute.py says nothing"


def summary(rehearsed: Rehearsed, protocol: Protocol, to: Path, verdict: str) -> Group:
    """What came of it, as tables; and below them whoever got stuck, with the screen they were stuck at."""
    members = rehearsed.members
    acts = sum(member.visitor.acts for member in members)
    taking_part = [member for member in members if member.on_panel is not None]
    table = Table(title=f"Rehearsal of {protocol.study}", show_header=False)
    for name, value in (
        ("Panel", _counted(Counter(member.panellist.group or "all" for member in members))),
        ("Platforms", _counted(Counter(member.visitor.platform for member in members))),
        ("Languages", _counted(Counter(member.visitor.character.language for member in members))),
        ("Answered the invitation", f"{len(taking_part)} of {len(members)}"),
        ("Ended because", rehearsed.stop_reason or "it has not ended"),
        ("Days", str(rehearsed.days)),
        ("Steps", f"{acts} ({acts / rehearsed.seconds:.0f} a second)"),
        ("Seconds", f"{rehearsed.seconds:.1f}"),
        ("Peak memory", f"{rehearsed.peak / MIBIBYTE:.0f} MiB"),
        ("Report", f"{to} ({len(rehearsed.report)} files)"),
        ("recompute.py", verdict),
        ("Stuck", str(len(rehearsed.bugs))),
    ):
        table.add_row(name, value)
    rounds = Table("Round", "Asked", "Answered all", "Part", "Nothing", "Came late", title="Rounds")
    for each in rehearsed.rounds:
        nothing = each.asked - each.everything - each.part
        rounds.add_row(*map(str, (each.number, each.asked, each.everything, each.part, nothing, each.late)))
    stuck = (f"\n{bug.who}: {bug.what}\n{bug.screen}" for bug in rehearsed.bugs)
    return Group(table, rounds, *_confused(rehearsed), *stuck)


def _confused(rehearsed: Rehearsed) -> list[Table]:
    table = Table("What", "Where", "For instance after", "Times", title="What confused people")
    for one, count in rehearsed.confusions.most_common(15):
        table.add_row(one.what, one.question, one.after, str(count))
    return [table] if table.row_count else []


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name}: {number}" for name, number in counts.most_common())
