"""What people do in Slack, as events."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.events import (
    Account,
    Attachment,
    Command,
    Event,
    FormChanged,
    FormSubmitted,
    HomeOpened,
    Tap,
    Text,
    Upload,
)
from bot.handlers.slack.parse import Identity, Malformed, parse, uploads_of, values_of, words
from tests.slack.far_side import (
    BOT,
    DIRECT,
    NOW,
    PERSON,
    TEAM,
    command,
    form_changed,
    form_submitted,
    happened,
    home_opened,
    home_tap,
    message,
    option,
    tap,
)

IDENTITY = Identity(TEAM, BOT, "B0BOT")


def read(payload: dict[str, Any]) -> Event | None:
    return parse(payload, IDENTITY, NOW)


def test_words_in_the_conversation_with_the_bot() -> None:
    event = read(message("hello"))
    assert isinstance(event, Text)
    assert event.text == "hello"
    assert event.origin.account == Account("slack", PERSON, TEAM)
    assert (event.origin.key, event.origin.chat, event.origin.at) == ("slack:Ev01", DIRECT, NOW)
    assert event.origin.private


@pytest.mark.parametrize("text", ["help", "/join", "2", ""])
def test_typed_words_stay_words(text: str) -> None:
    event = read(message(text))
    assert isinstance(event, Text)
    assert event.text == text


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "B0BOT"},
        {"user": BOT},
        {"user": "USLACKBOT"},
        {"channel": "C0001", "channel_type": "channel"},
        {"channel": "G0001", "channel_type": "mpim"},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
    ],
)
def test_messages_that_are_not_a_persons_words_to_the_bot_are_passed_over(more: dict[str, Any]) -> None:
    assert read(message(**more)) is None


def test_an_edited_message_has_no_person_and_is_passed_over() -> None:
    edited = {"type": "message", "subtype": "message_changed", "channel": DIRECT, "channel_type": "im"}
    assert read(happened({**edited, "message": {"user": PERSON, "text": "new"}})) is None


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("image/png", "photo"),
        ("video/mp4", "video"),
        ("audio/mp4", "audio"),
        ("application/pdf", "document"),
        ("", "document"),
    ],
)
def test_a_file_is_an_attachment(media_type: str, kind: str) -> None:
    event = read(message("look", subtype="file_share", files=[{"id": "F1", "mimetype": media_type}]))
    assert isinstance(event, Attachment)
    assert (event.kind, event.words) == (kind, "look")
    assert event.uploads == (Upload("F1", "document", media_type or "application/octet-stream", 0),)


def test_every_file_of_a_message_is_taken() -> None:
    about = {"mimetype": "application/pdf", "size": 1200}
    files = [{"id": "F1", "name": "plan\0.pdf", **about}, {"id": "F2", "name": "map.pdf", **about}]
    event = read(message("", subtype="file_share", files=files))
    assert isinstance(event, Attachment)
    assert event.uploads == (
        Upload("F1", "plan.pdf", "application/pdf", 1200),
        Upload("F2", "map.pdf", "application/pdf", 1200),
    )


def test_the_files_of_a_form_stand_apart_from_its_words() -> None:
    state = {
        "note": {"value": {"type": "plain_text_input", "value": "hello"}},
        "photos": {"value": {"type": "file_input", "files": [{"id": "F1", "name": "a.png", "mimetype": "image/png"}]}},
        "plans": {"value": {"type": "file_input", "files": []}},
    }
    view = {"state": {"values": state}}
    assert values_of(view) == {"note": "hello"}
    assert uploads_of(view) == {"photos": (Upload("F1", "a.png", "image/png", 0),), "plans": ()}


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("Land &amp; water &lt;3", "Land & water <3"),
        ("&amp;lt;", "&lt;"),
        ("see <https://4p1000.org>", "see https://4p1000.org"),
        ("see <http://4p1000.org|4p1000.org> now", "see 4p1000.org now"),
        ("<mailto:a@b.org|a@b.org>", "a@b.org"),
        ("ask <@U123>", "ask @U123"),
        ("in <#C123|general>", "in #general"),
        ("<!here> all", "@here all"),
        ("<!date^1392734382^{date}|2014>", "2014"),
        ("*bold* _words_ `code`", "*bold* _words_ `code`"),
        ("nul\0", "nul"),
        ("half \ud83d", "half ?"),
    ],
)
def test_words_are_read_as_they_were_typed(sent: str, typed: str) -> None:
    assert words(sent) == typed


@settings(deadline=None)
@given(st.text())
def test_whatever_is_typed_and_escaped_comes_back(typed: str) -> None:
    typed = typed.replace("\0", "")
    sent = typed.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert words(sent) == typed


@pytest.mark.parametrize(
    ("text", "name", "argument"),
    [
        ("", "help", ""),
        ("  ", "help", ""),
        ("join", "join", ""),
        ("Join 7", "join", "7"),
        ("/join", "join", ""),
        ("join  two words ", "join", "two words"),
    ],
)
def test_a_slash_command(text: str, name: str, argument: str) -> None:
    event = read(command(text))
    assert isinstance(event, Command)
    assert (event.name, event.argument) == (name, argument)
    assert (event.origin.chat, event.origin.trigger) == (DIRECT, "1.2.command")


def test_a_slash_command_in_a_channel_has_no_chat() -> None:
    event = read(command("join", channel="C0001"))
    assert isinstance(event, Command)
    assert event.origin.chat == ""
    assert event.origin.private


def test_a_tap_on_a_message() -> None:
    event = read(tap("q1.2.3"))
    assert isinstance(event, Tap)
    assert (event.token, event.message) == ("q1.2.3", "1772443800.000200")
    assert (event.origin.chat, event.origin.private, event.origin.trigger) == (DIRECT, True, "1.2.trigger")


def test_a_tap_in_a_channel_is_not_private() -> None:
    event = read(tap(channel="C0001"))
    assert isinstance(event, Tap)
    assert not event.origin.private


def test_a_tap_on_a_message_that_cannot_be_edited_names_none() -> None:
    payload = tap()
    payload["container"]["is_ephemeral"] = True
    event = read(payload)
    assert isinstance(event, Tap)
    assert event.message == ""


def test_a_tap_in_the_home() -> None:
    event = read(home_tap("join_7"))
    assert isinstance(event, Tap)
    assert (event.token, event.message, event.origin.chat) == ("join_7", "", "")


VALUES: dict[str, dict[str, Any]] = {
    "aim": {"type": "plain_text_input", "value": "Healthy soils & water"},
    "empty": {"type": "plain_text_input", "value": None},
    "status": {"type": "radio_buttons", "selected_option": option("member")},
    "country": {"type": "static_select", "selected_option": None},
    "objectives": {"type": "checkboxes", "selected_options": [option("a1"), option("b2")]},
    "more": {"type": "multi_static_select", "selected_options": []},
}
READ = {
    "aim": "Healthy soils & water",
    "empty": "",
    "status": "member",
    "country": "",
    "objectives": ["a1", "b2"],
    "more": [],
}


def test_a_choice_in_an_open_form() -> None:
    event = read(form_changed(VALUES))
    assert isinstance(event, FormChanged)
    assert (event.token, event.view, event.values) == ("q1.2.f", "V2", READ)


def test_a_form_that_was_sent() -> None:
    event = read(form_submitted(VALUES))
    assert isinstance(event, FormSubmitted)
    assert (event.token, event.values) == ("q1.2.f", READ)
    assert event.origin.chat == ""


def test_the_home_was_opened() -> None:
    assert isinstance(read(home_opened()), HomeOpened)
    assert read(home_opened(tab="messages")) is None


def test_a_workspace_that_is_not_known_is_taken_from_the_payload() -> None:
    for payload in (message(), tap(), command("help")):
        event = parse(payload, Identity(), NOW)
        assert event
        assert event.origin.account == Account("slack", PERSON, TEAM)


def test_every_interaction_has_its_own_key() -> None:
    payloads = [
        tap("q1.2.3"),
        tap("q1.2.4"),
        home_tap(),
        command("join"),
        command("join", trigger="9.9"),
        form_changed(VALUES),
        form_submitted(VALUES),
    ]
    events = [read(payload) for payload in payloads]
    assert len({event.origin.key for event in events if event}) == len(payloads)


@pytest.mark.parametrize("payload", [{}, {"type": None}, {"type": "event_callback", "event": []}])
def test_what_slack_never_sends_is_malformed(payload: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        read(payload)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
PAYLOADS = [message(), home_opened(), command("join"), tap(), home_tap(), form_submitted(VALUES)]


@settings(deadline=None)
@given(st.sampled_from(PAYLOADS), st.data())
def test_a_payload_with_anything_in_it_is_read_or_malformed(payload: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(payload)))
    broken = {**payload, name: data.draw(JSON)}
    with suppress(Malformed):
        read(broken)
