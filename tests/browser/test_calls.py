"""A call for engagement in a real browser: written by modal in Slack, sent, and read on Telegram."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from sqlalchemy import update

from bot.app import App, running
from bot.demo import demo_settings, furnish
from sandbox.server import serve
from sandbox.world import World
from storage.schema import participants
from tests.browser.conftest import NOW, new_context

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(slots=True)
class Demo:
    """The page of `engage demo`, with the bot and the world behind it."""

    page: Page
    app: App
    world: World


@pytest_asyncio.fixture(loop_scope="module")
async def demo(browser: Browser, tmp_path: Path) -> AsyncIterator[Demo]:
    """Ruth of the secretariat is in Slack, Léa on Telegram; it is a Monday morning."""
    world = World(now=NOW)
    async with (
        serve(world) as address,
        running(demo_settings(world, address, tmp_path / "demo.db"), lambda: world.now) as app,
    ):
        await furnish(app)
        context = await new_context(browser)
        page = await context.new_page()
        await page.goto(f"{address}/?slack=ruth&telegram=lea")
        await page.locator(".tg-head h2").wait_for(state="attached")
        yield Demo(page, app, world)
        await context.close()


async def shows(page: Page, words: str) -> None:
    """A message on the page says this."""
    await expect(page.locator(".rich", has_text=words).last).to_be_visible()


async def test_a_call_written_in_slack_is_read_on_telegram(demo: Demo) -> None:
    page = demo.page
    await page.get_by_role("button", name="START").click()
    await shows(page, "Bonjour Léa")
    async with demo.app.database.begin() as connection:
        await connection.execute(update(participants).values(consent_version=1, zone="Etc/UTC"))

    box = page.get_by_placeholder("Message 4 per 1000")
    await box.fill("/4p1000 calls")
    await box.press("Enter")
    await page.get_by_role("button", name="New call", exact=True).click()
    form = page.get_by_role("dialog", name="Call for engagement")
    await form.get_by_label("Title").fill("Field days")
    await form.get_by_label("Text in English").fill("Show your soil.")
    await form.get_by_label("Text in French").fill("Montrez votre sol.")
    await form.get_by_role("button", name="Continue").click()
    await form.get_by_label("Join a coalition").check()
    await form.get_by_label("Which one").select_option("Soil Regeneration")
    await form.get_by_label("“Join”").check()
    await form.get_by_role("button", name="Continue").click()

    await shows(page, "Nobody is chosen yet.")
    for label in ("Who receives it", "Everybody", "‹ The call", "Check and send", "Yes, send it"):
        await page.get_by_role("button", name=label, exact=True).last.click()
    await shows(page, "“Field days” is scheduled.")
    demo.world.advance(timedelta(seconds=61))
    await shows(page, "Montrez votre sol.")
    await shows(page, "“Field days” has been sent.")
    await page.get_by_role("button", name="Participer", exact=True).click()
    await shows(page, "Dans quelle langue")
