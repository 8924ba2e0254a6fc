"""What a visitor of the sandbox's page sees and does, in a real browser."""

import struct
import zlib
from typing import Any

import pytest
from playwright.async_api import FilePayload, expect

from tests.browser.conftest import Stage

pytestmark = pytest.mark.asyncio(loop_scope="module")

JOIN = {"type": "button", "action_id": "join", "text": {"type": "plain_text", "text": "Join"}}
FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "join",
    "title": {"type": "plain_text", "text": "Join an Alliance"},
    "submit": {"type": "plain_text", "text": "Send"},
    "close": {"type": "plain_text", "text": "Not now"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "organisation",
            "label": {"type": "plain_text", "text": "Organisation"},
            "hint": {"type": "plain_text", "text": "As on your letterhead"},
            "element": {"type": "plain_text_input", "action_id": "name"},
        },
        {
            "type": "input",
            "block_id": "kind",
            "label": {"type": "plain_text", "text": "Type"},
            "element": {
                "type": "static_select",
                "action_id": "kind",
                "options": [
                    {"text": {"type": "plain_text", "text": "Company"}, "value": "company"},
                    {"text": {"type": "plain_text", "text": "NGO"}, "value": "ngo"},
                ],
            },
        },
        {
            "type": "input",
            "block_id": "help",
            "label": {"type": "plain_text", "text": "Contribution"},
            "optional": True,
            "element": {
                "type": "checkboxes",
                "action_id": "help",
                "options": [
                    {"text": {"type": "plain_text", "text": "Staff"}, "value": "staff"},
                    {"text": {"type": "plain_text", "text": "Land"}, "value": "land"},
                ],
            },
        },
    ],
}


def chart(width: int = 320, height: int = 180) -> bytes:
    """A picture in one colour, as PNG."""
    rows = (b"\x00" + bytes((46, 139, 87)) * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def keyboard(*rows: tuple[str, ...]) -> dict[str, Any]:
    """Inline buttons whose data is their label in lower case."""
    return {"inline_keyboard": [[{"text": label, "callback_data": label.lower()} for label in row] for row in rows]}


async def open_form(stage: Stage, view: dict[str, Any] = FORM) -> None:
    """Ned presses Join in Slack and the app opens `view`."""
    dm = await stage.dm_of("ned")
    await stage.slack("chat.postMessage", channel=dm, text="Welcome", blocks=[{"type": "actions", "elements": [JOIN]}])
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Join", exact=True).click()
    pressed = await stage.hears("block_actions")
    await stage.slack("views.open", trigger_id=pressed["trigger_id"], view=view)
    await expect(page.get_by_role("dialog", name="Join an Alliance")).to_be_visible()


async def test_a_message_of_the_bot_is_a_bubble_and_a_tap_on_its_button_reaches_the_bot(stage: Stage) -> None:
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="START").click()
    start = await stage.update()
    assert start["message"]["text"] == "/start"

    sent = await stage.telegram(
        "sendMessage",
        chat_id=stage.chat_of("lea"),
        text="How can you <b>help</b>?",
        parse_mode="HTML",
        reply_markup=keyboard(("Time", "Land"), ("Back",)),
    )
    await expect(page.locator("#telegram .bubble strong", has_text="help")).to_be_visible()
    await page.get_by_role("button", name="Land").click()
    tap = await stage.update()
    assert tap["callback_query"]["data"] == "land"
    await expect(page.get_by_role("button", name="Land")).to_have_attribute("aria-busy", "true")

    await stage.telegram("answerCallbackQuery", callback_query_id=tap["callback_query"]["id"], text="Noted")
    await expect(page.locator(".tg-toast")).to_have_text("Noted")
    await stage.telegram(
        "editMessageText", chat_id=stage.chat_of("lea"), message_id=sent["message_id"], text="You answered: Land"
    )
    bubble = page.locator(f"#telegram [data-id='{sent['message_id']}']")
    await expect(bubble).to_contain_text("You answered: Land")
    await expect(bubble.locator(".key")).to_have_count(0)


async def test_an_alert_of_a_tap_waits_for_ok(stage: Stage) -> None:
    await stage.start("lea")
    await stage.telegram("sendMessage", chat_id=stage.chat_of("lea"), text="Sure?", reply_markup=keyboard(("Yes",)))
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Yes").click()
    tap = (await stage.update())["callback_query"]
    await stage.telegram("answerCallbackQuery", callback_query_id=tap["id"], text="Too late", show_alert=True)
    alert = page.get_by_role("dialog", name="4 per 1000")
    await expect(alert).to_contain_text("Too late")
    await page.keyboard.press("Enter")
    await expect(alert).to_be_hidden()


async def test_text_is_never_markup(stage: Stage) -> None:
    words = "<img src=x onerror=alert(1)> & <b>"
    await stage.start("lea")
    await stage.telegram("sendMessage", chat_id=stage.chat_of("lea"), text=words)
    await stage.slack(
        "chat.postMessage",
        channel=await stage.dm_of("ned"),
        text="&lt;img src=x onerror=alert(1)&gt; &amp; &lt;b&gt;",
    )
    page = await stage.open(slack="ned", telegram="lea")
    await expect(page.locator("#telegram .bubble .rich").last).to_have_text(words)
    await expect(page.locator("#slack .slack-message .rich").last).to_have_text(words)


async def test_entities_are_shown_as_telegram_shows_them(stage: Stage) -> None:
    await stage.start("lea")
    await stage.telegram(
        "sendMessage",
        chat_id=stage.chat_of("lea"),
        parse_mode="HTML",
        text='🌱 <b>bold <i>both</i></b>, <code>x &lt; y</code>, <a href="http://127.0.0.1/a">a link</a>, /help',
    )
    page = await stage.open(slack="ned", telegram="lea")
    bubble = page.locator("#telegram .bubble").last
    await expect(bubble.locator("strong")).to_have_text("bold both")
    await expect(bubble.locator("strong em")).to_have_text("both")
    await expect(bubble.locator("code")).to_have_text("x < y")
    await expect(bubble.locator("a")).to_have_attribute("href", "http://127.0.0.1/a")
    await bubble.get_by_role("button", name="/help").click()
    assert (await stage.update())["message"]["text"] == "/help"


async def test_the_command_menu_sends_what_is_chosen(stage: Stage) -> None:
    await stage.telegram("setMyCommands", commands=[{"command": "join", "description": "Take part"}])
    await stage.start("lea")
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Menu").click()
    await page.locator(".tg-menu button", has_text="Take part").click()
    assert (await stage.update())["message"]["text"] == "/join"


async def test_a_deep_link_in_slack_opens_telegram(stage: Stage) -> None:
    bot = (await stage.telegram("getMe"))["username"]
    link = {**JOIN, "text": {"type": "plain_text", "text": "Go on"}, "url": f"https://t.me/{bot}?start=call-7"}
    await stage.slack(
        "chat.postMessage",
        channel=await stage.dm_of("ned"),
        text="Go on in Telegram",
        blocks=[{"type": "actions", "elements": [link]}],
    )
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="Go on").click()
    assert (await stage.update())["message"]["text"] == "/start call-7"
    assert not [url for url in stage.requested if "t.me" in url]


async def test_pictures_are_shown_on_both_platforms(stage: Stage) -> None:
    await stage.start("lea")
    await stage.telegram_photo(stage.chat_of("lea"), chart(), "Hectares by round")
    await stage.slack_file(await stage.dm_of("ned"), chart(), "Hectares")
    page = await stage.open(slack="ned", telegram="lea")
    for pane in ("telegram", "slack"):
        picture = page.locator(f"#{pane} .picture img")
        await expect(picture).to_be_visible()
        await page.wait_for_function(
            "image => image.complete && image.naturalWidth > 0", arg=await picture.element_handle()
        )
    await page.get_by_role("button", name="Enlarge: Hectares by round").click()
    await expect(page.get_by_role("dialog", name="Hectares by round")).to_be_visible()


async def test_a_picture_stands_in_a_message_of_the_app_and_takes_the_place_of_words_on_telegram(stage: Stage) -> None:
    await stage.start("lea")
    sent = await stage.telegram("sendMessage", chat_id=stage.chat_of("lea"), text="Wait for it")
    pictured = await stage.telegram_photo(stage.chat_of("lea"), chart(), "First")
    media = {"type": "photo", "media": pictured["photo"][-1]["file_id"], "caption": "Here it is"}
    await stage.telegram("editMessageMedia", chat_id=stage.chat_of("lea"), message_id=sent["message_id"], media=media)
    stage.world.slack.file_ready_after = 0
    dm = await stage.dm_of("ned")
    file = await stage.slack_file("", chart(), "Hectares")
    image = {"type": "image", "slack_file": {"id": file}, "alt_text": "Hectares by round"}
    await stage.slack("chat.postMessage", channel=dm, text="Hectares", blocks=[image])
    page = await stage.open(slack="ned", telegram="lea")
    for shown in (page.locator("#telegram .picture img").first, page.locator("#slack .block-image img")):
        await expect(shown).to_be_visible()
        await page.wait_for_function("image => image.naturalWidth > 0", arg=await shown.element_handle())
    await expect(page.locator("#slack").get_by_role("button", name="Enlarge: Hectares by round")).to_be_visible()
    await expect(page.locator("#telegram")).to_contain_text("Here it is")
    await expect(page.locator("#telegram")).not_to_contain_text("Wait for it")


async def test_a_modal_takes_files(stage: Stage) -> None:
    photos = {
        "type": "input",
        "block_id": "photos",
        "label": {"type": "plain_text", "text": "Photos"},
        "element": {"type": "file_input", "action_id": "value", "max_files": 2, "filetypes": ["png"]},
    }
    await open_form(stage, FORM | {"blocks": [photos]})
    page = stage.page
    field = page.get_by_label("Photos")
    await field.set_input_files(FilePayload(name="field.png", mimeType="image/png", buffer=chart()))
    await expect(page.locator(".block-files")).to_contain_text("Uploaded: field.png")
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    state = (await stage.hears("view_submission"))["view"]["state"]["values"]["photos"]["value"]
    assert [(file["name"], file["mimetype"]) for file in state["files"]] == [("field.png", "image/png")]


async def test_a_picture_from_elsewhere_is_named_but_not_fetched(stage: Stage) -> None:
    image = {"type": "image", "image_url": "https://example.org/soil.png", "alt_text": "A field"}
    await stage.slack("chat.postMessage", channel=await stage.dm_of("ned"), text="A field", blocks=[image])
    page = await stage.open(slack="ned", telegram="lea")
    await expect(page.locator("#slack .not-loaded")).to_contain_text("A field")
    assert all(url.startswith((stage.base, "data:", "blob:")) for url in stage.requested), stage.requested


async def test_block_kit_is_shown_and_a_button_reaches_the_app(stage: Stage) -> None:
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Your desk"}},
        {
            "type": "section",
            "text": {
                "type": "mrkdwn",
                "text": "*Two* things wait :seedling:\n&gt; quoted, <https://example.org|a link>",
            },
            "accessory": JOIN,
        },
        {"type": "divider"},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "Since _October_"}]},
    ]
    await stage.slack("chat.postMessage", channel=await stage.dm_of("ned"), text="Your desk", blocks=blocks)
    page = await stage.open(slack="ned", telegram="lea")
    message = page.locator("#slack .slack-message").last
    await expect(message.get_by_role("heading", name="Your desk")).to_be_visible()
    await expect(message.locator("strong", has_text="Two")).to_be_visible()
    await expect(message.locator("blockquote")).to_have_text("quoted, a link")
    await expect(message).to_contain_text("🌱")
    await message.get_by_role("button", name="Join").click()
    assert (await stage.hears("block_actions"))["actions"][0]["action_id"] == "join"


async def test_a_modal_holds_focus_and_tells_about_wrong_fields_beside_them(stage: Stage) -> None:
    await open_form(stage)
    page = stage.page
    name = page.get_by_label("Organisation")
    await expect(name).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".block-error")).to_have_count(2)
    await expect(name).to_be_focused()
    await expect(name).to_have_attribute("aria-invalid", "true")

    for _ in range(12):
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.closest('.modal') !== null")

    stage.app.answers["view_submission"] = {
        "response_action": "errors",
        "errors": {"organisation": "There is one of that name already."},
    }
    await name.fill("Terra Viva")
    await page.get_by_label("Type").select_option("NGO")
    await page.get_by_label("Land").check()
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(page.locator(".block-error")).to_have_text(["There is one of that name already."])
    assert await name.input_value() == "Terra Viva"
    values = (await stage.hears("view_submission"))["view"]["state"]["values"]
    assert values["organisation"]["name"]["value"] == "Terra Viva"
    assert values["kind"]["kind"]["selected_option"]["value"] == "ngo"
    assert [option["value"] for option in values["help"]["help"]["selected_options"]] == ["land"]

    stage.app.answers.clear()
    await name.fill("Terra Nova")
    await name.press("Enter")
    await expect(page.get_by_role("dialog", name="Join an Alliance")).to_be_hidden()


async def test_escape_closes_a_modal_and_the_app_hears_of_it(stage: Stage) -> None:
    await open_form(stage)
    await stage.page.get_by_label("Organisation").fill("half typed")
    await stage.page.keyboard.press("Escape")
    await expect(stage.page.get_by_role("dialog", name="Join an Alliance")).to_be_hidden()
    assert (await stage.hears("view_closed"))["view"]["callback_id"] == "join"


async def test_what_is_typed_survives_a_change_of_the_view_around_it(stage: Stage) -> None:
    await open_form(stage)
    name = stage.page.get_by_label("Organisation")
    await name.fill("Terra")
    [view] = (await stage.control("view?person=ned"))["slack"]["modals"]
    note = {"type": "section", "text": {"type": "mrkdwn", "text": "One more word."}}
    await stage.slack("views.update", view_id=view["id"], view={**FORM, "blocks": [*FORM["blocks"], note]})
    await expect(stage.page.get_by_text("One more word.")).to_be_visible()
    await expect(name).to_be_focused()
    await stage.page.keyboard.type(" Viva")
    assert await name.input_value() == "Terra Viva"


async def test_the_home_tab_shows_what_the_app_published(stage: Stage) -> None:
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("tab", name="Home").click()
    await expect(page.locator("#slack")).to_contain_text("has not published its Home")
    opened = await stage.hears_event("app_home_opened")
    home = {
        "type": "home",
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*Nothing* is asked of you"}}],
    }
    await stage.slack("views.publish", user_id=opened["user"], view=home)
    await expect(page.locator("#slack .home")).to_contain_text("Nothing is asked of you")


async def test_slack_commands_go_to_the_app_and_others_are_explained(stage: Stage) -> None:
    page = await stage.open(slack="ned", telegram="lea")
    box = page.get_by_role("combobox", name="Message 4 per 1000")
    await box.fill("/4p1000 join")
    await box.press("Enter")
    assert (await stage.hears("command"))["text"] == "join"
    stage.app.heard.clear()
    await box.fill("/join")
    await box.press("Enter")
    await expect(page.locator(".slack-notice")).to_contain_text("/join is not a command")
    await page.get_by_role("button", name="Send /4p1000 join").click()
    assert (await stage.hears("command"))["text"] == "join"


async def test_a_thread_opens_beside_the_conversation(stage: Stage) -> None:
    dm = await stage.dm_of("ned")
    first = await stage.slack("chat.postMessage", channel=dm, text="Round 2 is open")
    await stage.slack("chat.postMessage", channel=dm, text="Item 1 of 12", thread_ts=first["ts"])
    page = await stage.open(slack="ned", telegram="lea")
    await expect(page.locator(".slack-main")).not_to_contain_text("Item 1 of 12")
    await page.get_by_role("button", name="1 reply").click()
    await expect(page.locator(".slack-thread")).to_contain_text("Item 1 of 12")
    await page.get_by_role("combobox", name="Reply…").fill("I agree")
    await page.keyboard.press("Enter")
    assert (await stage.hears_event("message"))["thread_ts"] == first["ts"]
    await page.keyboard.press("Escape")
    await expect(page.locator(".slack-thread")).to_be_hidden()


async def test_whispers_are_marked_as_such(stage: Stage) -> None:
    channel = (await stage.control("slack/channel", person="ned", name="soil", people=["ned", "ruth"]))["conversation"]
    user = stage.world.people["ned"].slack
    await stage.slack("chat.postEphemeral", channel=channel, user=user, text="Only for Ned")
    page = await stage.open(slack="ned", telegram="lea")
    await page.get_by_role("button", name="soil").click()
    await expect(page.locator(".slack-message.ephemeral")).to_contain_text("Only visible to you")
