"""The control interface: what a page or a script sees and does, and how it is refused."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.rules import DEFAULT, RATES, RULES
from sandbox.slack import acts as slack_acts
from sandbox.telegram import acts as telegram_acts
from sandbox.world import World
from tests.sandbox.conftest import NOW, PNG, FarSide, ListeningBot, far_side

LEA = 6_100_000_001
ANSWERED = {"acknowledged": True}


async def test_the_view_of_a_person_on_telegram(far: FarSide) -> None:
    await far.telegram_call("setMyCommands", commands=[{"command": "join", "description": "Join"}])
    await far.telegram_call("setMyDescription", description="What this is")
    status, before = await far.control("GET", "view", person="lea")
    chat = before["telegram"]["chats"][0]
    assert (status, chat["started"], chat["messages"], before["slack"]) == (200, False, [], None)
    assert before["telegram"]["bot"]["description"] == "What this is"
    telegram_acts.start(far.world.telegram, far.world.people["lea"])
    markup = {"inline_keyboard": [[{"text": "Join", "callback_data": "j"}, {"text": "Read", "url": "https://e.org"}]]}
    sent = await far.telegram_call("sendMessage", chat_id=LEA, text="<b>Hi</b>", parse_mode="HTML", reply_markup=markup)
    _, view = await far.control("GET", "view", person="lea")
    chat = view["telegram"]["chats"][0]
    assert view["revision"] > before["revision"]
    assert (chat["started"], chat["unread"], chat["commands"][0]["command"]) == (True, 1, "join")
    assert [message["from"] for message in chat["messages"]] == ["me", "bot"]
    assert chat["messages"][1] == {
        "id": sent["result"]["message_id"],
        "from": "bot",
        "name": "4 per 1000",
        "at": "2026-03-02T09:00:00.000000Z",
        "edited": None,
        "text": "Hi",
        "entities": [{"type": "bold", "offset": 0, "length": 2}],
        "photo": None,
        "document": None,
        "keyboard": [
            [
                {"label": "Join", "kind": "callback", "url": None},
                {"label": "Read", "kind": "url", "url": "https://e.org"},
            ]
        ],
        "reply_to": None,
    }


async def test_the_view_of_a_person_in_slack(far: FarSide) -> None:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Join"}, "action_id": "j"}
    blocks = [{"type": "actions", "block_id": "b", "elements": [button]}]
    sent = await far.slack.chat_postMessage(channel="U0SANDNED", text="Hi", blocks=blocks)
    await far.slack.views_publish(user_id="U0SANDNED", view={"type": "home", "blocks": blocks})
    _, view = await far.control("GET", "view", person="ned")
    slack = view["slack"]
    dm = next(one for one in slack["conversations"] if one["id"] == slack["bot"]["dm"])
    assert (dm["kind"], dm["unread"], dm["messages"][0]["ts"]) == ("im", 1, sent["ts"])
    assert dm["messages"][0]["blocks"] == blocks
    assert (slack["home"]["type"], slack["home"]["blocks"], slack["modals"]) == ("home", blocks, [])
    assert slack["users"][slack["me"]]["name"] == "Ned Cloverfield"
    assert view["people"][2]["unread"] == {"telegram": 0, "slack": 1}
    await far.control("POST", "read", {"person": "ned", "platform": "slack", "conversation": dm["id"]})
    _, view = await far.control("GET", "view", person="ned")
    assert view["people"][2]["unread"]["slack"] == 0


async def test_a_view_waits_for_something_new(far: FarSide) -> None:
    revision = far.world.revision
    assert await far.control("GET", "view", person="lea", after=revision) == (204, None)
    telegram_acts.start(far.world.telegram, far.world.people["lea"])
    status, view = await far.control("GET", "view", person="lea", after=revision, wait=5)
    assert (status, view["revision"] > revision) == (200, True)


async def test_a_tap_shows_progress_and_then_the_answer(far: FarSide) -> None:
    lea = far.world.people["lea"]
    telegram_acts.start(far.world.telegram, lea)
    markup = {"inline_keyboard": [[{"text": "Join", "callback_data": "j"}]]}
    sent = (await far.telegram_call("sendMessage", chat_id=LEA, text="?", reply_markup=markup))["result"]["message_id"]
    tap = {"person": "lea", "message": sent, "row": 0, "column": 0, "wait": 0}
    assert await far.control("POST", "telegram/tap", tap) == (200, {"acknowledged": False})
    _, view = await far.control("GET", "view", person="lea")
    callback = view["telegram"]["chats"][0]["callback"]
    assert (callback["message"], callback["state"]) == (sent, "waiting")
    await far.telegram_call("answerCallbackQuery", callback_query_id=callback["id"], text="Done", show_alert=True)
    _, view = await far.control("GET", "view", person="lea")
    callback = view["telegram"]["chats"][0]["callback"]
    assert (callback["state"], callback["text"], callback["alert"]) == ("answered", "Done", True)


async def test_the_clock_of_the_world_moves_with_what_is_seen(far: FarSide) -> None:
    assert far.world.now == NOW
    _, clock = await far.control("POST", "clock", {"advance": 3600})
    assert (clock["now"], clock["moved_seconds"], clock["moves"]) == ("2026-03-02T10:00:00.000000Z", 3600.0, 1)
    await far.control("POST", "clock", {"to": "2026-03-03T08:00:00+01:00"})
    assert far.world.now == datetime(2026, 3, 3, 7, tzinfo=UTC)
    telegram_acts.start(far.world.telegram, far.world.people["lea"])
    sent = await far.telegram_call("sendMessage", chat_id=LEA, text="morning")
    assert sent["result"]["date"] == int(far.world.now.timestamp())
    assert float((await far.slack.chat_postMessage(channel="U0SANDNED", text="x"))["ts"]) == pytest.approx(
        far.world.now.timestamp(), abs=1
    )
    assert (await far.control("GET", "clock", after=2)) == (204, None)
    assert (await far.control("GET", "clock", after=1))[1]["moves"] == 2
    assert (await far.control("POST", "clock", {"to": "2026-01-01T00:00:00Z"}))[0] == 400


async def test_a_clock_without_a_start_runs_with_the_system() -> None:
    world = World()
    assert world.clock.running
    assert abs(world.now - datetime.now(UTC)) < timedelta(seconds=5)
    world.advance(timedelta(days=1))
    assert world.now - datetime.now(UTC) > timedelta(hours=23)


async def test_occasions_are_kept_in_order(far: FarSide) -> None:
    later, sooner = {"name": "close", "at": "2026-03-09T12:00:00Z"}, {"name": "reminder", "at": "2026-03-05T09:00:00Z"}
    status, answer = await far.control("PUT", "occasions", {"occasions": [later, sooner]})
    assert (status, [one["name"] for one in answer["occasions"]]) == (200, ["reminder", "close"])
    assert (await far.control("GET", "clock"))[1]["occasions"][0]["at"] == "2026-03-05T09:00:00.000000Z"


async def test_the_log_of_calls(far: FarSide) -> None:
    _, answer = await far.control("GET", "calls")
    assert answer == {"calls": [], "next": 0}
    await far.telegram_call("sendMessage", chat_id=LEA, text="too early")
    await far.slack.chat_postMessage(channel="U0SANDNED", text="hello")
    _, answer = await far.control("GET", "calls", after=0, wait=1)
    calls = [call for call in answer["calls"] if call["direction"] == "from_bot"]
    assert [(call["platform"], call["name"], call["person"], call["ok"]) for call in calls] == [
        ("telegram", "sendMessage", "lea", False),
        ("slack", "chat.postMessage", "ned", True),
    ]
    assert calls[0]["error"] == "Bad Request: chat not found"
    assert calls[0]["status"] == 400
    assert calls[1]["request"] == {"channel": "U0SANDNED", "text": "hello"}
    assert answer["next"] == answer["calls"][-1]["seq"]


async def test_faults_are_set_and_taken_back(far: FarSide) -> None:
    status, fault = await far.control("POST", "faults", {"kind": "rate_limit", "platform": "slack", "times": 2})
    assert (status, fault["method"], fault["left"], fault["seconds"]) == (201, "*", 2, 1.0)
    _, answer = await far.control("GET", "faults")
    assert [one["id"] for one in answer["faults"]] == [fault["id"]]
    assert set(answer["kinds"]) >= {"drop", "lost_answer", "duplicate"}
    assert (await far.control("DELETE", f"faults/{fault['id']}"))[1]["faults"] == []
    assert (await far.control("DELETE", f"faults/{fault['id']}"))[0] == 404
    await far.control("POST", "faults", {"kind": "drop"})
    assert (await far.control("DELETE", "faults"))[1]["faults"] == []


async def test_strictness_is_switched(far: FarSide) -> None:
    _, answer = await far.control("POST", "strict", {"off": ["telegram.html"], "on": ["telegram.rate_chat"]})
    rules = answer["rules"]
    assert (rules["telegram.html"]["on"], rules["telegram.rate_chat"]["on"]) == (False, True)
    assert set(rules) == set(RULES)
    assert frozenset(RULES) - RATES == DEFAULT
    assert (await far.control("POST", "strict", {"off": ["telegram.everything"]}))[0] == 400


async def test_setup_says_where_everything_is(far: FarSide) -> None:
    _, setup = await far.control("GET", "setup")
    assert setup["telegram"]["api_url"] == f"{far.url}/telegram"
    assert setup["slack"]["api_url"] == f"{far.url}/slack/api/"
    _, setup = await far.control(
        "POST", "setup", {"slack": {"request_url": "http://127.0.0.1:1/slack", "commands": {"/x": "y"}}}
    )
    assert setup["slack"]["events_url"] == setup["slack"]["commands_url"] == "http://127.0.0.1:1/slack"
    assert far.world.slack.commands == {"/x": "y"}


async def test_people_come_to_the_world(far: FarSide) -> None:
    status, person = await far.control("POST", "people", {"name": "Nils Humus", "language": "sv", "slack": True})
    assert (status, person["telegram"] is None, person["slack"] is None) == (201, False, False)
    _, answer = await far.control("GET", "people", offset=6)
    assert (answer["total"], [one["id"] for one in answer["people"]]) == (7, [person["id"]])
    assert await far.control("POST", "telegram/start", {"person": person["id"], "wait": 0}) == (
        200,
        {"acknowledged": False},
    )


async def test_a_reset_world_is_as_at_the_start(far: FarSide) -> None:
    telegram_acts.start(far.world.telegram, far.world.people["lea"])
    first = telegram_acts.say(far.world.telegram, far.world.people["lea"], "hello")
    await far.control("POST", "people", {"name": "Nils Humus"})
    assert await far.control("POST", "reset", {}) == (200, {})
    assert far.world.telegram.chats[LEA].messages == {}
    assert "person-7" not in far.world.people
    again = telegram_acts.start(far.world.telegram, far.world.people["lea"])
    assert first is not None
    assert again is not None
    assert again.id > first.id


async def test_files_are_shown_but_never_run_as_a_page(far: FarSide) -> None:
    lea: dict[str, Any] = {"person": "lea", "wait": 0}
    await far.control("POST", "telegram/start", lea)
    picture = {"kind": "photo", "name": "x.png", "data": base64.b64encode(PNG).decode()}
    await far.control("POST", "telegram/send_file", lea | picture)
    page = {"kind": "document", "name": "x.html", "mime_type": "text/html", "data": "PGI+"}
    await far.control("POST", "telegram/send_file", lea | page)
    _, view = await far.control("GET", "view", person="lea")
    photo, document = view["telegram"]["chats"][0]["messages"][1:]
    async with far.http.get(far.url + photo["photo"]["url"]) as response:
        assert (await response.read(), response.content_type) == (PNG, "image/png")
    async with far.http.get(far.url + document["document"]["url"]) as response:
        assert response.headers["Content-Disposition"] == "attachment"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_acts_in_slack_by_http(far: FarSide, app: ListeningBot) -> None:
    ned = {"person": "ned"}
    assert await far.control("POST", "slack/say", ned | {"text": "hello"}) == (200, ANSWERED)
    assert await far.control("POST", "slack/command", ned | {"command": "/4p1000", "text": "join"}) == (200, ANSWERED)
    title = {"type": "plain_text", "text": "Join"}
    field = {
        "type": "input",
        "block_id": "name",
        "label": title,
        "element": {"type": "plain_text_input", "action_id": "value"},
    }
    view = {"type": "modal", "title": title, "submit": title, "blocks": [field], "notify_on_close": True}
    trigger = app.taken[1].form["trigger_id"]
    view_id = (await far.slack.views_open(trigger_id=trigger, view=view))["view"]["id"]
    status, answer = await far.control("POST", "slack/submit", ned | {"view": view_id, "values": {}})
    assert (status, answer["errors"]) == (200, {"name": "Please complete this required field."})
    assert (await far.control("GET", "view", person="ned"))[1]["slack"]["modals"][0]["errors"] == answer["errors"]
    assert (await far.control("POST", "slack/close", ned | {"view": view_id}))[1] == ANSWERED
    await far.slack.views_publish(user_id="U0SANDNED", view={"type": "home", "blocks": [field]})
    home = far.world.slack.people["U0SANDNED"].home
    assert home is not None
    used = {"on": {"view": home.id}, "block_id": "name", "action_id": "value", "value": "Ned"}
    assert await far.control("POST", "slack/action", ned | used) == (200, ANSWERED)
    assert home.values == {"name": {"value": "Ned"}}
    assert (await far.control("POST", "slack/home", ned | {"tab": "home"}))[1] == ANSWERED
    kinds = [taken.json.get("type") for taken in app.taken if b"command=" not in taken.body]
    assert kinds == ["event_callback", "view_closed", "event_callback"]
    status, answer = await far.control("POST", "slack/channel", ned | {"name": "soil", "people": ["awa"]})
    assert status == 200
    assert answer["conversation"] in far.world.slack.conversations
    await far.control("POST", "slack/reload", ned)
    assert not slack_acts.install(far.world.slack, far.world.people["ned"], True)


async def test_acts_on_telegram_by_http(far: FarSide) -> None:
    lea: dict[str, Any] = {"person": "lea", "wait": 0}
    acts: list[tuple[str, dict[str, Any]]] = [
        ("telegram/start", {"payload": "call-1"}),
        ("telegram/say", {"text": "hello"}),
        ("telegram/edit", {"message": 2, "text": "hallo"}),
        ("telegram/block", {"blocked": True}),
        ("telegram/block", {"blocked": False}),
        ("telegram/group", {"title": "Soil", "people": ["tom"]}),
    ]
    for path, body in acts:
        status, answer = await far.control("POST", path, lea | body)
        assert (status, answer["acknowledged"]) == (200, False), path
    moved = await far.control("POST", "telegram/migrate", lea | {"chat": answer["chat"]})
    assert moved[1]["chat"] < -1_000_000_000_000
    kinds = [list(update.as_json())[1] for update in far.world.telegram.updates.values()]
    assert kinds == ["message", "message", "edited_message", *["my_chat_member"] * 3, "message", "message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "reason"),
    [
        ("POST", "telegram/say", {}, 400, "person is missing"),
        ("POST", "telegram/say", {"person": "nobody", "text": "x"}, 404, "there is no person 'nobody'"),
        ("POST", "telegram/say", {"person": "lea", "text": 5}, 400, "text must be a string"),
        ("POST", "telegram/say", {"person": "lea", "text": "x"}, 400, "press START first"),
        ("POST", "telegram/say", {"person": "ned", "text": "x"}, 400, "ned has no Telegram account"),
        ("POST", "telegram/say", {"person": "lea", "text": "x", "chat": 5}, 404, "lea has no chat 5"),
        ("POST", "telegram/tap", {"person": "lea", "message": 5, "row": 0, "column": 0}, 404, "no message 5"),
        ("POST", "telegram/tap", {"person": "lea", "message": True, "row": 0, "column": 0}, 400, "whole number"),
        ("POST", "telegram/send_file", {"person": "lea", "kind": "photo", "name": "x", "data": "?"}, 400, "base64"),
        ("POST", "slack/say", {"person": "lea", "text": "x"}, 400, "lea has no Slack account"),
        ("POST", "slack/submit", {"person": "ned", "view": "V1", "values": {}}, 404, "there is no view V1"),
        ("POST", "slack/action", {"person": "ned", "on": {}, "block_id": "b", "action_id": "a"}, 400, "conversation"),
        ("POST", "clock", {"advance": -1}, 400, "forward"),
        ("POST", "clock", {"advance": 1e300}, 400, "that far"),
        ("POST", "clock", {"to": "tomorrow"}, 400, "ISO 8601"),
        ("POST", "clock", {"to": "2027-01-01T00:00:00"}, 400, "time zone"),
        ("POST", "clock", [1], 400, "JSON object"),
        ("POST", "faults", {"kind": "earthquake"}, 400, "unknown kind"),
        ("POST", "faults", {"kind": "drop", "times": 0}, 400, "at least 1"),
        ("POST", "faults", {"kind": "drop", "person": "nobody"}, 404, "no person"),
        ("POST", "setup", {"slack": {"events_url": "ftp://x"}}, 400, "http"),
        ("POST", "people", {"name": "Nils", "time_zone": "Mars/Olympus"}, 400, "time zone"),
        ("GET", "view", None, 404, "no person"),
        ("GET", "view?person=lea&messages=inf", None, 400, "messages must be a number"),
        ("PUT", "occasions", {"occasions": [{"name": "x", "at": "0001-01-01T00:00:00+01:00"}]}, 400, "instant"),
        ("GET", "files/f99", None, 404, "no such file"),
        ("GET", "weather", None, 404, "no such endpoint"),
        ("PUT", "clock", {}, 404, "no such endpoint"),
    ],
)
async def test_a_malformed_request_is_refused_with_a_reason(
    far: FarSide, method: str, path: str, body: Any, status: int, reason: str
) -> None:
    answered, answer = await far.control(method, path, body)
    assert (answered, list(answer)) == (status, ["error"])
    assert reason in answer["error"]


async def test_a_body_that_is_no_json_is_refused(far: FarSide) -> None:
    async with far.http.post(f"{far.url}/control/clock", data=b"{") as response:
        assert (response.status, await response.json()) == (400, {"error": "the body is not JSON"})


@pytest.mark.parametrize("header", [{"Origin": "https://example.org"}, {"Host": "example.org"}])
async def test_other_origins_are_kept_out(far: FarSide, header: dict[str, str]) -> None:
    async with far.http.get(f"{far.url}/control/setup", headers=header) as response:
        assert response.status == 403
    async with far.http.get(f"{far.url}/control/setup", headers={"Origin": far.url}) as response:
        assert response.status == 200


async def test_a_world_may_have_people_and_rules_of_its_own() -> None:
    world = World(NOW, people=[], strict={"telegram.html"})
    person = world.add_person("Nils Humus", language="sv", person_id="nils")
    async with far_side(world) as far:
        assert [one["id"] for one in (await far.control("GET", "people"))[1]["people"]] == [person.id]
    with pytest.raises(ValueError, match="unknown rules"):
        World(strict={"everything"})
