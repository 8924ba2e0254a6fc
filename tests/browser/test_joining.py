"""The whole way in a real browser, with the real bot: by modal in Slack, by buttons in Telegram, to the decision."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from bot.app import running
from bot.demo import demo_settings, furnish
from sandbox.server import serve
from sandbox.world import World
from tests.browser.conftest import new_context

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, tmp_path: Path) -> AsyncIterator[Page]:
    """The page of `engage demo`, with Ned in Slack and Tom of the secretariat on Telegram."""
    world = World()
    async with (
        serve(world) as address,
        running(demo_settings(world, address, tmp_path / "demo.db"), lambda: world.now) as app,
    ):
        await furnish(app)
        context = await new_context(browser)
        page = await context.new_page()
        await page.goto(f"{address}/?slack=ned&telegram=tom")
        await page.locator(".tg-head h2").wait_for(state="attached")
        yield page
        await context.close()


async def shows(page: Page, words: str) -> None:
    """A message on the page says this."""
    await expect(page.locator(".rich", has_text=words).last).to_be_visible()


async def test_joining_by_modal_in_slack_and_being_approved_on_telegram(page: Page) -> None:
    await page.get_by_role("button", name="START").click()
    await shows(page, "Hello Tom!")

    box = page.get_by_placeholder("Message 4 per 1000")
    await box.fill("/4p1000 join")
    await box.press("Enter")
    await page.get_by_role("button", name="English", exact=True).click()
    await page.get_by_role("button", name="I agree", exact=True).click()

    form = page.get_by_role("dialog", name="Join a coalition")
    await form.get_by_label("For an organisation").check()
    await form.get_by_label("Organisation", exact=True).fill("Green Soils")
    await form.get_by_label("Kind of organisation").select_option("Private company")
    await form.get_by_label("Country").fill("Keniya")
    await form.get_by_label("Not yet").check()
    await form.get_by_label("Neither").check()
    await form.get_by_label("Professional").check()
    await form.get_by_role("button", name="Continue").click()
    await expect(form.get_by_text("Did you mean Kenya?")).to_be_visible()
    await form.get_by_label("Country").fill("Kenya")
    await form.get_by_role("button", name="Continue").click()

    await form.get_by_label("Facility").select_option("Global Facility 4: Soil Regeneration")
    await form.get_by_label("Soil Regeneration", exact=True).check()
    await form.get_by_role("button", name="Continue").click()
    await form.get_by_label("Team member").check()
    await form.get_by_label("Knowledge").check()
    await form.get_by_role("button", name="Continue").click()

    await shows(page, "Please check your request")
    await page.get_by_role("button", name="Send the request").click()
    await shows(page, "Your request to join the Alliance Soil Regeneration was sent.")

    await page.get_by_role("button", name="Approve").click()
    await shows(page, "was approved by Tom Siltmere. Welcome!")


async def test_joining_by_buttons_in_telegram(page: Page) -> None:
    await page.goto(page.url.replace("telegram=tom", "telegram=lea"))
    await page.get_by_role("button", name="START").click()
    for label in (
        "Rejoindre une coalition",
        "Français",
        "Oui, j’accepte",
        "À titre personnel",
        "Jeune",
        "À titre bénévole",
        "6",
        "Mobilize Youth & Seniors",
        "Membre de l’équipe",
        "Passer",
        "Passer",
        "Envoyer la demande",
    ):
        await page.get_by_role("button", name=label, exact=True).last.click()
    await shows(page, "est envoyée")
