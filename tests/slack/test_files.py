"""Pictures and documents on their way to Slack and from there."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.chat.events import Account
from bot.chat.markup import text
from bot.chat.messages import Button, File, Say
from bot.handlers.slack import Slack, files
from bot.outreach.delivery import (
    TOO_LARGE,
    Content,
    Delivery,
    DeliveryFailed,
    Interrupted,
    RateLimited,
    Refused,
    Sent,
    SetupFault,
)
from tests.shelf import HandyFiles
from tests.slack.far_side import DIRECT, PERSON, TEAM, clock
from tests.slack.web_api import Answer, ScriptedWebApi, error, ok

ACCOUNT = Account("slack", PERSON, TEAM)
YES = ((Button("Join", "join"),),)
FIELD = File(1, "field.png", "picture", "A field")
PLAN = File(2, "plan.pdf", "document")
SENDER = f"slack:{TEAM}"
SAID = Sent("1772443900.000300", DIRECT)


@pytest.fixture
def shelf() -> HandyFiles:
    return HandyFiles(
        {1: Content(FIELD.name, "image/png", b"the picture"), 2: Content(PLAN.name, "application/pdf", b"the plan")}
    )


@pytest.fixture
async def slack(
    api: ScriptedWebApi, session: ClientSession, shelf: HandyFiles, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Slack]:
    monkeypatch.setattr(files, "LOOKS", (0.0, 0.0))
    connected = await Slack.connect("xoxb-test", api.url, session, clock, files=shelf)
    yield connected
    await connected.aclose()


def expect_upload(api: ScriptedWebApi, id: str) -> None:
    api.answer("files.getUploadURLExternal", ok(upload_url=f"{api.url}upload", file_id=id))
    api.answer("upload", Answer(200, {}))
    api.answer("files.completeUploadExternal", ok(files=[{"id": id}]))


def info(mimetype: str = "image/png", **more: Any) -> Answer:
    return ok(file={"id": "F1", "mimetype": mimetype, **more})


async def deliver(slack: Slack, file: File, words: str = "Look", edits: str = "") -> Sent:
    return await slack.sender.deliver(Delivery(ACCOUNT, DIRECT, Say(text(words), YES, edits, file)))


async def failure(slack: Slack, file: File) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as raised:
        await deliver(slack, file)
    return raised.value


def kinds(api: ScriptedWebApi, method: str = "chat.postMessage") -> list[list[str]]:
    return [[block["type"] for block in message["blocks"]] for message in api.sent(method)]


async def test_a_picture_is_uploaded_once_and_stands_in_the_message_when_it_is_ready(
    slack: Slack, api: ScriptedWebApi, shelf: HandyFiles
) -> None:
    expect_upload(api, "F1")
    api.answer("files.info", info(""), info())
    assert [await deliver(slack, FIELD) for _ in range(2)] == [SAID, SAID]
    (completed,) = api.sent("files.completeUploadExternal")
    assert "channel_id" not in completed
    first, second = (message["blocks"][1] for message in api.sent("chat.postMessage"))
    assert first == second == {"type": "image", "slack_file": {"id": "F1"}, "alt_text": "A field"}
    assert kinds(api)[0] == ["section", "image", "actions"]
    assert shelf.uploaded == {(1, SENDER): "F1"}


async def test_a_picture_that_is_not_ready_makes_its_message_wait(
    slack: Slack, api: ScriptedWebApi, shelf: HandyFiles
) -> None:
    expect_upload(api, "F1")
    api.answer("files.info", info(""), info(""), info(""))
    waiting = await failure(slack, FIELD)
    assert isinstance(waiting, Interrupted)
    assert not waiting.unknown
    api.answer("chat.postMessage", error("invalid_blocks"))
    api.answer("files.info", info(""))
    assert str(await failure(slack, FIELD)) == "file_not_ready"
    assert await deliver(slack, FIELD) == SAID
    assert len(api.sent("files.getUploadURLExternal")) == 1


async def test_a_picture_that_slack_has_deleted_is_uploaded_anew(
    slack: Slack, api: ScriptedWebApi, shelf: HandyFiles
) -> None:
    shelf.uploaded[1, SENDER] = "F0"
    api.answer("chat.postMessage", error("invalid_blocks"))
    api.answer("files.info", error("file_deleted"))
    assert isinstance(await failure(slack, FIELD), Interrupted)
    expect_upload(api, "F1")
    api.answer("files.info", info())
    assert await deliver(slack, FIELD) == SAID
    assert shelf.uploaded == {(1, SENDER): "F1"}


async def test_a_picture_that_slack_does_not_take_is_left_out(
    slack: Slack, api: ScriptedWebApi, shelf: HandyFiles
) -> None:
    shelf.uploaded[1, SENDER] = "F1"
    api.answer("chat.postMessage", error("invalid_blocks"))
    api.answer("files.info", info())
    assert await deliver(slack, FIELD) == SAID
    assert kinds(api) == [["section", "image", "actions"], ["section", "actions"]]


async def test_a_message_becomes_one_with_a_picture(slack: Slack, api: ScriptedWebApi, shelf: HandyFiles) -> None:
    shelf.uploaded[1, SENDER] = "F1"
    assert (await deliver(slack, FIELD, edits="1772443800.000200")).message_id == "1772443800.000200"
    assert kinds(api, "chat.update") == [["section", "image", "actions"]]


async def test_a_document_comes_before_its_words(slack: Slack, api: ScriptedWebApi) -> None:
    expect_upload(api, "F2")
    assert await deliver(slack, PLAN) == SAID
    (completed,) = api.sent("files.completeUploadExternal")
    assert completed["channel_id"] == DIRECT
    assert kinds(api) == [["section", "actions"]]
    order = [method for method, _ in api.calls if method.startswith(("files", "chat", "upload"))]
    assert order[-2:] == ["files.completeUploadExternal", "chat.postMessage"]


async def test_a_crash_between_document_and_words_leaves_the_outcome_unknown(slack: Slack, api: ScriptedWebApi) -> None:
    expect_upload(api, "F2")
    api.answer("chat.postMessage", error("ratelimited", 429, Retry_After="3"))
    interruption = await failure(slack, PLAN)
    assert isinstance(interruption, Interrupted)
    assert interruption.unknown


@pytest.mark.parametrize("file", [FIELD, PLAN])
async def test_words_do_not_wait_for_the_right_to_send_files(slack: Slack, api: ScriptedWebApi, file: File) -> None:
    api.answer("files.getUploadURLExternal", error("missing_scope"))
    assert await deliver(slack, file) == SAID
    api.answer("files.getUploadURLExternal", error("token_revoked"))
    assert isinstance(await failure(slack, file), SetupFault)


@pytest.mark.parametrize(
    ("put", "kind"),
    [(Answer(429, {}), RateLimited), (Answer(503, {}), Interrupted), (Answer(413, {}), Refused)],
)
async def test_an_upload_that_fails_has_said_nothing_yet(
    slack: Slack, api: ScriptedWebApi, put: Answer, kind: type[DeliveryFailed]
) -> None:
    api.answer("files.getUploadURLExternal", ok(upload_url=f"{api.url}upload", file_id="F1"))
    api.answer("upload", put)
    failed = await failure(slack, FIELD)
    assert isinstance(failed, kind)
    assert not getattr(failed, "unknown", False)
    assert api.sent("chat.postMessage") == []


async def test_words_are_said_also_when_their_file_is_gone(
    slack: Slack, shelf: HandyFiles, api: ScriptedWebApi
) -> None:
    shelf.contents.clear()
    assert [await deliver(slack, file) for file in (FIELD, PLAN)] == [SAID, SAID]
    assert kinds(api) == [["section", "actions"]] * 2


async def test_a_picture_without_words_is_told_by_what_it_shows(
    slack: Slack, api: ScriptedWebApi, shelf: HandyFiles
) -> None:
    shelf.uploaded[1, SENDER] = "F1"
    await slack.sender.deliver(Delivery(ACCOUNT, DIRECT, Say((), file=FIELD)))
    assert api.sent("chat.postMessage")[0]["text"] == "A field"


async def test_what_somebody_sent_is_fetched_with_the_bots_token(slack: Slack, api: ScriptedWebApi) -> None:
    api.answer("files.info", *[info(size=9, url_private_download=f"{api.url}field.png")] * 2)
    api.answer("field.png", Answer(200, text="the field"))
    assert await slack.source.fetch("F1", 9) == b"the field"
    assert api.authorisations["field.png"] == "Bearer xoxb-test"
    with pytest.raises(Refused, match=TOO_LARGE):
        await slack.source.fetch("F1", 8)


@pytest.mark.parametrize(
    ("asked", "given", "kind"),
    [
        (error("file_deleted"), None, Refused),
        (error("missing_scope"), None, SetupFault),
        (info(), None, Refused),
        (info(url_private="login"), Answer(302, {}, headers={"Location": "https://example.org/"}), SetupFault),
    ],
)
async def test_what_cannot_be_fetched_says_whether_to_try_again(
    slack: Slack, api: ScriptedWebApi, asked: Answer, given: Answer | None, kind: type[DeliveryFailed]
) -> None:
    if given is not None:
        asked = info(url_private=f"{api.url}login")
        api.answer("login", given)
    api.answer("files.info", asked)
    with pytest.raises(kind):
        await slack.source.fetch("F1", 10)
