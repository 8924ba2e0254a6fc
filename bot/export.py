"""`engage progress …`: what coalitions reported, written into a file. What the command needs is imported when it is
given."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from bot.progress.export import Exported

commands = typer.Typer(no_args_is_help=True)

ENDINGS = (".xlsx", ".csv")


@commands.callback()
def progress() -> None:
    """What coalitions reported."""


@commands.command("export")
def export_progress(
    file: Annotated[Path, typer.Argument(help="A new or old file that ends in .xlsx (all tables) or .csv (figures).")],
    language: Annotated[str, typer.Option(help="The indicators' names: en, fr or es.")] = "en",
) -> None:
    """Write every figure into a spreadsheet: who gave it, when, what it said before, and what is missing. It names
    people: keep it safe."""
    import uvloop

    from bot import log
    from bot.locales import LANGUAGES
    from bot.progress import export
    from bot.settings import read_settings

    if file.suffix not in ENDINGS:
        _fail(f"{file.name} ends in neither {' nor '.join(ENDINGS)}: name it accordingly.")
    if language not in LANGUAGES:
        _fail(f"There are names in {', '.join(LANGUAGES)}, not in {language}.")
    settings = read_settings("migrate")
    log.configure(settings.secrets())
    rows = uvloop.run(_rows(settings.database_url.get_secret_value(), language))
    if rows is None:
        _fail("The database does not have the tables of this version yet: `engage migrate` makes them.", 1)
    file.write_bytes(export.table(rows.figures).encode() if file.suffix == ".csv" else export.workbook(rows))
    typer.echo(f"Wrote {len(rows.figures)} figures of {len(rows.reports)} reports to {file}.")


async def _rows(address: str, language: str) -> "Exported | None":
    """None when the database is not ready."""
    from bot.clock import system_clock
    from bot.flows.progress.rows import export_rows
    from storage.database import open_database
    from storage.migrate import at_head

    database = open_database(address)
    try:
        if not await at_head(database):
            return None
        async with database.begin() as connection:
            return await export_rows(connection, system_clock().date(), language)
    finally:
        await database.dispose()


def _fail(why: str, code: int = 2) -> NoReturn:
    typer.echo(why, err=True)
    raise typer.Exit(code)
