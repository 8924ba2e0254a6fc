"""`engage crowd`: simulated people join against the sandbox, with the bot beside them in one process.

With the demo, the one module of the bot that knows the sandbox.
"""

import asyncio
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import uvloop
from rich.console import Console, Group
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from sqlalchemy import select

from bot.app import App, running
from bot.demo import SECRETARIAT, demo_settings, furnish
from sandbox.server import serve
from sandbox.simulation.crowd import AT_ONCE, Crowd, characters
from sandbox.simulation.visitor import ORDINARY, Confusion, Patience, Visitor
from sandbox.slack.state import TEAM_ID
from sandbox.world import World
from storage.schema import accounts, coalitions, memberships

LOOKS_PER_SECOND = 4
# So many steps a second the bot and the sandbox can play on a slow machine: when a thousand people act at the same
# moment, the last of them has to wait for all the others.
SLOWEST = 20
MIBIBYTE = 2**20


@dataclass(frozen=True, slots=True)
class Bug:
    """Somebody who got stuck, or of whom the database knows something else than they saw."""

    who: str
    what: str
    screen: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a crowd. `coalitions` counts who asked to join what, `in_the_middle` how many people at most were
    in the middle of it at a time; `peak` is the process's largest resident memory so far, in bytes."""

    visitors: tuple[Visitor, ...]
    coalitions: Counter[str]
    confusions: Counter[Confusion]
    in_the_middle: int
    bugs: tuple[Bug, ...]
    seconds: float
    peak: int


async def crowd(
    people: int, seed: int, database: Path, watch: Callable[[Crowd], None], at_once: int = AT_ONCE
) -> Outcome:
    """Let them all join, `at_once` of them acting at the same moment; `watch` is called now and then with how far they
    are."""
    world = World()
    began, most = time.monotonic(), 0
    patience = Patience(max(ORDINARY.seconds, at_once / SLOWEST))

    def look(simulated: Crowd) -> None:
        nonlocal most
        most = max(most, simulated.in_the_middle())
        watch(simulated)

    async with serve(world) as address, running(demo_settings(world, address, database), lambda: world.now) as app:
        await furnish(app)
        simulated = Crowd(
            world, characters(people, seed), SECRETARIAT, lambda: quiet(app), at_once=at_once, patience=patience
        )
        await _watched(simulated, look)
        joined = await _joined(app)
    return Outcome(
        tuple(simulated.visitors),
        Counter(title for titles in joined.values() for title in titles),
        simulated.confusions(),
        most,
        tuple(_bugs(simulated, world, joined)),
        time.monotonic() - began,
        peak_memory(),
    )


async def quiet(app: App) -> None:
    """Wait until the bot has said all it has to say."""
    for platform in (app.telegram, app.slack):
        if platform is not None:
            await platform.aclose()
    await app.postbox.settle()


async def _watched(simulated: Crowd, watch: Callable[[Crowd], None]) -> None:
    async def look() -> None:
        while True:
            watch(simulated)
            await asyncio.sleep(1 / LOOKS_PER_SECOND)

    looking = asyncio.create_task(look())
    try:
        await simulated.run()
    finally:
        looking.cancel()
        watch(simulated)


async def _joined(app: App) -> dict[str, list[str]]:
    """The titles of what was asked for, by the account it was asked from."""
    query = (
        select(accounts.c.key, coalitions.c.title)
        .join(memberships, memberships.c.account_id == accounts.c.id)
        .join(coalitions, coalitions.c.id == memberships.c.coalition_id)
    )
    found: dict[str, list[str]] = {}
    async with app.database.connect() as connection:
        for key, title in await connection.execute(query):
            found.setdefault(key, []).append(title)
    return found


def _bugs(simulated: Crowd, world: World, joined: Mapping[str, list[str]]) -> list[Bug]:
    bugs = [Bug("secretariat", trouble, "") for trouble in simulated.troubles]
    for visitor in simulated.visitors:
        requests = len(joined.get(account_of(world, visitor), ()))
        if visitor.state == "stuck":
            bugs.append(Bug(visitor.id, f"{visitor.reason}\n· " + "\n· ".join(visitor.story), visitor.screen()))
        elif requests != (visitor.state == "sent"):
            bugs.append(Bug(visitor.id, f"the database has {requests} requests of a person who is {visitor.state}", ""))
    return bugs


def account_of(world: World, visitor: Visitor) -> str:
    """The account that somebody uses the bot with, as the database names it."""
    persona = world.people[visitor.id]
    return f"slack:{TEAM_ID}/{persona.slack}" if visitor.platform == "slack" else f"telegram:{persona.telegram}"


def peak_memory() -> int:
    """The largest resident memory of this process so far, in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def play(people: int, seed: int, at_once: int, database: Path, console: Console) -> bool:
    """Run a crowd with a progress bar and show what came of it; tells whether nobody got stuck."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=people)

        def watch(simulated: Crowd) -> None:
            counts = simulated.counts()
            done = counts["sent"] + counts["gone"] + counts["stuck"]
            on_the_way = counts["here"] + counts["away"]
            told = f"joined {counts['sent']} · on the way {on_the_way} · dropped out {counts['gone']}"
            progress.update(task, completed=done, description=f"{told} · stuck {counts['stuck']}")

        outcome = uvloop.run(crowd(people, seed, database, watch, at_once))
    console.print(report(outcome))
    return not outcome.bugs


def report(outcome: Outcome) -> Group:
    """What came of it, as tables."""
    visitors = outcome.visitors
    joined = [visitor for visitor in visitors if visitor.state == "sent"]
    acts = sum(visitor.acts for visitor in visitors)
    answers = Counter(visitor.verdict for visitor in joined)
    summary = Table(title="The crowd", show_header=False)
    for name, value in (
        ("People", str(len(visitors))),
        ("In the middle of it", str(outcome.in_the_middle)),
        ("Joined", f"{len(joined)} ({answers['granted']} approved, {answers['refused']} declined)"),
        ("Dropped out", _counted(Counter(visitor.reason for visitor in visitors if visitor.state == "gone"))),
        ("Languages", _counted(Counter(visitor.character.language for visitor in joined))),
        ("Platforms", _counted(Counter(visitor.platform for visitor in joined))),
        ("Steps", f"{acts} ({acts / outcome.seconds:.0f} a second)"),
        ("Seconds", f"{outcome.seconds:.1f}"),
        ("Peak memory", f"{outcome.peak / MIBIBYTE:.0f} MiB"),
        ("Stuck", str(len(outcome.bugs))),
    ):
        summary.add_row(name, value)
    return Group(summary, *_tables(outcome), *(f"\n{bug.who}: {bug.what}\n{bug.screen}" for bug in outcome.bugs))


def _tables(outcome: Outcome) -> list[Table]:
    tables = []
    for title, columns, rows in (
        (
            "Joined by coalition",
            ("Coalition", "People"),
            [((name,), n) for name, n in outcome.coalitions.most_common(20)],
        ),
        (
            "What confused people",
            ("What", "Where", "For instance after", "Times"),
            [((one.what, one.question, one.after), n) for one, n in outcome.confusions.most_common(15)],
        ),
    ):
        table = Table(*columns, title=title)
        for words, count in rows:
            table.add_row(*words, str(count))
        tables.append(table)
    return [table for table in tables if table.row_count]


def _counted(counts: Counter[str]) -> str:
    listed = ", ".join(f"{name}: {number}" for name, number in counts.most_common())
    return f"{counts.total()} ({listed})" if listed else "0"
