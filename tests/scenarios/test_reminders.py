"""Reminders as people see them: the sandbox's clock is moved, and what falls due arrives, on both platforms."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from bot.chat.messages import Message
from bot.demo import keep_calendar
from sandbox.slack.person import SlackPerson
from storage.schema import occasions, outbox, participants
from tests.scenarios.test_joining import ALONE, KNOWLEDGE, REGENERATION, begin, join_regeneration
from tests.stage import Actor, Stage, stage

BEGUN = "is not finished: you stopped at question"


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Stage]:
    """Everybody lives by UTC, so that the hours in the scenarios are theirs; it is a Monday at ten."""
    async with stage(database_url) as opened:
        opened.world.add_person("Ada Rowan", person_id="ada", telegram=True, slack=True)
        opened.world.add_person("Ben Field", person_id="ben", telegram=True, slack=True)
        today = opened.world.now.date()
        move_to(opened, today + timedelta(days=7 - today.weekday()), 10)
        yield opened


def move_to(scene: Stage, day: date, hour: int) -> None:
    scene.world.advance(datetime.combine(day, time(hour), UTC) - scene.world.now)


def today(scene: Stage) -> date:
    return scene.world.now.date()


async def let_pass(scene: Stage) -> None:
    """What the ticks of the running bot do at this moment."""
    await scene.app.reminders.tick()
    await scene.app.postbox.sweep()
    await scene.quiet()


async def live_through(scene: Stage, days: float) -> None:
    """Look in at seven, ten, one and four o'clock."""
    for _ in range(round(days * 8)):
        scene.world.advance(timedelta(hours=3))
        await let_pass(scene)


async def leave_half_done(person: Actor, scene: Stage) -> None:
    """Leave a form after its first question about the person. Everybody's zone is known."""
    await begin(person)
    await person.tap("On my own")
    if isinstance(person.person, SlackPerson) and person.person.modal is not None:
        await person.person.close()
    async with scene.app.database.begin() as connection:
        await connection.execute(update(participants).values(zone="Etc/UTC"))
    person.person.look()


async def settings(scene: Stage, **values: object) -> None:
    async with scene.app.database.begin() as connection:
        await connection.execute(update(participants).values(**values))


async def test_an_unfinished_form_comes_back_the_next_day_and_is_finished(ada: Actor, scene: Stage, tom: Actor) -> None:
    await leave_half_done(ada, scene)
    await live_through(scene, 0.9)
    assert ada.person.news() == []
    await live_through(scene, 0.2)
    reminder = ada.one_message()
    assert "Join a coalition is not finished: you stopped at question 4 of 9." in reminder.text
    assert reminder.buttons == ("Continue: Join a coalition", "Snooze 1 day", "Not now", "Stop these reminders")

    await ada.tap("Continue: Join a coalition")
    assert "youth or of the seniors?" in ada.last.text
    if isinstance(ada.person, SlackPerson) and ada.person.modal is not None:
        await ada.person.close()
    await ada.tap("Youth")
    await ada.tap("Volunteer")
    await ada.fill(REGENERATION)
    await ada.fill(KNOWLEDGE)
    await ada.tap("Send the request")
    ada.person.look()
    await live_through(scene, 8)
    assert BEGUN not in "".join(message.text for message in ada.person.news())


async def test_nobody_is_reminded_for_ever_nor_at_night_nor_twice_a_day(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    await live_through(scene, 14)
    async with scene.app.database.connect() as connection:
        taken = (
            await connection.execute(select(occasions.c.at, occasions.c.day).where(occasions.c.topic == "day"))
        ).all()
        sent = (await connection.execute(select(outbox.c.state).where(outbox.c.payload == ""))).scalars().all()
    assert len(taken) == len(sent) == len(ada.person.news()) == 2
    assert set(sent) == {"sent"}
    assert all(9 <= at.hour < 19 for at, _ in taken)
    first, second = sorted(date.fromisoformat(day) for _, day in taken)
    assert second - first == timedelta(days=3)


async def test_who_has_been_away_for_the_night_hears_of_it_in_the_morning(ada: Actor, scene: Stage) -> None:
    move_to(scene, today(scene), 22)
    await leave_half_done(ada, scene)
    await live_through(scene, 1)
    assert ada.person.news() == []
    move_to(scene, today(scene) + timedelta(days=1), 8)
    await let_pass(scene)
    assert ada.person.news() == []
    move_to(scene, today(scene), 9)
    await let_pass(scene)
    assert BEGUN in ada.one_message().text


async def test_a_form_that_was_only_opened_or_only_not_sent_is_asked_for_in_other_words(
    ada: Actor, scene: Stage
) -> None:
    await leave_half_done(ada, scene)
    await ada.say("/cancel")
    await ada.tap("Delete my answers")
    await ada.say("/join")
    if isinstance(ada.person, SlackPerson) and ada.person.modal is not None:
        await ada.person.close()
    ada.person.look()
    await live_through(scene, 1.1)
    assert (
        "Join a coalition still waits for your first answer. The form takes about 3 minutes" in ada.one_message().text
    )
    await ada.tap("Continue: Join a coalition")
    await ada.fill(ALONE)
    await ada.fill(REGENERATION)
    await ada.fill(KNOWLEDGE)
    ada.person.look()
    await live_through(scene, 4)
    assert "Join a coalition is filled in but not sent." in ada.one_message().text


async def test_snoozing_brings_it_back_tomorrow(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    await live_through(scene, 1.1)
    ada.person.look()
    await ada.tap("Snooze 1 day")
    assert "All right, I will come back to this tomorrow at the earliest." in ada.one_message().text
    assert ada.last.buttons == ("Continue: Join a coalition",)
    ada.person.look()
    await live_through(scene, 0.5)
    assert ada.person.news() == []
    await live_through(scene, 0.5)
    assert BEGUN in ada.one_message().text


async def test_not_now_leaves_the_rhythm_as_it_is(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    await live_through(scene, 1.1)
    ada.person.look()
    await ada.tap("Not now")
    assert "All right, not now." in ada.one_message().text
    ada.person.look()
    await live_through(scene, 2)
    assert ada.person.news() == []
    await live_through(scene, 1.1)
    assert BEGUN in ada.one_message().text


async def test_stopping_a_topic_and_taking_it_back(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    await live_through(scene, 1.1)
    await ada.tap("Stop these reminders")
    ada.sees("I will not remind you of this any more: forms I did not finish.")
    ada.person.look()
    await live_through(scene, 6)
    assert ada.person.news() == []
    await ada.tap("Remind me again")
    ada.sees("I will remind you of this again: forms I did not finish.")
    ada.person.look()
    await live_through(scene, 1)
    assert BEGUN in ada.one_message().text


async def test_what_was_done_between_the_tick_and_the_sending_is_not_said(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    scene.world.advance(timedelta(days=1, hours=1))
    assert await scene.app.reminders.tick() == 1
    await ada.say("/cancel")
    await ada.tap("Delete my answers")
    ada.person.look()
    await scene.app.postbox.sweep()
    await scene.quiet()
    assert ada.person.news() == []
    async with scene.app.database.connect() as connection:
        assert (await connection.execute(select(outbox.c.state).where(outbox.c.payload == ""))).scalars().all() == [
            "cancelled"
        ]
        assert (await connection.execute(select(occasions.c.key))).all() == []


async def test_what_cannot_be_sent_before_night_waits_for_the_morning(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    move_to(scene, today(scene) + timedelta(days=1), 18)
    assert await scene.app.reminders.tick() == 1
    move_to(scene, today(scene), 23)
    await let_pass(scene)
    assert ada.person.news() == []
    await live_through(scene, 9)
    assert BEGUN in ada.person.news()[0].text


async def test_a_tick_in_two_processes_reminds_once(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    scene.world.advance(timedelta(days=1, hours=1))
    assert await scene.app.reminders.tick() == 1
    assert await scene.app.reminders.tick() == 0
    await let_pass(scene)
    await let_pass(scene)
    assert len(ada.person.news()) == 1


async def test_a_reminder_that_did_not_arrive_is_tried_again_and_says_what_is_owed_then(
    ada: Actor, scene: Stage
) -> None:
    await leave_half_done(ada, scene)
    scene.world.advance(timedelta(days=1, hours=1))
    for platform in ("telegram", "slack"):
        scene.world.faults.add("rate_limit", platform=platform, seconds=30)
    await let_pass(scene)
    assert ada.person.news() == []
    scene.world.faults.clear()
    scene.world.advance(timedelta(minutes=1))
    await let_pass(scene)
    assert BEGUN in ada.one_message().text


async def test_paused_people_hear_nothing_until_the_pause_ends(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    await settings(scene, paused_until=scene.world.now + timedelta(days=5))
    await live_through(scene, 4.9)
    assert ada.person.news() == []
    await live_through(scene, 1)
    assert BEGUN in ada.one_message().text


async def test_in_the_readers_language_and_daytime(scene: Stage) -> None:
    lea = scene.telegram("lea")
    await lea.say("/start")
    await lea.say("/join")
    await lea.tap("Français")
    await lea.tap("Oui, j’accepte")
    await settings(scene, zone="Pacific/Auckland", daytime_from=20, daytime_to=22)
    lea.person.look()
    await live_through(scene, 3)
    reminder = lea.one_message()
    assert "la question 3 sur 9 attend votre réponse" in reminder.text
    assert "Reporter d’un jour" in reminder.buttons
    async with scene.app.database.connect() as connection:
        (at,) = (await connection.execute(select(occasions.c.at).where(occasions.c.topic == "day"))).scalars()
    # Auckland is 13 hours ahead of UTC in November, 12 in June.
    assert at.hour in (7, 8)


async def test_requests_that_wait_are_brought_to_the_secretariat_on_working_days(
    scene: Stage, tom: Actor, ruth: Actor
) -> None:
    ben = scene.slack("ben")
    move_to(scene, today(scene) + timedelta(days=3), 12)
    await join_regeneration(ben)
    await settings(scene, zone="Etc/UTC")
    tom.person.look()
    ruth.person.look()
    # Two days later it is Saturday.
    await live_through(scene, 3.5)
    assert tom.person.news() == ruth.person.news() == []
    await live_through(scene, 0.5)
    for person in (tom, ruth):
        assert "1 request to join has been waiting for your decision since" in person.one_message().text
    await tom.tap("Requests to decide")
    await tom.tap("1")
    await tom.tap("Approve")
    ruth.person.look()
    tom.person.look()
    await live_through(scene, 8)
    assert tom.person.news() == ruth.person.news() == []


async def test_several_things_are_one_message_and_each_can_be_stopped(scene: Stage, tom: Actor) -> None:
    ben = scene.slack("ben")
    await join_regeneration(ben)
    await leave_half_done(tom, scene)
    await live_through(scene, 1.9)
    tom.person.look()
    await live_through(scene, 4)
    digest = next(message for message in tom.person.news() if "2 things are waiting for you." in message.text)
    assert "1. 1 request to join" in digest.text or "2. 1 request to join" in digest.text
    assert BEGUN in digest.text
    assert {"Requests to decide", "Continue: Join a coalition"} < set(digest.buttons)
    await tom.tap("Stop these reminders", digest)
    assert "What shall I no longer remind you of?" in tom.one_message().text
    await tom.tap("requests to decide")
    tom.sees("I will not remind you of this any more: requests to decide.")


async def test_what_falls_due_is_known_beforehand(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    (next_one,) = await scene.app.reminders.upcoming()
    assert next_one.name == "Ada Rowan"
    scene.world.advance(next_one.at - scene.world.now - timedelta(minutes=1))
    await let_pass(scene)
    assert ada.person.news() == []
    scene.world.advance(timedelta(minutes=2))
    await let_pass(scene)
    assert BEGUN in ada.one_message().text


async def test_the_page_can_move_the_clock_to_the_next_reminder(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    calendar = asyncio.create_task(keep_calendar(scene.world, scene.app))
    try:
        clock = scene.world.clock
        assert await scene.world.changed.until(lambda: bool(clock.occasions), 10)
        (falls_due,) = clock.occasions
        assert falls_due.name == "the reminder for Ada Rowan"
        scene.world.advance(falls_due.at - scene.world.now)
        await ada.person.sees(BEGUN)
    finally:
        calendar.cancel()


async def test_a_reminder_whose_words_cannot_be_found_holds_nothing_else_up(
    ada: Actor, scene: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> dict[int, Message]:
        raise KeyError("remind")

    await leave_half_done(ada, scene)
    scene.world.advance(timedelta(days=1, hours=1))
    with monkeypatch.context() as patch:
        patch.setattr(scene.app.postbox, "compose", broken)
        await let_pass(scene)
    assert ada.person.news() == []
    scene.world.advance(timedelta(minutes=2))
    await let_pass(scene)
    assert BEGUN in ada.one_message().text


async def test_a_snooze_on_something_done_says_so(ada: Actor, scene: Stage) -> None:
    await leave_half_done(ada, scene)
    await live_through(scene, 1.1)
    reminder = ada.last
    await ada.say("/cancel")
    await ada.tap("Delete my answers")
    await ada.tap("Snooze 1 day", reminder)
    ada.sees("That is done already, there is nothing left to put off.")


async def test_who_cannot_be_reached_takes_no_reminder(scene: Stage) -> None:
    ada = scene.telegram("ada")
    await leave_half_done(ada, scene)
    await ada.person.block()  # type: ignore[union-attr]  # on Telegram
    scene.world.advance(timedelta(days=1, hours=1))
    assert await scene.app.reminders.tick() == 0
