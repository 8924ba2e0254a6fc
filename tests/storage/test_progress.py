"""What coalitions report, as the tables keep it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.progress.definition import starting_set
from storage import coalitions, people, progress
from storage.people import Newcomer
from storage.progress import Given, Said

NOW = datetime(2026, 4, 10, 9, tzinfo=UTC)


@pytest.fixture
async def connection(database: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with database.begin() as opened:
        yield opened


async def reported(connection: AsyncConnection) -> tuple[int, int]:
    """A report about a coalition, with funds in two currencies; its id, and the person's who wrote it."""
    await progress.add_indicators(connection, [one.row() for one in starting_set([], ["C1", "A2", "C3", "D3"])])
    newcomer = Newcomer("telegram:42", "telegram", "Ada Rowan", "", "en", "")
    ada = (await people.meet(connection, [newcomer], NOW))["telegram:42"].id
    coalition = await coalitions.propose(
        connection, kind="alliance", facility="global-4", title="Soil", aim="", objectives=[], proposed_by=ada, now=NOW
    )
    given = [
        Given("funds_mobilised", Decimal("5000.50"), currency="EUR"),
        Given("funds_mobilised", Decimal(3000), currency="USD"),
        Given("soil_carbon", Decimal("0.000001"), details={"method": "Dry combustion"}),
        Given("land_area"),
    ]
    said = Said("at_risk", why="Late rains", help="Who tests soil?")
    id = await progress.submit(
        connection, coalition_id=coalition, period="2026-Q1", said=said, given=given, by=ada, now=NOW
    )
    assert id is not None
    again = await progress.submit(
        connection, coalition_id=coalition, period="2026-Q1", said=said, given=given, by=ada, now=NOW
    )
    assert again is None
    return id, ada


async def test_a_correction_counts_and_what_was_said_before_is_kept(connection: AsyncConnection) -> None:
    id, ada = await reported(connection)
    # Now in one currency only.
    given = [Given("funds_mobilised", Decimal(6000), currency="EUR")]
    said = Said("on_track", help="Who tests soil?")
    assert await progress.correct(connection, id, said=said, given=given, by=ada, now=NOW) == 1

    now = {one.indicator: (one.amount, one.currency) for one in await progress.figures(connection, [id])}
    assert now == {
        "funds_mobilised": (Decimal(6000), "EUR"),
        "soil_carbon": (Decimal("0.000001"), ""),
        "land_area": (None, ""),
    }
    ever = [(one.revision, one.amount) for one in await progress.every_figure(connection, [id]) if one.currency]
    assert ever == [(0, Decimal("5000.50")), (0, Decimal(3000)), (1, Decimal(6000))]
    report = await progress.report_by_id(connection, id)
    assert report is not None
    assert (report.status, report.revision, report.corrector, report.help_state) == ("on_track", 1, "Ada Rowan", "open")


async def test_a_request_for_help_is_taken_once_and_opens_again_when_it_is_another(connection: AsyncConnection) -> None:
    id, ada = await reported(connection)
    assert [one.id for one in await progress.help_wanted(connection)] == [id]
    assert await progress.take_help(connection, id, ada)
    assert not await progress.take_help(connection, id, ada)
    assert await progress.answer_help(connection, id, ada)
    assert not await progress.answer_help(connection, id, ada)
    assert await progress.help_wanted(connection) == []
    await progress.correct(connection, id, said=Said("at_risk", "Why", help="A lawyer"), given=[], by=ada, now=NOW)
    (wanted,) = await progress.help_wanted(connection)
    assert (wanted.help_state, wanted.help_by) == ("open", None)


async def test_what_the_secretariat_changed_stays_when_the_starting_set_comes_again(
    connection: AsyncConnection,
) -> None:
    await reported(connection)
    first, *others = await progress.all_indicators(connection)
    await progress.store_indicators(connection, [{**first, "active": False, "targets": {"2030": "12.5"}}])
    await progress.add_indicators(connection, [first, *others])
    again = (await progress.all_indicators(connection))[0]
    assert (again["active"], again["targets"]) == (False, {"2030": "12.5"})
