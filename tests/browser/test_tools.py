"""Whom one plays, the clock, the inspector and the faults."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_visitor_plays_a_member_a_volunteer_and_the_secretariat(stage: Stage) -> None:
    page = await stage.open(slack="ned", telegram="lea")
    people = page.get_by_role("navigation", name="Whom you play")
    await people.get_by_role("button", name="Tom Siltmere").click()
    await expect(people.get_by_role("button", name="Tom Siltmere")).to_have_attribute("aria-pressed", "true")
    await expect(people.get_by_role("button", name="Ned Cloverfield")).to_have_attribute("aria-pressed", "true")
    await expect(people.get_by_role("button", name="Léa Tournesol")).to_have_attribute("aria-pressed", "false")
    await page.get_by_role("button", name="START").click()
    assert (await stage.update())["message"]["from"]["id"] == stage.chat_of("tom")

    await people.get_by_role("button", name="Awa Terrefine").click()
    await expect(page.locator(".slack-side header")).to_contain_text("Awa Terrefine")
    await page.get_by_role("combobox", name="Message 4 per 1000").fill("Bonjour")
    await page.keyboard.press("Enter")
    assert (await stage.hears_event("message"))["user"] == stage.world.people["awa"].slack


async def test_who_has_something_to_read_is_marked(stage: Stage) -> None:
    await stage.start("tom")
    page = await stage.open(slack="ned", telegram="lea")
    await stage.telegram("sendMessage", chat_id=stage.chat_of("tom"), text="A request to decide")
    tom = page.get_by_role("button", name="Tom Siltmere")
    await expect(tom.locator(".badge")).to_have_text("1")
    await tom.click()
    await expect(page.locator("#telegram")).to_contain_text("A request to decide")
    await page.get_by_role("button", name="Léa Tournesol").click()
    await expect(tom.locator(".badge")).to_have_count(0)


async def test_a_person_can_be_added(stage: Stage) -> None:
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Everyone, and adding a person").click()
    await page.get_by_label("Name", exact=True).fill("Mira Clayton")
    await page.get_by_role("button", name="Add and play").click()
    await expect(page.locator(".slack-side header")).to_contain_text("Mira Clayton")
    assert "Mira Clayton" in [person.name for person in stage.world.people.values()]


async def test_the_clock_moves_for_everybody(stage: Stage) -> None:
    page = await stage.open(slack="ned", telegram="lea")
    await expect(page.locator("#clock")).to_contain_text("04:30")
    await page.get_by_role("button", name="Move the clock by one day").click()
    await expect(page.locator("#clock")).to_contain_text("Tue, 3 Mar 2026")
    assert (await stage.control("clock"))["moved_seconds"] == 86400
    await stage.start("lea")
    await expect(page.locator("#telegram .day")).to_have_text("Tuesday 3 March")


async def test_the_clock_goes_to_what_falls_due(stage: Stage) -> None:
    occasion = {"name": "the next reminder", "at": "2026-03-05T08:00:00Z"}
    async with stage.http.put(f"{stage.base}/control/occasions", json={"occasions": [occasion]}) as response:
        assert response.status == 200
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Move the clock to the next reminder").click()
    await expect(page.locator("#clock")).to_contain_text("Thu, 5 Mar 2026")
    assert (await stage.control("clock"))["now"].startswith("2026-03-05T08:00:00")


async def test_the_inspector_shows_each_call_with_its_answer(stage: Stage) -> None:
    await stage.start("lea")
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Inspector").click()
    await stage.telegram("sendMessage", chat_id=stage.chat_of("lea"), text="Good morning")
    call = page.locator(".call", has_text="sendMessage").first
    await expect(call).to_contain_text("200 ok")
    await call.locator("summary").click()
    await expect(call).to_contain_text('"text": "Good morning"')
    await expect(call).not_to_contain_text(stage.setup["telegram"]["token"])


async def test_a_fault_from_the_page_hits_the_next_call(stage: Stage) -> None:
    await stage.start("lea")
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Inspector").click()
    await page.get_by_role("tab", name="Faults").click()
    await page.get_by_label("What").select_option("server_error")
    await page.get_by_label("Method").fill("sendMessage")
    await page.get_by_role("button", name="Add", exact=True).click()
    await expect(page.locator(".faults")).to_contain_text("1 of 1 to come")
    with pytest.raises(AssertionError, match="500"):
        await stage.telegram("sendMessage", chat_id=stage.chat_of("lea"), text="Good morning")
    await page.get_by_role("tab", name="Calls").click()
    await expect(page.locator(".call.failed")).to_contain_text("server error")


async def test_a_rule_can_be_switched_off(stage: Stage) -> None:
    rule = sorted(stage.world.strict)[0]
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Inspector").click()
    await page.get_by_role("tab", name="Strictness").click()
    await page.get_by_role("switch", name=rule).uncheck()
    await expect(page.get_by_role("switch", name=rule)).not_to_be_checked()
    assert rule not in stage.world.strict


async def test_a_person_blocks_the_bot_and_comes_back(stage: Stage) -> None:
    await stage.start("lea")
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_label("More", exact=True).click()
    await page.get_by_role("button", name="Stop and block the bot").click()
    await expect(page.get_by_role("button", name="UNBLOCK")).to_be_visible()
    await page.get_by_role("button", name="UNBLOCK").click()
    await expect(page.get_by_role("combobox", name="Message", exact=True)).to_be_visible()


async def test_starting_anew_empties_the_chats(stage: Stage) -> None:
    await stage.start("lea")
    page = await stage.open(slack="ned", telegram="lea")
    await expect(page.locator("#telegram .tg-message")).to_have_count(1)
    await page.get_by_role("button", name="Help").click()
    await page.get_by_role("button", name="Start anew").click()
    await expect(page.get_by_role("button", name="START")).to_be_visible()
