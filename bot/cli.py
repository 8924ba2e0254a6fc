"""The command line: `engage …`. What a command needs is imported when it is given, so that all start fast."""

import errno
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import structlog
import typer
import uvloop
from rich.console import Console
from sqlalchemy.exc import OperationalError

from bot import log
from bot.campaign import commands as campaign_commands
from bot.delphi.command import commands as delphi_commands
from bot.export import commands as export_commands
from bot.outreach.delivery import SetupFault
from bot.progress.command import commands as indicator_commands
from bot.settings import Misconfigured, Purpose, Settings, read_settings
from bot.study import commands as study_commands

if TYPE_CHECKING:
    from bot.catalogue.rows import Cell

app = typer.Typer(name="engage", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
flow_commands = typer.Typer(no_args_is_help=True)
catalogue_commands = typer.Typer(no_args_is_help=True)
app.add_typer(flow_commands, name="flow", help="Look at the conversations.")
app.add_typer(catalogue_commands, name="catalogue", help="Goals, objectives and facilities.")
app.add_typer(campaign_commands, name="campaign", help="Calls for engagement.")
app.add_typer(indicator_commands, name="indicators", help="What coalitions report on.")
app.add_typer(export_commands, name="progress", help="What coalitions reported.")
app.add_typer(delphi_commands, name="delphi", help="The Delphi method, for ratings from anywhere.")
app.add_typer(study_commands, name="study", help="Delphi studies: definitions, status, reports.")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Exit codes: 0 done, 1 something failed or is not as it should be, 2 wrong usage or wrong configuration."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character must not end the program.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # both are text wrappers, unless replaced
    log.configure()
    try:
        app(arguments)
    except Misconfigured as wrong:
        _explain(wrong)
        sys.exit(2)
    except Exception as error:
        sys.exit(_explain_failure(error))
    sys.exit(0)


@app.callback(invoke_without_command=True)
def engage(
    show_version: Annotated[bool, typer.Option("--version", help="Show the version and stop.")] = False,
) -> None:
    """The engagement bot of the "4 per 1000" Initiative, for Slack and Telegram."""
    if show_version:
        print(f"engage {_version()}")
        raise typer.Exit


@app.command()
def run() -> None:
    """Run everything in one process, without a public address (long polling, Socket Mode)."""
    from bot.app import run

    uvloop.run(run(_settings("run")))


@app.command()
def web() -> None:
    """Take webhooks on PORT. Goes with `engage worker`; run as many of each as you like."""
    from bot.app import web

    uvloop.run(web(_settings("web")))


@app.command()
def worker() -> None:
    """Send what has to be said later: reminders, campaigns, replies that failed."""
    from bot.app import worker

    uvloop.run(worker(_settings("worker")))


@app.command()
def migrate() -> None:
    """Bring the database to this version. Harmless when there is nothing to do."""
    from bot.app import prepare
    from storage.migrate import UnknownRevision

    try:
        applied = uvloop.run(prepare(_settings("migrate")))
    except UnknownRevision as unknown:
        _complain(f"Nothing was changed: {unknown}. Install the newer version of engage.")
        raise typer.Exit(1) from None
    print(f"Applied: {', '.join(applied)}" if applied else "The database is up to date.")


@app.command()
def doctor() -> None:
    """Try everything that the bot needs, and say what to do where something is wrong."""
    from bot.doctor import examine

    findings = uvloop.run(examine(_settings("doctor")))
    for finding in findings:
        print(finding)
    if any(finding.remedy for finding in findings):
        raise typer.Exit(1)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="The port of the page; 0 takes a free one.")] = 8400,
) -> None:
    """Try the bot in a browser, with a local Slack and a local Telegram."""
    from tempfile import TemporaryDirectory

    from bot.demo import demo

    def show(address: str) -> None:
        print(f"Open {address} in a browser. Ctrl+C ends the demo, which keeps nothing.", flush=True)

    try:
        with TemporaryDirectory() as folder:
            uvloop.run(demo(port, Path(folder) / "demo.db", show))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        _complain(f"Something else uses port {port}: `engage demo --port 0` takes a free one.")
        raise typer.Exit(1) from None


@app.command()
def crowd(
    people: Annotated[int, typer.Option(min=1, help="How many simulated people.")] = 200,
    seed: Annotated[int, typer.Option(help="The same number gives the same people.")] = 1,
    at_once: Annotated[int, typer.Option(min=1, help="How many of them act at the same moment.")] = 24,
    database: Annotated[Path | None, typer.Option(help="Keep the database in this file, which must be new.")] = None,
) -> None:
    """Let simulated people join, on a local Slack and a local Telegram. Fails when somebody gets stuck."""
    from tempfile import TemporaryDirectory

    from bot.crowd import play

    if database is not None and database.exists():
        _complain(f"{database} exists: its people would not be strangers to the bot. Name another file.")
        raise typer.Exit(2)
    with TemporaryDirectory() as folder:
        passed = play(people, seed, at_once, database or Path(folder) / "crowd.db", Console())
    if not passed:
        raise typer.Exit(1)


@app.command()
def rehearse(
    file: Annotated[Path, typer.Argument(help="A study's definition in YAML; docs/studies.md explains it.")],
    panel: Annotated[int, typer.Option(min=1, help="How many simulated panellists.")] = 40,
    seed: Annotated[int, typer.Option(help="The same number gives the same people and opinions.")] = 1,
    to: Annotated[
        Path | None, typer.Option(help="A folder for the report, new or empty; rehearsal-STUDY when it is left out.")
    ] = None,
    at_once: Annotated[int, typer.Option(min=1, help="How many of them act at the same moment.")] = 24,
) -> None:
    """Hold a whole study with simulated panellists, to its report. Fails when somebody gets stuck."""
    from tempfile import TemporaryDirectory

    from bot.rehearse import Unfit, play, read

    try:
        protocol = read(file)
        folder = to or Path(f"rehearsal-{protocol.study}")
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            _complain(f"{folder} is there already. Name another folder with --to.")
            raise typer.Exit(2)
        with TemporaryDirectory() as temporary:
            passed = play(protocol, panel, seed, at_once, Path(temporary) / "rehearsal.db", folder, Console())
    except Unfit as unfit:
        _complain(str(unfit))
        raise typer.Exit(2) from None
    if not passed:
        raise typer.Exit(1)


@flow_commands.command("show")
def show_flow(name: Annotated[str, typer.Argument(help="Which conversation: join, for one.")]) -> None:
    """Print a conversation as a Mermaid diagram."""
    from bot.flows.diagram import mermaid
    from bot.flows.router import FLOWS
    from bot.locales import DEFAULT, load

    if name not in FLOWS:
        _complain(f"There is no conversation {name}; there are {', '.join(sorted(FLOWS))}.")
        raise typer.Exit(2)
    print(mermaid(FLOWS[name], load()[DEFAULT]))


@flow_commands.command("lint")
def lint_flows() -> None:
    """Look for questions nobody can reach, and for words that are missing or too long."""
    from bot.flows.diagram import lint
    from bot.flows.router import FLOWS

    problems = lint(FLOWS)
    print("\n".join(problems) or f"{len(FLOWS)} conversations are in order.")
    if problems:
        raise typer.Exit(1)


@catalogue_commands.command("import")
def import_catalogue(
    file: Annotated[Path, typer.Argument(help="A .yaml, .csv or .xlsx file; docs/catalogue.md has its columns.")],
) -> None:
    """Fill in goals and objectives from a file; nothing is taken from a file with a mistake in it."""
    from bot.catalogue.importing import read_rows
    from bot.catalogue.problems import CatalogueErrors

    settings = _settings("migrate")
    try:
        cells = [cell for row in read_rows(file) for cell in row.cells()]
    except CatalogueErrors as errors:
        _complain(str(errors))
        raise typer.Exit(1) from None
    if not uvloop.run(_store(settings, cells)):
        _complain("The database does not have the tables of this version yet: `engage migrate` makes them.")
        raise typer.Exit(1)
    print(f"Took {len(cells)} facts from {file.name}.")


async def _store(settings: Settings, cells: "Sequence[Cell]") -> bool:
    """Whether the database was ready to take them."""
    from dataclasses import astuple

    from storage.catalogue import store
    from storage.database import open_database
    from storage.migrate import at_head

    database = open_database(settings.database_url.get_secret_value())
    try:
        if not await at_head(database):
            return False
        async with database.begin() as connection:
            await store(connection, [astuple(cell) for cell in cells])
        return True
    finally:
        await database.dispose()


def _version() -> str:
    try:
        return version("engage")
    except PackageNotFoundError:
        return "from source, not installed"


def _settings(purpose: Purpose) -> Settings:
    settings = read_settings(purpose)
    log.configure(settings.secrets())
    return settings


def _explain(wrong: Misconfigured) -> None:
    """Every problem with its remedy, the name first, so that it can be found in a list of variables."""
    _complain("These settings are missing or wrong:")
    for problem in wrong.problems:
        _complain(f"\n  {problem.name}  {problem.what}\n      → {problem.how}")
    _complain("\nSet them in the environment, or in a file .env (.env.example names them all).")


def _explain_failure(error: Exception) -> int:
    """Says what failed, and returns the exit code."""
    if fault := _within(error, SetupFault):
        _complain(f"A platform refuses what it was given: {fault}. `engage doctor` says more.")
        return 2
    if _within(error, OperationalError):
        _complain("The database cannot be used. `engage doctor` says why.")
        return 1
    # By way of the log, which takes the secrets out of the traceback.
    structlog.get_logger(__name__).critical("crashed", exc_info=error)
    return 1


def _within(error: BaseException, kind: type[Exception]) -> BaseException | None:
    """The error itself if it is of this kind, else the first such one in a group."""
    if isinstance(error, BaseExceptionGroup):
        return next(filter(None, (_within(each, kind) for each in error.exceptions)), None)
    return error if isinstance(error, kind) else None


def _complain(text: str) -> None:
    Console(stderr=True, markup=False, highlight=False, soft_wrap=True).print(text)
