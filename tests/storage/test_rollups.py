"""What is read for sums is what stands; exports are forgotten."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncEngine

from storage import coalitions, files, people, progress, rollups
from storage.people import Newcomer
from storage.progress import Given, Said

NOW = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
INDICATOR = {"name": {"en": "Funds"}, "kind": "money", "source": "", "mark": ""}


async def test_a_corrected_figure_counts_in_all_its_currencies_and_the_older_ones_do_not(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await progress.store_indicators(connection, [{"code": code, **INDICATOR} for code in ("funds", "events")])
        met = await people.meet(connection, [Newcomer("telegram:1", "telegram", "Ada", "", "", "")], NOW)
        ada = met["telegram:1"].id
        coalition = await coalitions.propose(
            connection,
            kind="alliance",
            facility="global-4",
            title="Soils",
            aim="",
            objectives=[],
            proposed_by=None,
            now=NOW,
            state="open",
        )
        report = await progress.submit(
            connection,
            coalition_id=coalition,
            period="2026-Q3",
            said=Said("on_track"),
            given=[
                Given("funds", Decimal(5), currency="EUR"),
                Given("funds", Decimal(7), currency="USD"),
                Given("events"),
            ],
            by=ada,
            now=NOW,
        )
        assert report is not None
        given = [Given("funds", Decimal(6), currency="EUR")]
        await progress.correct(connection, report, said=Said("at_risk", "Rain"), given=given, by=ada, now=NOW)
        standing = [(one.indicator, one.currency, one.amount) for one in await rollups.standing(connection)]
        assert standing == [("events", "", None), ("funds", "EUR", Decimal(6))]
        assert await rollups.standing(connection, [coalition + 1]) == []
        (before,) = await rollups.earlier(connection)
        assert (before.report_id, before.revision, before.status, before.giver) == (report, 0, "on_track", "Ada")


async def test_an_export_is_forgotten_and_nothing_else(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        for subject, age in ((f"{rollups.EXPORTED}1", 25), (f"{rollups.EXPORTED}2", 1), ("report 1", 25)):
            await files.keep(
                connection,
                name="a",
                media_type="text/csv",
                content=b"a",
                subject=subject,
                now=NOW - timedelta(hours=age),
            )
        await rollups.prune(connection, NOW - timedelta(days=1))
        kept = [
            bool(await files.of(connection, one))
            for one in (f"{rollups.EXPORTED}1", f"{rollups.EXPORTED}2", "report 1")
        ]
        assert kept == [False, True, True]
