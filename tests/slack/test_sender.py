"""What the bot says reaches Slack, and what Slack answers is understood."""

import asyncio
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.chat.events import Account
from bot.chat.markup import text
from bot.chat.messages import Button, Home, Say, Section
from bot.handlers.slack import Slack, calls
from bot.outreach.delivery import (
    Delivery,
    DeliveryFailed,
    Interrupted,
    RateLimited,
    Refused,
    Sent,
    SetupFault,
    Unreachable,
)
from tests.slack.far_side import DIRECT, PERSON, TEAM, clock
from tests.slack.web_api import Answer, ScriptedWebApi, error, ok

ACCOUNT = Account("slack", PERSON, TEAM)
HELLO = Delivery(ACCOUNT, DIRECT, Say(text("Hello <you>"), ((Button("Join", "join"),),)))
EDIT = Delivery(ACCOUNT, DIRECT, Say(text("Hello again"), edits="1772443800.000200"))
HOME = Delivery(ACCOUNT, "", Home((Section("Mine", text("Nothing yet")),)))


async def failure(slack: Slack, delivery: Delivery = HELLO) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        await slack.sender.deliver(delivery)
    return raised.value


async def test_a_message_goes_to_the_persons_conversation(slack: Slack, api: ScriptedWebApi) -> None:
    assert await slack.sender.deliver(HELLO) == Sent("1772443900.000300", DIRECT)
    (message,) = api.sent("chat.postMessage")
    assert (message["channel"], message["text"]) == (DIRECT, "Hello &lt;you&gt;")
    assert (message["unfurl_links"], message["unfurl_media"]) == (False, False)
    assert [block["type"] for block in message["blocks"]] == ["section", "actions"]
    assert api.sent("conversations.open") == []


async def test_the_conversation_is_opened_once_when_there_is_none(slack: Slack, api: ScriptedWebApi) -> None:
    first = Delivery(ACCOUNT, "", Say(text("Hello")))
    for _ in range(2):
        assert (await slack.sender.deliver(first)).chat == DIRECT
    assert [call["users"] for call in api.sent("conversations.open")] == [PERSON]


async def test_a_conversation_that_is_gone_is_looked_for(slack: Slack, api: ScriptedWebApi) -> None:
    api.answer("chat.postMessage", error("channel_not_found"))
    api.answer("conversations.open", ok(channel={"id": "D0NEW"}))
    await slack.sender.deliver(HELLO)
    assert [message["channel"] for message in api.sent("chat.postMessage")] == [DIRECT, "D0NEW"]


async def test_a_conversation_that_is_nowhere_makes_the_person_unreachable(slack: Slack, api: ScriptedWebApi) -> None:
    api.answer("chat.postMessage", error("channel_not_found"))
    assert isinstance(await failure(slack), Unreachable)


async def test_a_server_without_conversations_is_written_to_by_the_persons_id(
    slack: Slack, api: ScriptedWebApi
) -> None:
    api.answer("conversations.open", error("unknown_method"))
    sent = await slack.sender.deliver(Delivery(ACCOUNT, "", Say(text("Hello"))))
    assert api.sent("chat.postMessage")[0]["channel"] == PERSON
    assert sent.chat == DIRECT


async def test_an_edit_keeps_the_message(slack: Slack, api: ScriptedWebApi) -> None:
    assert await slack.sender.deliver(EDIT) == Sent("1772443800.000200", DIRECT)
    (edit,) = api.sent("chat.update")
    assert (edit["ts"], edit["text"]) == ("1772443800.000200", "Hello again")
    assert api.sent("chat.postMessage") == []


@pytest.mark.parametrize("code", ["message_not_found", "cant_update_message", "edit_window_closed"])
async def test_a_message_that_cannot_be_edited_is_sent_anew(slack: Slack, api: ScriptedWebApi, code: str) -> None:
    api.answer("chat.update", error(code))
    assert (await slack.sender.deliver(EDIT)).message_id == "1772443900.000300"


async def test_the_home_is_published_for_its_person(slack: Slack, api: ScriptedWebApi) -> None:
    assert await slack.sender.deliver(HOME) == Sent("", "")
    (published,) = api.sent("views.publish")
    assert published["user_id"] == PERSON
    assert published["view"]["type"] == "home"


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (error("user_not_found"), Unreachable),
        (error("user_disabled"), Unreachable),
        (error("cannot_dm_bot"), Unreachable),
        (error("messages_tab_disabled"), SetupFault),
        (error("missing_scope"), SetupFault),
        (error("token_revoked"), SetupFault),
        (error("invalid_auth"), SetupFault),
        (error("not_authed"), SetupFault),
        (error("not_in_channel"), SetupFault),
        (error("msg_too_long"), Refused),
        (error("msg_blocks_too_long"), Refused),
        (error("invalid_blocks"), Refused),
        (error("some_new_error"), Refused),
        (error("ratelimited"), RateLimited),
        (error("ratelimited", 429, Retry_After="7"), RateLimited),
        (Answer(429, text="slow down"), RateLimited),
        (error("service_unavailable", 503), Interrupted),
        (error("internal_error", 500), Interrupted),
        (error("fatal_error"), Interrupted),
        (Answer(502, text="<html>bad gateway</html>"), Interrupted),
        (Answer(200, text="<html>maintenance</html>"), Interrupted),
        (Answer(200, body=["not", "an", "object"]), Interrupted),
        (Answer(200, body=None), Interrupted),
        (Answer(instead="drop"), Interrupted),
    ],
)
async def test_what_each_answer_means(
    slack: Slack, api: ScriptedWebApi, answer: Answer, meaning: type[DeliveryFailed]
) -> None:
    api.answer("chat.postMessage", answer)
    assert type(await failure(slack)) is meaning
    assert len(api.sent("chat.postMessage")) == 1


async def test_the_rate_limit_is_obeyed_for_as_long_as_it_says(slack: Slack, api: ScriptedWebApi) -> None:
    api.answer("chat.postMessage", error("ratelimited", 429, Retry_After="7"), error("ratelimited", 429))
    first, second = await failure(slack), await failure(slack)
    assert isinstance(first, RateLimited)
    assert isinstance(second, RateLimited)
    assert (first.seconds, second.seconds) == (7, calls.PAUSE)


@pytest.mark.parametrize(
    ("answer", "unknown"),
    [
        (Answer(instead="drop"), True),
        (error("fatal_error"), True),
        (Answer(502, text="bad gateway"), True),
        (error("service_unavailable", 503), False),
    ],
)
async def test_a_send_that_may_have_arrived_is_marked_so(
    slack: Slack, api: ScriptedWebApi, answer: Answer, unknown: bool
) -> None:
    api.answer("chat.postMessage", answer)
    interrupted = await failure(slack)
    assert isinstance(interrupted, Interrupted)
    assert interrupted.unknown is unknown


async def test_a_send_without_an_answer_may_have_arrived(
    slack: Slack, api: ScriptedWebApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "PATIENCE", 0.05)
    api.answer("chat.postMessage", Answer(instead="never"))
    interrupted = await failure(slack)
    assert isinstance(interrupted, Interrupted)
    assert (str(interrupted), interrupted.unknown) == ("timeout", True)


@pytest.mark.parametrize(
    ("method", "delivery"),
    [("chat.update", EDIT), ("views.publish", HOME), ("conversations.open", Delivery(ACCOUNT, "", EDIT.message))],
)
async def test_what_can_be_done_twice_without_harm_is_never_unknown(
    slack: Slack, api: ScriptedWebApi, method: str, delivery: Delivery
) -> None:
    api.answer(method, Answer(instead="drop"))
    interrupted = await failure(slack, delivery)
    assert isinstance(interrupted, Interrupted)
    assert not interrupted.unknown


async def test_a_send_that_never_left_is_not_unknown(session: ClientSession, api: ScriptedWebApi) -> None:
    slack = await Slack.connect("xoxb-test", api.url, session, clock)
    slack.sender._client.base_url = "http://127.0.0.1:1/api/"
    interrupted = await failure(slack)
    assert isinstance(interrupted, Interrupted)
    assert (str(interrupted), interrupted.unknown) == ("not_connected", False)


async def test_an_inactive_account_is_the_persons_while_the_bot_is_authorised(
    slack: Slack, api: ScriptedWebApi
) -> None:
    api.answer("chat.postMessage", error("account_inactive"), error("account_inactive"))
    assert type(await failure(slack)) is Unreachable
    api.answer("auth.test", error("account_inactive"))
    assert type(await failure(slack)) is SetupFault


async def test_many_are_sent_side_by_side(slack: Slack, api: ScriptedWebApi) -> None:
    sent = await asyncio.gather(*(slack.sender.deliver(HELLO) for _ in range(20)))
    assert len(sent) == len(api.sent("chat.postMessage")) == 20


async def test_connecting_tells_who_the_bot_is(slack: Slack) -> None:
    assert slack.team_id == TEAM
    assert slack.sender.name == f"slack:{TEAM}"


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [(error("invalid_auth"), SetupFault), (Answer(instead="drop"), Interrupted)],
)
async def test_connecting_with_a_wrong_token_or_to_nobody_fails(
    session: ClientSession, api: ScriptedWebApi, answer: Answer, meaning: Any
) -> None:
    api.answer("auth.test", answer)
    with pytest.raises(meaning):
        await Slack.connect("xoxb-test", api.url, session, clock)


async def test_no_failure_tells_a_token(slack: Slack, api: ScriptedWebApi) -> None:
    api.answer("chat.postMessage", error("invalid_auth"))
    fault = await failure(slack)
    assert "xoxb" not in f"{fault}{fault.__cause__}"
