"""Each strictness of the local Slack is felt when it is on, and not when it is off."""

from typing import Any

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.people import CannotAct
from sandbox.rules import RULES
from sandbox.slack import acts, modals
from sandbox.slack.parameters import Parameters
from sandbox.slack.state import View
from sandbox.slack.views import open_view
from tests.sandbox.conftest import PNG, FarSide, ListeningBot, Taken
from tests.sandbox.rules import felt, rule

NED = "U0SANDNED"


async def refused(error: str, call: Any) -> bool:
    """Whether the call was refused with this error; anything but that and success fails the test."""
    felt_as: str | None = None
    try:
        await call
    except SlackApiError as refusal:
        felt_as = refusal.response["error"]
    assert felt_as in (None, error)
    return felt_as == error


def modal(*blocks: dict[str, Any], **members: Any) -> dict[str, Any]:
    title = {"type": "plain_text", "text": "Join"}
    return {"type": "modal", "title": title, "submit": title, "blocks": list(blocks), **members}


def name_field(block_id: str = "name") -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": block_id,
        "label": {"type": "plain_text", "text": "Name"},
        "element": {"type": "plain_text_input", "action_id": "value"},
    }


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


def opened(far: FarSide, *blocks: dict[str, Any]) -> View:
    """A modal that is open before Ned."""
    trigger = far.world.slack.new_trigger(NED)
    open_view(far.world.slack, Parameters({"trigger_id": trigger, "view": modal(*blocks)}))
    return far.world.slack.people[NED].modals[-1]


@rule("slack.file_processing")
async def _(far: FarSide) -> bool:
    sent = await far.slack.files_upload_v2(content=PNG, filename="chart.png")
    picture = {"type": "image", "slack_file": {"id": sent["file"]["id"]}, "alt_text": "A chart"}
    return await refused("invalid_blocks", far.slack.chat_postMessage(channel=NED, text="look", blocks=[picture]))


@rule("slack.file_input_size")
async def _(far: FarSide) -> bool:
    try:
        acts.upload(far.world.slack, far.world.people["ned"], "big.bin", bytes(10 * 1024 * 1024 + 1))
    except CannotAct:
        return True
    return False


@rule("slack.scopes")
async def _(far: FarSide) -> bool:
    far.world.slack.scopes = {"users:read"}
    return await refused("missing_scope", far.slack.chat_postMessage(channel=NED, text="hello"))


@rule("slack.no_text")
async def _(far: FarSide) -> bool:
    return await refused("no_text", far.slack.api_call("chat.postMessage", json={"channel": NED}))


@rule("slack.text_length")
async def _(far: FarSide) -> bool:
    sent = await far.slack.chat_postMessage(channel=NED, text="x" * 40_001)
    return len(sent["message"]["text"]) == 40_000


@rule("slack.blocks")
async def _(far: FarSide) -> bool:
    return await refused(
        "invalid_blocks", far.slack.chat_postMessage(channel=NED, text="?", blocks=[section("x" * 3001)])
    )


@rule("slack.blocks_size")
async def _(far: FarSide) -> bool:
    blocks = [section("x" * 2700)] * 5
    return await refused("msg_blocks_too_long", far.slack.chat_postMessage(channel=NED, text="?", blocks=blocks))


@rule("slack.not_in_channel")
async def _(far: FarSide) -> bool:
    return await refused("not_in_channel", far.slack.chat_postMessage(channel="#general", text="hello"))


@rule("slack.messages_tab")
async def _(far: FarSide) -> bool:
    far.world.slack.messages_tab = False
    return await refused("messages_tab_disabled", far.slack.chat_postMessage(channel=NED, text="hello"))


@rule("slack.user_disabled")
async def _(far: FarSide) -> bool:
    far.world.slack.people[NED].disabled = True
    return await refused("user_disabled", far.slack.conversations_open(users=NED))


@rule("slack.edit_own")
async def _(far: FarSide) -> bool:
    slack, ned = far.world.slack, far.world.people["ned"]
    acts.say(slack, ned, "mine")
    dm = slack.conversations[slack.people[NED].dm]
    theirs = next(iter(dm.messages))
    return await refused("cant_update_message", far.slack.chat_update(channel=dm.id, ts=theirs, text="yours"))


@rule("slack.trigger_age")
async def _(far: FarSide) -> bool:
    trigger = far.world.slack.new_trigger(NED)
    far.monotonic.seconds += 3.1
    return await refused("expired_trigger_id", far.slack.views_open(trigger_id=trigger, view=modal(section("?"))))


@rule("slack.trigger_once")
async def _(far: FarSide) -> bool:
    trigger = far.world.slack.new_trigger(NED)
    await far.slack.views_open(trigger_id=trigger, view=modal(section("?")))
    return await refused("exchanged_trigger_id", far.slack.views_open(trigger_id=trigger, view=modal(section("?"))))


@rule("slack.view_hash")
async def _(far: FarSide) -> bool:
    view = opened(far, section("one"))
    return await refused(
        "hash_conflict", far.slack.views_update(view_id=view.id, hash="old", view=modal(section("two")))
    )


@rule("slack.view_stack")
async def _(far: FarSide) -> bool:
    slack = far.world.slack
    opened(far, section("one"))
    for _ in range(2):
        trigger = slack.new_trigger(NED, slack.people[NED].modals[-1].id)
        await far.slack.views_push(trigger_id=trigger, view=modal(section("more")))
    trigger = slack.new_trigger(NED, slack.people[NED].modals[-1].id)
    return await refused("push_limit_reached", far.slack.views_push(trigger_id=trigger, view=modal(section("4"))))


@rule("slack.view_size")
async def _(far: FarSide) -> bool:
    trigger = far.world.slack.new_trigger(NED)
    view = modal(*[section("x" * 3000)] * 85)
    return await refused("view_too_large", far.slack.views_open(trigger_id=trigger, view=view))


@rule("slack.external_id")
async def _(far: FarSide) -> bool:
    view = modal(section("?"), external_id="join-1")
    await far.slack.views_open(trigger_id=far.world.slack.new_trigger(NED), view=view)
    return await refused(
        "duplicate_external_id",
        far.slack.views_open(trigger_id=far.world.slack.new_trigger("U0SANDAWA"), view=view),
    )


@rule("slack.response_url")
async def _(far: FarSide) -> bool:
    slack = far.world.slack
    address = slack.new_response_url(NED, slack.people[NED].dm)
    statuses = []
    for _ in range(6):
        async with far.http.post(address, json={"text": "hello"}) as response:
            statuses.append(response.status)
    assert statuses[:5] == [200] * 5
    return statuses[5] == 404


@rule("slack.escaped_text")
async def _(far: FarSide) -> bool:
    slack = far.world.slack
    acts.say(slack, far.world.people["ned"], "soil & more at https://example.org/a?b=1&c=2")
    dm = slack.conversations[slack.people[NED].dm]
    said = next(iter(dm.messages.values())).text
    assert said.startswith("soil &")
    return said == "soil &amp; more at <https://example.org/a?b=1&amp;c=2>"


@rule("slack.form_fields")
async def _(far: FarSide) -> bool:
    _, errors = modals.submit(far.world.slack, far.world.people["ned"], opened(far, name_field()).id, {})
    return errors == {"name": "Please complete this required field."}


@rule("slack.error_fields")
async def _(far: FarSide) -> bool:
    far.app.answers(200, {"response_action": "errors", "errors": {"surname": "Please say more."}})
    view = opened(far, name_field())
    receipt, _ = modals.submit(far.world.slack, far.world.people["ned"], view.id, {"name": {"value": "Ned"}})
    assert receipt is not None
    await receipt.wait(5)
    return not view.errors


@rule("slack.app_token")
async def _(far: FarSide) -> bool:
    return await refused("not_allowed_token_type", far.slack.apps_connections_open(app_token=far.slack.token or ""))


@rule("slack.socket_connections")
async def _(far: FarSide) -> bool:
    client = AsyncWebClient(far.world.slack.app_token, f"{far.url}/slack/api/", session=far.http)
    sockets = []
    for _ in range(10):
        opened = await client.apps_connections_open(app_token=far.world.slack.app_token)
        sockets.append(await far.http.ws_connect(opened["url"]))
        await sockets[-1].receive()
    result = await refused("too_many_websockets", client.apps_connections_open(app_token=client.token or ""))
    for socket in sockets:
        await socket.close()
    return result


@rule("slack.rate_channel")
async def _(far: FarSide) -> bool:
    far.slack.retry_handlers.clear()
    for _ in range(5):
        await far.slack.chat_postMessage(channel=NED, text="hello")
    return await refused("ratelimited", far.slack.chat_postMessage(channel=NED, text="hello"))


@rule("slack.own_messages")
async def _(far: FarSide) -> bool:
    await far.slack.chat_postMessage(channel=NED, text="hello")
    receipt = acts.open_home(far.world.slack, far.world.people["ned"])
    assert receipt is not None
    await receipt.wait(5)
    return any(one.json["event"]["type"] == "message" for one in far.app.taken)


@rule("slack.acknowledge")
async def _(far: FarSide) -> bool:
    far.world.slack.acknowledge_within = 0.05
    known = far.world.calls.changes.number

    async def slowly(taken: Taken) -> web.Response:
        await far.world.calls.changes.after(known, 0.4)
        return web.Response()

    far.app.answering = slowly
    receipt = acts.command(far.world.slack, far.world.people["ned"], "/4p1000", "join")
    assert receipt is not None
    return not await receipt.wait(5)


@rule("slack.event_retry")
async def _(far: FarSide) -> bool:
    far.app.answers(500)
    far.world.slack.retry_delays = (0.0,)
    receipt = acts.open_home(far.world.slack, far.world.people["ned"])
    assert receipt is not None
    await receipt.wait(5)
    assert not receipt.acknowledged
    numbers = [one.headers.get("x-slack-retry-num") for one in far.app.taken if one.json["type"] == "event_callback"]
    return numbers[-1] == "1"


MINE = [name for name in RULES if name.startswith("slack.")]


@pytest.mark.parametrize("name", MINE)
async def test_a_rule_is_felt_when_on_and_not_when_off(far: FarSide, app: ListeningBot, name: str) -> None:
    scopes = far.world.slack.scopes
    assert await felt(far, name, strict=True)
    far.world.reset()
    far.world.slack.scopes = scopes
    app.taken.clear()
    assert not await felt(far, name, strict=False)
