"""`engage indicators …`: what coalitions count, from a file and on the screen."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from bot.progress.indicator import Indicator

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

commands = typer.Typer(no_args_is_help=True)


@commands.command("import")
def import_indicators(
    file: Annotated[Path, typer.Argument(help="A .yaml, .csv or .xlsx file; docs/progress.md has its columns.")],
) -> None:
    """Add indicators, or replace those with the same code; nothing is taken from a file with a mistake in it."""
    from bot.catalogue.catalogue import load
    from bot.catalogue.problems import CatalogueErrors
    from bot.progress.definition import read_indicators

    address = _database()
    catalogue = load()
    facilities = [one.code for one in catalogue.all_facilities]
    objectives = [one.code for one in catalogue.all_objectives]
    try:
        read = read_indicators(file, facilities, objectives)
    except CatalogueErrors as errors:
        _complain(str(errors))
    asyncio.run(_store(address, read))
    print(f"Took {len(read)} indicators from {file.name}.")


@commands.command("list")
def list_indicators() -> None:
    """Every indicator, with what it counts and what it serves."""
    found = asyncio.run(_all(_database()))
    if not found:
        print("There are no indicators yet: they come with the first start, or with `engage indicators import`.")
        return
    table = Table("Code", "Name", "Kind", "Reported as", "Serves", "Targets", "Asked")
    for one in found:
        targets = ", ".join(f"{year}: {value:f}" for year, value in one.targets.items())
        serves = " ".join(filter(None, (one.facility, one.objective)))
        kind = f"{one.kind}, {one.unit}" if one.unit else one.kind
        reported = "total so far" if one.cumulative else "added in the period"
        table.add_row(one.code, one.title("en"), kind, reported, serves, targets, "yes" if one.active else "no")
    Console(highlight=False).print(table)


def _database() -> str:
    from bot.settings import read_settings

    return read_settings("migrate").database_url.get_secret_value()


def _complain(text: str) -> NoReturn:
    Console(stderr=True, markup=False, highlight=False, soft_wrap=True).print(text)
    raise typer.Exit(1)


@asynccontextmanager
async def _connected(address: str) -> AsyncIterator["AsyncConnection"]:
    """A transaction on a database that has the tables of this version; says so when it has not."""
    from storage.database import open_database
    from storage.migrate import at_head

    database = open_database(address)
    try:
        if not await at_head(database):
            _complain("The database does not have the tables of this version yet: `engage migrate` makes them.")
        async with database.begin() as connection:
            yield connection
    finally:
        await database.dispose()


async def _store(address: str, read: Sequence[Indicator]) -> None:
    from storage.progress import all_indicators, store_indicators

    async with _connected(address) as connection:
        places = {row["code"]: row["position"] for row in await all_indicators(connection)}
        after = max(places.values(), default=-1) + 1
        # Those that are there keep their place; new ones come behind them in the order of the file.
        rows = [{**one.row(), "position": places.get(one.code, after + one.position)} for one in read]
        await store_indicators(connection, rows)


async def _all(address: str) -> list[Indicator]:
    from storage.progress import all_indicators

    async with _connected(address) as connection:
        return [Indicator.read(row) for row in await all_indicators(connection)]
