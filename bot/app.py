"""The composition root: the one place where the parts are wired together."""

import asyncio
import contextlib
import gc
import signal
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import chain, repeat
from typing import Any

import aiohttp
import structlog
import uvicorn
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from pydantic import SecretStr
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.catalogue.catalogue import Catalogue, merge, packaged
from bot.catalogue.rows import Cell, rows_of
from bot.clock import Clock, system_clock
from bot.flows import owing
from bot.flows.engine import Engine
from bot.flows.front import COMMANDS, SECRETARIAT_COMMANDS, UNLISTED
from bot.flows.intake import Intake
from bot.flows.progress.digest import Digest
from bot.flows.router import FLOWS
from bot.flows.studies.items_reading import ItemsReading
from bot.flows.studies.reports import StudyReports
from bot.flows.studies.rounds import Rounds
from bot.flows.turn import House
from bot.handlers import http
from bot.handlers.slack.slack import Slack
from bot.handlers.telegram import Telegram
from bot.locales import closest
from bot.locales import load as load_words
from bot.outreach import rates
from bot.outreach.alarm import Alarm
from bot.outreach.composing import Composer
from bot.outreach.delivery import Files, Interrupted, RateLimited, Sender, Source
from bot.outreach.fetching import Fetching
from bot.outreach.metered import Metered
from bot.outreach.postbox import Postbox
from bot.outreach.rates import Rates
from bot.outreach.reminders import Reminders
from bot.outreach.shelf import Shelf
from bot.outreach.watching import Watching
from bot.outreach.whereabouts import Whereabouts
from bot.outreach.worker import Worker
from bot.progress.definition import starting_set
from bot.settings import Settings
from storage import catalogue, files, leases, links, outbox, progress, rollups
from storage.database import open_database
from storage.migrate import at_head, migrate

log = structlog.get_logger()

# Platforms redeliver for a day at most; keys and finished messages are kept a week, to be able to look things up.
REMEMBERED = timedelta(days=7)
SWEEP_SECONDS = 1
REMIND_SECONDS = 10
ROUND_SECONDS = 10
FETCH_SECONDS = 2
WATCH_SECONDS = 4
DIGEST_MINUTES = 10
# How long a tick that is under way is waited for at the end.
TICK_PATIENCE = 10
# Until an export has surely arrived in its chat.
EXPORT_KEPT = timedelta(days=1)


@dataclass(slots=True)
class App:
    """The parts of a running bot."""

    settings: Settings
    database: AsyncEngine
    clock: Clock
    house: House
    postbox: Postbox
    intake: Intake
    worker: Worker
    reminders: Reminders
    rounds: Rounds
    digest: Digest
    watching: Watching
    fetching: Fetching
    items_reading: ItemsReading
    study_reports: StudyReports
    telegram: Telegram | None
    slack: Slack | None

    async def ready(self) -> bool:
        """Whether the database is there and has the tables of this version."""
        try:
            return await at_head(self.database)
        except (SQLAlchemyError, OSError):
            return False

    def asgi(self) -> Any:
        """The web application with the endpoints of the platforms that are set up."""
        routes = []
        if self.telegram is not None and self.settings.telegram_webhook_secret is not None:
            routes += self.telegram.routes(self.intake, self.settings.telegram_webhook_secret.get_secret_value())
        if self.slack is not None:
            # Slack signs in real time, also for a bot whose own clock was moved to see what falls due.
            routes += self.slack.routes(self.intake, system_clock)
        return http.application(routes, self.ready)

    async def introduce(self) -> None:
        """Fill Telegram's command menus and description; it may take a while and need not be waited for."""
        if self.telegram is None:
            return
        menu = tuple(name for name in COMMANDS if name not in UNLISTED)
        everybody = {
            language: {name: words.plain(f"command.{name}") for name in menu}
            for language, words in self.house.words.items()
        }
        secretariat = {
            language: {name: words.plain(f"command.{name}") for name in (*SECRETARIAT_COMMANDS, *menu)}
            for language, words in self.house.words.items()
        }
        chats = [int(a.user) for a in self.settings.secretariat if a.platform == "telegram"]
        await self.telegram.set_commands(everybody, secretariat, chats)
        await self.telegram.describe({code: words.plain("start.what") for code, words in self.house.words.items()})

    async def look_around(self) -> None:
        """Find out which Slack channels the bot is in; Telegram reports what it has to know."""
        if self.slack is not None:
            await self.slack.look_around()

    async def register(self) -> None:
        """Have Telegram post its updates here."""
        secret = self.settings.telegram_webhook_secret
        if self.telegram is not None and secret is not None:
            await self.telegram.register(self.settings.public_url, secret.get_secret_value())


@asynccontextmanager
async def assemble(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[App]:
    """The parts, connected; closed in the order that loses nothing. Raises SetupFault for a token that is refused."""
    words = load_words()
    database = open_database(settings.database_url.get_secret_value())
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=200, keepalive_timeout=60))
    try:
        house = House(
            words=words,
            catalogue=await _catalogue(database),
            secretariat=frozenset(str(account) for account in settings.secretariat),
            contact=settings.contact,
            four_eyes=settings.four_eyes,
        )
        await _begin_indicators(database, house.catalogue)
        shelf = Shelf(database)
        telegram, slack = await _platforms(settings, session, clock, house, shelf)
        house.telegram_username = telegram.username if telegram is not None else ""
        senders: dict[str, Sender] = {}
        sources: dict[str, Source] = {}
        for platform in (telegram, slack):
            if platform is not None:
                senders[platform.sender.name] = platform.sender
                sources[platform.sender.name] = platform.source
        whereabouts = Whereabouts(database, clock)
        if telegram is not None:
            telegram.notice = whereabouts.notice
        if slack is not None:
            slack.know = whereabouts.know
        limits = {name: _rates(name, settings) for name in senders}
        monotonic = asyncio.get_running_loop().time
        metered = {name: Metered(sender, limits[name], monotonic) for name, sender in senders.items()}
        postbox = Postbox(database, metered, clock)
        alarm = Alarm(database, words, house.secretariat, clock)
        postbox.on_fault = alarm.hear
        intake = Intake(Engine(database, house, postbox, clock), postbox)
        postbox.on_result = intake.wake
        composer = Composer(database, words, clock)
        worker = Worker(database, senders, limits, clock, monotonic, uuid.uuid4().hex, composer, alarm.ring)
        reminders = Reminders(database, words, owing.providers(FLOWS, house), senders, clock)
        postbox.compose = reminders.compose
        rounds = Rounds(database, clock)
        digest = Digest(database, words, house.catalogue, clock)
        fetching = Fetching(database, sources, words, clock)
        watching = Watching(database, words, clock)
        app = App(
            settings,
            database,
            clock,
            house,
            postbox,
            intake,
            worker,
            reminders,
            rounds,
            digest,
            watching,
            fetching,
            ItemsReading(database, words, clock),
            StudyReports(database, words, clock),
            telegram,
            slack,
        )
        try:
            async with _beside(intake.run(), _refresh(app)):
                yield app
                for platform in (telegram, slack):
                    if platform is not None:
                        await platform.aclose()
        finally:
            await postbox.settle()
            await alarm.settle()
    finally:
        await session.close()
        await database.dispose()


@asynccontextmanager
async def running(settings: Settings, clock: Clock = system_clock) -> AsyncIterator[App]:
    """The bot in one process without a public address: long polling, Socket Mode, and what is said later."""
    await prepare(settings)
    async with assemble(settings, clock) as app:
        await app.postbox.reclaim()
        while await app.postbox.sweep():
            # What the process before left behind goes out first: a reply must not overtake an earlier one.
            pass
        await _seize(app)
        listening: list[Coroutine[Any, Any, None]] = [app.introduce(), app.look_around()]
        if app.telegram is not None:
            listening.append(app.telegram.poll(app.intake))
        if app.slack is not None:
            listening.append(app.slack.listen(app.intake))
        async with sweeping(app), sending(app), _beside(*listening):
            log.info("listening", telegram=app.telegram is not None, slack=app.slack is not None)
            yield app


async def run(settings: Settings) -> None:
    """`engage run`: until it is told to stop."""
    async with running(settings):
        _spare_the_collector()
        await told_to_stop()


async def web(settings: Settings) -> None:
    """`engage web`: webhooks."""
    await prepare(settings)
    async with assemble(settings) as app:
        config = uvicorn.Config(app.asgi(), host="0.0.0.0", port=settings.port, log_config=None, access_log=False)
        async with sweeping(app), _beside(app.introduce(), app.look_around(), app.register()):
            _spare_the_collector()
            for name in (signal.SIGTERM, signal.SIGINT):
                # uvicorn passes on the signal that ends it, and what was sent is still to be written down.
                signal.signal(name, signal.SIG_IGN)
            await uvicorn.Server(config).serve()


async def worker(settings: Settings) -> None:
    """`engage worker`: what has to be said later, and to many."""
    await prepare(settings)
    async with assemble(settings) as app, sweeping(app), sending(app):
        log.info("sending")
        await told_to_stop()


async def prepare(settings: Settings) -> list[str]:
    """Bring the database to this version; what was applied."""
    database = open_database(settings.database_url.get_secret_value())
    try:
        return await migrate(database)
    finally:
        await database.dispose()


@asynccontextmanager
async def sweeping(app: App) -> AsyncIterator[None]:
    """The ticks: what is due goes out, what is long past is forgotten. In the end those under way are waited for: what
    they do to the database cannot be broken off safely while it is being closed."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    under_way: set[asyncio.Task[Any]] = set()

    def every(tick: Callable[[], Awaitable[object]], **interval: int) -> None:
        async def run() -> None:
            task = asyncio.current_task()
            assert task is not None, "the scheduler runs it as one"
            under_way.add(task)
            try:
                await tick()
            finally:
                under_way.discard(task)

        scheduler.add_job(run, "interval", name=tick.__qualname__, coalesce=True, max_instances=1, **interval)

    async def prune() -> None:
        async with app.database.begin() as connection:
            await outbox.prune(connection, app.clock() - REMEMBERED)
            await links.prune(connection, app.clock() - REMEMBERED)
            await app.reminders.prune(connection)
            await files.prune(connection)
            await rollups.prune(connection, app.clock() - EXPORT_KEPT)

    every(app.postbox.sweep, seconds=SWEEP_SECONDS)
    every(app.rounds.tick, seconds=ROUND_SECONDS)
    every(app.digest.tick, minutes=DIGEST_MINUTES)
    every(app.reminders.tick, seconds=REMIND_SECONDS)
    every(app.watching.tick, seconds=WATCH_SECONDS)
    every(app.fetching.tick, seconds=FETCH_SECONDS)
    every(app.items_reading.tick, seconds=FETCH_SECONDS)
    every(app.study_reports.tick, seconds=FETCH_SECONDS)
    every(app.look_around, hours=1)
    every(prune, hours=1)
    scheduler.start()
    try:
        yield
    finally:
        scheduler.pause()
        if under_way:
            await asyncio.wait(under_way, timeout=TICK_PATIENCE)
        scheduler.shutdown(wait=False)


@asynccontextmanager
async def sending(app: App) -> AsyncIterator[None]:
    """What is said to many goes out; in the end what is on its way arrives first."""
    async with asyncio.TaskGroup() as group:
        group.create_task(app.worker.run())
        try:
            yield
        finally:
            app.worker.stop()


async def _seize(app: App) -> None:
    """At the start of the only process that sends: nobody else holds a sender."""
    async with app.database.begin() as connection:
        await leases.seize(connection, app.worker.senders, app.clock())


def _rates(sender: str, settings: Settings) -> Rates:
    if sender == "telegram":
        return rates.telegram(
            settings.telegram_rate, settings.telegram_chat_rate, settings.telegram_group_rate_per_minute
        )
    return rates.slack(settings.slack_channel_rate, settings.slack_workspace_rate)


async def _platforms(
    settings: Settings, session: aiohttp.ClientSession, clock: Clock, house: House, shelf: Files
) -> tuple[Telegram | None, Slack | None]:
    telegram = slack = None
    if settings.telegram_bot_token is not None:
        token = settings.telegram_bot_token.get_secret_value()
        telegram = await Telegram.connect(token, settings.telegram_api_url, session, clock, files=shelf)
    if settings.slack_bot_token is not None:
        connect = partial(
            Slack.connect,
            settings.slack_bot_token.get_secret_value(),
            settings.slack_api_url,
            session,
            clock,
            signing_secret=_secret(settings.slack_signing_secret),
            app_token=_secret(settings.slack_app_token),
            elsewhere=lambda language: house.words[closest(language) or "en"].plain("slack.elsewhere"),
            files=shelf,
        )
        slack = await _patiently(connect)
    return telegram, slack


async def _patiently(connect: Callable[[], Awaitable[Slack]]) -> Slack:
    """Connect, however long the network takes. Raises what waiting does not mend, such as a token that is refused."""
    delays = chain((1, 2, 5, 15), repeat(30))
    while True:
        try:
            return await connect()
        except (Interrupted, RateLimited) as failure:
            delay = next(delays)
            log.warning("slack_unreachable", code=str(failure), retry_in=delay)
            await asyncio.sleep(delay)


def _secret(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""


async def _catalogue(database: AsyncEngine) -> Catalogue:
    """The package's catalogue with what the secretariat has filled in."""
    try:
        async with database.connect() as connection:
            cells = [Cell(*row) for row in await catalogue.cells(connection)]
    except SQLAlchemyError:
        # Before the first migration there is nothing filled in.
        cells = []
    return merge(packaged(), rows_of(cells))


async def _begin_indicators(database: AsyncEngine, known: Catalogue) -> None:
    """The starting set of indicators; those that are there stay as the secretariat has them."""
    facilities = [one.code for one in known.all_facilities]
    objectives = [one.code for one in known.all_objectives]
    try:
        async with database.begin() as connection:
            await progress.add_indicators(connection, [one.row() for one in starting_set(facilities, objectives)])
    except SQLAlchemyError:
        # Before the first migration there is no table for them.
        return


async def _refresh(app: App) -> None:
    """Take up what `engage catalogue import` stored meanwhile."""
    while True:
        await asyncio.sleep(60)
        app.house.catalogue = await _catalogue(app.database)


@asynccontextmanager
async def _beside(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run these beside the block and stop them with it. One that fails stops the block."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        yield
        for task in tasks:
            task.cancel()


def _spare_the_collector() -> None:
    """What is loaded by now stays. To look through it again and again took a quarter of the CPU time under load."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


async def told_to_stop() -> None:
    """Wait for SIGINT or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stop.set)
    await stop.wait()
