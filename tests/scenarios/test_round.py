"""A round on both platforms at once: what is counted of whom when it closes, and answering in forms."""

from collections import Counter
from datetime import timedelta
from fractions import Fraction
from random import Random

from bot.delphi.consensus import Verdict
from bot.delphi.outcome import Outcome, Response
from bot.delphi.report.data import publish
from bot.delphi.report.tables import data_csv
from bot.flows.studies import round_data
from sandbox.slack.person import SlackPerson
from storage import answer_table, studies
from tests import panel
from tests.panel import EVERY_KIND, Study
from tests.scenarios import test_study
from tests.scenarios.test_linking import link
from tests.scenarios.test_study import EIGHT, join, let_pass, meet, on_sqlite, put_up, values
from tests.stage import Stage

# The stage of a Monday at ten.
scene = test_study.scene
# How four panellists are called in what is published.
PUBLISHED = ("R1", "R2", "R3", "R4")


async def test_four_people_of_one_panel_and_what_is_counted_of_each(scene: Stage) -> None:
    """Ada answers half in Slack and half on Telegram, Ben leaves, Cleo changes an answer a minute before the end, and
    Dan one a minute after."""
    desk, phone = scene.slack("ada"), scene.telegram("ada")
    ben, cleo, dan = scene.telegram("ben"), scene.slack("cleo"), scene.telegram("dan")
    await meet(desk, phone, ben, cleo, dan)
    await link(desk, phone)
    study = await put_up(scene, groups=panel.GROUPS)
    for person in (desk, ben, cleo, dan):
        await join(person)
    await let_pass(scene, 24)
    for person in (desk, cleo, dan):
        await person.say("/rounds")
        await person.tap("Begin round 1")
    await desk.tap("7")
    await desk.tap("8")
    await phone.say("/rounds")
    await phone.tap("Go on")
    await phone.tap("Agree")
    await phone.say("2040")
    assert phone.last.text.startswith("All 4 questions are answered. Thank you!")
    # Typed below the message that opened the round, it answers the item in it.
    await ben.say("9")
    ben.sees("✓ A1: you said 9")
    await ben.say("/rounds")
    await ben.tap("Leave the study")
    await ben.tap("Yes, leave")
    assert "what you answered stays under your pseudonym" in ben.last.text
    await cleo.tap("3")
    await cleo.tap("Change A1")
    await dan.tap("2")
    await dan.tap("Unable to score")
    await dan.tap("‹ Back")
    await dan.tap("‹ Back")

    async with scene.app.database.connect() as connection:
        round_ = await studies.round_by_id(connection, study.rounds[1])
    assert round_ is not None
    scene.world.advance(round_.closes_at - scene.world.now - timedelta(minutes=1))
    await cleo.tap("8")
    assert "✓ A1: you said 8" in cleo.last.text
    counted = {"A1": [2, 7, 8, 9], "A2": [8], "B1": [4], "D1": [2040]}
    assert await values(scene, study, 1) == counted

    scene.world.advance(timedelta(minutes=2))
    everybody = (desk, phone, ben, cleo, dan)
    for person in everybody:
        person.person.look()
    await dan.tap("5")
    assert dan.last.text.startswith("Round 1 closed on ")
    assert dan.last.text.endswith("(your time). Your answer was not counted. What you said before counts: 2.")
    await dan.say("6")
    assert dan.last.text.endswith("(your time). Your answer was not counted."), "typed, it is as late"
    await let_pass(scene, 24)
    assert await values(scene, study, 1) == counted
    await _figures_are_right(scene, study)

    # Each is told the same of the panel and their own; who has left is told nothing.
    assert ben.person.news() == []
    assert len(desk.person.news()) + len(phone.person.news()) == 1, "once, wherever she wrote last"
    for person, own in ((phone, 7), (cleo, 8), (dan, 2)):
        await person.say("/rounds")
        await person.tap("Result of round 1")
        assert person.last.text.startswith("Priorities for soils: round 1 has closed. 4 of 4 people answered.")
        await person.tap("A1", person.last)
        assert f"You said {own}. 3 of 4 said 7 to 9." in person.last.text
        assert "Agreement (7 to 9): 75%, 3 of 4." in person.last.text
    await dan.tap("A2 ›", dan.last)
    assert "You were unable to score it. Only 1 answered, so nothing more is shown" in dan.last.text

    # What was on the screen then still answers.
    closed = next(one for one in dan.person.messages() if "closed on" in one.text)
    await dan.tap("My rounds", closed)
    dan.sees("Round 2 opens on")
    await ben.say("/rounds")
    assert "You have left this study." in ben.last.text
    await ben.tap("Take part after all")
    assert "Thank you, you take part" in ben.last.text


async def _figures_are_right(scene: Stage, study: Study) -> None:
    """The outcome that is kept with the round, and the table of answers that is published."""
    async with scene.app.database.begin() as connection:
        closed = await studies.round_by_id(connection, study.rounds[1])
        found = await studies.study(connection, study.id)
        assert found is not None
        whole = publish(await round_data.study_data(connection, found), Random(1))
    assert closed is not None
    came = Outcome.model_validate(closed.outcome)
    assert [(item.code, item.n, item.unable, item.missing) for item in came.items] == [
        ("A1", 4, 0, 0),
        ("A2", 1, 1, 2),
        ("B1", 1, 0, 3),
        ("D1", 1, 0, 3),
    ]
    first = came.items[0].rated
    assert first is not None
    assert first.heads == (0, 1, 0, 0, 0, 0, 1, 1, 1)
    assert (first.q1, first.median, first.q3, first.agreement, first.needed) == (5.75, 7.5, 8.25, Fraction(3, 4), 3)
    assert first.verdict is Verdict.IN
    everyone = Response(
        invited=4, everything=1, part=3, silent=0, withdrawn=0, declined=0, rate=Fraction(1), completion=Fraction(1, 4)
    )
    assert came.response == everyone
    data = [line.split(",") for line in data_csv(whole).decode().splitlines()[1:]]
    of_each = [tuple((item, answer) for _, who, item, _, answer, _ in data if who == code) for code in PUBLISHED]
    assert Counter(of_each) == {
        (("A1", "7"), ("A2", "8"), ("B1", "4"), ("D1", "2040")): 1,
        (("A1", "9"),): 1,
        (("A1", "8"),): 1,
        (("A1", "2"), ("A2", "U")): 1,
    }


@on_sqlite
async def test_several_at_once_in_a_form_with_errors_beside_the_field(scene: Stage) -> None:
    ada = scene.slack("ada")
    person = ada.person
    assert isinstance(person, SlackPerson)
    await meet(ada)
    study = await put_up(scene, EVERY_KIND)
    await ada.say("/rounds soil")
    await ada.tap("Take part")
    await let_pass(scene, 24)
    await ada.say("/rounds")
    await ada.tap("Begin round 1")
    await person.tap("Answer several at once")
    await person.until(lambda: person.modal is not None)
    modal = person.modal
    assert modal is not None
    assert modal.title == "Questions 1 to 6"
    for label, value in {
        "A1. Cover crops deserve public money.": "7",
        "B1. All data should be open.": "Agree",
        "C1. What comes first?": "Compost",
        "C2. Which two belong together?": ["Cover crops", "Compost", "Trees on fields"],
        "C3. Put these in order.": "3, 1, 2",
    }.items():
        await person.choose(label, value)
    errors = await person.submit()
    assert list(errors.values()) == ["At most 2: please take one back first."]
    await person.choose("C2. Which two belong together?", ["Cover crops", "Compost"])
    assert not await person.submit()
    await scene.quiet()
    modal = person.modal
    assert modal is not None
    assert modal.title == "Questions 7 to 9"
    await person.close()
    assert ada.last.text.startswith("D1. By when are half of all soils measured?")
    assert await values(scene, study, 1) == {
        "A1": [7],
        "A2": [],
        "B1": [4],
        "C1": ["compost"],
        "C2": [["cover", "compost"]],
        "C3": [["trees", "cover", "compost"]],
        "D1": [],
        "D2": [],
        "E1": [],
    }
    await person.open_home()
    await scene.quiet()
    asked, _, mine = person.home().partition("My rounds")
    assert "Priorities for soils: round 1, 5 of 9 answered" in asked
    assert "[Continue: Priorities for soils]" in asked
    assert "[Open: Priorities for soils]" in mine


@on_sqlite
async def test_what_a_form_changed_far_is_asked_about_one_after_the_other(scene: Stage) -> None:
    ada = scene.slack("ada")
    person = ada.person
    assert isinstance(person, SlackPerson)
    await meet(ada)
    study = await put_up(scene)
    await ada.say("/rounds soil")
    await ada.tap("Take part")
    await let_pass(scene, 24)
    await ada.say("/rounds")
    await ada.tap("Begin round 1")
    for answer in ("2", "6", "Agree", "2040"):
        await (ada.say(answer) if answer == "2040" else ada.tap(answer, ada.last))
    async with scene.app.database.begin() as connection:
        await panel.others(connection, study, 1, EIGHT, scene.world.now)
    await let_pass(scene, 24 * 14)
    await ada.say("/rounds")
    await ada.tap("Begin round 2")
    await person.tap("Answer several at once")
    await person.until(lambda: person.modal is not None)
    await person.choose("A1. Cover crops deserve public money.", "8")
    await person.choose("A2. Biochar deserves public money.", "5")
    await person.choose("B1. All data should be open.", "Strongly disagree")
    assert not await person.submit()
    await scene.quiet()
    assert ada.last.text.startswith("✓ A1: you said 8\n\nBefore, it was 2. What made the difference to A1?")
    await ada.tap("A new argument")
    assert ada.last.text.startswith("✓ B1: you said Strongly disagree\n\nBefore, it was Agree.")
    await ada.tap("Go on without a reason ›")
    assert ada.last.text.startswith("✓ B1: you said Strongly disagree\n\nD1. By when")
    async with scene.app.database.connect() as connection:
        table = await answer_table.table(connection, study.rounds[2])
    assert [[each for each in one.why_changed if each] for one in table.columns] == [
        ["new_argument"],
        [],
        ["unsaid"],
        [],
    ]
    # Another answer is another change: the reason for the former goes.
    await ada.tap("Change B1")
    await ada.tap("Agree", ada.last)
    async with scene.app.database.connect() as connection:
        table = await answer_table.table(connection, study.rounds[2])
    assert [each for each in table.columns[2].why_changed if each] == []
