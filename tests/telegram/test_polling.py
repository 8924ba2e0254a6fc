"""Updates that we ask for: nothing is confirmed before it is committed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Any

import pytest

from bot.chat.events import Event, Text
from bot.handlers.telegram import Telegram
from bot.outreach.delivery import SetupFault
from tests.telegram.api import DROP, Answer, ScriptedApi, error, result
from tests.telegram.far_side import RememberingIntake, message, tap

Polling = Callable[[], AbstractAsyncContextManager[None]]


@pytest.fixture
def polling(telegram: Telegram, intake: RememberingIntake) -> Polling:
    @asynccontextmanager
    async def run() -> AsyncIterator[None]:
        task = asyncio.create_task(telegram.poll(intake))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return run


def batch(*updates: Any) -> Answer:
    return result(list(updates))


async def offsets(api: ScriptedApi, times: int) -> list[str | None]:
    return [asked.get("offset") for asked in await api.called("getUpdates", times)]


async def test_a_batch_is_confirmed_by_the_next_asking(
    polling: Polling, api: ScriptedApi, intake: RememberingIntake
) -> None:
    api.queue("getUpdates", batch(message(10, "one"), message(11, "two")), batch(message(12, "three")))
    async with polling():
        assert await offsets(api, 3) == [None, "12", "13"]
    assert intake.words == ["one", "two", "three"]
    asked = api.to("getUpdates")[0]
    assert asked == {"timeout": "30", "allowed_updates": '["message","callback_query","my_chat_member"]'}


async def test_what_could_not_be_committed_is_asked_for_again(
    polling: Polling, api: ScriptedApi, intake: RememberingIntake, waits: list[float]
) -> None:
    trouble = iter([True])
    intake.failing = lambda event: isinstance(event, Text) and event.text == "two" and next(trouble, False)
    both = batch(message(10, "one"), message(11, "two"))
    api.queue("getUpdates", both, both)
    async with polling():
        assert await offsets(api, 3) == [None, None, "12"]
    assert intake.words == ["one", "one", "two"]
    assert waits == [1.0]


async def test_trouble_in_one_chat_does_not_hold_up_another(
    polling: Polling, api: ScriptedApi, intake: RememberingIntake
) -> None:
    intake.failing = lambda event: event.origin.chat == "1"
    api.queue("getUpdates", batch(message(10, "mine", person=1), message(11, "yours", person=2)))
    async with polling():
        assert await offsets(api, 2) == [None, None]
    assert intake.words == ["yours"]


async def test_a_chats_updates_are_taken_in_order_and_chats_side_by_side(telegram: Telegram, api: ScriptedApi) -> None:
    started: list[str] = []
    all_first = asyncio.Event()

    class Engine(RememberingIntake):
        async def take(self, event: Event) -> Any:
            assert isinstance(event, Text)
            started.append(f"{event.origin.chat}:{event.text}")
            if len(started) == 3:
                all_first.set()
            await all_first.wait()
            return await super().take(event)

    engine = Engine()
    updates = [message(10 + n, f"{n // 3}", person=n % 3) for n in range(9)]
    api.queue("getUpdates", batch(*updates))
    task = asyncio.create_task(telegram.poll(engine))
    await engine.took(9)
    task.cancel()
    assert started[:3] == ["0:0", "1:0", "2:0"]
    for chat in "012":
        assert [entry for entry in started if entry[0] == chat] == [f"{chat}:0", f"{chat}:1", f"{chat}:2"]


async def test_an_update_that_cannot_be_read_does_not_hold_up_the_rest(
    polling: Polling, api: ScriptedApi, intake: RememberingIntake
) -> None:
    api.queue("getUpdates", batch({"update_id": 10, "message": 3}, "odd", message(11, "hello")))
    api.queue("getUpdates", batch({"update_id": 12, "message": 3}))
    async with polling():
        assert await offsets(api, 3) == [None, "12", "13"]
    assert intake.words == ["hello"]


async def test_updates_may_be_counted_anew(polling: Polling, api: ScriptedApi) -> None:
    api.queue("getUpdates", batch(message(900)), batch(message(10)))
    async with polling():
        assert await offsets(api, 3) == [None, "901", "11"]


async def test_taps_are_answered(polling: Polling, api: ScriptedApi) -> None:
    api.queue("getUpdates", batch(tap(10)))
    async with polling():
        await api.called("answerCallbackQuery")


@pytest.mark.parametrize(
    ("answer", "waited"),
    [
        (DROP, 1.0),
        (error(502, "Bad Gateway"), 1.0),
        (error(400, "Bad Request: logged out"), 1.0),
        (result({"odd": True}), 1.0),
        (result(["odd"]), 1.0),
        (error(429, "Too Many Requests", retry_after=9), 9.0),
        (error(409, "Conflict: terminated by other getUpdates request"), 1.0),
    ],
)
async def test_trouble_is_waited_out(
    polling: Polling,
    api: ScriptedApi,
    intake: RememberingIntake,
    waits: list[float],
    answer: Answer,
    waited: float,
) -> None:
    api.queue("getUpdates", answer, batch(message(10, "hello")))
    async with polling():
        await intake.took(1)
    assert waits == [waited]


async def test_waits_grow_and_start_afresh_after_success(
    polling: Polling, api: ScriptedApi, waits: list[float]
) -> None:
    api.queue("getUpdates", *[error(502, "Bad Gateway")] * 8, batch(), error(502, "Bad Gateway"), batch())
    async with polling():
        await api.called("getUpdates", 12)
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 1]


async def test_a_webhook_is_withdrawn_at_the_start_and_when_one_turns_up(
    polling: Polling, api: ScriptedApi, intake: RememberingIntake
) -> None:
    conflict = error(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook")
    api.queue("getUpdates", conflict, batch(message(10)))
    async with polling():
        await intake.took(1)
    assert api.to("deleteWebhook") == [{"drop_pending_updates": "false"}] * 2


async def test_a_revoked_token_ends_it(telegram: Telegram, api: ScriptedApi, intake: RememberingIntake) -> None:
    api.queue("getUpdates", error(401, "Unauthorized"))
    with pytest.raises(SetupFault):
        await telegram.poll(intake)


async def test_stopping_confirms_nothing_that_was_not_committed(telegram: Telegram, api: ScriptedApi) -> None:
    taking = asyncio.Event()

    class Engine(RememberingIntake):
        async def take(self, event: Event) -> Any:
            taking.set()
            await asyncio.Event().wait()

    api.queue("getUpdates", batch(message(10)))
    task = asyncio.create_task(telegram.poll(Engine()))
    await taking.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(api.to("getUpdates")) == 1
