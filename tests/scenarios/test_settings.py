"""Settings, told as they are changed. Every scenario runs on both platforms and both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from sandbox.slack.person import SlackPerson
from storage.schema import accounts, participants
from tests.scenarios.test_joining import join_regeneration
from tests.stage import Actor, Stage


async def stored(actor: Actor) -> Any:
    """The person's row."""
    async with actor.stage.app.database.connect() as connection:
        name = actor.person.persona.name
        return (await connection.execute(select(participants).where(participants.c.name == name))).one()


@pytest.fixture
async def someone(ada: Actor) -> Actor:
    await ada.say("/settings")
    return ada


async def test_settings_are_changed_in_place(someone: Actor) -> None:
    assert "I write to you: from 9:00 to 19:00" in someone.last.text
    await someone.tap("Hours")
    await someone.tap("8:00")
    await someone.tap("18:00")
    assert "I write to you: from 8:00 to 18:00" in someone.one_message().text
    assert someone.messages.count("Your settings.") == 1
    row = await stored(someone)
    assert (row.daytime_from, row.daytime_to) == (8, 18)


async def test_a_day_is_never_shorter_than_three_hours(someone: Actor) -> None:
    await someone.tap("Hours")
    await someone.tap("9:00")
    assert "11:00" not in someone.last.buttons
    await someone.tap("12:00")
    await someone.tap("Hours")
    await someone.tap("14:00")
    row = await stored(someone)
    assert (row.daytime_from, row.daytime_to) == (14, 17)


async def test_the_language_changes_at_once(someone: Actor) -> None:
    await someone.tap("Language")
    await someone.tap("Español")
    assert "Sus ajustes." in someone.one_message().text
    assert (await stored(someone)).language == "es"


async def test_topics_are_stopped_and_taken_up_again(someone: Actor) -> None:
    await someone.tap("Topics")
    await someone.tap("✓ forms I did not finish")
    assert (await stored(someone)).stopped_topics == ["unfinished"]
    await someone.tap("‹ Settings")
    assert "I remind you of: everything but forms I did not finish" in someone.last.text
    await someone.tap("Topics")
    await someone.tap("✗ forms I did not finish")
    assert (await stored(someone)).stopped_topics == []


async def test_only_the_secretariat_has_its_topics(someone: Actor, tom: Actor) -> None:
    await someone.tap("Topics")
    assert not [label for label in someone.last.buttons if "requests to decide" in label]
    await tom.say("/settings")
    await tom.tap("Topics")
    assert "✓ requests to decide" in tom.last.buttons


async def test_a_digest_or_the_most_urgent_thing(someone: Actor) -> None:
    await someone.tap("Only the most urgent thing")
    assert "Several things on one day: only the most urgent one" in someone.last.text
    assert (await stored(someone)).digest is False
    await someone.tap("All in one message")
    assert (await stored(someone)).digest is True


async def test_a_pause_ends_at_midnight_where_the_person_lives(ada: Actor) -> None:
    await set_zone(ada, "Bogotá")
    await ada.say("/settings")
    await ada.tap("Pause")
    await ada.tap("1 week")
    until = (await stored(ada)).paused_until
    assert until > ada.stage.world.now
    assert (until.hour, until.minute) == (5, 0)
    assert "Pause: until" in ada.last.text
    await ada.tap("Pause")
    await ada.tap("End the pause")
    assert (await stored(ada)).paused_until is None
    assert "Pause: until" not in ada.last.text


async def set_zone(person: Actor, *answers: str) -> None:
    await person.say("/settings")
    await person.tap("Time zone")
    for answer in answers:
        await person.say(answer)


async def test_a_city_sets_the_zone_in_any_language(ada: Actor) -> None:
    await set_zone(ada, "la havane")
    assert "Your time zone is that of Havana, where it is" in ada.last.text
    assert (await stored(ada)).zone == "America/Havana"


async def test_an_offset_sets_a_zone_that_stays_the_same_all_year(ada: Actor) -> None:
    await set_zone(ada, "UTC-5")
    assert "Your time zone is UTC−5, all year round" in ada.last.text
    assert (await stored(ada)).zone == "Etc/GMT+5"


async def test_where_several_zones_are_meant_one_is_asked_for(ada: Actor) -> None:
    await set_zone(ada, "Spain")
    assert "Which of these has the time where you live?" in ada.last.text
    await ada.say("2")
    assert (await stored(ada)).zone == "Atlantic/Canary"


async def test_a_place_that_nobody_knows_is_asked_for_again(ada: Actor) -> None:
    await set_zone(ada, "Qwertz")
    assert "I do not know that place." in ada.last.text
    await ada.say("Pariss")
    assert "Did you mean Paris?" in ada.last.text
    await ada.say("Paris")
    assert (await stored(ada)).zone == "Europe/Paris"


async def test_slack_tells_the_zone(scene: Stage) -> None:
    ned = scene.slack("ned")
    await ned.say("/settings")
    assert "New York, where it is" in ned.last.text
    assert (await stored(ned)).zone == "America/New_York"
    await set_zone(ned, "Lima")
    await ned.say("/settings")
    assert "Lima, where it is" in ned.last.text
    assert (await stored(ned)).zone == "America/Lima"


async def test_on_telegram_the_zone_is_asked_for_once(scene: Stage) -> None:
    ada = scene.telegram("ada")
    await join_regeneration(ada)
    await ada.tap("Tell me your time zone")
    await ada.say("Nairobi")
    assert (await stored(ada)).zone == "Africa/Nairobi"


async def test_in_slack_the_zone_is_known(scene: Stage) -> None:
    ned = scene.slack("ned")
    await join_regeneration(ned)
    assert "Tell me your time zone" not in ned.last.buttons


async def test_the_home_in_slack_shows_the_settings(scene: Stage) -> None:
    ned = scene.slack("ned")
    assert isinstance(ned.person, SlackPerson)
    await ned.say("/start")
    await ned.person.open_home()
    await scene.quiet()
    assert "Time zone: New York" in ned.person.home()


async def test_words_open_the_settings(ada: Actor) -> None:
    await ada.say("/start")
    await ada.say("my settings")
    assert "Your settings." in ada.last.text


async def test_when_somebody_wrote_last_is_noticed(ada: Actor) -> None:
    await ada.say("/start")
    before = ada.stage.world.now
    ada.stage.world.advance(timedelta(hours=1))
    await ada.say("/help")
    async with ada.stage.app.database.connect() as connection:
        seen = (await connection.execute(select(accounts.c.seen_at).order_by(accounts.c.seen_at.desc()))).scalar()
    assert seen is not None
    assert seen > before
