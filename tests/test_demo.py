"""What a visitor of the demo finds is made by the bot's own functions, once, and can be used at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.app import App, running
from bot.demo import demo_settings, furnish, keep_calendar, populate
from sandbox.person import SlackPerson, TelegramPerson
from sandbox.server import serve
from sandbox.world import World
from storage.schema import answers, memberships, reports, studies

# The middle of a working day for most of them; the first days of a quarter; and the last ones, at night.
NOON, EARLY, LATE = (
    datetime(2026, 11, 18, 15, tzinfo=UTC),
    datetime(2027, 1, 2, 9, tzinfo=UTC),
    datetime(2027, 3, 31, 23, 50, tzinfo=UTC),
)


@asynccontextmanager
async def demo(database: Path, now: datetime) -> AsyncIterator[tuple[World, App]]:
    """The demo without its page, at this instant."""
    world = World(now)
    async with serve(world) as address, running(demo_settings(world, address, database), lambda: world.now) as app:
        await furnish(app)
        await populate(app, world)
        yield world, app


ENDS = ["the end of round 2 of Priorities for soil carbon", "the end of round 1 of Young and old for soils"]
# A command that each is told of, and one that does not concern them.
CONCERNS = {
    "lea": ("/join", "/rounds"),
    "carmen": ("/rounds", "/report"),
    "ned": ("/4p1000 report", "/4p1000 requests"),
    "tom": ("/studies", "/rounds"),
}


async def counted(app: App) -> list[int]:
    async with app.database.connect() as connection:
        return [
            (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for table in (studies, answers, memberships, reports)
        ]


async def test_a_visitor_finds_something_to_do_for_everybody(tmp_path: Path) -> None:
    async with demo(tmp_path / "demo.db", NOON) as (world, app):
        made = await counted(app)
        ned, ruth = SlackPerson(world, "ned"), SlackPerson(world, "ruth")
        carmen, tom = TelegramPerson(world, "carmen"), TelegramPerson(world, "tom")
        assert not TelegramPerson(world, "lea").chat.started
        await ned.open_home()
        assert await ned.until(lambda: "My rounds" in ned.home())
        asked, _, mine = ned.home().partition("My rounds")
        assert "Report on Soil Regeneration, Q3 2026: due on " in asked
        assert "Priorities for soil carbon: round 2, 0 of 6 answered" in asked
        assert "Soil Regeneration: On track (Q2 2026)" in mine
        await ruth.open_home()
        for words in ("2 requests are waiting", "1 call is being written.", "1 request for help is open."):
            assert await ruth.until(lambda words=words: words in ruth.home()), ruth.home()  # type: ignore[misc]  # a default
        await tom.sees("Hello Tom!")
        await carmen.sees("Jóvenes y mayores por los suelos")

        # Once their day has begun, the round comes by itself, with what the others said in the one before, and why.
        async with asyncio.TaskGroup() as beside:
            calendar = beside.create_task(keep_calendar(world, app))
            await ned.open_messages()
            await ned.sees("Agreement (7 to 9)")
            await ned.tap("Skip ›")
            await ned.sees("A2. Trees and hedges")
            await ned.tap("Skip ›")
            await ned.sees("A3. Less ploughing")
            await ned.tap("Reasons of others (3)")
            await ned.sees("bien moins d’érosion")
            assert await world.changed.until(lambda: bool(world.clock.occasions), timeout=10)
            [first, *others] = [one.name for one in world.clock.occasions]
            assert first.startswith("the reminder for ")
            assert others == ENDS
            calendar.cancel()

    async with demo(tmp_path / "demo.db", NOON) as (_, app):
        assert await counted(app) == made


async def test_help_tells_everybody_what_concerns_them_and_the_rest_when_asked(tmp_path: Path) -> None:
    async with demo(tmp_path / "demo.db", NOON) as (world, _):
        for name, (told, untold) in CONCERNS.items():
            person = SlackPerson(world, name) if world.people[name].slack else TelegramPerson(world, name)
            await person.command("/help")
            assert await person.until(lambda person=person: bool(person.news()))  # type: ignore[misc]  # a default
            shown = {line.partition(":")[0].strip() for line in person.messages()[-1].text.splitlines()}
            assert told in shown
            assert untold not in shown
            await person.tap(person.messages()[-1].buttons[0])
            await person.sees("unlink")


@pytest.mark.parametrize("now", [EARLY, LATE])
async def test_it_can_be_made_on_any_day_of_the_year(tmp_path: Path, now: datetime) -> None:
    async with demo(tmp_path / "demo.db", now) as (world, app):
        assert (await counted(app))[0] == 2
        assert [one.what for one in await app.rounds.upcoming()][:2] == ENDS
        awa = SlackPerson(world, "awa")
        await awa.open_home()
        await awa.until(lambda: "2 réponses sur 6" in awa.home())
