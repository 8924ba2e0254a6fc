"""What the secretariat fills in stands beside the package's catalogue, and no guess replaces what a source states."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.catalogue import load, merge
from bot.catalogue.rows import Cell, rows_of
from storage import catalogue

TARGET = Cell("objective", "B1", "fr", "target_2030", "30 plans", "plan, p. 9", "V")


def columns(cell: Cell) -> tuple[str, ...]:
    return cell.kind, cell.code, cell.language, cell.field, cell.value, cell.source, cell.mark


async def store(database: AsyncEngine, *cells: Cell) -> None:
    async with database.begin() as connection:
        await catalogue.store(connection, [columns(cell) for cell in cells])


async def stored(database: AsyncEngine) -> Sequence[Cell]:
    async with database.connect() as connection:
        return [Cell(*row) for row in await catalogue.cells(connection)]


def cell(value: str, mark: str = "V", **more: str) -> Cell:
    about = {"kind": "objective", "code": "B1", "language": "en", "field": "title", "source": "plan"} | more
    return Cell(value=value, mark=mark, **about)


async def test_cells_come_back_in_a_stable_order(database: AsyncEngine) -> None:
    cells = [TARGET, cell("Plans"), cell("Planes", language="es"), cell("Zones", code="A1")]
    await store(database, *cells)
    await store(database, *cells)
    assert await stored(database) == [cells[3], cells[0], cells[1], cells[2]]


async def test_a_later_value_takes_the_place_of_an_earlier_one(database: AsyncEngine) -> None:
    await store(database, cell("Plans"), cell("Plans!", "P", source="letter"))
    assert await stored(database) == [cell("Plans!", "P", source="letter")]


async def test_an_inference_never_replaces_what_a_source_states(database: AsyncEngine) -> None:
    await store(database, cell("Guess", "I"), cell("Better guess", "I"))
    assert await stored(database) == [cell("Better guess", "I")]
    await store(database, cell("Stated", "P"))
    await store(database, cell("Guess again", "I"))
    assert await stored(database) == [cell("Stated", "P")]


async def test_what_is_filled_in_is_what_people_read(database: AsyncEngine) -> None:
    before = load().objective("B1")
    assert before.target(2030, "fr") is None
    await store(database, TARGET, cell("What somebody guesses", "I"))
    after = merge(load(), rows_of(await stored(database))).objective("B1")
    target = after.target(2030, "fr")
    assert target is not None
    assert (target.text, target.language, target.source) == ("30 plans", "fr", "plan, p. 9")
    assert after.title("en") == before.title("en")


async def test_nothing_is_filled_in(database: AsyncEngine) -> None:
    assert await stored(database) == []
    assert merge(load(), rows_of(await stored(database))) == load()
