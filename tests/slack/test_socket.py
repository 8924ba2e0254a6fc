"""Slack without a public address: over a WebSocket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import ClientSession, web

from bot.chat.events import Command, Tap, Text
from bot.flows.turn import Outcome
from bot.handlers.slack import Slack, socket
from bot.outreach.delivery import SetupFault
from tests.slack.far_side import RememberingIntake, clock, command, form_submitted, message, tap
from tests.slack.web_api import ScriptedWebApi, error, ok


def envelope(kind: str, payload: dict[str, Any], name: str = "e1") -> dict[str, Any]:
    return {"envelope_id": name, "type": kind, "payload": payload, "accepts_response_payload": True}


@pytest.fixture
async def listening(
    slack: Slack, intake: RememberingIntake, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator["asyncio.Task[None]"]:
    monkeypatch.setattr(socket, "PING_INTERVAL", 0.05)
    task = asyncio.create_task(slack.listen(intake))
    yield task
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.fixture
async def line(listening: "asyncio.Task[None]", api: ScriptedWebApi) -> web.WebSocketResponse:
    """Slack's end of the connection."""
    return await api.connection()


async def test_an_event_is_taken_and_its_envelope_acknowledged(
    line: web.WebSocketResponse, api: ScriptedWebApi, intake: RememberingIntake
) -> None:
    await line.send_json(envelope("events_api", message("hello")))
    assert await api.acknowledgement() == {"envelope_id": "e1"}
    assert isinstance(intake.only, Text)
    assert intake.only.origin.key == "slack:Ev01"


async def test_the_envelope_is_acknowledged_after_the_commit(
    line: web.WebSocketResponse, api: ScriptedWebApi, intake: RememberingIntake
) -> None:
    intake.committing.clear()
    await line.send_json(envelope("interactive", tap()))
    await intake.arrival()
    assert api.acknowledgements.empty()
    intake.committing.set()
    assert (await api.acknowledgement())["envelope_id"] == "e1"
    assert isinstance(intake.only, Tap)


async def test_what_could_not_be_committed_is_not_acknowledged(
    line: web.WebSocketResponse, api: ScriptedWebApi, intake: RememberingIntake
) -> None:
    intake.failure = OSError("the database is away")
    await line.send_json(envelope("events_api", message()))
    await intake.arrival()
    intake.failure = None
    await line.send_json(envelope("events_api", message(), "e1 again"))
    assert await api.acknowledgement() == {"envelope_id": "e1 again"}


async def test_envelopes_are_taken_side_by_side(
    line: web.WebSocketResponse, api: ScriptedWebApi, intake: RememberingIntake
) -> None:
    intake.committing.clear()
    for number in range(30):
        await line.send_json(envelope("events_api", message(event_id=f"Ev{number}"), f"e{number}"))
    for _ in range(30):
        await intake.arrival()
    intake.committing.set()
    acknowledged = {(await api.acknowledgement())["envelope_id"] for _ in range(30)}
    assert acknowledged == {f"e{number}" for number in range(30)}


async def test_the_acknowledgement_carries_what_a_form_is_answered_with(
    line: web.WebSocketResponse, api: ScriptedWebApi, intake: RememberingIntake
) -> None:
    intake.outcome = Outcome(errors={"aim": "Say it in a few words."})
    await line.send_json(envelope("interactive", form_submitted({})))
    payload = (await api.acknowledgement())["payload"]
    assert payload == {"response_action": "errors", "errors": {"aim": "Say it in a few words."}}


async def test_a_command_in_a_channel_says_where_the_answer_is(
    line: web.WebSocketResponse, api: ScriptedWebApi, intake: RememberingIntake
) -> None:
    await line.send_json(envelope("slash_commands", command("join", channel="C0001")))
    assert (await api.acknowledgement())["payload"]["text"] == "elsewhere in fr"
    assert isinstance(intake.only, Command)


async def test_a_connection_that_slack_ends_is_followed_by_another(
    line: web.WebSocketResponse, api: ScriptedWebApi, intake: RememberingIntake
) -> None:
    await line.send_json({"type": "disconnect", "reason": "refresh_requested"})
    other = await api.connection()
    await other.send_json(envelope("events_api", message()))
    assert await api.acknowledgement() == {"envelope_id": "e1"}
    assert len(api.sent("apps.connections.open")) == 2


async def test_a_connection_that_breaks_is_followed_by_another(
    line: web.WebSocketResponse, api: ScriptedWebApi
) -> None:
    await line.close()
    other = await api.connection()
    await other.send_json(envelope("events_api", message()))
    assert await api.acknowledgement() == {"envelope_id": "e1"}


async def test_an_event_taken_over_a_connection_that_ended_is_acknowledged_over_the_next(
    line: web.WebSocketResponse, api: ScriptedWebApi, intake: RememberingIntake
) -> None:
    intake.committing.clear()
    await line.send_json(envelope("events_api", message()))
    await intake.arrival()
    await line.send_json({"type": "disconnect", "reason": "warning"})
    await api.connection()
    intake.committing.set()
    assert await api.acknowledgement() == {"envelope_id": "e1"}


async def test_an_address_that_leads_nowhere_is_given_up_for_another(
    slack: Slack, api: ScriptedWebApi, intake: RememberingIntake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "PING_INTERVAL", 0.02)
    monkeypatch.setattr(socket, "ADDRESS_LIFE", 0.1)
    api.answer("apps.connections.open", ok(url="ws://127.0.0.1:1/used-up"))
    listening = asyncio.create_task(slack.listen(intake))
    await api.connection()
    assert len(api.sent("apps.connections.open")) == 2
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


async def test_stopping_acknowledges_what_was_taken(
    listening: "asyncio.Task[None]",
    line: web.WebSocketResponse,
    api: ScriptedWebApi,
    intake: RememberingIntake,
) -> None:
    intake.committing.clear()
    await line.send_json(envelope("events_api", message()))
    await intake.arrival()
    listening.cancel()
    for _ in range(50):
        await asyncio.sleep(0)  # long enough for a connection to be closed
    intake.committing.set()
    assert await api.acknowledgement() == {"envelope_id": "e1"}
    with pytest.raises(asyncio.CancelledError):
        await listening


async def test_a_wrong_app_token_is_told_at_once(slack: Slack, api: ScriptedWebApi, intake: RememberingIntake) -> None:
    api.answer("apps.connections.open", error("not_allowed_token_type"))
    with pytest.raises(SetupFault):
        await slack.listen(intake)


async def test_the_app_token_opens_the_connection_and_the_bot_token_does_not(
    api: ScriptedWebApi, session: ClientSession, intake: RememberingIntake
) -> None:
    slack = await Slack.connect("xoxb-test", api.url, session, clock, app_token="xapp-test")  # noqa: S106
    listening = asyncio.create_task(slack.listen(intake))
    await api.connection()
    assert api.authorisations["apps.connections.open"] == "Bearer xapp-test"
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
