"""Progress reports, told as they happen."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from bot.flows.progress.figures import day as day_of
from bot.flows.progress.figures import period_name
from bot.progress.period import Period
from sandbox.slack.person import SlackPerson
from sandbox.telegram.person import TelegramPerson
from storage import coalitions, files, obligations, people, progress
from storage.people import Newcomer
from storage.schema import memberships, participants
from tests.stage import Actor, Stage, account, stage

LAND = "Land under improved management (ha), total so far"
PEOPLE = "People reached, in this period"
FUNDS = "Funds mobilised, in this period"
CARBON = "Change of the stock of soil organic carbon (t C/ha)"
NOTHING_ELSE = {"Milestones reached": None, "Help needed": None, "Photo or document": None}


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Stage]:
    """Ada and Ben belong to Soil Regeneration, which Ada reports on from this quarter on; everybody lives by UTC."""
    async with stage(database_url) as opened:
        opened.world.add_person("Ada Rowan", person_id="ada", telegram=True, slack=True)
        opened.world.add_person("Ben Field", person_id="ben", telegram=True, slack=True)
        move_to(opened, Period.around(opened.world.now.date(), "quarterly").next.start)
        for person in ("ada", "ben", "tom"):
            await opened.telegram(person).say("/start")
        yield opened


@pytest.fixture
async def ada(request: pytest.FixtureRequest, scene: Stage) -> Actor:
    """The lead: on Telegram, unless the scenario asks for Slack."""
    return await lead(scene, "ada", getattr(request, "param", "telegram"))


@pytest.fixture
async def tom(scene: Stage) -> Actor:
    return scene.telegram("tom")


on_both = pytest.mark.parametrize("ada", ["telegram", "slack"], indirect=True)


def move_to(scene: Stage, day: date, hour: int = 10) -> None:
    scene.world.advance(datetime.combine(day, time(hour), UTC) - scene.world.now)


async def lead(scene: Stage, who: str, platform: str) -> Actor:
    """Somebody who leads a coalition that is asked for quarterly reports on four indicators; Ben belongs to it."""
    world = scene.world
    keys = {person: f"telegram:{world.people[person].telegram}" for person in (who, "ben")}
    if platform == "slack":
        keys[who] = str(account(world, who))
    async with scene.app.database.begin() as connection:
        newcomers = [Newcomer(key, key.partition(":")[0], world.people[p].name, "", "", "") for p, key in keys.items()]
        met = await people.meet(connection, newcomers, world.now)
        await connection.execute(update(participants).values(language="en", zone="Etc/UTC", consent_version=1))
        coalition = await coalitions.propose(
            connection,
            kind="alliance",
            facility="global-4",
            title="Soil Regeneration",
            aim="",
            objectives=[],
            proposed_by=None,
            now=world.now,
            state="open",
        )
        for person, role in ((who, "leader"), ("ben", "member")):
            id = await coalitions.request(
                connection,
                participant_id=met[keys[person]].id,
                account_id=met[keys[person]].account_id,
                organisation_id=None,
                coalition_id=coalition,
                role=role,
                note="",
                now=world.now,
            )
            assert id is not None
            await coalitions.pledge(connection, id, [coalitions.Pledge("funds", Decimal(5000), "EUR")])
        await connection.execute(update(memberships).values(state="approved"))
        await obligations.oblige(
            connection,
            coalition,
            every="quarterly",
            due_days=30,
            from_period=Period.around(world.now.date(), "quarterly").code,
            lead_id=met[keys[who]].id,
            deputy_id=None,
            indicators=["land_area", "people_reached", "funds_mobilised", "soil_carbon"],
        )
    return scene.slack(who) if platform == "slack" else scene.telegram(who)


def begin_next_quarter(scene: Stage) -> str:
    """Ten days into the next quarter; the name of the one that is over."""
    over = Period.around(scene.world.now.date(), "quarterly")
    move_to(scene, over.next.start + timedelta(days=10))
    return period_name(over, "en")


def spaced(text: str) -> str:
    """With plain spaces, for comparing."""
    return text.replace("\u00a0", " ")


async def given(scene: Stage) -> dict[str, list[str]]:
    """Every figure that was ever given, by indicator, the oldest first."""
    found: dict[str, list[str]] = {}
    async with scene.app.database.connect() as connection:
        reports = await progress.reports_of(connection)
        for one in await progress.every_figure(connection, [report.id for report in reports]):
            amount = "" if one.amount is None else f"{one.amount.normalize():f}"
            found.setdefault(one.indicator, []).append(f"{amount} {one.currency}".strip())
    return found


@on_both
async def test_a_report_then_one_with_last_time_beside_it_then_a_correction(
    ada: Actor, tom: Actor, scene: Stage
) -> None:
    first = begin_next_quarter(scene)
    await ada.say("/report")
    assert f"How is Soil Regeneration doing in {first}?" in ada.last.text
    await ada.fill({"Where things stand": "At risk", "Why": "The rains came late."})
    ada.sees("This is the first report on it.")
    await ada.fill({LAND: "1,200 ha", PEOPLE: "1.2k", FUNDS: "5000 EUR; € 3.5k + 2000 USD", CARBON: "0.4 t C/ha"})
    await ada.fill(
        {
            "Method of measuring": "Dry combustion",
            "Depth of soil": "0 to 30 cm",
            "Baseline year": "2020",
            "Verified by": "nobody yet",
        }
    )
    await ada.fill({"Milestones reached": None, "Help needed": "Who can test soil?", "Photo or document": None})
    review = spaced(ada.last.text)
    for line in (
        "Where things stand: At risk",
        "Why: The rains came late.",
        "total so far: 1,200 ha",
        "People reached, in this period: 1,200",
        "8,500.00 EUR; 2,000.00 USD",
        "0.4 t C/ha",
        "Baseline year: 2020",
        "Milestones reached: (nothing)",
    ):
        assert line in review, review
    await ada.tap("Send the report")
    ada.sees(f"✓ The report of Soil Regeneration on {first} is sent.", "Your request for help is with the Secretariat.")

    tom.sees("Soil Regeneration asks for help.", "Who can test soil?", "Nobody has taken this yet.")
    ruth = scene.slack("ruth")
    await tom.tap("I take this")
    tom.sees("Taken by Tom Siltmere.")
    ruth.sees("Taken by Tom Siltmere.")
    assert "I take this" not in ruth.last.buttons
    ada.sees("Tom Siltmere sees to your request for help: Who can test soil?")
    await tom.tap("Answered")
    ruth.sees("✓ Answered by Tom Siltmere.")

    second = begin_next_quarter(scene)
    await ada.say("/report")
    await ada.fill({"Where things stand": "On track"})
    if isinstance(ada.person, SlackPerson):
        assert ada.person.modal is not None
        await ada.fill({LAND: "12000", PEOPLE: "same", FUNDS: "nothing", CARBON: None})
    else:
        assert f"Last time ({first}): 1,200 ha." in spaced(ada.messages)
        await ada.say("12000")
    assert "Last time 1,200 ha, now 12,000 ha: is that right?" in spaced(ada.messages)
    await ada.tap("Write something else")
    await ada.say("1,500")
    if not ada.in_slack:
        await ada.tap("Same as last time")
        ada.sees("Pledged by the members: 10,000")
        await ada.tap("Nothing to report")
        await ada.tap("Nothing to report")
    await ada.fill(NOTHING_ELSE)
    await ada.tap("Send the report")
    ada.sees(f"✓ The report of Soil Regeneration on {second} is sent.")

    await ada.tap("Correct this report")
    await ada.tap("Change an answer")
    assert "1,500" in ada.last.text
    await ada.say("2")
    await ada.say("1,400 ha")
    await ada.tap("Send the report")
    ada.sees(f"✓ The report of Soil Regeneration on {second} is corrected.")
    figures = await given(scene)
    assert figures["land_area"] == ["1200", "1500", "1400"]
    assert figures["people_reached"] == ["1200", "1200"]
    assert figures["funds_mobilised"] == ["8500 EUR", "2000 USD", ""]
    assert figures["soil_carbon"] == ["0.4", ""]


async def test_what_cannot_be_is_answered_clearly_and_nothing_is_lost(ada: Actor, scene: Stage) -> None:
    over = begin_next_quarter(scene)
    await ada.say("/report")
    await ada.tap("On track")
    await ada.say("-5 ha")
    ada.sees("This cannot be less than zero.", "Land under improved management (ha): how much is it in all")
    await ada.say("50 %")
    ada.sees("Please write the number in ha.")
    await ada.say("1.200")
    ada.sees("“1.200” can be read in more than one way. Which do you mean?")
    readings = [spaced(label) for label in ada.last.buttons]
    assert readings == ["1,200 ha (1.2 thousand)", "1.2 ha", "Write something else", "Save for later"]
    asked = ada.last
    await ada.say("1.300")
    await ada.tap(asked.buttons[0], on=asked)
    ada.sees("That button belongs to an earlier question", "“1.300” can be read in more than one way.")
    await ada.say("1.200")
    await ada.tap("Save for later")
    await ada.say("/report")
    ada.sees("You stopped at question 2 of")
    await ada.tap("Continue")
    await ada.tap(asked.buttons[0])
    await ada.say("about 40 people")
    assert "In “about 40 people” I read 40." in ada.last.text
    await ada.say("yes")
    await ada.say("1.500 EUR; 20 USD")
    ada.sees("I am not sure how to read “1.500 EUR”. Please write each amount as plain digits")
    await ada.say("1500 EUR; 20 USD")
    await ada.say("0.3")
    await ada.say("Walkley and Black")
    await ada.say("30 cm")
    await ada.say("2999")
    ada.sees("2999 lies in the future.")
    await ada.say("2015")
    await ada.say("a university")
    await ada.say("First plots sown, 2999-05-01")
    ada.sees("You mention May 1, 2999, which lies in the future.")
    await ada.tap("Yes, it is reached")
    await ada.tap("Skip")
    assert isinstance(ada.person, TelegramPerson)
    await ada.person.send_document("film.mp4", bytes(60 * 2**20))
    await scene.quiet()
    assert "film.mp4" in ada.last.text
    assert "20 MB" in spaced(ada.last.text)
    await ada.person.send_document("plots.pdf", b"%PDF")
    await scene.quiet()
    await ada.tap("Done")
    await ada.tap("Send the report")
    ada.sees(f"✓ The report of Soil Regeneration on {over} is sent.")
    assert (await given(scene))["land_area"] == ["1200"]
    async with scene.app.database.connect() as connection:
        assert [file.name for file in await files.of(connection, "report 1")] == ["plots.pdf"]


async def test_who_writes_may_change_leave_or_be_stood_in_for(ada: Actor, tom: Actor, scene: Stage) -> None:
    ben = scene.telegram("ben")
    first = begin_next_quarter(scene)
    await ben.say("/report 1")
    ben.sees("The reports of Soil Regeneration are written by Ada Rowan.")
    await tom.say("/obligations")
    tom.sees("1. Soil Regeneration: Every quarter, Ada Rowan")
    await tom.tap("1")
    await tom.tap("Deputy")
    assert "Ada Rowan" not in tom.last.buttons
    await tom.tap("Ben Field")
    ben.sees("You are now the deputy for the progress reports of Soil Regeneration")
    await tom.tap("Who writes")
    await tom.tap("Ben Field")
    ben.sees("From now on you write the progress reports of Soil Regeneration.")
    ada.sees("From now on Ben Field writes the progress reports of Soil Regeneration.")
    await tom.tap("Who writes")
    await tom.tap("Ada Rowan")
    await tom.tap("Deputy")
    await tom.tap("Ben Field")

    await ada.say("/report")
    await ada.tap("On track")
    for label in ("Nothing to report",) * 4 + ("Skip",) * 3:
        await ada.tap(label)
    await ada.say("/coalitions")
    await ada.tap("Leave")
    await ada.tap("Yes")
    ben.sees("As the deputy it is now up to you.")
    await ada.tap("Send the report")
    ada.sees(
        "The reports of Soil Regeneration are written by Ben Field.", "Nothing was sent. What you wrote is kept here"
    )
    await ada.say("/report 1")
    ada.sees("The reports of Soil Regeneration are written by Ben Field.")
    await ben.say("/report")
    ben.sees(f"How is Soil Regeneration doing in {first}?")
    await ben.say("/coalitions")
    await ben.tap("Leave")
    await ben.tap("Yes")
    tom.sees("Nobody is left to write the progress reports of Soil Regeneration.")

    await tom.tap("Name somebody")
    tom.sees("Who writes them: Ada Rowan (has left)", "Deputy: Ben Field (has left)")
    await tom.tap("Who writes")
    tom.sees("Soil Regeneration has no approved members whom you could name.")
    await tom.say("/report")
    tom.sees("You owe no report yourself. 1 report of a coalition is missing")
    await tom.tap(f"1. Soil Regeneration, {first}")
    tom.sees("You are writing this on behalf of", f"How is Soil Regeneration doing in {first}?")


async def test_a_closed_coalition_owes_its_last_period_and_nothing_after_it(
    ada: Actor, tom: Actor, scene: Stage
) -> None:
    await tom.say("/obligations")
    await tom.tap("1")
    await tom.tap("Close the coalition")
    tom.sees("Close Soil Regeneration? It has 2 members.", "Its last report will be the one on")
    await tom.tap("Yes, close it")
    tom.sees("This coalition is closed. Its last report is the one on")
    last = Period.around(scene.world.now.date(), "quarterly")
    await ada.say(f"/report 1-{last.code}")
    ada.sees(f"{period_name(last, 'en')} is not over yet.")
    begin_next_quarter(scene)
    begin_next_quarter(scene)
    await ada.say(f"/report 1-{last.next.code}")
    ada.sees(f"Soil Regeneration is closed. Its last report is the one on {period_name(last, 'en')}")
    await ada.say("/report")
    ada.sees(f"How is Soil Regeneration doing in {period_name(last, 'en')}?")


async def test_reminders_before_at_and_after_the_due_day_in_other_words_and_none_once_it_is_done(
    ada: Actor, scene: Stage
) -> None:
    over = begin_next_quarter(scene)
    due = Period.around(scene.world.now.date(), "quarterly").previous.due(30)
    said = []
    for day in range(36):
        move_to(scene, due + timedelta(days=day - 10), 12)
        if day == 14:
            await ada.say("/report")
            await ada.tap("On track")
        if day == 28:
            await ada.say("/report")
            await ada.tap("Continue")
            for _ in range(4):
                await ada.tap("Nothing to report")
            for _ in range(3):
                await ada.tap("Skip")
            await ada.tap("Send the report")
        ada.person.look()
        await scene.app.reminders.tick()
        await scene.app.postbox.sweep()
        await scene.quiet()
        said += [message.text for message in ada.person.news() if f"on {over}" in message.text]
    # Where a weekend lies decides on which days they come, and whether one says "today".
    assert 3 <= len(said) <= 5
    assert f"is due on {day_of(due, 'en')}. It takes two minutes." in said[0]
    assert "today" in said[1] or f"was due on {day_of(due, 'en')}" in said[1]
    assert "You have begun it, and your answers are all there." in said[-1]


async def test_the_secretariat_adds_an_indicator_and_a_coalition_reports_on_it(
    ada: Actor, tom: Actor, scene: Stage
) -> None:
    await tom.say("/indicators")
    tom.sees("1. Land under improved management")
    await tom.tap("Add an indicator")
    for answer in ("Trees planted", "Arbres plantés", "Árboles plantados"):
        await tom.say(answer)
    await tom.tap("A number of things")
    await tom.tap("What was added")
    for _ in range(5):
        await tom.tap("Skip")
    await tom.tap("1")
    await tom.tap("1")
    await tom.tap("Save the indicator")
    tom.sees("✓ Trees planted is added.")
    await tom.tap("Who owes reports")
    await tom.tap("1")
    await tom.tap("About what")
    assert "9. Trees planted" in tom.last.text
    await tom.tap("9")
    assert "9. ✓ Trees planted" in tom.last.text
    await tom.say("/indicators")
    await tom.tap("1")
    tom.sees("This indicator is a proposal of this bot, not an official one.", "Usual range: 0 to 10,000,000")
    await tom.tap("No longer ask for it")
    begin_next_quarter(scene)
    await ada.say("/report")
    await ada.tap("On track")
    ada.sees("People reached: how much in this period?")
