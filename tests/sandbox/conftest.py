"""The sandbox over HTTP, the real clients that drive it, and a bot that remembers what it was sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import orjson
import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient
from telegram import Bot

from sandbox.clock import WorldClock
from sandbox.server import serve
from sandbox.world import World

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000002000000010802000000"
    "7b40e8dd0000000d4944415408d763f8ffff3f000005fe02fe33c8e3"
    "000000000049454e44ae426082"
)
"""A picture of 2 × 1 pixels."""


class Monotonic:
    """Monotonic time that passes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@dataclass(slots=True)
class Taken:
    """A request that reached the bot."""

    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The JSON of the body, or of its form's payload."""
        return orjson.loads(self.form["payload"] if b"payload=" in self.body else self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


Answering = Callable[[Taken], Awaitable[web.Response]]


async def _thanks(taken: Taken) -> web.Response:
    return web.Response()


@dataclass(slots=True)
class ListeningBot:
    """A bot that takes requests, remembers them and answers as it is told to."""

    url: str = ""
    taken: list[Taken] = field(default_factory=list)
    answering: Answering = _thanks
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        taken = Taken({name.lower(): value for name, value in request.headers.items()}, await request.read())
        async with self.arrived:
            self.taken.append(taken)
            self.arrived.notify_all()
        return await self.answering(taken)

    def answers(self, status: int = 200, body: Any = None) -> None:
        """Answer every request alike."""

        async def answer(taken: Taken) -> web.Response:
            content = orjson.dumps(body) if body is not None else b""
            return web.Response(body=content, status=status, content_type="application/json")

        self.answering = answer

    async def requests(self, count: int) -> list[Taken]:
        """Wait until so many requests have come."""
        async with asyncio.timeout(5), self.arrived:
            await self.arrived.wait_for(lambda: len(self.taken) >= count)
        return self.taken


@dataclass(slots=True)
class FarSide:
    """The world, its address and the clients of both platforms."""

    world: World
    url: str
    slack: AsyncWebClient
    http: aiohttp.ClientSession
    monotonic: Monotonic
    app: ListeningBot = field(default_factory=ListeningBot)

    async def telegram_call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The answer of a Bot API method as it comes, errors too."""
        address = f"{self.url}/telegram/bot{self.world.telegram.token}/{method}"
        async with self.http.post(address, json=parameters) as response:
            answer: dict[str, Any] = await response.json()
            return answer

    async def control(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """Status and JSON of a control request."""
        async with self.http.request(method, f"{self.url}/control/{path}", json=body, params=query) as response:
            text = await response.read()
            return response.status, orjson.loads(text) if text else None


@asynccontextmanager
async def far_side(world: World | None = None) -> AsyncIterator[FarSide]:
    monotonic = Monotonic()
    world = world or World(clock=WorldClock(NOW, monotonic))
    async with serve(world) as url, aiohttp.ClientSession() as http:
        slack = AsyncWebClient(world.slack.bot_token, f"{url}/slack/api/", session=http)
        yield FarSide(world, url, slack, http, monotonic)


@pytest.fixture
async def far() -> AsyncIterator[FarSide]:
    async with far_side() as side:
        yield side


@pytest.fixture
async def bot(far: FarSide) -> AsyncIterator[Bot]:
    """The real client of the Bot API."""
    root = f"{far.url}/telegram"
    async with Bot(far.world.telegram.token, base_url=f"{root}/bot", base_file_url=f"{root}/file/bot") as client:
        yield client


@pytest.fixture
async def app(far: FarSide) -> AsyncIterator[ListeningBot]:
    """A bot behind Slack's request URLs, which can be a Telegram webhook too."""
    bot = far.app
    application = web.Application()
    application.router.add_post("/", bot.take)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bot.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    slack = far.world.slack
    slack.events_url = slack.interactivity_url = slack.commands_url = bot.url
    far.world.strict.discard("slack.own_messages")  # what the app says itself would be among the requests
    yield bot
    await runner.cleanup()
