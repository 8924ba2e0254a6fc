"""Updates reach the bot by webhook or by long polling, with what can go wrong on the way."""

import asyncio
from datetime import timedelta

import pytest
from aiohttp import web
from telegram import Bot, Update
from telegram.error import NetworkError, RetryAfter, TimedOut

from sandbox.telegram import acts
from sandbox.telegram.state import Update as Pending
from tests.sandbox.conftest import FarSide, ListeningBot, Taken


@pytest.fixture
async def hooked(far: FarSide, app: ListeningBot) -> ListeningBot:
    """The bot with its webhook set."""
    far.world.telegram.retry_delays = (0.0,)
    await far.telegram_call("setWebhook", url=app.url, secret_token="open_sesame")  # noqa: S106
    return app


def start(far: FarSide, person: str = "lea") -> Pending:
    update = acts.start(far.world.telegram, far.world.people[person])
    assert update is not None
    return update


async def test_a_webhook_gets_the_update_with_its_secret(far: FarSide, hooked: ListeningBot, bot: Bot) -> None:
    update = start(far)
    assert await update.receipt.wait(5)
    [taken] = hooked.taken
    assert taken.headers["x-telegram-bot-api-secret-token"] == "open_sesame"
    parsed = Update.de_json(taken.json, bot)
    assert parsed.message is not None
    assert parsed.message.text == "/start"


async def test_a_failed_delivery_is_repeated_and_reported(far: FarSide, hooked: ListeningBot, bot: Bot) -> None:
    hooked.answers(503)

    async def then_well(taken: Taken) -> web.Response:
        return web.Response(status=503 if len(hooked.taken) < 3 else 200)

    hooked.answering = then_well
    update = start(far)
    assert await update.receipt.wait(5)
    assert [taken.json["update_id"] for taken in hooked.taken] == [update.id] * 3
    info = await bot.get_webhook_info()
    assert (info.pending_update_count, info.last_error_message) == (0, "Wrong response from the webhook: 503")


async def test_updates_wait_for_the_webhook(far: FarSide, app: ListeningBot) -> None:
    update = start(far)
    assert not update.receipt.finished
    await far.telegram_call("setWebhook", url=app.url)
    assert await update.receipt.wait(5)


async def test_a_webhook_may_answer_with_a_method(far: FarSide, hooked: ListeningBot) -> None:
    chat = acts.account(far.world.people["lea"])
    hooked.answers(200, {"method": "sendMessage", "chat_id": chat, "text": "hello"})
    assert await start(far).receipt.wait(5)
    assert [one.text for one in far.world.telegram.chats[chat].messages.values()] == ["/start", "hello"]


async def test_long_polling_wakes_up_for_an_update(far: FarSide) -> None:
    polling = asyncio.create_task(far.telegram_call("getUpdates", timeout=10))
    telegram = far.world.telegram
    await telegram.arrived.until(lambda: telegram.polls == 1, 5)
    update = start(far)
    answer = await polling
    assert [one["update_id"] for one in answer["result"]] == [update.id]
    assert not update.receipt.finished
    await far.telegram_call("getUpdates", offset=update.id + 1)
    assert update.receipt.acknowledged


async def test_only_the_kinds_asked_for_come(far: FarSide) -> None:
    await far.telegram_call("getUpdates", allowed_updates=["callback_query"])
    assert acts.start(far.world.telegram, far.world.people["lea"]) is None
    await far.telegram_call("getUpdates", allowed_updates=[])
    assert acts.say(far.world.telegram, far.world.people["lea"], "hello") is not None


async def test_the_same_update_twice(far: FarSide, hooked: ListeningBot) -> None:
    far.world.faults.add("duplicate", platform="telegram")
    update = start(far)
    assert await update.receipt.wait(5)
    assert [taken.json["update_id"] for taken in hooked.taken] == [update.id] * 2


async def test_the_same_update_twice_in_one_poll(far: FarSide) -> None:
    far.world.faults.add("duplicate", method="message")
    update = start(far)
    answer = await far.telegram_call("getUpdates")
    assert [one["update_id"] for one in answer["result"]] == [update.id] * 2


async def test_a_later_update_overtakes(far: FarSide, hooked: ListeningBot) -> None:
    far.world.faults.add("out_of_order", person="lea")
    first, second = start(far), start(far, "carmen")
    assert await first.receipt.wait(5)
    assert [taken.json["update_id"] for taken in hooked.taken] == [second.id, first.id]


async def test_calls_fail_on_demand(far: FarSide, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "1")
    start(far)
    chat = acts.account(far.world.people["lea"])
    faults = far.world.faults
    faults.add("rate_limit", method="sendMessage", seconds=7)
    with pytest.raises(RetryAfter) as limited:
        await bot.send_message(chat, "one")
    assert limited.value.retry_after == timedelta(seconds=7)
    faults.add("server_error", method="sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(chat, "two")
    faults.add("drop", method="sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(chat, "three")
    faults.add("timeout", method="sendMessage")
    with pytest.raises(TimedOut):
        await bot.send_message(chat, "four", read_timeout=0.05)
    faults.add("lost_answer", method="sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(chat, "five")
    await bot.send_message(chat, "six")
    assert [one.text for one in far.world.telegram.chats[chat].messages.values()] == ["/start", "five", "six"]
    assert [call.fault for call in far.world.calls.after(0, 100) if call.name == "sendMessage"] == [
        "rate_limit",
        "server_error",
        "drop",
        "timeout",
        "lost_answer",
        None,
    ]


async def test_the_log_shows_what_was_said_without_secrets(far: FarSide, hooked: ListeningBot) -> None:
    assert await start(far).receipt.wait(5)
    shown = repr(far.world.calls.after(0, 100))
    assert "sendMessage" not in shown
    assert "setWebhook" in shown
    assert "open_sesame" not in shown
    assert far.world.telegram.token not in shown
