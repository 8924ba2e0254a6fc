"""What people type instead of tapping, and what they type that nobody expected."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.events import Attachment
from bot.chat.limits import LIMITS
from bot.flows.engine import Engine
from bot.outreach.postbox import Postbox
from storage import coalitions
from storage.schema import conversations
from tests.flows.visitor import Talk, Visitor, buttons_of
from tests.outreach.far_side import START, FarSide, text_of

APOLOGY = "Something went wrong"


@pytest.fixture
async def ada(engine: Engine, postbox: Postbox, far_side: FarSide) -> Talk:
    """Ada has begun to join and said who she is; she is asked what she would like to support."""
    talk = Talk(Visitor("telegram:42"), engine, postbox, far_side)
    await talk.command("join")
    await talk.say("English", "I agree")
    return talk


async def to_facility(talk: Talk) -> str:
    return await talk.say("On my own", "Youth", "Volunteer")


async def test_a_number_a_label_or_its_beginning_is_an_answer(ada: Talk) -> None:
    for typed in ("2", "2.", " 2)", "For an organisation", "for an ORGANISATION", "Organisation!", "for an"):
        assert "What is your organisation called?" in await ada.say(typed), typed
        await ada.say("back")


async def test_what_fits_nothing_is_asked_again(ada: Talk) -> None:
    for typed in ("0", "3", "1 2", "", "?", "o", "an organisation, I think", "9" * 5000):
        answer = await ada.say(typed)
        assert "I could not match that" in answer, typed
        assert "Do you join on your own" in answer, typed


async def test_a_number_means_the_place_on_the_screen_and_never_a_number_behind_it(
    ada: Talk, database: AsyncEngine
) -> None:
    # The larger coalition stands first, so that places and row numbers cross.
    async with database.begin() as connection:
        ids = []
        for title in ("Small", "Large"):
            ids.append(
                await coalitions.propose(
                    connection,
                    kind="alliance",
                    facility="global-4",
                    title=title,
                    aim="",
                    objectives=[],
                    proposed_by=None,
                    now=START,
                )
            )
        assert ids == [1, 2]
        await coalitions.request(
            connection,
            participant_id=1,
            account_id=1,
            organisation_id=None,
            coalition_id=ids[1],
            role="member",
            note="",
            now=START,
        )
        assert await coalitions.decide(connection, 1, state="approved", decided_by=1, reason="", now=START)
    await to_facility(ada)
    await ada.say("4")
    assert "1. Large" in ada.last
    assert "2. Small (forming)" in ada.last
    assert "You are joining the Alliance Small" in await ada.say("2")


async def test_several_are_typed_with_commas(ada: Talk) -> None:
    await to_facility(ada)
    await ada.say("4", "1", "1")
    assert "How can you help?" in ada.last
    assert "Is there anything the Secretariat should know?" in await ada.say("1, staff; 7, 1")
    assert "You answered: Knowledge, Staff, Land" in "\n".join(map(text_of, ada.mine))


async def test_the_words_of_a_control_work_too(ada: Talk) -> None:
    assert "What is your organisation called?" in await ada.say("2")
    assert "Do you join on your own" in await ada.say("back")
    await ada.say("2", "Green Soils")
    assert "Save" not in await ada.say("save for later")
    assert "are kept" in ada.last


async def test_after_two_misses_it_explains_and_after_three_it_offers_a_person(ada: Talk) -> None:
    assert "You can tap a button" not in await ada.say("what?")
    assert "You can tap a button" in await ada.say("what?")
    await ada.say("what?")
    assert "Ask a person" in ada.labels
    await ada.say("1")
    assert "Ask a person" not in ada.labels


@pytest.mark.parametrize("name", ["join", "coalitions", "objectives", "facilities"])
async def test_whatever_stands_behind_a_command_is_answered_with_buttons_that_fit(ada: Talk, name: str) -> None:
    long = "Soil Regeneration, please, and anything else that a long line may say " * 5
    for argument in (long, "²", "9" * 60, "9" * 19, "_", "7; x", "x" * 48):
        before = len(ada.mine)
        for written in (("start", f"{name}_{argument}"), (name, argument)):
            assert APOLOGY not in await ada.command(*written), written
        assert len(ada.mine) == before + 2
        for delivery in ada.mine[before:]:
            for button in buttons_of(delivery):
                assert len(button.token.encode()) <= LIMITS["telegram"].token_bytes


async def test_a_button_that_we_never_drew_is_answered(ada: Talk) -> None:
    number = "9" * 19
    for token in (
        "qzzzzzzzzzzzz.1.b",
        "q1.zzzzzzzzzzzz.b",
        f"coalitions_{number}",
        f"join_{number}",
        f"approve_{number}",
        "x",
    ):
        before = len(ada.mine)
        await ada.take(ada.visitor.tap(token))
        assert len(ada.mine) == before + 1, token
        assert APOLOGY not in ada.last, token


async def test_a_strange_number_on_the_list_of_answers_is_asked_again(ada: Talk) -> None:
    await to_facility(ada)
    await ada.say("4", "1", "1", "1", "skip")
    assert "Please check your request" in ada.last
    assert "Which answer do you want to change?" in await ada.say("Change an answer")
    for typed in ("0", "99", "the third", "9" * 5000):
        answer = await ada.say(typed)
        assert APOLOGY not in answer
        assert "Which answer do you want to change?" in answer
    assert "Do you agree to that?" in await ada.say("2.")


async def test_a_picture_does_not_disturb_a_flow_that_was_changed_meanwhile(ada: Talk, database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(conversations.update().values(step="a question of last year"))
    await ada.take(Attachment(ada.visitor.origin(), "photo"))
    assert "I cannot use files or pictures" in ada.last
    assert "Do you join on your own" in ada.last


async def test_a_form_that_this_version_no_longer_has_is_told(ada: Talk, database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(conversations.update().values(flow="of last year"))
    assert APOLOGY not in await ada.say("1")
    assert "I did not expect a message just now" in ada.last
    assert "I did not expect a message just now" in await ada.say("1")
