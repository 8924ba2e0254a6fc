"""People act and see alike on both platforms, against bots written with the platforms' own libraries."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler

from sandbox.person import SlackPerson, TelegramPerson, Unanswered
from sandbox.slack import acts as slack_acts
from sandbox.telegram import acts as telegram_acts
from tests.sandbox.conftest import PNG, FarSide
from tests.web import listening

Context = ContextTypes.DEFAULT_TYPE
YES_NO = InlineKeyboardMarkup(
    [[InlineKeyboardButton("Yes", callback_data="yes"), InlineKeyboardButton("No", callback_data="no")]]
)


@asynccontextmanager
async def telegram_bot(far: FarSide) -> AsyncIterator[None]:
    """A bot of python-telegram-bot that asks one question, by long polling."""

    async def ask(update: Update, context: Context) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_html("Do you <b>agree</b>?", reply_markup=YES_NO)

    async def take(update: Update, context: Context) -> None:
        query = update.callback_query
        assert query is not None
        await query.answer("Noted")
        await query.edit_message_text(f"✓ You answered: {query.data}")

    async def echo(update: Update, context: Context) -> None:
        assert update.effective_message is not None
        await update.effective_message.reply_text(f"You said: {update.effective_message.text}")

    root = f"{far.url}/telegram"
    builder = Application.builder().token(far.world.telegram.token)
    application = builder.base_url(f"{root}/bot").base_file_url(f"{root}/file/bot").build()
    application.add_handler(CommandHandler(["start", "join"], ask))
    application.add_handler(CallbackQueryHandler(take))
    application.add_handler(MessageHandler(None, echo))
    async with application:
        await application.start()
        assert application.updater is not None
        await application.updater.start_polling(poll_interval=0)
        try:
            yield
        finally:
            far.world.telegram.arrived.end()
            await application.updater.stop()
            await application.stop()


async def test_a_conversation_on_telegram(far: FarSide) -> None:
    lea = TelegramPerson(far.world, "lea")
    async with telegram_bot(far):
        await lea.start()
        question = await lea.one_message()
        assert (question.text, question.buttons) == ("Do you agree?", ("Yes", "No"))
        await lea.tap("Yes")
        await lea.sees("✓ You answered: yes")
        assert (lea.toast, lea.tap_answered) == ("Noted", True)
        with pytest.raises(LookupError, match="no button 'Yes'"):
            await lea.tap("Yes")
        await lea.command("/join")
        again = await lea.one_message()
        await lea.say("maybe")
        assert (await lea.one_message()).text == "You said: maybe"
        await lea.tap("No", on=again)
        assert (await lea.one_message()).text == "✓ You answered: no"
        await lea.send_photo("field.png", PNG, "my field")
        await lea.hears()
    assert lea.screen().startswith("> /start\n\n✓ You answered: yes\n\n> /join")


@asynccontextmanager
async def slack_bot(far: FarSide) -> AsyncIterator[None]:
    """An app of Bolt that asks one question and opens one form, over HTTP."""
    slack = far.world.slack
    client = AsyncWebClient(slack.bot_token, f"{far.url}/slack/api/", session=far.http)
    app = AsyncApp(client=client, signing_secret=slack.signing_secret, logger=logging.getLogger("bolt"))
    plain = {"type": "plain_text", "text": "Yes"}
    ask: list[dict[str, Any]] = [
        {"type": "section", "text": {"type": "mrkdwn", "text": "Do you *agree*?"}},
        {"type": "actions", "elements": [{"type": "button", "text": plain, "action_id": "yes"}]},
    ]
    field = {
        "type": "input",
        "block_id": "role",
        "label": {"type": "plain_text", "text": "Your role"},
        "hint": {"type": "plain_text", "text": "You can change it"},
        "element": {
            "type": "static_select",
            "action_id": "role",
            "options": [{"text": {"type": "plain_text", "text": "Team member"}, "value": "m"}],
        },
    }
    form = {"type": "modal", "callback_id": "join", "title": plain, "submit": plain, "blocks": [field]}

    @app.event("message")
    async def _(event: dict[str, Any], say: Any) -> None:
        await say(text="Do you agree?", blocks=ask)

    @app.action("yes")
    async def _(ack: Any, respond: Any) -> None:
        await ack()
        await respond(text="✓ You answered: Yes", replace_original=True)

    @app.command("/4p1000")
    async def _(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=form)

    @app.view("join")
    async def _(ack: Any, body: dict[str, Any], view: dict[str, Any]) -> None:
        await ack()
        chosen = view["state"]["values"]["role"]["role"]["selected_option"]["value"]
        await client.chat_postMessage(channel=body["user"]["id"], text=f"Sent: {chosen}")

    @app.event("app_home_opened")
    async def _(event: dict[str, Any]) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": ask[:1]})

    handler = AsyncSlackRequestHandler(app)

    async def endpoint(request: Request) -> Response:
        return await handler.handle(request)

    routes = [Route("/slack/events", endpoint, methods=["POST"])]
    async with listening(Starlette(routes=routes)) as url:
        slack.events_url = slack.interactivity_url = slack.commands_url = f"{url}/slack/events"
        yield


async def test_a_conversation_in_slack(far: FarSide) -> None:
    ned = SlackPerson(far.world, "ned")
    async with slack_bot(far):
        await ned.say("hello")
        question = await ned.one_message()
        assert (question.text, question.buttons) == ("Do you agree?", ("Yes",))
        assert str(question) == "Do you agree?\n[Yes]"
        await ned.tap("Yes")
        await ned.sees("✓ You answered: Yes")
        await ned.command("/join")
        assert await ned.until(lambda: ned.modal is not None)
        assert ned.modal is not None
        assert (ned.modal.title, ned.modal.labels, ned.modal.submit) == ("Yes", ("Your role",), "Yes")
        role = ned.modal.field("Your role")
        assert (role.kind, role.hint, role.options, role.value) == ("one", "You can change it", ("Team member",), ())
        assert await ned.submit({}) == {"Your role": "Please complete this required field."}
        assert ned.modal.field("Your role").error == "Please complete this required field."
        await ned.choose("Your role", "Team member")
        assert ned.modal.field("Your role").value == ("Team member",)
        assert "Your role: Team member" in ned.screen()
        assert await ned.submit() == {}
        await ned.sees("Sent: m")
        await ned.open_home()
        assert await ned.until(lambda: ned.screen() == "Do you agree?")


async def test_a_silent_bot_is_noticed(far: FarSide) -> None:
    lea, ned = TelegramPerson(far.world, "lea", patience=0.05), SlackPerson(far.world, "ned", patience=0.05)
    with pytest.raises(Unanswered, match="lea pressed START"):
        await lea.start()
    with pytest.raises(Unanswered, match="ned said 'hello'"):
        await ned.say("hello")
    with pytest.raises(AssertionError, match="hears nothing"):
        await lea.one_message(0.05)
    with pytest.raises(AssertionError, match="does not see 'Welcome'"):
        await lea.sees("Welcome", 0.05)


async def test_two_replies_are_not_one_message(far: FarSide) -> None:
    lea = TelegramPerson(far.world, "lea")
    telegram_acts.start(far.world.telegram, lea.persona)
    lea.look()
    for text in ("one", "two"):
        await far.telegram_call("sendMessage", chat_id=lea.chat.id, text=text)
    with pytest.raises(AssertionError, match="not one message"):
        await lea.one_message()


async def test_a_link_to_the_bot_is_followed(far: FarSide) -> None:
    lea = TelegramPerson(far.world, "lea")
    telegram_acts.start(far.world.telegram, lea.persona)
    link = {"inline_keyboard": [[{"text": "Take part", "url": "https://t.me/fourper1000_bot?start=call-7"}]]}
    await far.telegram_call("sendMessage", chat_id=lea.chat.id, text="A call", reply_markup=link)
    tapping = asyncio.create_task(lea.tap("Take part"))
    assert await far.world.telegram.arrived.until(lambda: len(far.world.telegram.updates) == 2, 5)
    started = far.world.telegram.last_update
    assert far.world.telegram.updates[started].body["text"] == "/start call-7"
    await far.telegram_call("getUpdates", offset=started + 1)
    await tapping


async def test_an_ephemeral_message_is_gone_after_a_reload(far: FarSide) -> None:
    ned = SlackPerson(far.world, "ned")
    await far.slack.chat_postEphemeral(channel=ned.dm.id, user=ned.user, text="for you alone")
    assert ned.screen() == "for you alone"
    slack_acts.reload(far.world.slack, ned.persona)
    assert ned.screen() == ""
