"""A Delphi round in a real browser, with the real bot: the clock of the page is moved and its reminders arrive; one
person rates in Slack, the other in Telegram."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect
from sqlalchemy import select, update

from bot.app import App, running
from bot.demo import account, demo_settings, keep_calendar
from sandbox.server import serve
from sandbox.world import World
from storage.schema import accounts, participants
from tests import panel
from tests.browser.conftest import NOW, new_context

# An hour, a day, a week.
STEPS = 3

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True, slots=True)
class Demo:
    """The page of a demo with its clock at NOW, a Monday morning, Ned in Slack and Lea on Telegram."""

    world: World
    app: App
    page: Page

    @property
    def slack(self) -> Locator:
        return self.page.locator("#slack")

    @property
    def telegram(self) -> Locator:
        return self.page.locator("#telegram")

    async def move_to(self, occasion: str) -> None:
        """Move the page's clock to what falls due next, which is this."""
        chips = self.page.get_by_role("group", name="Move the clock").get_by_role("button")
        await expect(chips.nth(STEPS)).to_have_text(f"To {occasion}")
        await chips.nth(STEPS).click()

    async def put_up_a_study(self) -> None:
        """Two questions in English and French; its first round opens tomorrow at noon, for a week."""
        opens = datetime.combine(self.world.now.date() + timedelta(days=1), datetime.min.time()) + timedelta(hours=12)
        await self._live_in_paris("lea")
        seats = [{"account": account(self.world.people[name])} for name in ("ned", "lea")]
        fixed = panel.protocol(opens, (panel.PAID, panel.CHAR), languages=["en", "fr"], panel=seats)
        async with self.app.database.begin() as connection:
            await panel.publish(connection, fixed, self.world.now)

    async def _live_in_paris(self, name: str) -> None:
        """Telegram does not tell where people live; she has said so before."""
        whose = select(accounts.c.participant_id).where(accounts.c.key == account(self.world.people[name]))
        async with self.app.database.begin() as connection:
            there = update(participants).where(participants.c.id == whose.scalar_subquery())
            await connection.execute(there.values(zone="Europe/Paris"))


@pytest_asyncio.fixture(loop_scope="module")
async def demo(browser: Browser, tmp_path: Path) -> AsyncIterator[Demo]:
    world = World(now=NOW)
    async with (
        serve(world) as address,
        running(demo_settings(world, address, tmp_path / "demo.db"), lambda: world.now) as app,
    ):
        calendar = asyncio.create_task(keep_calendar(world, app))
        context = await new_context(browser)
        page = await context.new_page()
        await page.goto(f"{address}/?slack=ned&telegram=lea")
        await page.locator(".tg-head h2").wait_for(state="attached")
        yield Demo(world, app, page)
        await context.close()
        calendar.cancel()


async def shows(pane: Locator, words: str) -> None:
    """A message in the pane says this."""
    await expect(pane.locator(".rich", has_text=words).last).to_be_visible()


async def tap(pane: Locator, label: str) -> None:
    await pane.get_by_role("button", name=label, exact=True).last.click()


async def test_a_round_and_its_reminders_by_moving_the_clock(demo: Demo) -> None:
    slack, telegram = demo.slack, demo.telegram
    box = slack.get_by_placeholder("Message 4 per 1000")
    await box.fill("/4p1000 rounds")
    await box.press("Enter")
    await shows(slack, "You are on no panel at the moment.")
    await tap(telegram, "START")
    await shows(telegram, "Je suis l’assistant")
    await demo.put_up_a_study()

    # It is five in New York: Ned hears of it at nine.
    await demo.page.get_by_role("button", name="Move the clock by one hour").click()
    await demo.move_to("the reminder for Ned Cloverfield")
    await shows(slack, "An invitation for you: the Delphi study Priorities for soils.")
    await tap(slack, "Take part")
    await shows(slack, "Thank you, you take part in Priorities for soils.")
    await shows(telegram, "Une invitation pour vous")
    await tap(telegram, "Participer")
    await shows(telegram, "Merci, vous participez à")
    await tap(telegram, "Question d’essai")
    await tap(telegram, "6")
    await shows(telegram, "14 sur 20 ont dit 7 à 9.")
    await tap(telegram, "8")

    # The round opens, each is told, and rates where they are.
    await demo.move_to("the start of round 1 of Priorities for soils")
    await demo.move_to("the reminder for Ned Cloverfield")
    await shows(slack, "Priorities for soils: round 1 is open. 2 questions")
    await tap(slack, "7")
    await shows(slack, "✓ A1: you said 7")
    await shows(telegram, "le tour 1 est ouvert")

    # Who has begun and who has not are reminded in other words; who is done is left alone.
    await demo.move_to("the reminder for Léa Tournesol")
    await shows(telegram, "attend encore votre première réponse")
    await tap(telegram, "Commencer")
    await expect(telegram.get_by_role("button", name="Commencer", exact=True)).to_have_count(0)
    await tap(telegram, "8")
    await shows(telegram, "✓ A1\u202f: vous avez dit 8")
    await tap(telegram, "3")
    await shows(telegram, "Vous avez répondu aux 2 questions. Merci !")
    await demo.move_to("the reminder for Ned Cloverfield")
    await shows(slack, "1 of 2")
    await expect(demo.page.get_by_role("button", name="the reminder for Léa")).to_have_count(0)

    await demo.move_to("the end of round 1 of Priorities for soils")
    await shows(slack, "Priorities for soils: round 1 has closed. 2 of 2 people answered.")
