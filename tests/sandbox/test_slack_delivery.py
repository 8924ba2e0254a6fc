"""Slack reaches the app: signed, within three seconds, again when it fails, over HTTP and in Socket Mode."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.signature import SignatureVerifier
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import acts, modals
from sandbox.slack.person import SlackPerson
from tests.sandbox.conftest import FarSide, ListeningBot, Taken

TITLE = {"type": "plain_text", "text": "Join"}


def modal(callback_id: str = "join", **members: Any) -> dict[str, Any]:
    name = {
        "type": "input",
        "block_id": "name",
        "label": {"type": "plain_text", "text": "Name"},
        "element": {"type": "plain_text_input", "action_id": "value"},
    }
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": TITLE,
        "submit": TITLE,
        "blocks": [name],
        **members,
    }


def ned(far: FarSide) -> SlackPerson:
    return SlackPerson(far.world, "ned")


async def with_modal(far: FarSide, view: dict[str, Any]) -> SlackPerson:
    """Ned with this modal open."""
    person = ned(far)
    await far.slack.views_open(trigger_id=far.world.slack.new_trigger(person.user), view=view)
    return person


async def test_requests_are_signed(far: FarSide, app: ListeningBot) -> None:
    await ned(far).say("hello")
    [taken] = app.taken
    verifier = SignatureVerifier(far.world.slack.signing_secret)
    assert verifier.is_valid_request(taken.body, taken.headers)
    assert not SignatureVerifier("another").is_valid_request(taken.body, taken.headers)
    # The world's clock may stand years away; a signature's may not.
    assert abs(int(taken.headers["x-slack-request-timestamp"]) - time.time()) < 10


async def test_a_direct_message_arrives_as_an_event(far: FarSide, app: ListeningBot) -> None:
    person = ned(far)
    await person.say("soil & <water>")
    envelope = app.taken[0].json
    event = envelope["event"]
    assert (envelope["type"], event["type"], event["channel_type"]) == ("event_callback", "message", "im")
    assert (event["user"], event["channel"], event["text"]) == (person.user, person.dm.id, "soil &amp; &lt;water&gt;")
    assert envelope["event_id"].startswith("Ev")


async def test_an_event_is_delivered_again_with_the_reason(far: FarSide, app: ListeningBot) -> None:
    far.world.slack.retry_delays = (0.0, 0.0, 0.0)

    async def third_time_well(taken: Taken) -> web.Response:
        return web.Response(status=500 if len(app.taken) < 3 else 200)

    app.answering = third_time_well
    await ned(far).say("hello")
    numbers = [taken.headers.get("x-slack-retry-num") for taken in app.taken]
    assert numbers == [None, "1", "2"]
    assert app.taken[1].headers["x-slack-retry-reason"] == "http_error"
    assert len({taken.json["event_id"] for taken in app.taken}) == 1


async def test_an_app_may_ask_for_no_retry(far: FarSide, app: ListeningBot) -> None:
    far.world.slack.retry_delays = (0.0,)

    async def never_again(taken: Taken) -> web.Response:
        return web.Response(status=500, headers={"X-Slack-No-Retry": "1"})

    app.answering = never_again
    receipt = acts.say(far.world.slack, far.world.people["ned"], "hello")
    assert receipt is not None
    assert not await receipt.wait(5)
    assert len(app.taken) == 1


async def test_too_late_an_answer_is_a_failure_that_the_person_sees(far: FarSide, app: ListeningBot) -> None:
    far.world.slack.acknowledge_within = 0.05
    over = asyncio.Event()

    async def slowly(taken: Taken) -> web.Response:
        await over.wait()
        return web.Response()

    app.answering = slowly
    receipt = acts.command(far.world.slack, far.world.people["ned"], "/4p1000", "join")
    assert receipt is not None
    assert not await receipt.wait(5)
    over.set()
    assert "operation_timeout" in ned(far).notice


async def test_the_same_event_twice_and_a_later_one_first(far: FarSide, app: ListeningBot) -> None:
    far.world.faults.add("duplicate", platform="slack")
    person = ned(far)
    await person.say("one")
    assert [taken.json["event"]["text"] for taken in app.taken] == ["one", "one"]
    far.world.faults.add("out_of_order", platform="slack")
    slack, persona = far.world.slack, far.world.people["ned"]
    receipts = [acts.say(slack, persona, text) for text in ("two", "three")]
    for receipt in receipts:
        assert receipt is not None
        await receipt.wait(5)
    assert [taken.json["event"]["text"] for taken in app.taken[2:]] == ["three", "two"]


async def test_a_slash_command_is_a_form_and_its_answer_is_for_its_giver_alone(far: FarSide, app: ListeningBot) -> None:
    app.answers(200, {"text": "Here you are"})
    person = ned(far)
    await person.command("/join")
    form = app.taken[0].form
    assert (form["command"], form["text"], form["user_id"]) == ("/4p1000", "join", person.user)
    assert "Here you are" in person.screen()
    assert person.dm.messages == {}
    await far.slack.views_open(trigger_id=form["trigger_id"], view=modal())
    assert person.modal is not None
    async with far.http.post(form["response_url"], json={"text": "More", "response_type": "in_channel"}) as answer:
        assert answer.status == 200
    assert [message.text for message in person.dm.messages.values()] == ["More"]


async def test_a_command_that_is_not_registered_does_not_reach_the_app(far: FarSide, app: ListeningBot) -> None:
    acts.command(far.world.slack, far.world.people["ned"], "/other")
    assert ned(far).notice == "/other is not a valid command."
    assert app.taken == []


async def test_a_button_of_a_message(far: FarSide, app: ListeningBot) -> None:
    button = {"type": "button", "text": TITLE, "action_id": "join", "value": "t1"}
    person = ned(far)
    sent = await far.slack.chat_postMessage(
        channel=person.dm.id, text="?", blocks=[{"type": "actions", "block_id": "b", "elements": [button]}]
    )
    await person.tap("Join")
    payload = app.taken[0].json
    assert payload["type"] == "block_actions"
    assert payload["container"] == {
        "type": "message",
        "message_ts": sent["ts"],
        "channel_id": person.dm.id,
        "is_ephemeral": False,
    }
    [action] = payload["actions"]
    assert (action["action_id"], action["value"], action["block_id"]) == ("join", "t1", "b")
    async with far.http.post(payload["response_url"], json={"replace_original": True, "text": "Joined"}) as answer:
        assert answer.status == 200
    assert person.screen() == "Joined"


async def test_home_is_told_when_it_opens(far: FarSide, app: ListeningBot) -> None:
    person = ned(far)
    await person.open_home()
    event = app.taken[0].json["event"]
    assert (event["type"], event["tab"], event["user"]) == ("app_home_opened", "home", person.user)
    assert "view" not in event
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*Your* coalitions"}}
    await far.slack.views_publish(user_id=person.user, view={"type": "home", "blocks": [section]})
    assert person.screen() == "Your coalitions"
    await person.open_home()
    assert app.taken[1].json["event"]["view"]["type"] == "home"


async def test_a_modal_closes_when_it_is_taken(far: FarSide, app: ListeningBot) -> None:
    person = await with_modal(far, modal(private_metadata="m"))
    assert await person.submit({"Name": "Ned"}) == {}
    payload = app.taken[0].json
    assert payload["type"] == "view_submission"
    assert payload["view"]["private_metadata"] == "m"
    assert payload["view"]["state"]["values"] == {"name": {"value": {"type": "plain_text_input", "value": "Ned"}}}
    assert person.modal is None


async def test_a_modal_shows_the_errors_of_the_app_and_stays(far: FarSide, app: ListeningBot) -> None:
    app.answers(200, {"response_action": "errors", "errors": {"name": "Your full name, please."}})
    person = await with_modal(far, modal())
    assert await person.submit({"Name": "N"}) == {"Name": "Your full name, please."}
    assert person.modal is not None
    assert "Name: N" in person.modal.text
    app.answers(200)
    assert await person.submit({"Name": "Ned Cloverfield"}) == {}


async def test_a_modal_goes_on_with_another(far: FarSide, app: ListeningBot) -> None:
    person = await with_modal(far, modal())
    app.answers(200, {"response_action": "update", "view": modal("second")})
    await person.submit({"Name": "Ned"})
    assert app.taken[0].json["view"]["callback_id"] == "join"
    assert person.modal is not None
    assert "Name: Ned" in person.modal.text
    app.answers(200, {"response_action": "push", "view": modal("third")})
    await person.submit()
    assert len(far.world.slack.people[person.user].modals) == 2
    app.answers(200, {"response_action": "clear"})
    await person.submit({"Name": "Ned"})
    assert person.modal is None


async def test_an_app_hears_of_a_closed_modal_when_it_asked_to(far: FarSide, app: ListeningBot) -> None:
    person = await with_modal(far, modal(notify_on_close=True))
    await person.close()
    assert app.taken[0].json["type"] == "view_closed"
    person = await with_modal(far, modal())
    assert modals.close(far.world.slack, person.persona, far.world.slack.people[person.user].modals[0].id) is None


async def test_an_uninstalled_app_hears_of_it(far: FarSide, app: ListeningBot) -> None:
    receipt = acts.install(far.world.slack, far.world.people["ned"], False)
    assert receipt is not None
    assert await receipt.wait(5)
    await app.requests(2)
    assert {taken.json["event"]["type"] for taken in app.taken} == {"tokens_revoked", "app_uninstalled"}
    assert acts.say(far.world.slack, far.world.people["ned"], "anybody there?") is None


Listener = Callable[[AsyncBaseSocketModeClient, SocketModeRequest], Awaitable[None]]


@asynccontextmanager
async def socket_mode(far: FarSide, listener: Listener) -> AsyncIterator[SocketModeClient]:
    """The real client, connected, with a listener."""
    token = far.world.slack.app_token
    web_client = AsyncWebClient(token, f"{far.url}/slack/api/", session=far.http)
    client = SocketModeClient(app_token=token, web_client=web_client)
    client.socket_mode_request_listeners.append(listener)
    await client.connect()  # type: ignore[no-untyped-call] # slack_sdk leaves it untyped
    try:
        yield client
    finally:
        await client.close()  # type: ignore[no-untyped-call] # slack_sdk leaves it untyped


async def test_socket_mode_carries_everything(far: FarSide) -> None:
    got: list[SocketModeRequest] = []

    async def listen(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        got.append(request)
        answer = {"text": "Welcome"} if request.type == "slash_commands" else None
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id, answer))

    far.world.strict.discard("slack.own_messages")
    async with socket_mode(far, listen):
        person = await with_modal(far, modal())
        await person.submit({"Name": "Ned"})
        await person.command("/join")
        assert "Welcome" in person.screen()
        await person.say("hello")
    assert [request.type for request in got] == ["interactive", "slash_commands", "events_api"]
    assert got[2].payload["event"]["text"] == "hello"
    assert got[0].accepts_response_payload


async def test_an_envelope_without_acknowledgement_comes_again(far: FarSide) -> None:
    far.world.slack.acknowledge_within = 0.05
    far.world.slack.retry_delays = (0.0,)
    got: list[SocketModeRequest] = []

    async def listen(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        got.append(request)
        if request.retry_attempt:
            await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))

    async with socket_mode(far, listen):
        await ned(far).say("hello")
    assert [(request.retry_attempt, request.retry_reason) for request in got] == [(0, ""), (1, "timeout")]


async def test_a_connection_that_is_refreshed_is_opened_anew(far: FarSide) -> None:
    async def listen(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        await client.send_socket_mode_response(SocketModeResponse(request.envelope_id))

    delivery = far.world.slack.delivery
    assert delivery is not None
    async with socket_mode(far, listen):
        await ned(far).say("one")
        connected = delivery.sockets.changes.number
        await delivery.sockets.disconnect()
        assert await delivery.sockets.changes.until(
            lambda: delivery.sockets.connected and delivery.sockets.changes.number > connected, 5
        )
        await ned(far).say("two")


async def test_an_address_of_socket_mode_is_good_once(far: FarSide) -> None:
    client = AsyncWebClient(far.world.slack.app_token, f"{far.url}/slack/api/", session=far.http)
    url = (await client.apps_connections_open(app_token=far.world.slack.app_token))["url"]
    async with far.http.ws_connect(url) as socket:
        hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        async with far.http.get(url) as again:
            assert again.status == 403


@pytest.mark.parametrize("label", ["Two", "Deux"])
async def test_an_option_can_be_tapped_by_its_label(far: FarSide, app: ListeningBot, label: str) -> None:
    option = {"text": {"type": "plain_text", "text": label}, "value": "2"}
    radio = {"type": "radio_buttons", "action_id": "choice", "options": [option]}
    person = ned(far)
    blocks = [{"type": "actions", "block_id": "b", "elements": [radio]}]
    await far.slack.chat_postMessage(channel=person.dm.id, text="?", blocks=blocks)
    await person.tap(label)
    payload = app.taken[0].json
    assert payload["actions"][0]["selected_option"] == option
    assert payload["state"]["values"]["b"]["choice"]["selected_option"] == option
