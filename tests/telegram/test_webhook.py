"""Updates that Telegram posts: what is refused, what is confirmed, and when."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import orjson
import pytest
from aiohttp import ClientSession
from starlette.applications import Starlette

from bot.chat.events import Tap
from bot.flows.turn import Outcome
from bot.handlers.telegram import Telegram
from tests.telegram.api import ScriptedApi, error
from tests.telegram.far_side import RememberingIntake, message, tap
from tests.telegram.serving import serving

SECRET = "open_sesame-1"  # noqa: S105 - of this test only
HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(frozen=True, slots=True)
class Door:
    """Posts to the webhook, as Telegram does or as someone else may."""

    session: ClientSession
    url: str

    async def post(self, body: Any, secret: str | None = SECRET) -> int:
        headers = {} if secret is None else {HEADER: secret}
        data = orjson.dumps(body) if isinstance(body, dict) else body
        async with self.session.post(self.url, data=data, headers=headers) as response:
            return response.status


@pytest.fixture
async def door(telegram: Telegram, intake: RememberingIntake, session: ClientSession) -> AsyncIterator[Door]:
    async with serving(Starlette(routes=telegram.routes(intake, SECRET))) as url:
        yield Door(session, f"{url}/telegram/webhook")


async def test_an_update_is_confirmed_once_taken(door: Door, intake: RememberingIntake) -> None:
    assert await door.post(message(1, "hello")) == 200
    assert intake.words == ["hello"]


async def test_a_forged_update_is_refused_and_not_even_read(door: Door, intake: RememberingIntake) -> None:
    for secret in (None, "", "open_sesame-", "open_sesame-12", "öpen_sesame-1"):
        assert await door.post(message(1), secret) == 401
        assert await door.post(b"{", secret) == 401
    assert intake.taken == []


async def test_a_malformed_body_is_refused_and_not_taken(door: Door, intake: RememberingIntake) -> None:
    for body in (b"", b"{", b"[]", b"{}", b'{"update_id": 1, "message": 3}', b"\xff\xfe"):
        assert await door.post(body) == 400
    assert intake.taken == []


async def test_a_body_too_large_is_refused(door: Door, intake: RememberingIntake) -> None:
    assert await door.post(BytesIO(b" " * 2_000_000)) == 413

    async def in_pieces() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 50_000

    assert await door.post(in_pieces()) == 413
    assert intake.taken == []


async def test_an_update_that_could_not_be_taken_is_asked_for_again(door: Door, intake: RememberingIntake) -> None:
    intake.failing = lambda _event: True
    assert await door.post(message(1)) == 500
    intake.failing = lambda _event: False
    assert await door.post(message(1)) == 200


async def test_an_update_of_no_concern_is_confirmed(door: Door, intake: RememberingIntake) -> None:
    assert await door.post({"update_id": 1, "chat_join_request": {}}) == 200
    assert intake.taken == []


async def test_a_tap_is_answered_with_its_toast(door: Door, intake: RememberingIntake, api: ScriptedApi) -> None:
    intake.outcome = Outcome(toast="Saved")
    assert await door.post(tap(1)) == 200
    assert isinstance(intake.taken[0], Tap)
    assert await api.called("answerCallbackQuery") == [{"callback_query_id": "4382bfdwdsb323b2d91", "text": "Saved"}]


async def test_a_tap_taken_before_and_a_tap_of_no_concern_are_answered(
    door: Door, intake: RememberingIntake, api: ScriptedApi
) -> None:
    intake.outcome = Outcome(duplicate=True)
    await door.post(tap(1))
    await door.post(tap(2, message=None))
    answers = await api.called("answerCallbackQuery", times=2)
    assert all(set(answer) == {"callback_query_id"} for answer in answers)


async def test_a_tap_that_could_not_be_taken_is_not_answered(
    door: Door, intake: RememberingIntake, api: ScriptedApi, telegram: Telegram
) -> None:
    intake.failing = lambda _event: True
    assert await door.post(tap(1)) == 500
    await telegram.aclose()
    assert api.to("answerCallbackQuery") == []


async def test_shutdown_waits_for_the_answers_under_way(door: Door, api: ScriptedApi, telegram: Telegram) -> None:
    api.queue("answerCallbackQuery", error(400, "Bad Request: query is too old and response timeout expired"))
    await door.post(tap(1))
    await door.post(tap(2))
    await telegram.aclose()
    assert len(api.to("answerCallbackQuery")) == 2


async def test_a_toast_too_long_is_shortened(door: Door, intake: RememberingIntake, api: ScriptedApi) -> None:
    intake.outcome = Outcome(toast="é" * 300)
    await door.post(tap(1))
    (answer,) = await api.called("answerCallbackQuery")
    assert answer["text"] == "é" * 199 + "…"


async def test_without_a_secret_there_is_no_webhook(telegram: Telegram, intake: RememberingIntake) -> None:
    with pytest.raises(ValueError, match="secret"):
        telegram.routes(intake, "")
