"""`engage demo`: the bot with the sandbox as both platforms, on one address, with nothing to set up.

With the crowd, the one module of the bot that knows the sandbox. It listens as `engage run` does: long polling and
Socket Mode.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from bot.app import App, running, told_to_stop
from bot.demo_world import NEIGHBOURS, STRANGERS, inhabit
from bot.settings import Settings, read_settings
from sandbox.clock import Occasion
from sandbox.people import Persona
from sandbox.server import serve
from sandbox.slack.state import TEAM_ID
from sandbox.telegram.person import TelegramPerson
from sandbox.world import World
from storage import coalitions
from storage.people import Newcomer

SECRETARIAT = ("ruth", "tom")
# How often the page is told anew what falls due, and of how many rounds: there is room for a few buttons on a phone.
CALENDAR_SECONDS = 2
MOST_ROUNDS = 2
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
            await populate(app, world)
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
        falling_due = [Occasion(one.what, one.at) for one in (await app.rounds.upcoming())[:MOST_ROUNDS]]
        falling_due += [
            Occasion(f"the reminder for {one.name}", one.at) for one in (await app.reminders.upcoming())[:1]
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


async def populate(app: App, world: World) -> None:
    """Let people have lived with the bot for a while. Those on Telegram say hello to it: their phones are new."""
    for id, neighbour in NEIGHBOURS.items():
        world.add_person(neighbour.name, person_id=id, about=neighbour.about, language=neighbour.language)
    residents = {id: newcomer(person) for id, person in world.people.items() if id not in STRANGERS}
    await inhabit(app.database, residents, app.clock())
    on_telegram = [id for id in residents if not world.people[id].slack]
    async with asyncio.TaskGroup() as greetings:
        for id in on_telegram:
            greetings.create_task(TelegramPerson(world, id).start())


def newcomer(person: Persona) -> Newcomer:
    """Somebody of the sandbox as the bot gets to know them."""
    platform = "slack" if person.slack else "telegram"
    handle = person.slack_username if person.slack else person.telegram_username
    return Newcomer(account(person), platform, person.name, handle, person.language, person.time_zone)


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
