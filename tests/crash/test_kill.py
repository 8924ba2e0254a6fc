"""Killed at random moments while people join: nothing is lost, nothing happens twice, every conversation goes on.

`make crash` kills 50 times per database; ENGAGE_KILLS and ENGAGE_SEED choose other numbers and other moments.
"""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from sandbox.calls import CallLog
from sandbox.people import default_personas
from sandbox.server import serve
from sandbox.slack.person import SlackPerson
from sandbox.telegram.person import TelegramPerson
from sandbox.world import World
from tests.crash import reckoning
from tests.crash.people import Joiner, Turns
from tests.crash.process import BotProcess, started
from tests.crash.wishes import wishes
from tests.databases import PostgreSQL
from tests.stage import account

KILLS = int(os.environ.get("ENGAGE_KILLS", "5"))
SEED = int(os.environ.get("ENGAGE_SEED", "4"))
PEOPLE = 16
SECRETARIAT = ("tom", "ruth")
ENOUGH = 120.0
"""Seconds for whatever must come, in the end."""
QUIET = 0.3
"""Seconds without a call of the bot after which it has nothing to do."""


@dataclass(frozen=True, slots=True)
class Town:
    """The world, who joins in it, how fast they may, and when the bot is killed."""

    world: World
    sandbox: str
    joiners: Sequence[Joiner]
    turns: Turns
    random: Random

    def settings(self, database_url: str) -> Mapping[str, str]:
        """What both ways of running need."""
        return {
            "DATABASE_URL": database_url,
            "TELEGRAM_BOT_TOKEN": self.world.telegram.token,
            "TELEGRAM_API_URL": f"{self.sandbox}/telegram",
            "SLACK_BOT_TOKEN": self.world.slack.bot_token,
            "SLACK_API_URL": f"{self.sandbox}/slack/api/",
            "SECRETARIAT": ",".join(str(account(self.world, each)) for each in SECRETARIAT),
        }


@asynccontextmanager
async def town() -> AsyncIterator[Town]:
    """Half of the people are on Telegram, half in Slack. The platforms never give up on a delivery, and everything that
    every fourth person does they deliver twice."""
    world = World(people=[each for each in default_personas() if each.id in SECRETARIAT])
    world.calls = CallLog(1_000_000)
    world.telegram.retry_delays = (0.1, 0.2, 0.4)
    world.slack.retry_delays = (0.2,) * 1000
    random = Random(SEED)
    turns = Turns()
    joiners = []
    for number, wish in enumerate(wishes(PEOPLE, random)):
        slack = number < PEOPLE // 2
        name = f"Joiner {'ABCDEFGHIJKLMNOP'[number]}"
        world.add_person(name, person_id=f"joiner-{number}", telegram=not slack, slack=slack)
        joiners.append(Joiner(world, f"joiner-{number}", wish, turns, random, slack=slack))
        if number % 4 == 0:
            world.faults.add("duplicate", person=f"joiner-{number}", times=10_000)
    async with serve(world) as sandbox:
        yield Town(world, sandbox, joiners, turns, random)


async def test_killed_with_long_polling_and_socket_mode(bare_database_url: str, tmp_path: Path) -> None:
    async with town() as here:
        slack = {"SLACK_APP_TOKEN": here.world.slack.app_token}
        bot = BotProcess("run", {**here.settings(bare_database_url), **slack}, tmp_path)
        await play(here, [bot], bare_database_url)
        toll = await reckoning.hold(here.world, here.joiners, SECRETARIAT, bare_database_url, in_order=True)
        print(f"\n{KILLS} kills of engage run: {toll}")


async def test_killed_with_webhooks(postgresql: PostgreSQL, tmp_path: Path) -> None:
    with postgresql.database("bare") as database_url:
        async with town() as here:
            port = free_port()
            address = f"http://127.0.0.1:{port}"
            slack = here.world.slack
            slack.events_url = slack.interactivity_url = slack.commands_url = f"{address}/slack/events"
            settings = {
                **here.settings(database_url),
                "PORT": str(port),
                "PUBLIC_URL": address,
                "TELEGRAM_WEBHOOK_SECRET": "a-secret-of-the-webhook",
                "SLACK_SIGNING_SECRET": slack.signing_secret,
            }
            bots = [BotProcess("web", settings, tmp_path), BotProcess("worker", settings, tmp_path)]
            await play(here, bots, database_url)
            toll = await reckoning.hold(here.world, here.joiners, SECRETARIAT, database_url, in_order=False)
            print(f"\n{KILLS} kills of engage web and worker: {toll}")


async def play(here: Town, bots: Sequence[BotProcess], database_url: str) -> None:
    """Everybody joins while the bot is killed; at the end it has said what it had to say and is stopped."""
    begun = time.perf_counter()
    async with started(*bots):
        await greet(here)
        async with asyncio.TaskGroup() as group:
            for joiner in here.joiners:
                group.create_task(joiner.join())
            group.create_task(kill_again_and_again(here, bots))
        updates = here.world.telegram.updates
        assert await here.world.telegram.arrived.until(lambda: not updates, ENOUGH)
        await reckoning.nothing_waits(database_url, ENOUGH)
        for bot in bots:
            await bot.stop()
    for bot in bots:
        bot.check_log()
    print(f"\n{time.perf_counter() - begun:.1f} s, {sum(each.acts for each in here.joiners)} acts of {PEOPLE} people")


async def greet(here: Town) -> None:
    """The secretariat says hello before anything goes wrong."""
    tom = TelegramPerson(here.world, SECRETARIAT[0], ENOUGH)
    ruth = SlackPerson(here.world, SECRETARIAT[1], ENOUGH)
    await tom.start()
    await tom.sees("Hello Tom!")
    await ruth.say("hello")
    await ruth.hears()


async def kill_again_and_again(here: Town, bots: Sequence[BotProcess]) -> None:
    """Spread over the whole of the run: between two kills people get a random number of turns."""
    steps = sum(joiner.steps for joiner in here.joiners)
    cuts = sorted(here.random.sample(range(1, steps), KILLS))
    born = 0
    for share in (after - before for before, after in zip([0, *cuts], cuts, strict=False)):
        here.turns.allow(share)
        assert await here.turns.changes.until(lambda: here.turns.taken == here.turns.allowed, ENOUGH)
        await random_moment(here, born)
        # The one that answers people is killed more often than the one that helps it.
        bot = here.random.choice([bots[0], *bots])
        await bot.kill()
        born = here.world.calls.changes.number
        await bot.start()
    here.turns.allow(float("inf"))


async def random_moment(here: Town, born: int) -> None:
    """While the process starts, after some number of its calls, or just after somebody did something. `born` numbers
    the last call of its life before."""
    kind = here.random.random()
    if kind < 0.15:
        await asyncio.sleep(here.random.uniform(0, 1.5))
        return
    await a_call(here.world, born, ENOUGH)
    if kind < 0.6:
        for _ in range(here.random.randint(0, 30)):
            if not await a_call(here.world, here.world.calls.changes.number, QUIET):
                break
    else:
        await here.turns.acts.after(here.turns.acts.number, QUIET)
    await asyncio.sleep(here.random.uniform(0, 0.02))


async def a_call(world: World, seen: int, patience: float) -> bool:
    """Wait for a call of the bot after the one with this number; tells whether one came."""

    def called() -> bool:
        return any(call.direction == "from_bot" for call in world.calls.after(seen, 1000))

    return await world.calls.changes.until(called, patience)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
