"""Each strictness of the local Telegram is felt when it is on, and not when it is off."""

import asyncio
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from sandbox.rules import RULES
from sandbox.telegram import acts
from tests.sandbox.conftest import PNG, FarSide
from tests.sandbox.rules import felt, rule


def lea(far: FarSide) -> int:
    """Léa's chat, in which she has pressed START."""
    persona = far.world.people["lea"]
    acts.start(far.world.telegram, persona)
    return acts.account(persona)


async def refused(far: FarSide, method: str, error: str, **parameters: Any) -> bool:
    """Whether the call was refused with this error; anything but that and success fails the test."""
    answer = await far.telegram_call(method, **parameters)
    assert answer["ok"] or error in answer["description"], answer
    return not answer["ok"]


async def upload_refused(far: FarSide, kind: str, data: bytes, error: str) -> bool:
    """Whether sending this file was refused."""
    form = aiohttp.FormData({"chat_id": str(lea(far))})
    form.add_field(kind, data, filename="file", content_type="application/octet-stream")
    address = f"{far.url}/telegram/bot{far.world.telegram.token}/send{kind.title()}"
    async with far.http.post(address, data=form) as response:
        answer = await response.json()
    assert answer["ok"] or answer["description"] == error, answer
    return not answer["ok"]


def buttons(*labels: str, data: str = "x") -> dict[str, Any]:
    return {"inline_keyboard": [[{"text": label, "callback_data": data} for label in labels]]}


@rule("telegram.text_length")
async def _(far: FarSide) -> bool:
    return await refused(far, "sendMessage", "message is too long", chat_id=lea(far), text="🌱" * 2049)


@rule("telegram.caption_length")
async def _(far: FarSide) -> bool:
    photo = far.world.telegram.add_file("p.png", "image/png", PNG, (2, 1))
    return await refused(
        far, "sendPhoto", "caption is too long", chat_id=lea(far), photo=f"photo-{photo.id}", caption="é" * 1025
    )


@rule("telegram.text_empty")
async def _(far: FarSide) -> bool:
    return await refused(far, "sendMessage", "message text is empty", chat_id=lea(far), text=" ")


@rule("telegram.html")
async def _(far: FarSide) -> bool:
    return await refused(far, "sendMessage", "can't parse entities", chat_id=lea(far), text="a < b", parse_mode="HTML")


@rule("telegram.entity_count")
async def _(far: FarSide) -> bool:
    answer = await far.telegram_call("sendMessage", chat_id=lea(far), text="<b>a</b> " * 101, parse_mode="HTML")
    return len(answer["result"]["entities"]) < 101


@rule("telegram.callback_data")
async def _(far: FarSide) -> bool:
    markup = buttons("Join", data="é" * 33)
    return await refused(far, "sendMessage", "BUTTON_DATA_INVALID", chat_id=lea(far), text="?", reply_markup=markup)


@rule("telegram.keyboard_size")
async def _(far: FarSide) -> bool:
    markup = buttons(*"123456789")
    return await refused(far, "sendMessage", "BUTTON_ROW", chat_id=lea(far), text="?", reply_markup=markup)


@rule("telegram.button_kind")
async def _(far: FarSide) -> bool:
    markup = {"inline_keyboard": [[{"text": ""}]]}
    far.world.strict.discard("telegram.callback_data")
    return await refused(far, "sendMessage", "inline keyboard button", chat_id=lea(far), text="?", reply_markup=markup)


@rule("telegram.not_modified")
async def _(far: FarSide) -> bool:
    sent = await far.telegram_call("sendMessage", chat_id=lea(far), text="same")
    return await refused(
        far,
        "editMessageText",
        "message is not modified",
        chat_id=lea(far),
        message_id=sent["result"]["message_id"],
        text="same",
    )


@rule("telegram.edit_target")
async def _(far: FarSide) -> bool:
    chat = far.world.telegram.chats[lea(far)]
    theirs = next(iter(chat.messages))
    return await refused(
        far, "editMessageText", "message can't be edited", chat_id=chat.id, message_id=theirs, text="mine"
    )


@rule("telegram.delete_target")
async def _(far: FarSide) -> bool:
    sent = await far.telegram_call("sendMessage", chat_id=lea(far), text="old")
    far.world.advance(timedelta(hours=49))
    return await refused(
        far, "deleteMessage", "can't be deleted", chat_id=lea(far), message_id=sent["result"]["message_id"]
    )


async def _tapped(far: FarSide) -> str:
    """A callback query that waits for its answer."""
    persona = far.world.people["lea"]
    sent = await far.telegram_call("sendMessage", chat_id=lea(far), text="?", reply_markup=buttons("Join"))
    update = acts.tap(far.world.telegram, persona, sent["result"]["message_id"], 0, 0)
    assert update is not None
    return str(update.body["id"])


@rule("telegram.callback_once")
async def _(far: FarSide) -> bool:
    query = await _tapped(far)
    assert not await refused(far, "answerCallbackQuery", "", callback_query_id=query)
    return await refused(far, "answerCallbackQuery", "query is too old", callback_query_id=query)


@rule("telegram.callback_age")
async def _(far: FarSide) -> bool:
    query = await _tapped(far)
    far.monotonic.seconds += 3600
    return await refused(far, "answerCallbackQuery", "query is too old", callback_query_id=query)


@rule("telegram.callback_text")
async def _(far: FarSide) -> bool:
    query = await _tapped(far)
    return await refused(far, "answerCallbackQuery", "MESSAGE_TOO_LONG", callback_query_id=query, text="x" * 201)


@rule("telegram.blocked")
async def _(far: FarSide) -> bool:
    chat = lea(far)
    acts.block(far.world.telegram, far.world.people["lea"], True)
    return await refused(far, "sendMessage", "Forbidden: bot was blocked", chat_id=chat, text="hello")


@rule("telegram.not_started")
async def _(far: FarSide) -> bool:
    carmen = acts.account(far.world.people["carmen"])
    return await refused(far, "sendMessage", "chat not found", chat_id=carmen, text="hello")


def _group(far: FarSide) -> int:
    chat, _ = acts.new_group(far.world.telegram, far.world.people["tom"], "Soil", [far.world.people["lea"]])
    return chat.id


@rule("telegram.kicked")
async def _(far: FarSide) -> bool:
    group = _group(far)
    acts.remove_bot(far.world.telegram, far.world.people["tom"], group)
    return await refused(far, "sendMessage", "Forbidden: bot was kicked", chat_id=group, text="hello")


@rule("telegram.migrated")
async def _(far: FarSide) -> bool:
    group = _group(far)
    new, _ = acts.migrate(far.world.telegram, far.world.people["tom"], group)
    answer = await far.telegram_call("sendMessage", chat_id=group, text="hello")
    return bool(answer.get("parameters") == {"migrate_to_chat_id": new.id})


@rule("telegram.start_payload")
async def _(far: FarSide) -> bool:
    update = acts.start(far.world.telegram, far.world.people["lea"], "soil regeneration")
    assert update is not None
    return bool(update.body["text"] == "/start")


@rule("telegram.commands")
async def _(far: FarSide) -> bool:
    commands = [{"command": "Join", "description": "joins"}]
    return await refused(far, "setMyCommands", "BOT_COMMAND_INVALID", commands=commands)


@rule("telegram.description_length")
async def _(far: FarSide) -> bool:
    return await refused(far, "setMyDescription", "too long", description="x" * 513)


@rule("telegram.photo")
async def _(far: FarSide) -> bool:
    return await upload_refused(far, "photo", b"not a picture", "Bad Request: IMAGE_PROCESS_FAILED")


@rule("telegram.file_size")
async def _(far: FarSide) -> bool:
    return await upload_refused(far, "document", b"", "Bad Request: file must be non-empty")


@rule("telegram.download_size")
async def _(far: FarSide) -> bool:
    file = far.world.telegram.add_file("big.bin", "application/octet-stream", bytes(20 * 1024 * 1024 + 1))
    return await refused(far, "getFile", "file is too big", file_id=f"document-{file.id}")


@rule("telegram.single_poller")
async def _(far: FarSide) -> bool:
    first = asyncio.create_task(far.telegram_call("getUpdates", timeout=5))
    telegram = far.world.telegram
    await telegram.arrived.until(lambda: telegram.polls == 1, 5)
    second = asyncio.create_task(far.telegram_call("getUpdates", timeout=5))
    await telegram.arrived.until(lambda: telegram.polls == 2, 5)
    acts.start(telegram, far.world.people["lea"])
    answers = await asyncio.gather(first, second)
    assert answers[1]["ok"]
    return not answers[0]["ok"]


@rule("telegram.webhook_conflict")
async def _(far: FarSide) -> bool:
    await far.telegram_call("setWebhook", url="http://127.0.0.1:9/")
    return await refused(far, "getUpdates", "Conflict: can't use getUpdates")


@rule("telegram.secret_token")
async def _(far: FarSide) -> bool:
    webhook = {"url": "http://127.0.0.1:9/", "secret_token": "not allowed!"}
    return await refused(far, "setWebhook", "secret token", **webhook)


@rule("telegram.webhook_retry")
async def _(far: FarSide) -> bool:
    far.world.telegram.retry_delays = (0.0,)
    await far.telegram_call("setWebhook", url="http://127.0.0.1:9/")
    update = acts.start(far.world.telegram, far.world.people["lea"])
    assert update is not None
    await far.world.calls.changes.until(lambda: update.attempts > 1 or update.receipt.finished, 5)
    return update.attempts > 1


@rule("telegram.update_expiry")
async def _(far: FarSide) -> bool:
    lea(far)
    far.world.advance(timedelta(hours=25))
    return not (await far.telegram_call("getUpdates"))["result"]


@rule("telegram.rate_chat")
async def _(far: FarSide) -> bool:
    chat = lea(far)
    answers = [await far.telegram_call("sendMessage", chat_id=chat, text="hello") for _ in range(6)]
    limited = [answer for answer in answers if not answer["ok"]]
    assert all(answer["parameters"]["retry_after"] == 1 for answer in limited)
    return bool(limited)


@rule("telegram.rate_group")
async def _(far: FarSide) -> bool:
    group = _group(far)
    answers = [await far.telegram_call("sendMessage", chat_id=group, text="hello") for _ in range(21)]
    return not answers[-1]["ok"]


@rule("telegram.rate_bot")
async def _(far: FarSide) -> bool:
    chat = lea(far)
    answers = [await far.telegram_call("sendMessage", chat_id=chat, text="hello") for _ in range(31)]
    return not answers[-1]["ok"]


MINE = [name for name in RULES if name.startswith("telegram.")]


@pytest.mark.parametrize("name", MINE)
async def test_a_rule_is_felt_when_on_and_not_when_off(far: FarSide, name: str) -> None:
    assert await felt(far, name, strict=True)
    far.world.reset()
    await far.telegram_call("deleteWebhook", drop_pending_updates=True)
    far.world.telegram.polls = 0
    assert not await felt(far, name, strict=False)
