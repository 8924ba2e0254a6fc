"""A study as its panellists live it, on both platforms: invited, asked, told what the others think, told what came of
it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.markup import plain
from bot.flows.studies import round_news
from bot.flows.studies.round_news import Reader
from sandbox.person import Seen
from storage import answer_table, answers, proposals
from storage.schema import answers as answer_rows
from storage.schema import participants
from tests import panel
from tests.panel import CHAR, EVERY_KIND, PAID, Study
from tests.scenarios.test_linking import link
from tests.stage import Actor, Stage, account, stage

# Where the words are what is looked at, one database is enough.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

RATINGS = (PAID, CHAR, panel.OPEN_DATA, panel.YEAR)
# What eight others said in round 1, by item.
EIGHT = [
    {"A1": first, "A2": second, "B1": 4, "D1": 2040 + first}
    for first, second in zip((7, 8, 9, 7, 8, 9, 7, 2), (1, 2, 8, 9, 2, 8, None, 3), strict=True)
]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Stage]:
    """Everybody lives by UTC; it is a Monday at ten."""
    async with stage(database_url) as opened:
        for name in ("Ada Rowan", "Ben Field", "Cleo Marsh", "Dan Holt"):
            opened.world.add_person(name, person_id=name.split()[0].lower(), telegram=True, slack=True)
        today = opened.world.now.date()
        monday = datetime.combine(today + timedelta(days=7 - today.weekday()), time(10), UTC)
        opened.world.advance(monday - opened.world.now)
        yield opened


async def let_pass(scene: Stage, hours: float = 0) -> None:
    """What the ticks of the running bot do after so many hours."""
    scene.world.advance(timedelta(hours=hours))
    await scene.app.rounds.tick()
    await scene.app.reminders.tick()
    # Messages to several people leave one after the other.
    scene.world.advance(timedelta(seconds=5))
    await scene.app.postbox.sweep()
    await scene.quiet()


async def meet(*actors: Actor) -> None:
    """They have said hello before, and live by UTC."""
    for actor in actors:
        await actor.say("/start")
    async with actors[0].stage.app.database.begin() as connection:
        await connection.execute(update(participants).values(zone="Etc/UTC"))


async def put_up(
    scene: Stage, items: tuple[object, ...] = RATINGS, *, timetable: object = None, **settings: object
) -> Study:
    """A study whose first round opens tomorrow at nine and closes a week later."""
    opens = datetime.combine(scene.world.now.date() + timedelta(days=1), time(9))
    async with scene.app.database.begin() as connection:
        rounds = {"rounds": timetable} if timetable else {}
        fixed = panel.protocol(opens, items, **settings, **rounds)  # type: ignore[arg-type]  # items of every kind
        return await panel.publish(connection, fixed, scene.world.now)


def seats(scene: Stage, *names: str) -> list[dict[str, str]]:
    return [{"account": str(account(scene.world, name)), "group": "farmers"} for name in names]


async def join(actor: Actor, group: str = "Farmers") -> None:
    """Take part by the link, and pass the practice over."""
    await actor.say("/start study_soil" if not actor.in_slack else "/rounds soil")
    await actor.tap("Take part")
    await actor.tap(group)


async def values(scene: Stage, study: Study, number: int) -> dict[str, list[object]]:
    """What was answered, by item, whoever it was."""
    async with scene.app.database.connect() as connection:
        table = await answer_table.table(connection, study.rounds[number])
    return {one.code: sorted((each for each in one.values if each is not None), key=str) for one in table.columns}


async def test_who_sees_what_is_said_before_anything_is_asked(scene: Stage) -> None:
    ada, ben = scene.slack("ada"), scene.slack("ben")
    await meet(ada, ben)
    study = await put_up(scene, groups=panel.GROUPS, panel=seats(scene, "ada", "ben"))
    for person in (ada, ben):
        person.person.look()
    await let_pass(scene, 0.1)
    invitation = ada.one_message()
    assert invitation.text.startswith("An invitation for you: the Delphi study Priorities for soils.")
    for said in ("at most 4 in a round", "There will be 2–3 rounds.", "Who sees what", "not under your name"):
        assert said in invitation.text
    assert invitation.buttons[:2] == ("Take part", "No, thank you")

    # Who has not said yes is asked nothing, whatever they tap or type.
    await let_pass(scene, 24)
    await ada.say("7")
    await ada.say("/rounds")
    assert "An invitation for you" in ada.last.text
    assert await values(scene, study, 1) == {"A1": [], "A2": [], "B1": [], "D1": []}

    await ada.tap("Take part")
    assert "Thank you, you take part in Priorities for soils. Your pseudonym is P-" in ada.last.text
    assert ada.last.buttons[:2] == ("Practice question", "Begin round 1")
    await ben.tap("No, thank you", invitation_of(ben))
    assert "I will not ask you again." in ben.last.text
    ben.person.look()
    await let_pass(scene, 24 * 5)
    assert ben.person.news() == []
    await ben.tap("Take part after all")
    assert "Thank you, you take part" in ben.last.text


def invitation_of(person: Actor) -> Seen:
    return next(one for one in person.person.messages() if one.text.startswith("An invitation for you"))


@on_sqlite
async def test_a_practice_question_shows_how_it_goes_and_keeps_nothing(ada: Actor, scene: Stage) -> None:
    await meet(ada)
    study = await put_up(scene, groups=panel.GROUPS)
    await let_pass(scene, 24)
    await join(ada)
    await ada.tap("Practice question")
    assert "Practice: nothing of this is kept." in ada.last.text
    await ada.tap("6")
    assert "You said 6. 14 of 20 said 7 to 9." in ada.last.text
    assert "6 ▇▇▇ 3 ◂ you" in ada.last.text
    await ada.tap("Keep my 6")
    assert "That is all there is to it." in ada.last.text
    await ada.tap("Begin round 1")
    assert ada.last.text.startswith("A1. Cover crops deserve public money.")
    assert await values(scene, study, 1) == {"A1": [], "A2": [], "B1": [], "D1": []}
    await ada.say("/rounds")
    assert "Practice question" not in ada.last.buttons


async def test_a_round_begun_in_slack_and_finished_on_the_phone(scene: Stage) -> None:
    desk, phone, ben = scene.slack("ada"), scene.telegram("ada"), scene.telegram("ben")
    await meet(desk, phone, ben)
    await link(desk, phone)
    study = await put_up(scene, groups=panel.GROUPS)
    await join(desk)
    await join(ben)
    # Slack is where she wrote last.
    scene.world.advance(timedelta(minutes=2))
    await desk.say("/settings")
    desk.person.look()
    phone.person.look()
    await let_pass(scene, 23)

    # The message that opens the round holds the first item, answerable right there.
    opening = desk.one_message()
    assert opening.text.startswith("Priorities for soils: round 1 is open. 4 questions")
    assert "A1. Cover crops deserve public money." in opening.text
    assert "1 = not at all · 9 = entirely" in opening.text
    assert "1 of 4 · 0 answered · open until" in opening.text
    await desk.tap("7")
    assert desk.one_message().id == opening.id
    assert desk.last.text.startswith("✓ A1: you said 7\n\nA2. Biochar deserves public money.")
    await desk.say("8")
    desk.sees("A2. Biochar deserves public money.\n✓ A2: you said 8")

    await phone.say("/rounds")
    assert "Round 1, 2 of 4 answered" in phone.last.text
    await phone.tap("Go on")
    assert phone.last.text.startswith("B1. All data should be open.")
    await phone.tap("Agree")
    await phone.say("2040")
    assert phone.last.text.startswith("All 4 questions are answered. Thank you!")
    assert "Round 2 is planned for" in phone.last.text

    # Who is done is not reminded; who has not begun is.
    desk.person.look()
    phone.person.look()
    ben.person.look()
    for _ in range(5):
        await let_pass(scene, 24)
    assert (desk.person.news(), phone.person.news()) == ([], [])
    assert ben.person.news()
    assert await values(scene, study, 1) == {"A1": [7], "A2": [8], "B1": [4], "D1": [2040]}


@on_sqlite
async def test_old_buttons_and_links_of_others_say_where_things_stand(scene: Stage) -> None:
    ada, ben = scene.telegram("ada"), scene.telegram("ben")
    await meet(ada, ben)
    study = await put_up(scene)
    await ada.say("/start study_soil")
    await ada.tap("Take part")
    ada.person.look()
    await let_pass(scene, 24)
    opening = ada.one_message()

    # Whoever is on no panel opens nothing by guessing, and nothing of an open round is shown to anybody.
    await ben.say(f"/start rate_{study.rounds[1]}")
    ben.sees("This asks nothing of you")
    await ben.say("/start study_soil")
    assert "An invitation for you" in ben.last.text
    await ben.say("/start study_nosuch")
    ben.sees("I know no study by that name.")
    await ada.person.say("/start rate_999999999")
    await scene.quiet()
    ada.sees("This asks nothing of you")

    await ada.tap("2", opening)
    await ada.say("/help")
    assert "Go on" in ada.last.buttons, "who looks around finds the way back"
    await ada.tap("Go on")
    assert ada.last.text.startswith("A2.")
    await ada.say("/cancel")
    assert "All right. Priorities for soils: 1 of 4 answered, and all of it is saved." in ada.last.text
    await let_pass(scene, 24 * 7)
    await let_pass(scene, 24)
    assert "1 of 1 people answered" in ada.last.text
    await ada.tap("Go on", next(one for one in ada.person.messages() if one.text.startswith("All right.")))
    ada.sees("Round 1 closed on ")
    assert await values(scene, study, 1) == {"A1": [2], "A2": [], "B1": [], "D1": []}


@on_sqlite
async def test_round_two_shows_where_the_others_stand_and_asks_why_one_moved(ada: Actor, scene: Stage) -> None:
    await meet(ada)
    study = await put_up(scene, groups=panel.GROUPS, smallest_group=3)
    await join(ada)
    await let_pass(scene, 24)
    await ada.say("/rounds")
    await ada.tap("Begin round 1")
    await ada.tap("6")
    await ada.tap("Change A1")
    await ada.tap("Comment")
    await ada.say("They cost the farmer time.")
    ada.sees("✓ Your comment on A1 is kept.", "Your comment: They cost the farmer time.")
    await ada.tap("Next ›")
    await ada.tap("2")
    async with scene.app.database.begin() as connection:
        await panel.others(connection, study, 1, EIGHT, scene.world.now)
        whose = (await answer_table.table(connection, study.rounds[1])).panellists[-1]
        ids = (await connection.execute(select(answer_rows.c.pseudonym_id).distinct())).scalars().all()
        await say_something(connection, study, ids[-1], scene.world.now)
    assert whose
    ada.person.look()
    await let_pass(scene, 24 * 8)
    result = ada.last
    assert result.text.startswith("Priorities for soils: round 1 has closed. 9 of 9 people answered.")
    assert "• 4 are to be asked again" in result.text
    await ada.tap("A1", result)
    assert "Agreed. 7 of 9 said 7 to 9; 7 were needed. It was asked for the first time" in ada.last.text
    await ada.tap("Picture")
    assert ada.last.pictures == 1

    await let_pass(scene, 24 * 6)
    await ada.say("/rounds")
    await ada.tap("Begin round 2")
    assert "You said 6. 7 of 9 said 7 to 9." in ada.last.text
    assert "6 ▇ 1 ◂ you" in ada.last.text
    assert "The middle half of the answers lies between 7 and 8; the middle answer is 7." in ada.last.text
    assert "Farmers (5): the middle answer is" in ada.last.text
    await ada.tap("Reasons of others (1)")
    assert '1. "It keeps the rain in the field."' in ada.last.text
    assert "They cost the farmer time." not in ada.last.text
    await ada.tap("‹ Back to A1")
    await ada.tap("Keep my 6")
    assert ada.last.text.startswith("✓ A1: you said 6\n\nA2. Biochar deserves public money.")
    assert "Opinions are split: 5 of 8 said 1 to 3, and 3 said 7 to 9." in ada.last.text
    assert "1 person was unable to score it." in ada.last.text
    await ada.tap("9")
    assert "Before, it was 2. What made the difference to A2?" in ada.last.text
    await ada.tap("A new argument")
    assert ada.last.text.startswith("✓ A2: you said 9\n\nB1. ")
    async with scene.app.database.connect() as connection:
        table = await answer_table.table(connection, study.rounds[2])
    assert [each for one in table.columns for each in one.why_changed if each] == ["new_argument"]


async def say_something(connection: AsyncConnection, study: Study, pseudonym_id: int, now: datetime) -> None:
    """One of the others gives a reason, which was looked at and may be shown."""
    asked = {"round_id": study.rounds[1], "item_id": study.items["A1"], "pseudonym_id": pseudonym_id}
    words = "It keeps the rain in the field."
    await answers.comment(connection, **asked, words=words, language="en", now=now)
    for one in await answers.comments(connection, study.id, ("waiting",)):
        if one.words == words:
            await answers.moderate(connection, one.id, words, "shown", words)


@on_sqlite
async def test_every_kind_of_item_is_answered_by_tapping_or_typing(ada: Actor, scene: Stage) -> None:
    await meet(ada)
    study = await put_up(scene, EVERY_KIND)
    await ada.say("/rounds soil")
    await ada.tap("Take part")
    await let_pass(scene, 24)
    await ada.say("/rounds")
    await ada.tap("Begin round 1")
    await ada.say("12")
    ada.sees("12 is not on the scale. Please choose from 1 to 9.")
    await ada.say("skip")
    assert ada.last.text.startswith("A2.")
    await ada.tap("Unable to score")
    await ada.say("strongly agree")
    await ada.tap("Compost")
    await ada.tap("Trees on fields")
    await ada.tap("Cover crops")
    ada.sees("Your answer: Cover crops, Trees on fields")
    await ada.tap("Compost")
    ada.sees("At most 2: please take one back first.")
    await ada.tap("Next ›")
    await ada.tap("Trees on fields")
    assert "Your order so far:\n1. Trees on fields" in ada.last.text
    await ada.tap("Cover crops")
    await ada.say("2010")
    ada.sees("The smallest possible is 2025.")
    await ada.say("2040")
    await ada.say("12.50")
    await ada.say("Time.")
    # Only the one that was skipped is left.
    assert ada.last.text.startswith("A1. Cover crops deserve public money.")
    await ada.tap("Overview")
    assert "8 of 9 answered" in ada.last.text
    assert ada.last.buttons[:3] == ("A1", "✓ A2", "✓ B1")
    await ada.tap("A1")
    await ada.tap_twice("4")
    ada.sees("✓ A1: you said 4", "All 9 questions are answered. Thank you!")
    assert await values(scene, study, 1) == {
        "A1": [4],
        "A2": [],
        "B1": [5],
        "C1": ["compost"],
        "C2": [["cover", "trees"]],
        "C3": [["trees", "cover", "compost"]],
        "D1": [2040],
        "D2": [12.5],
        "E1": ["Time."],
    }


@on_sqlite
async def test_proposals_are_made_changed_and_answered_for_in_private(ada: Actor, scene: Stage) -> None:
    await meet(ada)
    question = panel.MISSING.model_copy(update={"id": "Z1", "proposals": True})
    opens = datetime.combine(scene.world.now.date() + timedelta(days=1), time(9))
    rounds = [
        {"opens": opens, "closes": opens + timedelta(days=5), "kind": "proposals"},
        {"opens": opens + timedelta(days=9), "closes": opens + timedelta(days=14)},
        {"opens": opens + timedelta(days=19), "closes": opens + timedelta(days=24)},
    ]
    study = await put_up(scene, (question, PAID), timetable=rounds)
    await ada.say("/rounds soil")
    await ada.tap("Take part")
    await let_pass(scene, 24)
    await ada.say("/rounds")
    await ada.tap("Begin round 0")
    assert "Write one proposal a message" in ada.last.text
    await ada.say("Hedges")
    await ada.say("Ponds")
    await ada.say("Ponds")
    assert "1. Hedges\n2. Ponds" in ada.last.text
    await ada.tap("1", ada.last)
    await ada.say("Hedges along slopes")
    assert "1. Hedges along slopes\n2. Ponds" in ada.last.text
    await ada.tap("2", ada.last)
    await ada.tap("Remove it")
    assert "✓ Your proposal is removed." in ada.last.text
    await ada.tap("Next ›")
    assert "Thank you!" in ada.last.text
    ada.person.look()
    await let_pass(scene, 24 * 6)
    assert "round 0 has closed" in ada.last.text
    assert "1 proposal was made." in ada.last.text
    async with scene.app.database.connect() as connection:
        made = await proposals.of_study(connection, study.id)
    assert [one.words for one in made] == ["Hedges along slopes"]
    async with scene.app.database.begin() as connection:
        await proposals.decide(connection, made[0].id, "declined", scene.world.now, reason="It is measured already.")
        reader = Reader(0, scene.app.house.words["en"], "Etc/UTC", "telegram")
        told = plain((await round_news.proposal_decided(connection, made[0].id, reader)).text)
    assert told == (
        "Your proposal was not taken up in Priorities for soils: Hedges along slopes\n\n"
        "The moderators’ reason: It is measured already."
    )


@on_sqlite
async def test_words_for_the_message_that_opens_a_round_are_not_taken_for_the_round_before(
    ada: Actor, scene: Stage
) -> None:
    await meet(ada)
    study = await put_up(scene)
    await ada.say("/rounds soil")
    await ada.tap("Take part")
    await let_pass(scene, 24)
    await ada.say("/rounds")
    await ada.tap("Begin round 1")
    await ada.tap("6")
    assert ada.last.text.startswith("✓ A1"), "A2 of round 1 stays on the screen"
    await let_pass(scene, 24 * 8)
    await let_pass(scene, 24 * 6)
    assert "round 2 is open" in ada.last.text
    await ada.say("4")
    ada.sees("✓ A1: you said 4")
    assert (await values(scene, study, 2))["A1"] == [4]
