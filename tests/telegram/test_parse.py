"""What a person did, read from what Telegram reports."""

from datetime import UTC, datetime
from typing import Any

import pytest
import telegram
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.events import Account, Attachment, Blocked, Command, Event, Origin, Profile, Tap, Text, Upload
from bot.handlers.telegram.parse import parse
from bot.handlers.telegram.updates import decode, read
from tests.telegram.far_side import NOW, PERSON, message, tap

GROUP = {"id": -1001234, "type": "supergroup", "title": "Soil Regeneration"}


def parsed(update: dict[str, Any]) -> Event | None:
    return parse(read(update), 110201543, "FourPer1000Bot", NOW)


def member(chat: dict[str, Any], status: str) -> dict[str, Any]:
    user = {"id": 110201543, "is_bot": True, "first_name": "4 per 1000"}
    change = {
        "chat": chat,
        "from": PERSON,
        "date": 1,
        "old_chat_member": {"user": user, "status": "member"},
        "new_chat_member": {"user": user, "status": status, "until_date": 0},
    }
    return {"update_id": 9, "my_chat_member": change}


def written_by(sender: dict[str, Any] | None) -> dict[str, Any]:
    update = message(5)
    update["message"]["from"] = sender
    return update


def test_words_in_a_private_chat() -> None:
    assert parsed(message(5, "hello")) == Text(
        Origin(
            key="telegram:110201543:5",
            account=Account("telegram", "42"),
            at=NOW,
            chat="42",
            private=True,
            profile=Profile(name="Awa Diop", handle="awa"),
        ),
        "hello",
    )


def test_words_in_a_group_are_not_private() -> None:
    event = parsed(message(5, "hello", chat=GROUP))
    assert isinstance(event, Text)
    assert (event.origin.chat, event.origin.private) == ("-1001234", False)


@pytest.mark.parametrize(
    ("written", "name", "argument"),
    [
        ("/join", "join", ""),
        ("/Join", "join", ""),
        ("/start join_7", "start", "join_7"),
        ("/join@FourPer1000Bot", "join", ""),
        ("/join@fourper1000bot  soil carbon ", "join", "soil carbon"),
        ("/help\nme", "help", "me"),
    ],
)
def test_commands(written: str, name: str, argument: str) -> None:
    event = parsed(message(5, written))
    assert isinstance(event, Command)
    assert (event.name, event.argument) == (name, argument)


def test_a_command_for_another_bot_is_nothing_to_us() -> None:
    assert parsed(message(5, "/join@OtherBot", chat=GROUP)) is None


@pytest.mark.parametrize("written", ["/", "/ join", "and/or", "//", "/join-me", "1/2"])
def test_words_with_a_slash_are_words(written: str) -> None:
    event = parsed(message(5, written))
    assert isinstance(event, Text)
    assert event.text == written


def test_a_tap_names_its_message() -> None:
    event = parsed(tap(6, "q1.2.3"))
    assert isinstance(event, Tap)
    assert (event.token, event.message, event.origin.chat) == ("q1.2.3", "7", "42")


def test_a_tap_under_an_inaccessible_message() -> None:
    gone = {"chat": {"id": 42, "type": "private"}, "message_id": 7, "date": 0}
    event = parsed(tap(6, message=gone))
    assert isinstance(event, Tap)
    assert event.message == "7"


def test_a_tap_under_an_inline_message_or_on_a_game_is_nothing_to_us() -> None:
    assert parsed(tap(6, message=None, inline_message_id="x")) is None
    assert parsed(tap(6, data=None, game_short_name="g")) is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (
            {"photo": [{"file_id": "a", "file_unique_id": "b", "width": 1, "height": 1}], "caption": "x"},
            "photo",
        ),
        ({"document": {"file_id": "a"}}, "document"),
        ({"voice": {"file_id": "a"}}, "voice"),
        ({"sticker": {"file_id": "a"}}, "sticker"),
        ({"animation": {"file_id": "a"}, "document": {"file_id": "a"}}, "animation"),
        ({"venue": {"title": "x"}, "location": {"latitude": 1.5, "longitude": 2}}, "venue"),
        ({"location": {"latitude": 1.5, "longitude": 2}}, "location"),
        ({"contact": {"phone_number": "1"}}, "contact"),
    ],
)
def test_what_is_not_words_has_a_kind(content: dict[str, Any], kind: str) -> None:
    event = parsed(message(5, None, **content))
    assert isinstance(event, Attachment)
    assert event.kind == kind


def test_of_a_photo_the_largest_size_is_taken_and_of_a_document_its_name() -> None:
    sizes = [
        {"file_id": "whole", "width": 1280, "height": 960, "file_size": 300_000},
        {"file_id": "small", "width": 90, "height": 67, "file_size": 1_500},
    ]
    photo = parsed(message(5, None, photo=sizes, caption="Our\0 field"))
    assert isinstance(photo, Attachment)
    assert photo.uploads == (Upload("whole", "photo.jpg", "image/jpeg", 300_000),)
    assert photo.words == "Our field"
    file = {"file_id": "d", "file_name": "plan.pdf", "mime_type": "application/pdf", "file_size": 62_914_560}
    document = parsed(message(5, None, document=file))
    assert isinstance(document, Attachment)
    assert document.uploads == (Upload("d", "plan.pdf", "application/pdf", 62_914_560),)
    assert parsed(message(5, None, document={"file_id": "d"})) == Attachment(
        document.origin, "document", (Upload("d", "document", "application/octet-stream", 0),)
    )
    voice = parsed(message(5, None, voice={"file_id": "v"}))
    assert isinstance(voice, Attachment)
    assert voice.uploads == ()


def test_blocking_the_bot() -> None:
    event = parsed(member({"id": 42, "type": "private"}, "kicked"))
    assert isinstance(event, Blocked)
    assert event.origin.account == Account("telegram", "42")


@pytest.mark.parametrize(
    "update",
    [
        member({"id": 42, "type": "private"}, "member"),
        member(GROUP, "kicked"),
        {"update_id": 1},
        {"update_id": 1, "edited_message": message(1)["message"]},
        {
            "update_id": 1,
            "channel_post": {"message_id": 1, "chat": {"id": -1, "type": "channel"}, "text": "x"},
        },
        message(1, None, new_chat_members=[PERSON]),
        written_by(PERSON | {"is_bot": True}),
        written_by(None),
    ],
)
def test_what_is_nothing_to_us(update: dict[str, Any]) -> None:
    assert parsed(update) is None


@pytest.mark.parametrize(
    ("code", "language"),
    [("fr", "fr"), ("fr-CA", "fr"), ("es-419", "es"), ("en", "en"), ("it-IT", "it-IT"), ("", ""), (None, "")],
)
def test_languages_of_ours_lose_their_region(code: str | None, language: str) -> None:
    event = parsed(written_by(PERSON | {"language_code": code}))
    assert event
    assert event.origin.profile.language == language


def test_a_person_with_one_name_and_no_handle() -> None:
    event = parsed(written_by({"id": 42, "is_bot": False, "first_name": "Awa"}))
    assert event
    assert event.origin.profile == Profile(name="Awa")


def test_nul_never_reaches_the_database() -> None:
    event = parsed(message(5, "he\0llo"))
    assert isinstance(event, Text)
    assert event.text == "hello"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"update"',
        b"{}",
        b'{"update_id": "many"}',
        b'{"update_id": 1, "message": 3}',
        b'{"update_id": 1, "message": {"message_id": 1, "chat": {"id": "x", "type": "private"}}}',
        b'{"update_id": 1, "callback_query": {"id": "1"}}',
        b'{"update_id": 1, "message": {"text": "\xff"}}',
        b'{"update_id": ' + b"[" * 10_000,
    ],
)
def test_what_is_no_update_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any ValueError is the documented one
        decode(body)


@given(body=st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(repr).map(str.encode))
def test_no_body_crashes_the_parser(body: bytes) -> None:
    try:
        update = decode(body)
    except ValueError:
        return
    parse(update, 1, "bot", NOW)


@given(words=st.text(min_size=1, max_size=200))
def test_whatever_is_written_arrives_as_written_or_as_a_command(words: str) -> None:
    event = parsed(message(5, words))
    if isinstance(event, Command):
        assert words.startswith("/")
    else:
        assert isinstance(event, Text)
        assert event.text == words.replace("\0", "")


def test_the_wire_shapes_are_those_of_python_telegram_bot() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    user = telegram.User(42, "Awa", False, last_name="Diop", username="awa", language_code="fr-FR")
    chat = telegram.Chat(42, "private", first_name="Awa")
    bot = telegram.User(1, "bot", True)
    written = telegram.Message(7, at, chat, from_user=user, text="/start join_7")
    pictured = telegram.Message(7, at, chat, from_user=user, photo=(telegram.PhotoSize("a", "b", 1, 1),))
    pressed = telegram.CallbackQuery("9", user, "x", message=written, data="q1.2.3")
    blocked = telegram.ChatMemberUpdated(
        chat, user, at, telegram.ChatMemberMember(bot), telegram.ChatMemberBanned(bot, at)
    )
    origin = Origin(
        key="telegram:1:3",
        account=Account("telegram", "42"),
        at=NOW,
        chat="42",
        profile=Profile("Awa Diop", "awa", "fr"),
    )
    for update, event in (
        (telegram.Update(3, message=written), Command(origin, "start", "join_7")),
        (
            telegram.Update(3, message=pictured),
            Attachment(origin, "photo", (Upload("a", "photo.jpg", "image/jpeg", 0),)),
        ),
        (telegram.Update(3, callback_query=pressed), Tap(origin, "q1.2.3", "7")),
        (telegram.Update(3, my_chat_member=blocked), Blocked(origin)),
        (telegram.Update(3, edited_message=written), None),
    ):
        assert parse(decode(update.to_json().encode()), 1, "bot", NOW) == event
