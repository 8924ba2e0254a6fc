"""`engage demo`: the bot with the sandbox as both platforms, on one address, with nothing to set up.

With the crowd, the one module of the bot that knows the sandbox. It listens as `engage run` does: long polling and
Socket Mode.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot.app import App, running, told_to_stop
from bot.settings import Settings, read_settings
from sandbox.clock import Occasion
from sandbox.people import Persona
from sandbox.server import serve
from sandbox.slack.state import TEAM_ID
from sandbox.world import World
from storage import coalitions

SECRETARIAT = ("ruth", "tom")
# How often the page is told anew what falls due, and of how many it is told.
CALENDAR_SECONDS = 2
MOST_OCCASIONS = 5
# What a visitor finds there already: kind, facility, title, objectives.
COALITIONS = (
    ("alliance", "global-4", "Soil Regeneration", ("C2",)),
    ("alliance", "global-6", "Mobilize Youth & Seniors", ("D3",)),
    ("partnership", "core-4", "Networking & Collaboration", ("A3", "A4")),
)


async def demo(port: int, database: Path, show: Callable[[str], None]) -> None:
    """Run until stopped; `show` gets the page's address once all is up. Raises OSError when the port is taken."""
    world = World()
    async with serve(world, port=port) as address:
        settings = demo_settings(world, address, database)
        async with running(settings, lambda: world.now) as app:
            await furnish(app)
            show(f"{address}/")
            async with asyncio.TaskGroup() as beside:
                calendar = beside.create_task(keep_calendar(world, app))
                await told_to_stop()
                calendar.cancel()


async def keep_calendar(world: World, app: App) -> None:
    """Show the page what falls due, so that its clock can be moved there; where it is moved to, it happens at once."""
    while True:
        moves = world.clock.moves.number
        await app.rounds.tick()
        await app.reminders.tick()
        await app.postbox.sweep()
        falling_due = [Occasion(one.what, one.at) for one in (await app.rounds.upcoming())[:MOST_OCCASIONS]]
        falling_due += [
            Occasion(f"the reminder for {one.name}", one.at)
            for one in (await app.reminders.upcoming())[:MOST_OCCASIONS]
        ]
        falling_due.sort(key=lambda one: one.at)
        if falling_due != world.clock.occasions:
            world.clock.occasions = falling_due
            world.touch()
        await world.clock.moves.after(moves, CALENDAR_SECONDS)


def demo_settings(world: World, address: str, database: Path) -> Settings:
    """The settings of a bot whose platforms are the sandbox at this address."""
    return read_settings(
        "run",
        {
            "DATABASE_URL": f"sqlite:///{database}",
            "TELEGRAM_BOT_TOKEN": world.telegram.token,
            "TELEGRAM_API_URL": f"{address}/telegram",
            "SLACK_BOT_TOKEN": world.slack.bot_token,
            "SLACK_APP_TOKEN": world.slack.app_token,
            "SLACK_API_URL": f"{address}/slack/api/",
            "SECRETARIAT": ",".join(account(world.people[person]) for person in SECRETARIAT),
            "CONTACT": "secretariat@example.org",
        },
    )


def account(person: Persona) -> str:
    """How SECRETARIAT names somebody of the sandbox."""
    return f"slack:{TEAM_ID}/{person.slack}" if person.slack else f"telegram:{person.telegram}"


async def furnish(app: App) -> None:
    """Put down the coalitions that a visitor finds."""
    async with app.database.begin() as connection:
        for kind, facility, title, objectives in COALITIONS:
            await coalitions.propose(
                connection,
                kind=kind,
                facility=facility,
                title=title,
                aim="",
                objectives=objectives,
                proposed_by=None,
                now=app.clock(),
                state="open",
            )
