"""What becomes of a message, for each thing that Telegram can answer."""

import pytest
from aiohttp import ClientSession

from bot.chat.events import Account
from bot.chat.markup import text
from bot.chat.messages import Button, Home, Say
from bot.handlers.telegram import Telegram
from bot.handlers.telegram.request import AiohttpRequest
from bot.handlers.telegram.sender import TelegramSender
from bot.outreach.delivery import (
    Delivery,
    DeliveryFailed,
    Interrupted,
    Moved,
    RateLimited,
    Refused,
    Sent,
    SetupFault,
    Unreachable,
)
from bot.outreach.postbox import sender_of
from tests.telegram.api import DROP, NEVER, TOKEN, Answer, ScriptedApi, error, result

AWA = Account("telegram", "42")
YES = ((Button("Yes", "q1.1.y"),),)


def delivery(words: str = "Hello & welcome", edits: str = "", chat: str = "42") -> Delivery:
    return Delivery(AWA, chat, Say(text(words), YES, edits))


async def test_a_message_is_sent(telegram: Telegram, api: ScriptedApi) -> None:
    assert await telegram.sender.deliver(delivery()) == Sent("1001", "42")
    assert api.to("sendMessage") == [
        {
            "chat_id": "42",
            "text": "Hello &amp; welcome",
            "parse_mode": "HTML",
            "link_preview_options": '{"is_disabled":true}',
            "reply_markup": '{"inline_keyboard":[[{"text":"Yes","callback_data":"q1.1.y"}]]}',
        }
    ]


async def test_the_private_chat_of_a_person_has_the_persons_id(telegram: Telegram, api: ScriptedApi) -> None:
    assert await telegram.sender.deliver(delivery(chat="")) == Sent("1001", "42")


async def test_words_arrive_as_they_were_written(telegram: Telegram, api: ScriptedApi) -> None:
    words = "É; a=b + 100 % ?/:@ 'x' \"y\" #1\n🌍\t~*"
    await telegram.sender.deliver(delivery(words))
    assert api.to("sendMessage")[0]["text"] == words


async def test_a_message_takes_anothers_place(telegram: Telegram, api: ScriptedApi) -> None:
    assert await telegram.sender.deliver(delivery(edits="7")) == Sent("7", "42")
    assert api.to("editMessageText")[0]["message_id"] == "7"
    assert api.to("sendMessage") == []


async def test_an_edit_without_buttons_takes_the_old_ones_away(telegram: Telegram, api: ScriptedApi) -> None:
    await telegram.sender.deliver(Delivery(AWA, "42", Say(text("Done"), edits="7")))
    assert api.to("editMessageText")[0]["reply_markup"] == '{"inline_keyboard":[]}'


async def test_an_edit_that_changes_nothing_counts_as_sent(telegram: Telegram, api: ScriptedApi) -> None:
    description = "Bad Request: message is not modified: specified new message content and reply markup are the same"
    api.queue("editMessageText", error(400, description))
    assert await telegram.sender.deliver(delivery(edits="7")) == Sent("7", "42")
    assert api.to("sendMessage") == []


@pytest.mark.parametrize(
    "description",
    [
        "Bad Request: message to edit not found",
        "Bad Request: message can't be edited",
        "Bad Request: MESSAGE_ID_INVALID",
        "Bad Request: there is no text in the message to edit",
    ],
)
async def test_what_can_no_longer_be_edited_is_said_anew(
    telegram: Telegram, api: ScriptedApi, description: str
) -> None:
    api.queue("editMessageText", error(400, description))
    assert await telegram.sender.deliver(delivery(edits="7")) == Sent("1001", "42")


async def test_a_message_of_another_platform_is_said_anew(telegram: Telegram, api: ScriptedApi) -> None:
    assert await telegram.sender.deliver(delivery(edits="1700000000.000100")) == Sent("1001", "42")
    assert api.to("editMessageText") == []


FAILURES: list[tuple[Answer, type[DeliveryFailed], str]] = [
    (error(403, "Forbidden: bot was blocked by the user"), Unreachable, "bot was blocked by the user"),
    (error(403, "Forbidden: user is deactivated"), Unreachable, "user is deactivated"),
    (error(400, "Bad Request: chat not found"), Unreachable, "chat not found"),
    (error(400, "Bad Request: PEER_ID_INVALID"), Unreachable, "peer_id_invalid"),
    (error(400, "Bad Request: BUTTON_DATA_INVALID"), Refused, "button_data_invalid"),
    (
        error(400, 'Bad Request: can\'t parse entities: unsupported start tag "awa"'),
        Refused,
        "can't parse entities",
    ),
    (error(401, "Unauthorized"), SetupFault, "unauthorized"),
    (error(404, "Not Found"), SetupFault, "not found"),
    (error(500, "Internal Server Error"), Interrupted, "server error 500"),
    (Answer(502, b"<html>Bad Gateway</html>"), Interrupted, "server error 502"),
    (Answer(302, b"", {"Location": "https://example.org/"}), Interrupted, "NetworkError"),
    (Answer(200, b"<html>hello</html>"), Interrupted, "TelegramError"),
    (Answer(200, {"ok": True}), Interrupted, "TelegramError"),
    (DROP, Interrupted, "NetworkError"),
]


@pytest.mark.parametrize(("answer", "failure", "code"), FAILURES)
@pytest.mark.parametrize("edits", ["", "7"])
async def test_what_an_error_means(
    telegram: Telegram,
    api: ScriptedApi,
    answer: Answer,
    failure: type[DeliveryFailed],
    code: str,
    edits: str,
) -> None:
    api.queue("editMessageText" if edits else "sendMessage", answer)
    with pytest.raises(failure) as raised:
        await telegram.sender.deliver(delivery(edits=edits))
    assert str(raised.value) == code
    assert len(api.calls) == 2, "getMe, and the one call: nothing is repeated"


async def test_a_sent_message_without_an_id_is_unknown(telegram: Telegram, api: ScriptedApi) -> None:
    api.queue("sendMessage", result({"date": 1}))
    with pytest.raises(Interrupted) as raised:
        await telegram.sender.deliver(delivery())
    assert raised.value.unknown


async def test_whether_a_failed_call_took_effect_is_unknown(telegram: Telegram, api: ScriptedApi) -> None:
    for answer, unknown in (
        (DROP, True),
        (error(502, "Bad Gateway"), True),
        (error(503, "Unavailable"), False),
    ):
        api.queue("sendMessage", answer)
        with pytest.raises(Interrupted) as raised:
            await telegram.sender.deliver(delivery())
        assert raised.value.unknown is unknown


async def test_an_answer_that_does_not_come_in_time_is_unknown(session: ClientSession, api: ScriptedApi) -> None:
    request = AiohttpRequest(session, f"{api.url}/bot{TOKEN}", read=0.05)
    api.queue("sendMessage", NEVER)
    with pytest.raises(Interrupted) as raised:
        await TelegramSender(request, "bot").deliver(delivery())
    assert raised.value.unknown


async def test_without_a_connection_nothing_was_sent(session: ClientSession, unused_tcp_port: int) -> None:
    request = AiohttpRequest(session, f"http://127.0.0.1:{unused_tcp_port}/bot{TOKEN}")
    with pytest.raises(Interrupted) as raised:
        await TelegramSender(request, "bot").deliver(delivery())
    assert not raised.value.unknown
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (error(429, "Too Many Requests: retry after 17", retry_after=17), 17),
        (Answer(429, b"slow down", {"Retry-After": "4"}), 4),
        (Answer(429, b"slow down"), 1),
    ],
)
async def test_telegram_says_how_long_to_wait(
    telegram: Telegram, api: ScriptedApi, answer: Answer, seconds: float
) -> None:
    api.queue("sendMessage", answer)
    with pytest.raises(RateLimited) as raised:
        await telegram.sender.deliver(delivery())
    assert raised.value.seconds == seconds


async def test_a_group_that_became_a_supergroup(telegram: Telegram, api: ScriptedApi) -> None:
    description = "Bad Request: group chat was upgraded to a supergroup chat"
    api.queue("sendMessage", error(400, description, migrate_to_chat_id=-1001234567890))
    with pytest.raises(Moved) as raised:
        await telegram.sender.deliver(delivery(chat="-42"))
    assert raised.value.chat == "-1001234567890"


async def test_telegram_has_no_home_and_no_empty_message(telegram: Telegram, api: ScriptedApi) -> None:
    with pytest.raises(Refused):
        await telegram.sender.deliver(Delivery(AWA, "42", Home(())))
    with pytest.raises(Refused):
        await telegram.sender.deliver(delivery(" \n"))
    assert [method for method, _ in api.calls] == ["getMe"]


LONG = f"{'a' * 3000}\n\n{'b' * 3000}"


async def test_a_long_message_is_known_by_its_last_part(telegram: Telegram, api: ScriptedApi) -> None:
    assert await telegram.sender.deliver(delivery(LONG)) == Sent("1002", "42")
    first, last = api.to("sendMessage")
    assert "reply_markup" not in first
    assert "reply_markup" in last


async def test_a_long_message_in_anothers_place(telegram: Telegram, api: ScriptedApi) -> None:
    assert await telegram.sender.deliver(delivery(LONG, edits="7")) == Sent("1001", "42")
    assert api.to("editMessageText")[0]["reply_markup"] == '{"inline_keyboard":[]}'


@pytest.mark.parametrize("answer", [error(429, "Too Many Requests", retry_after=5), error(503, "Unavailable")])
async def test_an_interruption_between_parts_is_unknown(telegram: Telegram, api: ScriptedApi, answer: Answer) -> None:
    api.queue("sendMessage", result({"message_id": 1}), answer)
    with pytest.raises(Interrupted) as raised:
        await telegram.sender.deliver(delivery(LONG))
    assert raised.value.unknown


def test_the_sender_is_the_one_that_the_outbox_looks_for(telegram: Telegram) -> None:
    assert telegram.sender.name == sender_of(str(AWA))
