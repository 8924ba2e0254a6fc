"""Pictures and documents on their way to Telegram and from there."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession

from bot.chat.events import Account
from bot.chat.markup import text
from bot.chat.messages import Button, File, Say
from bot.handlers.telegram import Telegram, sender
from bot.outreach.delivery import (
    TOO_LARGE,
    Content,
    Delivery,
    DeliveryFailed,
    Interrupted,
    Refused,
    Sent,
    SetupFault,
)
from tests.shelf import HandyFiles
from tests.telegram.api import TOKEN, Answer, ScriptedApi, error, result
from tests.telegram.far_side import NOW

AWA = Account("telegram", "42")
YES = ((Button("Yes", "q1.1.y"),),)
FIELD = File(1, "field.png", "picture", "A field")
PLAN = File(2, "plan « été ».pdf", "document")
GONE = File(3, "gone.png", "picture")
LONG = "soil " * 300


@pytest.fixture
def files() -> HandyFiles:
    return HandyFiles(
        {1: Content(FIELD.name, "image/png", b"the picture"), 2: Content(PLAN.name, "application/pdf", b"the plan")}
    )


@pytest.fixture
async def telegram(api: ScriptedApi, session: ClientSession, files: HandyFiles) -> AsyncIterator[Telegram]:
    connected = await Telegram.connect(TOKEN, api.url, session, lambda: NOW, files=files)
    yield connected
    await connected.aclose()


def photo(message_id: int, file_id: str = "small") -> Answer:
    sizes = [{"file_id": "small"}, {"file_id": file_id}]
    return result({"message_id": message_id, "photo": sizes})


def document(message_id: int, file_id: str) -> Answer:
    return result({"message_id": message_id, "document": {"file_id": file_id}})


async def deliver(telegram: Telegram, file: File, words: str = "Look", edits: str = "") -> Sent:
    return await telegram.sender.deliver(Delivery(AWA, "42", Say(text(words), YES, edits, file)))


async def failure(telegram: Telegram, file: File, words: str = "Look") -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        await deliver(telegram, file, words)
    return raised.value


async def test_a_picture_is_uploaded_once_and_has_the_words_and_buttons_with_it(
    telegram: Telegram, api: ScriptedApi, files: HandyFiles
) -> None:
    api.queue("sendPhoto", photo(7, "known"), photo(8, "known"))
    assert [await deliver(telegram, FIELD) for _ in range(2)] == [Sent("7", "42"), Sent("8", "42")]
    first, second = api.to("sendPhoto")
    keyboard = '{"inline_keyboard":[[{"text":"Yes","callback_data":"q1.1.y"}]]}'
    assert first == {
        "chat_id": "42",
        "caption": "Look",
        "parse_mode": "HTML",
        "reply_markup": keyboard,
        "photo": "field.png: the picture",
    }
    assert second == first | {"photo": "known"}
    assert files.loaded == [1]


async def test_a_document_keeps_its_name(telegram: Telegram, api: ScriptedApi, files: HandyFiles) -> None:
    api.queue("sendDocument", document(7, "paper"))
    assert await deliver(telegram, PLAN) == Sent("7", "42")
    assert api.to("sendDocument")[0]["document"] == "plan « été ».pdf: the plan"
    assert files.uploaded == {(2, "telegram document"): "paper"}


async def test_a_text_too_long_for_a_caption_follows_the_picture_and_is_the_message(
    telegram: Telegram, api: ScriptedApi
) -> None:
    api.queue("sendPhoto", photo(7))
    assert await deliver(telegram, FIELD, LONG) == Sent("1001", "42")
    assert "reply_markup" not in api.to("sendPhoto")[0]
    assert "Yes" in api.to("sendMessage")[0]["reply_markup"]


async def test_a_crash_between_picture_and_text_leaves_the_outcome_unknown(
    telegram: Telegram, api: ScriptedApi
) -> None:
    api.queue("sendPhoto", photo(7))
    api.queue("sendMessage", error(429, "Too Many Requests: retry after 3", retry_after=3))
    interruption = await failure(telegram, FIELD, LONG)
    assert isinstance(interruption, Interrupted)
    assert interruption.unknown


async def test_a_message_becomes_one_with_a_picture(telegram: Telegram, api: ScriptedApi, files: HandyFiles) -> None:
    api.queue("editMessageMedia", photo(7, "known"), error(400, "Bad Request: message is not modified: the same"))
    assert [await deliver(telegram, FIELD, edits="7") for _ in range(2)] == [Sent("7", "42")] * 2
    first, second = api.to("editMessageMedia")
    media: dict[str, Any] = orjson.loads(first["media"])
    assert media == {"type": "photo", "caption": "Look", "parse_mode": "HTML", "media": "attach://file"}
    assert (first["file"], first["message_id"]) == ("field.png: the picture", "7")
    assert orjson.loads(second["media"])["media"] == "known"
    assert api.to("sendPhoto") == []


async def test_a_picture_with_a_long_text_is_said_anew_and_the_old_message_loses_its_buttons(
    telegram: Telegram, api: ScriptedApi
) -> None:
    api.queue("sendPhoto", photo(8))
    assert await deliver(telegram, FIELD, LONG, edits="7") == Sent("1001", "42")
    bare = {"chat_id": "42", "message_id": "7", "reply_markup": '{"inline_keyboard":[]}'}
    assert api.to("editMessageReplyMarkup") == [bare]
    assert api.to("editMessageMedia") == []


async def test_words_in_the_place_of_a_picture_come_anew(telegram: Telegram, api: ScriptedApi) -> None:
    api.queue("editMessageText", error(400, "Bad Request: there is no text in the message to edit"))
    api.queue("editMessageReplyMarkup", error(400, "Bad Request: message can't be edited"))
    assert await telegram.sender.deliver(Delivery(AWA, "42", Say(text("Done"), YES, "7"))) == Sent("1001", "42")
    assert [call["message_id"] for call in api.to("editMessageReplyMarkup")] == ["7"]


@pytest.mark.parametrize(
    "description",
    [
        "Bad Request: wrong file identifier/HTTP URL specified",
        "Bad Request: wrong remote file identifier specified: wrong padding",
        "Bad Request: can't use file of type Document as Photo",
    ],
)
async def test_a_file_that_telegram_no_longer_knows_is_uploaded_again(
    telegram: Telegram, api: ScriptedApi, files: HandyFiles, description: str
) -> None:
    files.uploaded[1, "telegram photo"] = "another bot's"
    api.queue("sendPhoto", error(400, description), photo(7, "known"))
    assert await deliver(telegram, FIELD) == Sent("7", "42")
    assert files.uploaded[1, "telegram photo"] == "known"


async def test_what_telegram_does_not_take_as_a_photo_is_a_document(
    telegram: Telegram, api: ScriptedApi, files: HandyFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.queue("sendPhoto", error(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"))
    api.queue("sendDocument", document(7, "paper"), document(8, "paper"), document(9, "large"))
    assert [(await deliver(telegram, FIELD)).message_id for _ in range(2)] == ["7", "8"]
    assert api.to("sendDocument")[1]["document"] == "paper"
    monkeypatch.setattr(sender, "LARGEST_PHOTO", 3)
    files.contents[4] = Content("large.png", "image/png", b"four")
    assert (await deliver(telegram, File(4, "large.png", "picture"))).message_id == "9"
    assert len(api.to("sendPhoto")) == 1


async def test_words_are_said_also_when_their_file_is_gone(telegram: Telegram, api: ScriptedApi) -> None:
    assert await deliver(telegram, GONE) == Sent("1001", "42")
    assert await deliver(telegram, GONE, LONG) == Sent("1002", "42")
    assert await deliver(telegram, GONE, edits="7") == Sent("7", "42")
    assert isinstance(await failure(telegram, GONE, " "), Refused)


async def test_a_picture_needs_no_words(telegram: Telegram, api: ScriptedApi) -> None:
    api.queue("sendPhoto", photo(7))
    assert await deliver(telegram, FIELD, "") == Sent("7", "42")
    assert "Yes" in api.to("sendPhoto")[0]["reply_markup"]


async def test_what_somebody_sent_is_fetched(telegram: Telegram, api: ScriptedApi) -> None:
    api.queue("getFile", *[result({"file_path": "photos/7.jpg", "file_size": 9})] * 2)
    api.stored["photos/7.jpg"] = Answer(200, b"the field")
    assert await telegram.source.fetch("whole", 9) == b"the field"
    assert api.to("getFile") == [{"file_id": "whole"}]
    with pytest.raises(Refused, match=TOO_LARGE):
        await telegram.source.fetch("whole", 8)


@pytest.mark.parametrize(
    ("asked", "given", "kind", "code"),
    [
        (error(400, "Bad Request: file is too big"), None, Refused, TOO_LARGE),
        (error(400, "Bad Request: wrong file_id or the file is temporarily unavailable"), None, Interrupted, "temp"),
        (error(400, "Bad Request: invalid file_id"), None, Refused, "invalid file_id"),
        (error(500, "Internal Server Error"), None, Interrupted, "500"),
        (result({"file_path": "a"}), Answer(200, b"longer than told"), Refused, TOO_LARGE),
        (result({"file_path": "a"}), Answer(404, b""), Refused, "http_404"),
        (result({"file_path": "a"}), Answer(502, b""), Interrupted, "http_502"),
        (result({"file_path": "a"}), Answer(302, b"", {"Location": "https://example.org/"}), SetupFault, "not_allowed"),
        (result({}), None, Interrupted, "invalid"),
    ],
)
async def test_what_cannot_be_fetched_says_whether_to_try_again(
    telegram: Telegram, api: ScriptedApi, asked: Answer, given: Answer | None, kind: type[DeliveryFailed], code: str
) -> None:
    api.queue("getFile", asked)
    if given is not None:
        api.stored["a"] = given
    with pytest.raises(kind, match=code):
        await telegram.source.fetch("whole", 10)
