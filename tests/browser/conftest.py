"""The sandbox's page in a headless Chromium, with a bot's side that tests drive by plain API calls."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from sandbox.server import serve
from sandbox.world import World

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=15_000)
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine (chromium, chromium-browser or google-chrome)")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        await chromium.close()


@dataclass(slots=True)
class SlackApp:
    """What a Slack app's request URL hears; `answers` maps a payload's type to the body it is answered with."""

    heard: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.Response:
        body = (await request.read()).decode()
        if request.content_type == "application/json":
            payload = json.loads(body)
        else:
            form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
            payload = json.loads(form["payload"]) if "payload" in form else {"type": "command", **form}
        if payload["type"] == "url_verification":
            return web.json_response({"challenge": payload["challenge"]})
        async with self.news:
            self.heard.append(payload)
            self.news.notify_all()
        answer = self.answers.get(payload["type"])
        return web.json_response(answer) if answer is not None else web.Response()

    async def hears(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The newest payload that fits, waiting up to five seconds for one."""
        async with self.news, asyncio.timeout(5):
            await self.news.wait_for(lambda: any(map(fits, self.heard)))
            return next(filter(fits, reversed(self.heard)))


@dataclass(slots=True)
class Stage:
    """A world, its page, and the two clients of a bot. `base` is the sandbox's address."""

    world: World
    base: str
    page: Page
    http: aiohttp.ClientSession
    setup: dict[str, Any]
    app: SlackApp
    requested: list[str]
    offset: int = 0

    async def telegram(self, method: str, **fields: Any) -> Any:
        """A Bot API call; its result."""
        address = f"{self.setup['telegram']['api_url']}/bot{self.setup['telegram']['token']}/{method}"
        async with self.http.post(address, json=fields) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]

    async def telegram_photo(self, chat_id: int, photo: bytes, caption: str) -> Any:
        address = f"{self.setup['telegram']['api_url']}/bot{self.setup['telegram']['token']}/sendPhoto"
        form = aiohttp.FormData()
        form.add_field("chat_id", str(chat_id))
        form.add_field("caption", caption)
        form.add_field("photo", photo, filename="chart.png", content_type="image/png")
        async with self.http.post(address, data=form) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer["result"]

    async def slack(self, method: str, **fields: Any) -> Any:
        """A Web API call; its answer."""
        headers = {"Authorization": f"Bearer {self.setup['slack']['bot_token']}"}
        async with self.http.post(self.setup["slack"]["api_url"] + method, json=fields, headers=headers) as response:
            answer = await response.json()
        assert answer["ok"], answer
        return answer

    async def slack_file(self, channel: str, content: bytes, title: str) -> str:
        """A picture, shared into a conversation where one is named, in the three steps that Slack has; its id."""
        place = await self.slack("files.getUploadURLExternal", filename="chart.png", length=len(content))
        async with self.http.post(place["upload_url"], data=content) as response:
            assert response.status == 200
        await self.slack(
            "files.completeUploadExternal", files=[{"id": place["file_id"], "title": title}], channel_id=channel
        )
        return str(place["file_id"])

    async def hears(self, kind: str) -> dict[str, Any]:
        """The newest interaction of that type ("block_actions", "view_submission", "command" …)."""
        return await self.app.hears(lambda payload: payload["type"] == kind)

    async def hears_event(self, kind: str) -> dict[str, Any]:
        """The newest event of that type."""
        heard = await self.app.hears(lambda payload: payload.get("event", {}).get("type") == kind)
        event: dict[str, Any] = heard["event"]
        return event

    async def control(self, path: str, **body: Any) -> Any:
        if body:
            async with self.http.post(f"{self.base}/control/{path}", json=body) as response:
                return await response.json()
        async with self.http.get(f"{self.base}/control/{path}") as response:
            return await response.json()

    async def update(self) -> dict[str, Any]:
        """The next thing Telegram has for the bot, waiting up to five seconds for it."""
        [first] = await self.telegram("getUpdates", offset=self.offset, limit=1, timeout=5)
        self.offset = first["update_id"] + 1
        return dict(first)

    async def start(self, person: str) -> None:
        """That person has pressed START, and the bot has heard of it."""
        await self.control("telegram/start", person=person, wait=0)
        assert (await self.update())["message"]["text"] == "/start"

    async def open(self, **seats: str) -> Page:
        """Load the page with these people in front of the platforms (slack="ned", telegram="lea")."""
        query = "&".join(f"{platform}={person}" for platform, person in seats.items())
        await self.page.goto(f"{self.base}/?{query}")
        await self.page.locator(".slack-main h2").wait_for(state="attached")
        await self.page.locator(".tg-head h2").wait_for(state="attached")
        return self.page

    def chat_of(self, person: str) -> int:
        account = self.world.people[person].telegram
        assert account is not None
        return account

    async def dm_of(self, person: str) -> str:
        opened = await self.slack("conversations.open", users=self.world.people[person].slack)
        return str(opened["channel"]["id"])


@pytest_asyncio.fixture(loop_scope="module")
async def stage(browser: Browser) -> AsyncIterator[Stage]:
    """A fresh world whose clock stands still, served over HTTP, with its page not yet loaded."""
    world, app = World(now=NOW), SlackApp()
    listener = web.Application()
    listener.router.add_post("/slack/events", app.take)
    runner = web.AppRunner(listener, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with serve(world) as base, aiohttp.ClientSession() as http:
        address = f"http://127.0.0.1:{port}/slack/events"
        async with http.post(f"{base}/control/setup", json={"slack": {"request_url": address}}) as response:
            setup = await response.json()
        context = await new_context(browser)
        page = await context.new_page()
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.on("pageerror", lambda error: requested.append(f"error: {error}"))
        yield Stage(world, base, page, http, setup, app, requested)
        await context.close()
    await runner.cleanup()


async def new_context(browser: Browser, **options: Any) -> BrowserContext:
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce", locale="en-GB", **options
    )
    context.set_default_timeout(15_000)  # a busy machine is slow, not wrong
    return context
