"""Slack over HTTP, through a real Starlette app."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response
from starlette.applications import Starlette

from bot.chat.events import Command, FormChanged, FormSubmitted, HomeOpened, Profile, Tap, Text
from bot.chat.messages import Field, Form
from bot.flows.turn import Outcome
from bot.handlers.slack import Slack
from tests.slack.far_side import (
    DIRECT,
    NOW,
    PERSON,
    SECRET,
    RememberingIntake,
    command,
    command_body,
    event_body,
    form_changed,
    form_submitted,
    home_opened,
    home_tap,
    interaction_body,
    message,
    option,
    signed,
    tap,
)
from tests.slack.web_api import Answer, ScriptedWebApi, error

FORM = Form("q1.2.f", "Join", "Next", "Close", (Field("aim", "text", "What for?"),))


class Door:
    """Posts to the bot's address as Slack does."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client

    async def post(self, body: bytes, headers: dict[str, str] | None = None) -> Response:
        kind = "application/json" if body.startswith(b"{") else "application/x-www-form-urlencoded"
        return await self._client.post(
            "/slack/events",
            content=body,
            headers={"Content-Type": kind, **(signed(body) if headers is None else headers)},
        )


@pytest.fixture
async def door(slack: Slack, intake: RememberingIntake) -> AsyncIterator[Door]:
    app = Starlette(routes=slack.routes(intake))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://bot") as client:
        yield Door(client)


async def test_a_message_is_taken_and_acknowledged(door: Door, intake: RememberingIntake) -> None:
    response = await door.post(event_body(message("hello")))
    assert (response.status_code, response.content) == (200, b"")
    assert isinstance(intake.only, Text)
    assert intake.only.text == "hello"
    assert intake.only.origin.key == "slack:Ev01"
    assert intake.only.origin.profile == Profile("Awa Diop", "awa.d", "fr", "Africa/Dakar")


@pytest.mark.parametrize("body", [event_body(message()), interaction_body(tap()), command_body(command("join"))])
async def test_the_acknowledgement_follows_the_commit(door: Door, intake: RememberingIntake, body: bytes) -> None:
    intake.committing.clear()
    posting = asyncio.create_task(door.post(body))
    await intake.arrival()
    await asyncio.sleep(0)
    assert not posting.done()
    intake.committing.set()
    assert (await posting).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        event_body(message()),
        event_body(home_opened()),
        interaction_body(tap()),
        interaction_body(form_submitted({})),
        command_body(command("join")),
    ],
)
async def test_what_could_not_be_committed_is_answered_500(door: Door, intake: RememberingIntake, body: bytes) -> None:
    intake.failure = OSError("the database is away")
    assert (await door.post(body)).status_code == 500
    intake.failure = None
    assert (await door.post(body)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(event_body(message()), secret=SECRET[::-1]),
        signed(event_body(message("other words"))),
        signed(event_body(message()), at=NOW - timedelta(minutes=5, seconds=1)),
        signed(event_body(message()), at=NOW + timedelta(minutes=5, seconds=1)),
        {**signed(event_body(message())), "X-Slack-Request-Timestamp": "soon"},
        {**signed(event_body(message())), "X-Slack-Request-Timestamp": "9" * 400},
        {**signed(event_body(message())), "X-Slack-Signature": "v0="},
    ],
    ids=["none", "forged", "other body", "stale", "future", "no number", "huge number", "empty"],
)
async def test_a_request_that_is_not_proved_to_be_slacks_is_refused(
    door: Door, intake: RememberingIntake, headers: dict[str, str]
) -> None:
    assert (await door.post(event_body(message()), headers)).status_code == 401
    assert intake.taken == []


async def test_a_request_of_five_minutes_ago_is_still_good(door: Door) -> None:
    body = event_body(message())
    response = await door.post(body, signed(body, at=NOW - timedelta(minutes=5)))
    assert response.status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"null",
        b"payload=",
        b"payload=%5B%5D",
        b"something=else",
        b'{"type": 7}',
        b'{"type": "event_callback"}',
        b'{"type": "event_callback", "event": null}',
        b'{"type": "event_callback", "event": {"type": "message", "channel_type": "im", "user": "U1"}}',
        interaction_body({"type": "block_actions", "user": {"id": PERSON}}),
        interaction_body({"type": "block_actions", "user": {"id": PERSON}, "actions": []}),
        interaction_body({"type": "view_submission", "user": {"id": PERSON}, "view": {"state": None}}),
        command_body({"command": "/4p1000", "text": "join"}),
        b"[" * 100_000,
    ],
)
async def test_a_malformed_body_is_answered_400(door: Door, intake: RememberingIntake, body: bytes) -> None:
    assert (await door.post(body)).status_code == 400
    assert intake.taken == []


async def test_a_body_that_is_no_text_proves_nothing(door: Door, intake: RememberingIntake) -> None:
    assert (await door.post(b"\xff\xfe")).status_code == 401
    assert intake.taken == []


async def test_a_body_without_end_is_not_read(door: Door, intake: RememberingIntake) -> None:
    assert (await door.post(b"x" * 1_000_001)).status_code == 413


async def test_slack_may_verify_the_address(door: Door, intake: RememberingIntake) -> None:
    response = await door.post(event_body({"type": "url_verification", "challenge": "3eZbrw1a", "token": "t"}))
    assert response.status_code == 200
    assert response.json() == {"challenge": "3eZbrw1a"}
    assert (await door.post(b"ssl_check=1&token=t")).status_code == 200
    assert intake.taken == []


@pytest.mark.parametrize(
    "event",
    [
        {"type": "app_uninstalled"},
        {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0BOT"]}},
        {"type": "reaction_added", "user": PERSON},
    ],
)
async def test_events_that_are_nobodys_words_are_acknowledged_and_not_taken(
    door: Door, intake: RememberingIntake, event: dict[str, Any]
) -> None:
    assert (await door.post(event_body({**message(), "event": event}))).status_code == 200
    assert intake.taken == []


async def test_what_the_bot_does_not_offer_is_answered_404(door: Door, intake: RememberingIntake) -> None:
    shortcut = {"type": "shortcut", "callback_id": "other", "user": {"id": PERSON}, "trigger_id": "1.2"}
    assert (await door.post(interaction_body(shortcut))).status_code == 404
    assert intake.taken == []


async def test_a_command_in_the_conversation_with_the_bot_is_acknowledged_without_words(
    door: Door, intake: RememberingIntake
) -> None:
    response = await door.post(command_body(command("join 7")))
    assert (response.status_code, response.content) == (200, b"")
    assert isinstance(intake.only, Command)
    assert (intake.only.name, intake.only.argument, intake.only.origin.chat) == ("join", "7", DIRECT)


async def test_a_command_in_a_channel_says_where_the_answer_is(door: Door, intake: RememberingIntake) -> None:
    response = await door.post(command_body(command("join", channel="C0001")))
    assert response.json() == {"text": "elsewhere in fr", "response_type": "ephemeral"}
    assert intake.only.origin.chat == ""
    assert intake.only.origin.private


async def test_a_command_between_two_people_is_answered_in_the_conversation_with_the_bot(
    door: Door, intake: RememberingIntake
) -> None:
    response = await door.post(command_body(command("join", channel="D0OTHER")))
    assert response.json()["text"] == "elsewhere in fr"
    assert intake.only.origin.chat == ""


async def test_a_conversation_that_was_seen_is_not_asked_for(door: Door, api: ScriptedWebApi) -> None:
    await door.post(event_body(message()))
    await door.post(command_body(command("join")))
    assert api.sent("conversations.open") == []


async def test_a_command_whose_place_cannot_be_found_out_is_answered_all_the_same(
    door: Door, intake: RememberingIntake, api: ScriptedWebApi
) -> None:
    api.answer("conversations.open", error("fatal_error", 500))
    assert (await door.post(command_body(command("join")))).status_code == 200
    assert intake.only.origin.chat == ""


async def test_a_command_with_the_word_payload_arrives(door: Door, intake: RememberingIntake) -> None:
    await door.post(command_body(command("join payload")))
    assert isinstance(intake.only, Command)
    assert intake.only.argument == "payload"


async def test_a_form_is_opened_with_the_trigger_of_the_tap(
    door: Door, intake: RememberingIntake, api: ScriptedWebApi
) -> None:
    intake.outcome = Outcome(form=FORM)
    assert (await door.post(interaction_body(tap()))).status_code == 200
    opened = await api.until_called("views.open")
    assert opened["trigger_id"] == "1.2.trigger"
    assert opened["view"]["private_metadata"] == "q1.2.f"


async def test_a_form_is_opened_with_the_trigger_of_the_command(
    door: Door, intake: RememberingIntake, api: ScriptedWebApi
) -> None:
    intake.outcome = Outcome(form=FORM)
    await door.post(command_body(command("join")))
    assert (await api.until_called("views.open"))["trigger_id"] == "1.2.command"


async def test_the_acknowledgement_does_not_wait_for_the_form(
    door: Door, intake: RememberingIntake, api: ScriptedWebApi
) -> None:
    api.answer("views.open", Answer(instead="drop"), error("expired_trigger_id"))
    intake.outcome = Outcome(form=FORM)
    assert (await door.post(interaction_body(tap()))).status_code == 200
    assert (await door.post(interaction_body(tap(stamp="2.1")))).status_code == 200


async def test_a_choice_in_a_form_draws_it_anew(door: Door, intake: RememberingIntake, api: ScriptedWebApi) -> None:
    intake.outcome = Outcome(form=FORM)
    changed = form_changed({"status": {"type": "radio_buttons", "selected_option": option("member")}})
    response = await door.post(interaction_body(changed))
    assert (response.status_code, response.content) == (200, b"")
    updated = await api.until_called("views.update")
    assert (updated["view_id"], updated["hash"]) == ("V2", "2.h")
    assert isinstance(intake.only, FormChanged)


async def test_a_form_that_does_not_fit_stays_open_with_words_beside_its_fields(
    door: Door, intake: RememberingIntake
) -> None:
    intake.outcome = Outcome(errors={"aim": "Say it in a few words."})
    sent = form_submitted({"aim": {"type": "plain_text_input", "value": None}})
    response = await door.post(interaction_body(sent))
    assert response.json() == {"response_action": "errors", "errors": {"aim": "Say it in a few words."}}
    assert isinstance(intake.only, FormSubmitted)


async def test_a_form_may_be_followed_by_another(door: Door, intake: RememberingIntake) -> None:
    intake.outcome = Outcome(form=FORM)
    answer = (await door.post(interaction_body(form_submitted({})))).json()
    assert answer["response_action"] == "update"
    assert answer["view"]["private_metadata"] == "q1.2.f"


async def test_the_last_form_closes_all(door: Door, intake: RememberingIntake) -> None:
    assert (await door.post(interaction_body(form_submitted({})))).json() == {"response_action": "clear"}


async def test_a_tap_in_the_home_has_no_message(door: Door, intake: RememberingIntake) -> None:
    await door.post(interaction_body(home_tap("join_7")))
    assert isinstance(intake.only, Tap)
    assert (intake.only.token, intake.only.message, intake.only.origin.chat) == ("join_7", "", "")


async def test_the_home_is_announced_but_not_the_other_tab(door: Door, intake: RememberingIntake) -> None:
    await door.post(event_body(home_opened(tab="messages")))
    await door.post(event_body(home_opened()))
    assert isinstance(intake.only, HomeOpened)


async def test_the_same_interaction_has_the_same_key_and_another_has_another(
    door: Door, intake: RememberingIntake
) -> None:
    for body in (tap(), tap(), tap(stamp="1772443800.000999")):
        await door.post(interaction_body(body))
    first, again, other = (event.origin.key for event in intake.taken)
    assert first == again != other
    assert first.startswith("slack:")


async def test_a_person_whose_profile_slack_does_not_tell_is_served_all_the_same(
    door: Door, intake: RememberingIntake, api: ScriptedWebApi
) -> None:
    api.answer("users.info", error("missing_scope"))
    assert (await door.post(event_body(message()))).status_code == 200
    assert intake.only.origin.profile == Profile()


async def test_a_profile_is_asked_for_once(door: Door, api: ScriptedWebApi) -> None:
    for number in range(3):
        await door.post(event_body(message(event_id=f"Ev{number}")))
    assert len(api.sent("users.info")) == 1


async def test_an_event_is_logged_without_what_it_says(
    door: Door, intake: RememberingIntake, capfd: pytest.CaptureFixture[str]
) -> None:
    intake.failure = OSError("INSERT INTO inbox VALUES ('private words')")
    await door.post(event_body(message("private words")))
    written = "".join(capfd.readouterr())
    assert "event_not_taken" in written
    assert "private words" not in written
    assert json.dumps(PERSON) not in written
