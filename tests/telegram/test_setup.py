"""Introducing the bot to Telegram."""

import orjson
import pytest
from aiohttp import ClientSession
from structlog.testing import capture_logs

from bot.handlers.telegram import Telegram
from bot.handlers.telegram.backoff import Sleep
from bot.outreach.delivery import SetupFault
from tests.telegram.api import DROP, TOKEN, Answer, ScriptedApi, error, result
from tests.telegram.far_side import NOW

COMMANDS = {"en": {"join": "Join"}, "fr": {"join": "Adhérer"}}
DESK = {"en": {"join": "Join", "requests": "Decide"}, "fr": {"join": "Adhérer", "requests": "Décider"}}
URL = "https://bot.example.org/telegram/webhook"
ALLOWED = ["message", "callback_query", "my_chat_member"]


async def connect(api: ScriptedApi, session: ClientSession, sleep: Sleep, token: str = TOKEN) -> Telegram:
    return await Telegram.connect(token, f"{api.url}/", session, lambda: NOW, sleep=sleep)


async def test_the_bot_learns_who_it_is(telegram: Telegram) -> None:
    assert (telegram.bot_id, telegram.username) == (110201543, "FourPer1000Bot")


async def test_the_network_is_waited_for(
    api: ScriptedApi, session: ClientSession, sleep: Sleep, waits: list[float]
) -> None:
    api.queue("getMe", DROP, error(502, "Bad Gateway"), error(429, "Too Many Requests", retry_after=30))
    assert (await connect(api, session, sleep)).bot_id == 110201543
    assert waits == [1, 2, 30]


@pytest.mark.parametrize("token", ["", "wrong", f"{TOKEN}x"])
async def test_a_refused_token_is_a_fault_of_the_setup_and_is_never_quoted(
    api: ScriptedApi, session: ClientSession, sleep: Sleep, token: str
) -> None:
    with capture_logs() as logs, pytest.raises(SetupFault) as raised:
        await connect(api, session, sleep, token)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    if token:
        assert token not in f"{raised.value} {logs}"


async def test_commands_are_shown_per_language_and_role(telegram: Telegram, api: ScriptedApi) -> None:
    await telegram.set_commands(COMMANDS, DESK, [7])
    shown = {
        (call.get("language_code", ""), orjson.loads(call["scope"]).get("chat_id")): [
            (command["command"], command["description"]) for command in orjson.loads(call["commands"])
        ]
        for call in api.to("setMyCommands")
    }
    everybody, desk = [("join", "Join")], [("join", "Join"), ("requests", "Decide")]
    assert shown == {
        ("", None): everybody,
        ("en", None): everybody,
        ("fr", None): [("join", "Adhérer")],
        ("", 7): desk,
        ("en", 7): desk,
        ("fr", 7): [("join", "Adhérer"), ("requests", "Décider")],
    }


async def test_the_webhook_is_registered_with_its_secret(telegram: Telegram, api: ScriptedApi) -> None:
    await telegram.register("https://bot.example.org/", "s3cret")
    (call,) = api.to("setWebhook")
    assert (call["url"], call["secret_token"]) == (URL, "s3cret")
    assert orjson.loads(call["allowed_updates"]) == ALLOWED


@pytest.mark.parametrize(
    ("difference", "calls"),
    [
        ({}, 0),
        ({"url": "https://elsewhere.example.org/"}, 1),
        ({"allowed_updates": ["message"]}, 1),
        (
            {"last_error_date": 1, "last_error_message": "Wrong response from the webhook: 401 Unauthorized"},
            1,
        ),
        ({"last_error_date": 1, "last_error_message": "Connection timed out"}, 0),
    ],
)
async def test_a_webhook_is_registered_again_only_when_it_differs(
    telegram: Telegram, api: ScriptedApi, difference: dict[str, object], calls: int
) -> None:
    info = {
        "url": URL,
        "has_custom_certificate": False,
        "pending_update_count": 0,
        "allowed_updates": ALLOWED,
    }
    api.queue("getWebhookInfo", result(info | difference))
    await telegram.register("https://bot.example.org", "s3cret")
    assert len(api.to("setWebhook")) == calls


async def test_registering_waits_for_the_network(telegram: Telegram, api: ScriptedApi, waits: list[float]) -> None:
    api.queue("setWebhook", DROP, error(429, "Too Many Requests", retry_after=3))
    await telegram.register("https://bot.example.org", "s3cret")
    assert len(api.to("setWebhook")) == 3
    assert waits == [1, 3]


@pytest.mark.parametrize(
    "answer",
    [error(404, "Not Found"), error(400, "Bad Request: bad webhook"), Answer(200, b"odd"), result({})],
)
@pytest.mark.parametrize("method", ["setMyCommands", "getWebhookInfo", "setWebhook", "deleteWebhook"])
async def test_a_server_need_not_know_every_method(
    telegram: Telegram, api: ScriptedApi, method: str, answer: Answer
) -> None:
    api.queue(method, *[answer] * 3)
    await telegram.set_commands(COMMANDS, DESK, [7])
    await telegram.register("https://bot.example.org", "s3cret")


async def test_neither_token_nor_secret_is_ever_logged(
    telegram: Telegram, api: ScriptedApi, sleep: Sleep, session: ClientSession
) -> None:
    for method in ("setMyCommands", "getWebhookInfo", "setWebhook"):
        api.queue(method, DROP, error(400, f"Bad Request: {TOKEN}"))
    with capture_logs() as logs:
        await telegram.set_commands(COMMANDS, DESK, [7])
        await telegram.register("https://bot.example.org", "s3cret")
    assert logs
    assert TOKEN not in str(logs)
    assert "s3cret" not in str(logs)
