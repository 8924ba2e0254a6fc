"""`engage campaign …`: calls for engagement from the terminal. What computes is imported when a command is given.

It stands beside the composition root, because it brings the catalogue and the database to what `bot/outreach` does.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer
from rich.console import Console

from bot.settings import Settings, read_settings

if TYPE_CHECKING:
    from bot.desk import Desk

commands = typer.Typer(no_args_is_help=True)

T = TypeVar("T")
Id = Annotated[int, typer.Argument(help="The call's number, as `engage campaign list` shows it.")]

# How often `watch` looks.
LOOK_SECONDS = 1.0
WATCHED = ("waiting", "scheduled", "sending", "paused")


@commands.command("create")
def create(
    file: Annotated[Path, typer.Argument(help="A .yaml file; docs/calls.md describes it.")],
    confirm: Annotated[bool, typer.Option("--confirm", help="Send it on its way, too, after a question.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Keep the call in a file as a draft, and say whom it reaches and what is wrong with it."""
    from bot.outreach.campaign_file import FileErrors, read_file

    try:
        call = read_file(file)
    except FileErrors as errors:
        for place, what in errors.problems:
            _complain(f"{place}: {what}")
        raise typer.Exit(1) from None
    kept = _at_desk(lambda desk: desk.keep(call))
    print(f"Call {kept.id} is kept as a draft.\n{kept.summary}")
    for line in kept.notes:
        print(f"Note: {line}")
    if kept.faults:
        for line in kept.faults:
            _complain(line)
        _complain(f"Mend it in the chat (/calls), or mend the file and create it anew; call {kept.id} stays a draft.")
        raise typer.Exit(1)
    if confirm and (yes or typer.confirm("Send it on its way?")):
        print(_at_desk(lambda desk: desk.confirm(kept.id)))


@commands.command("list")
def list_calls() -> None:
    """All calls, the newest first."""
    from rich.table import Table

    table = Table("no.", "state", "title", "sent", "waiting", "failed", "blocked", "opened", "completed")
    for campaign, n in _at_desk(lambda desk: desk.all()):
        numbers = (n.sent, n.waiting, n.failed, n.blocked, n.opened, n.completed)
        table.add_row(str(campaign.id), campaign.state, campaign.draft.title, *map(str, numbers))
    Console().print(table)


@commands.command("show")
def show(id: Id) -> None:
    """One call: what it says, whom it is for, how far it has come."""
    print(_at_desk(lambda desk: desk.describe(id)))


@commands.command("watch")
def watch(id: Id) -> None:
    """Watch a call being sent, until it is over."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())

    async def look(desk: "Desk") -> None:
        with Progress(*columns) as progress:
            bar = progress.add_task("")
            while True:
                campaign, n = await desk.look(id)
                came = f"{n.opened} opened, {n.completed} completed"
                said = f"{campaign.state}: {n.sent} sent, {n.failed} failed, {n.blocked} blocked, {came}"
                progress.update(bar, description=said, total=n.total, completed=n.total - n.waiting)
                if campaign.state not in WATCHED:
                    return
                await asyncio.sleep(LOOK_SECONDS)

    _at_desk(look)


@commands.command("pause")
def pause(id: Id) -> None:
    """Let nothing more leave until it is resumed."""
    print(_at_desk(lambda desk: desk.act("pause", id)))


@commands.command("resume")
def resume(id: Id) -> None:
    """Go on where it stopped."""
    print(_at_desk(lambda desk: desk.act("resume", id)))


@commands.command("cancel")
def cancel(id: Id) -> None:
    """End it: what has not left yet stays here."""
    print(_at_desk(lambda desk: desk.act("cancel", id)))


@commands.command("retry")
def retry(id: Id) -> None:
    """Send to failures again, but not to people who cannot be reached."""
    print(_at_desk(lambda desk: desk.act("retry", id)))


@commands.command("report")
def report(
    id: Id, to: Annotated[Path, typer.Option("--to", help="The file to write: its name ends in .xlsx or .csv.")]
) -> None:
    """Write what came of a call into a spreadsheet, with a row for each message."""
    if to.suffix not in (".xlsx", ".csv"):
        _complain(f"{to.name}: its name has to end in .xlsx or .csv.")
        raise typer.Exit(2)
    print(f"{_at_desk(lambda desk: desk.report(id, to))} messages are in {to}.")


def _at_desk(work: "Callable[[Desk], Awaitable[T]]") -> T:
    """What `work` comes to, with the database open. What is not possible is said, and ends the command."""
    import uvloop

    from bot.desk import Unprepared, desk
    from bot.outreach.campaigns import Faulty, NotPossible

    settings = _settings()

    async def opened() -> T:
        async with desk(settings) as at_hand:
            return await work(at_hand)

    try:
        return uvloop.run(opened())
    except Unprepared:
        _complain("The database does not have the tables of this version yet: `engage migrate` makes them.")
    except (NotPossible, Faulty) as refused:
        for line in _said(refused):
            _complain(line)
    raise typer.Exit(1)


def _said(refused: Any) -> list[str]:
    """Why, in English."""
    from bot.chat.markup import plain
    from bot.locales import DEFAULT, Words, read
    from bot.outreach.call_words import problem_words
    from bot.outreach.campaigns import NotPossible

    words = Words(DEFAULT, read(DEFAULT))
    if isinstance(refused, NotPossible):
        return [words.plain(refused.text, **refused.values)]
    return [f"{one.place}: {plain(problem_words(one, words))}" for one in refused.problems]


def _settings() -> Settings:
    from bot import log

    settings = read_settings("migrate")
    log.configure(settings.secrets())
    return settings


def _complain(text: str) -> None:
    Console(stderr=True, markup=False, highlight=False, soft_wrap=True).print(text)
