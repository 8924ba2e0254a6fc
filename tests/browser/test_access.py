"""The page without a mouse, enlarged, on a small window, in the dark, and for those who listen to it."""

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Stage
from tests.browser.test_page import FORM, JOIN, keyboard, open_form

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTRAST = (Path(__file__).parent / "contrast.js").read_text()


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element with that accessible text has focus."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        focused = await page.evaluate(
            "(document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent).trim()"
        )
        if focused == name:
            return
    raise AssertionError(f"Tab never reaches {name!r}")


async def test_a_conversation_in_telegram_needs_no_mouse(stage: Stage) -> None:
    page = await stage.open(slack="ned", telegram="lea")
    await page.keyboard.press("F6")
    await page.keyboard.press("F6")
    await expect(page.get_by_role("button", name="START")).to_be_focused()
    await page.keyboard.press("Enter")
    assert (await stage.update())["message"]["text"] == "/start"
    chat = stage.chat_of("lea")
    sent = await stage.telegram("sendMessage", chat_id=chat, text="Question 1", reply_markup=keyboard(("Yes", "No")))
    await expect(page.get_by_role("button", name="Yes")).to_be_visible()
    await page.keyboard.press("F6")
    await tab_to(page, "No")
    await page.keyboard.press("Enter")
    tap = (await stage.update())["callback_query"]
    assert tap["data"] == "no"
    await stage.telegram("answerCallbackQuery", callback_query_id=tap["id"])
    await stage.telegram(
        "editMessageText",
        chat_id=chat,
        message_id=sent["message_id"],
        text="Question 2",
        reply_markup=keyboard(("Often", "Never")),
    )
    await expect(page.get_by_role("button", name="Never")).to_be_focused()


async def test_a_modal_in_slack_needs_no_mouse(stage: Stage) -> None:
    await open_form(stage)
    page = stage.page
    await page.keyboard.type("Terra Viva")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await tab_to(page, "Send")
    await page.keyboard.press("Enter")
    values = (await stage.hears("view_submission"))["view"]["state"]["values"]
    assert values["organisation"]["name"]["value"] == "Terra Viva"
    assert values["kind"]["kind"]["selected_option"]["value"] == "company"


async def test_tabs_turn_with_the_arrow_keys(stage: Stage) -> None:
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("tab", name="Messages").focus()
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("tab", name="Home")).to_be_focused()
    await expect(page.get_by_role("tab", name="Home")).to_have_attribute("aria-selected", "true")


async def test_arrow_keys_go_from_message_to_message(stage: Stage) -> None:
    await stage.start("lea")
    for text in ("Question 1", "Question 2"):
        await stage.telegram("sendMessage", chat_id=stage.chat_of("lea"), text=text)
    page = await stage.open(slack="ned", telegram="lea")
    await expect(page.locator("#telegram article")).to_have_count(3)
    await page.locator(".tg-messages").focus()
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#telegram article", has_text="Question 2")).to_be_focused()
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.locator(".tg-context")).to_contain_text("Question 1")
    await page.keyboard.type("yes")
    await page.keyboard.press("Enter")
    answer = (await stage.update())["message"]
    assert (answer["text"], answer["reply_to_message"]["text"]) == ("yes", "Question 1")


async def test_a_modal_does_not_take_the_words_of_who_types_elsewhere(stage: Stage) -> None:
    await stage.start("lea")
    dm = await stage.dm_of("ned")
    blocks = [{"type": "actions", "elements": [JOIN]}]
    await stage.slack("chat.postMessage", channel=dm, text="Welcome", blocks=blocks)
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Join", exact=True).click()
    pressed = await stage.hears("block_actions")
    box = page.get_by_role("combobox", name="Message", exact=True)
    await box.focus()
    await stage.slack("views.open", trigger_id=pressed["trigger_id"], view=FORM)
    await expect(page.get_by_role("dialog", name="Join an Alliance")).to_be_visible()
    await expect(box).to_be_focused()


async def test_focus_returns_to_what_opened_the_modal(stage: Stage) -> None:
    await open_form(stage)
    await stage.page.keyboard.press("Escape")
    await expect(stage.page.get_by_role("button", name="Join", exact=True)).to_be_focused()


async def test_new_messages_are_announced(stage: Stage) -> None:
    await stage.start("lea")
    page = await stage.open(slack="ned", telegram="lea")
    live = page.locator("[aria-live='polite']")
    await stage.telegram("sendMessage", chat_id=stage.chat_of("lea"), text="Your request was accepted")
    await expect(live).to_have_text("4 per 1000 in Telegram: Your request was accepted")
    await stage.slack("chat.postMessage", channel=await stage.dm_of("ned"), text="*Round 2* is open")
    await expect(live).to_have_text("4 per 1000 in Slack: Round 2 is open")


@pytest.mark.parametrize("size", [(360, 740), (720, 450)], ids=["360 px", "200 % of 1440 × 900"])
async def test_a_small_window_shows_one_pane_at_a_time_and_loses_nothing(stage: Stage, size: tuple[int, int]) -> None:
    width, height = size
    await stage.page.set_viewport_size({"width": width, "height": height})
    await stage.start("lea")
    long_label = "Promote the agroecological transition of farms"
    await stage.telegram(
        "sendMessage",
        chat_id=stage.chat_of("lea"),
        text="https://example.org/" + "a" * 200,
        reply_markup=keyboard((long_label,)),
    )
    page = await stage.open(slack="ned", telegram="lea")
    await expect(page.locator("#telegram")).to_be_hidden()
    await page.get_by_role("tab", name="Telegram").click()
    await expect(page.locator("#slack")).to_be_hidden()
    await expect(page.get_by_role("button", name=long_label)).to_be_in_viewport()
    for pane in ("Inspector", "Slack", "Telegram"):
        await page.get_by_role("tab", name=pane, exact=pane == "Slack").first.click()
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.get_by_role("combobox", name="Message", exact=True).fill("hello")
    await page.get_by_role("button", name="Send").last.click()
    assert (await stage.update())["message"]["text"] == "hello"


async def test_slacks_side_bar_opens_over_a_narrow_pane(stage: Stage) -> None:
    await stage.page.set_viewport_size({"width": 360, "height": 740})
    page = await stage.open(slack="ned", telegram="lea")
    await expect(page.get_by_role("button", name="general")).to_be_hidden()
    await page.get_by_role("button", name="Channels and apps").click()
    await page.get_by_role("button", name="general").click()
    await expect(page.locator(".slack-main h2").first).to_have_text("general")
    await expect(page.get_by_role("button", name="Add a channel")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_all_text_stands_out_from_what_is_behind_it(stage: Stage, scheme: Any) -> None:
    await stage.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await stage.start("lea")
    await stage.telegram(
        "sendMessage", chat_id=stage.chat_of("lea"), text="Question 1", reply_markup=keyboard(("Yes", "No"))
    )
    await open_form(stage)
    page = stage.page
    await page.keyboard.press("Enter")
    await expect(page.locator(".block-error")).to_have_count(2)
    faint = await page.evaluate(CONTRAST)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Inspector").click()
    await expect(page.locator(".call").first).to_be_visible()
    faint += await page.evaluate(CONTRAST)
    assert faint == []
