"""Every method of the local Web API answers what slack_sdk reads, in Slack's shapes."""

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.slack import acts
from sandbox.slack.http import METHODS
from sandbox.slack.state import BOT_ID, BOT_USER, TEAM_ID
from tests.sandbox.conftest import NOW, PNG, FarSide

Check = Callable[[AsyncWebClient, FarSide, str], Awaitable[None]]
CHECKS: dict[str, Check] = {}
NED = "U0SANDNED"
BLOCKS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*Soil*"}},
    {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Join"}}]},
]
TITLE = {"type": "plain_text", "text": "Join"}
MODAL = {"type": "modal", "callback_id": "join", "private_metadata": "{}", "title": TITLE, "blocks": BLOCKS}


def of(method: str) -> Callable[[Check], Check]:
    def put(check: Check) -> Check:
        CHECKS[method] = check
        return check

    return put


async def refusal(call: Awaitable[Any]) -> str:
    with pytest.raises(SlackApiError) as error:
        await call
    return str(error.value.response["error"])


@of("api.test")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    assert (await slack.api_test(foo="bar"))["args"] == {"foo": "bar"}
    assert await refusal(slack.api_test(error="my_error")) == "my_error"


@of("auth.test")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    answer = await slack.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (BOT_USER, BOT_ID, TEAM_ID)
    assert "chat:write" in answer.headers["x-oauth-scopes"]


@of("bots.info")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    assert (await slack.bots_info(bot=BOT_ID))["bot"]["user_id"] == BOT_USER


@of("chat.postMessage")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    sent = await slack.chat_postMessage(channel=NED, text="Soil", blocks=BLOCKS)
    assert sent["channel"] == dm
    assert float(sent["ts"]) == pytest.approx(NOW.timestamp(), abs=1)
    message = sent["message"]
    assert (message["user"], message["bot_id"], message["text"]) == (BOT_USER, BOT_ID, "Soil")
    assert [block.block_id for block in Block.parse_all(message["blocks"])]
    assert message["blocks"][1]["elements"][0]["action_id"]
    reply = await slack.chat_postMessage(channel=dm, text="more", thread_ts=sent["ts"])
    assert reply["message"]["thread_ts"] == sent["ts"]
    assert reply["ts"] > sent["ts"]
    assert await refusal(slack.chat_postMessage(channel="C404", text="x")) == "channel_not_found"


@of("chat.update")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    sent = await slack.chat_postMessage(channel=dm, text="one", blocks=BLOCKS)
    updated = await slack.chat_update(channel=dm, ts=sent["ts"], text="two", blocks=BLOCKS[:1])
    assert (updated["text"], len(updated["message"]["blocks"])) == ("two", 1)
    updated = await slack.chat_update(channel=dm, ts=sent["ts"], text="three")
    assert "blocks" not in updated["message"]
    assert updated["message"]["edited"]["user"] == BOT_USER
    assert await refusal(slack.chat_update(channel=dm, ts="1.2", text="x")) == "message_not_found"


@of("chat.delete")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    sent = await slack.chat_postMessage(channel=dm, text="one")
    assert (await slack.chat_delete(channel=dm, ts=sent["ts"]))["ts"] == sent["ts"]
    assert await refusal(slack.chat_delete(channel=dm, ts=sent["ts"])) == "message_not_found"


@of("chat.postEphemeral")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    sent = await slack.chat_postEphemeral(channel=dm, user=NED, text="for you")
    assert sent["message_ts"]
    assert (await slack.conversations_history(channel=dm))["messages"] == []
    assert await refusal(slack.chat_update(channel=dm, ts=sent["message_ts"], text="x")) == "message_not_found"


@of("chat.getPermalink")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    sent = await slack.chat_postMessage(channel=dm, text="one")
    link = (await slack.chat_getPermalink(channel=dm, message_ts=sent["ts"]))["permalink"]
    assert link.endswith(f"/archives/{dm}/p{sent['ts'].replace('.', '')}")


@of("conversations.open")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    assert (await slack.conversations_open(users=NED))["channel"]["id"] == dm
    assert (await slack.conversations_open(users=[NED], return_im=True))["channel"]["user"] == NED
    assert await refusal(slack.conversations_open(users="U404")) == "user_not_found"


@of("conversations.info")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    assert (await slack.conversations_info(channel=dm))["channel"]["is_im"]
    general = far.world.slack.channels[0].id
    channel = (await slack.conversations_info(channel=general, include_num_members=True))["channel"]
    assert (channel["name"], channel["is_member"], channel["num_members"]) == ("general", False, 3)


@of("conversations.list")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    first = await slack.conversations_list(types="public_channel,im", limit=2)
    rest = await slack.conversations_list(
        types="public_channel,im", limit=10, cursor=first["response_metadata"]["next_cursor"]
    )
    assert len(first["channels"]) == 2
    assert len(rest["channels"]) == 2
    assert rest["response_metadata"]["next_cursor"] == ""


@of("conversations.members")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    assert set((await slack.conversations_members(channel=dm))["members"]) == {NED, BOT_USER}


@of("conversations.join")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    general = far.world.slack.channels[0].id
    assert (await slack.conversations_join(channel=general))["channel"]["is_member"]
    assert (await slack.chat_postMessage(channel=general, text="hello all"))["ok"]


@of("conversations.history")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    sent = [await slack.chat_postMessage(channel=dm, text=text) for text in ("one", "two", "three")]
    await slack.chat_postMessage(channel=dm, text="reply", thread_ts=sent[0]["ts"])
    history = await slack.conversations_history(channel=dm, limit=2)
    assert [one["text"] for one in history["messages"]] == ["three", "two"]
    assert history["has_more"]
    rest = await slack.conversations_history(channel=dm, cursor=history["response_metadata"]["next_cursor"])
    assert [(one["text"], one["reply_count"]) for one in rest["messages"]] == [("one", 1)]
    exactly = await slack.conversations_history(channel=dm, latest=sent[1]["ts"], inclusive=True, limit=1)
    assert exactly["messages"][0]["text"] == "two"


@of("conversations.replies")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    sent = await slack.chat_postMessage(channel=dm, text="one")
    await slack.chat_postMessage(channel=dm, text="reply", thread_ts=sent["ts"])
    thread = await slack.conversations_replies(channel=dm, ts=sent["ts"])
    assert [one["text"] for one in thread["messages"]] == ["one", "reply"]
    assert thread["messages"][1]["parent_user_id"] == BOT_USER


@of("users.info")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    user = (await slack.users_info(user="U0SANDAWA", include_locale=True))["user"]
    assert (user["tz"], user["tz_offset"], user["locale"]) == ("Africa/Dakar", 0, "fr-FR")
    assert (user["deleted"], user["is_bot"]) == (False, False)
    assert "locale" not in (await slack.users_info(user=NED))["user"]
    assert await refusal(slack.users_info(user="U404")) == "user_not_found"


@of("users.list")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    assert {member["id"] for member in (await slack.users_list())["members"]} >= {NED, BOT_USER}


@of("users.conversations")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    assert (await slack.users_conversations())["channels"] == []
    mine = await slack.users_conversations(user=NED, types="im,public_channel")
    assert dm in [one["id"] for one in mine["channels"]]


@of("views.open")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    view = (await slack.views_open(trigger_id=far.world.slack.new_trigger(NED), view=MODAL))["view"]
    assert View(**{name: view[name] for name in ("type", "id", "callback_id", "blocks", "hash")}).type == "modal"
    assert (view["root_view_id"], view["previous_view_id"], view["private_metadata"]) == (view["id"], None, "{}")
    assert await refusal(slack.views_open(trigger_id="1.2.3", view=MODAL)) == "invalid_trigger_id"
    trigger = far.world.slack.new_trigger(NED)
    with pytest.raises(SlackApiError) as error:
        await slack.views_open(trigger_id=trigger, view=MODAL | {"title": {"type": "plain_text", "text": "x" * 25}})
    assert error.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]


@of("views.push")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    first = (await slack.views_open(trigger_id=far.world.slack.new_trigger(NED), view=MODAL))["view"]
    trigger = far.world.slack.new_trigger(NED, first["id"])
    second = (await slack.views_push(trigger_id=trigger, view=MODAL))["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (first["id"], first["id"])


@of("views.update")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    view = (await slack.views_open(trigger_id=far.world.slack.new_trigger(NED), view=MODAL))["view"]
    updated = await slack.views_update(view_id=view["id"], hash=view["hash"], view=MODAL | {"callback_id": "next"})
    assert updated["view"]["callback_id"] == "next"
    assert updated["view"]["hash"] != view["hash"]
    assert await refusal(slack.views_update(view_id="V404", view=MODAL)) == "not_found"


@of("views.publish")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    home = {"type": "home", "blocks": BLOCKS}
    view = (await slack.views_publish(user_id=NED, view=home))["view"]
    again = (await slack.views_publish(user_id=NED, view=home, hash=view["hash"]))["view"]
    assert again["id"] == view["id"]
    assert await refusal(slack.views_publish(user_id=NED, view=home, hash=view["hash"])) == "hash_conflict"


@of("files.getUploadURLExternal")
@of("files.completeUploadExternal")
@of("files.info")
@of("files.delete")
async def _(slack: AsyncWebClient, far: FarSide, dm: str) -> None:
    sent = await slack.files_upload_v2(
        channel=dm, content=PNG, filename="chart.png", title="A chart", initial_comment="Look"
    )
    picture = {"type": "image", "slack_file": {"id": sent["file"]["id"]}, "alt_text": "A chart"}
    assert (await slack.files_info(file=sent["file"]["id"]))["file"]["mimetype"] == ""
    assert await refusal(slack.chat_postMessage(channel=dm, text="too early", blocks=[picture])) == "invalid_blocks"
    far.monotonic.seconds += far.world.slack.file_ready_after
    file = (await slack.files_info(file=sent["file"]["id"]))["file"]
    assert (file["title"], file["mimetype"], file["size"], file["ims"]) == ("A chart", "image/png", len(PNG), [dm])
    async with far.http.get(file["url_private"], headers={"Authorization": f"Bearer {slack.token}"}) as response:
        assert await response.read() == PNG
    async with far.http.get(file["url_private"], allow_redirects=False) as response:
        assert response.status == 302
    message = (await slack.conversations_history(channel=dm))["messages"][0]
    assert (message["text"], message["files"][0]["id"]) == ("Look", file["id"])
    assert (await slack.chat_postMessage(channel=dm, text="again", blocks=[picture]))["ok"]
    assert (await slack.files_delete(file=file["id"]))["ok"]
    assert await refusal(slack.files_info(file=file["id"])) == "file_not_found"


@pytest.mark.parametrize("method", sorted(METHODS))
async def test_a_method_answers_what_the_client_reads(far: FarSide, method: str) -> None:
    await CHECKS[method](far.slack, far, far.world.slack.people[NED].dm)


async def test_tokens_and_unknown_methods_are_refused(far: FarSide) -> None:
    stranger = AsyncWebClient("xoxb-another", f"{far.url}/slack/api/", session=far.http)
    nobody = AsyncWebClient(None, f"{far.url}/slack/api/", session=far.http)
    assert await refusal(stranger.auth_test()) == "invalid_auth"
    assert await refusal(nobody.auth_test()) == "not_authed"
    assert await refusal(far.slack.reactions_add(channel="C1", name="x", timestamp="1")) == "unknown_method"


async def test_a_token_may_be_a_parameter_and_a_body_a_form(far: FarSide) -> None:
    form = {"token": far.world.slack.bot_token, "channel": NED, "text": "hello", "blocks": "[]"}
    async with far.http.post(f"{far.url}/slack/api/chat.postMessage", data=form) as response:
        assert (await response.json())["ok"]


async def test_a_workspace_that_removed_the_app_is_closed_to_it(far: FarSide) -> None:
    acts.install(far.world.slack, far.world.people["ned"], False)
    assert await refusal(far.slack.auth_test()) == "token_revoked"
    assert await refusal(far.slack.chat_postMessage(channel=NED, text="x")) == "account_inactive"


async def test_calls_fail_on_demand(far: FarSide) -> None:
    far.slack.retry_handlers.clear()
    faults = far.world.faults
    faults.add("rate_limit", method="chat.postMessage", seconds=7)
    with pytest.raises(SlackApiError) as limited:
        await far.slack.chat_postMessage(channel=NED, text="one")
    assert (limited.value.response.status_code, limited.value.response.headers["Retry-After"]) == (429, "7")
    faults.add("server_error", method="chat.postMessage")
    with pytest.raises(SlackApiError):
        await far.slack.chat_postMessage(channel=NED, text="two")
    for kind, text in (("drop", "three"), ("lost_answer", "four")):
        faults.add(kind, method="chat.postMessage")
        with pytest.raises(aiohttp.ClientConnectionError):
            await far.slack.chat_postMessage(channel=NED, text=text)
    dm = far.world.slack.conversations[far.world.slack.people[NED].dm]
    assert [message.text for message in dm.messages.values()] == ["four"]
