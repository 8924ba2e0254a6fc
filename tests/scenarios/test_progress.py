"""`/progress` where there is little to see, for who sees what, as a picture, on the Home, and as the monthly digest."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from sqlalchemy import update

from sandbox.slack import acts
from sandbox.slack.person import SlackPerson
from sandbox.slack.state import BOT_USER, TEAM_ID
from sandbox.telegram.person import TelegramPerson
from sandbox.telegram.state import Chat
from storage import coalitions, files, obligations, people, places, progress
from storage.progress import Given, Said
from storage.schema import memberships
from tests.shelf import PNG
from tests.stage import Actor, Stage, stage


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Stage]:
    """Ada is nobody's member; it is the first Tuesday of a February."""
    async with stage(database_url) as opened:
        opened.world.add_person("Ada Rowan", person_id="ada")
        move_to(opened, first_tuesday(opened.world.now.year + 1, 2))
        for person in ("ada", "tom"):
            await opened.telegram(person).say("/start")
        yield opened


@pytest.fixture
async def ada(scene: Stage) -> Actor:
    return scene.telegram("ada")


@pytest.fixture
async def tom(scene: Stage) -> Actor:
    return scene.telegram("tom")


def first_tuesday(year: int, month: int) -> date:
    return next(day for n in range(1, 8) if (day := date(year, month, n)).weekday() == 1)


def move_to(scene: Stage, day: date, hour: int = 10) -> None:
    scene.world.advance(datetime.combine(day, time(hour), UTC) - scene.world.now)


async def a_coalition(scene: Stage, *, ada_belongs: bool = True) -> int:
    """An Alliance that owes a report on every month since last October, and says as much as `a_report` lets it."""
    async with scene.app.database.begin() as connection:
        coalition = await coalitions.propose(
            connection,
            kind="alliance",
            facility="global-4",
            title="Soil Regeneration",
            aim="",
            objectives=[],
            proposed_by=None,
            now=scene.world.now,
            state="open",
        )
        key = f"telegram:{scene.world.people['ada'].telegram}"
        (person,) = await people.by_accounts(connection, [key])
        if ada_belongs:
            await coalitions.request(
                connection,
                participant_id=person.id,
                account_id=person.account_id,
                organisation_id=None,
                coalition_id=coalition,
                role="leader",
                note="",
                now=scene.world.now,
            )
            await connection.execute(update(memberships).values(state="approved"))
        await obligations.oblige(
            connection,
            coalition,
            every="monthly",
            due_days=20,
            from_period=f"{scene.world.now.year - 1}-10",
            lead_id=person.id,
            deputy_id=None,
            indicators=["land_area", "funds_mobilised", "soil_carbon"],
        )
    return coalition


async def a_report(scene: Stage, coalition: int, period: str, said: Said, *given: Given) -> None:
    async with scene.app.database.begin() as connection:
        key = f"telegram:{scene.world.people['ada'].telegram}"
        (person,) = await people.by_accounts(connection, [key])
        await progress.submit(
            connection,
            coalition_id=coalition,
            period=period,
            said=said,
            given=given,
            by=person.id,
            now=scene.world.now,
        )


def spaced(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


async def test_there_is_an_answer_before_there_is_anything_to_see(ada: Actor, tom: Actor, scene: Stage) -> None:
    await ada.say("/progress")
    ada.sees("There is nothing to see yet: no coalition has owed a report so far.")
    for argument in ("global-4", "C1", "facilities", "objectives", "7", "nonsense", "late", "global-4_1066"):
        ada.person.look()
        await ada.say(f"/progress {argument}")
        assert ada.one_message().text
    await ada.say("/progress export")
    ada.sees("Only the secretariat can do that.")
    await tom.say("/progress")
    tom.sees("No report is late.")
    await tom.tap("Monthly digest")
    tom.sees("The bot is in no channel or group yet.")
    await tom.say("/progress all")
    tom.sees("0 coalitions owe reports.")


async def test_a_coalition_as_its_members_see_it_in_words_and_in_a_picture(
    ada: Actor, tom: Actor, scene: Stage
) -> None:
    year = scene.world.now.year
    coalition = await a_coalition(scene)
    await ada.say("/progress")
    ada.sees("1. Soil Regeneration: no report yet")
    await ada.tap("1")
    ada.sees("This coalition has not reported yet.", f"Still owed: October {year - 1}, late, it was due on")
    await ada.say(f"/progress {coalition}")
    assert "Write the report" in ada.last.buttons
    carbon = {"method": "Dry combustion", "depth": "30 cm", "baseline_year": "2020", "verification": "nobody yet"}
    await a_report(
        scene,
        coalition,
        f"{year - 1}-10",
        Said("off_track", "The rains came late.", "First plots sown"),
        Given("land_area", Decimal(800)),
        Given("funds_mobilised", Decimal("1234567.50"), currency="EUR"),
        Given("soil_carbon", Decimal("-0.4"), details=carbon),
    )
    await a_report(
        scene,
        coalition,
        f"{year - 1}-12",
        Said("on_track", help="Who can test soil?"),
        Given("land_area", Decimal(1250)),
        Given("funds_mobilised"),
        Given("soil_carbon", Decimal("0.3"), details=carbon),
    )
    await ada.say("/coalitions")
    await ada.tap("Progress")
    card = spaced(ada.last.text)
    assert card.startswith(f"Soil Regeneration, December {year - 1}: On track")
    for line in (
        f"Land under improved management: 1,250 ha, up from 800 ha in October {year - 1}",
        f"Funds mobilised: 1,234,567.50 EUR (as of October {year - 1})",
        f"Change of the stock of soil organic carbon: 0.3 t C/ha, up from -0.4 t C/ha in October {year - 1}",
        "Help needed: Who can test soil?",
        f"Still owed: November {year - 1}, late",
        f"Still owed: January {year}, due on February 20, {year}.",
    ):
        assert line in card, card
    await ada.tap("As a picture")
    assert ada.last.pictures == 1
    words = spaced(ada.last.text)
    assert (
        f"Land under improved management (ha), total so far: Oct {year - 1}: 800; Nov: no figure; Dec: 1,250" in words
    )
    assert f"Funds mobilised (EUR), in each period: Oct {year - 1}: 1,234,567.5; Nov: no figure" in words
    await ada.tap("‹ Back")
    await ada.tap(f"October {year - 1}")
    assert "Why: The rains came late." in ada.last.text
    assert "Milestones reached: First plots sown" in ada.last.text

    lea = scene.telegram("lea")
    await lea.say(f"/progress {coalition}")
    lea.sees("Les rapports de cette coalition sont ouverts à ses membres.")
    await tom.say("/progress")
    tom.sees("1 report is late.", "1 request for help is open.")
    await tom.tap("All coalitions")
    await tom.tap("1")
    assert f"Soil Regeneration, December {year - 1}: On track" in tom.last.text
    assert "Correct this report" in tom.last.buttons

    ruth = scene.slack("ruth")
    assert isinstance(ruth.person, SlackPerson)
    await ruth.person.open_home()
    await scene.quiet()
    assert "1 request for help is open." in ruth.person.home()


async def test_the_monthly_digest_goes_once_to_the_places_that_were_chosen(
    ada: Actor, tom: Actor, scene: Stage
) -> None:
    year = scene.world.now.year
    coalition = await a_coalition(scene)
    group = scene.world.telegram.new_group("Amis du sol", {scene.world.people["lea"].telegram or 0})
    ruth = scene.slack("ruth")
    assert isinstance(ruth.person, SlackPerson)
    channel = scene.world.slack.new_channel("soils", {ruth.person.user, BOT_USER}, ruth.person.user)
    other = scene.world.telegram.new_group("Others", {scene.world.people["lea"].telegram or 0})
    async with scene.app.database.begin() as connection:
        await places.seen(connection, "telegram", str(group.id), scene.world.now, title="Amis du sol", language="fr")
        await places.seen(connection, "telegram", str(other.id), scene.world.now, title="Others")
        await places.seen(connection, f"slack:{TEAM_ID}", channel.id, scene.world.now, title="#soils", language="es")
    await a_report(scene, coalition, f"{year}-01", Said("on_track"), Given("land_area", Decimal(2500)))

    await tom.say("/progress")
    await tom.tap("Monthly digest")
    tom.sees("The monthly digest goes to 0 of 3 places.", "Nothing: no report came in last month")
    slack, telegram = (
        next(line[0] for line in tom.last.text.splitlines() if name in line) for name in ("soils", "Amis")
    )
    await tom.tap(telegram)
    tom.sees("The monthly digest goes to 1 of 3 places.", f"{telegram}. ✓ Amis du sol")
    await tom.tap(slack)
    tom.sees("The monthly digest goes to 2 of 3 places.", f"{slack}. ✓ #soils")
    await ada.say("/start digest_2")
    ada.sees_not("goes to")
    assert await said_in(scene, group) == []

    # The months before it was chosen are nobody's, and the next one goes out on its first working day, at 9.
    move_to(scene, first_tuesday(year, 3), 8)
    assert await scene.app.digest.tick() == 0
    move_to(scene, first_tuesday(year, 3), 9)
    assert await scene.app.digest.tick() == 2
    assert await scene.app.digest.tick() == 0
    (digest,) = await said_in(scene, group)
    for line in (
        f"Avancement, février {year} : 1 rapport est arrivé.",
        f"Terres sous gestion améliorée, en tout jusqu’à {year} : 2 500 ha",
        "De 1 coalition sur 1 qui doit faire rapport.",
    ):
        assert line in spaced(digest), digest
    assert await said_in(scene, other) == []
    (posted,) = channel.messages.values()
    for line in (
        f"Avance en febrero {year}: llegó 1 informe.",
        f"Tierras con manejo mejorado, en total hasta {year}: 2 500 ha",
        "De 1 de 1 coalición que debe informar.",
        f"Fondos movilizados en {year}: sin cifra\nDe 0 de 1 coalición que debe informar.",
    ):
        assert line in spaced(posted.text), posted.text
    # In the channel it stays for everybody; who taps reads on in private.
    before = dict(channel.messages)
    button = next(
        (block, one) for block in posted.blocks for one in block.get("elements", ()) if one["type"] == "button"
    )
    assert button[1]["text"]["text"] == "Ver más"
    tapped = button[0]["block_id"], button[1]["action_id"], None
    acts.act_on_message(scene.world.slack, ruth.person.persona, channel.id, posted.ts, *tapped)
    await ruth.person.sees("3 reports are late.")
    assert channel.messages.keys() == before.keys()

    # A month in which nothing came in has no digest.
    move_to(scene, first_tuesday(year, 4), 12)
    assert await scene.app.digest.tick() == 0
    await tom.say("/progress")
    await tom.tap("Monthly digest")
    await tom.tap(telegram)
    tom.sees("The monthly digest goes to 1 of 3 places.")


async def test_what_was_sent_and_what_was_corrected_is_open_to_members_and_the_secretariat(
    ada: Actor, tom: Actor, scene: Stage
) -> None:
    year = scene.world.now.year
    coalition = await a_coalition(scene)
    carbon = {"method": "Dry combustion", "depth": "30 cm", "baseline_year": "2020", "verification": "nobody yet"}
    await a_report(
        scene,
        coalition,
        f"{year}-01",
        Said("at_risk", "The rains came late."),
        Given("land_area", Decimal(1500)),
        Given("funds_mobilised", Decimal(5000), currency="EUR"),
        Given("soil_carbon", Decimal("0.4"), details=carbon),
    )
    assert isinstance(ada.person, TelegramPerson)
    await ada.say(f"/report {coalition}-{year}-01")
    ada.sees("At risk")
    await ada.tap("Change an answer")
    await ada.say("3")
    await ada.say("1,400 ha")
    await ada.tap("Change an answer")
    await ada.say("12")
    await ada.person.send_photo("plots.png", PNG, "The first plots")
    await ada.person.send_document("a-very-long-name-of-the-measurements-of-all-plots.pdf", b"%PDF-1.7")
    await scene.quiet()
    await ada.tap("Done")
    await ada.tap("Send the report")
    ada.sees("is corrected.")
    await ada.tap("See how it is going")
    card = spaced(ada.last.text)
    assert "Sent with it: " in card
    await ada.tap(ada_file := next(label for label in ada.last.buttons if label.endswith(".pdf")))
    assert len(ada_file) <= 30
    ada.sees("is still on its way to us. Please try again in a minute.")
    await scene.app.fetching.tick()

    # What came in on Telegram opens in Slack, too.
    ruth = scene.slack("ruth")
    await ruth.say(f"/progress {coalition}")
    await ruth.tap(ada_file)
    ruth.sees("(a-very-long-name-of-the-measurements-of-all-plots.pdf)", "sent with the report of Soil Regeneration on")
    await tom.say(f"/progress {coalition}")
    await tom.tap(next(label for label in tom.last.buttons if label.startswith("Open") and not label.endswith(".pdf")))
    assert tom.last.pictures == 1
    assert "The first plots" in tom.last.text
    await tom.tap("‹ Back")
    await tom.tap("What was corrected")
    trace = spaced(tom.last.text)
    assert f"Land under improved management, by Ada Rowan on February {first_tuesday(year, 2).day}, {year}" in trace
    assert "before: 1,500 ha\nsince then: 1,400 ha" in trace
    assert "Funds mobilised" not in trace

    lea = scene.telegram("lea")
    for link in ("/start attached_1", "/start attached_2", "/start corrections_1"):
        await lea.say(link)
        lea.sees_not("plots")
        lea.sees_not("1,500")
    async with scene.app.database.begin() as connection:
        (sent, *_) = await files.of(connection, "report 1")
        await files.remove(connection, [sent.id])
    await ada.say("/progress")
    await ada.tap("1")
    await ada.tap("What was corrected")
    await ada.tap("‹ Back")
    assert len([label for label in ada.last.buttons if label.startswith("Open")]) == 1


async def said_in(scene: Stage, group: Chat) -> list[str]:
    """What the bot has said in a group."""
    await scene.app.worker.work_off()
    await scene.quiet()
    return [message.text for message in group.messages.values()]
