"""Calls for engagement at the secretariat's desk, told as they are written, sent and watched, on both platforms."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import update

from sandbox.telegram import acts as on_telegram
from sandbox.telegram.person import TelegramPerson
from sandbox.telegram.state import BOT_ID, Update
from storage import coalitions, files, people, places
from storage.people import Newcomer
from storage.schema import accounts, participants
from tests.shelf import PNG
from tests.stage import Actor, Stage, account, stage

WORDS = {
    "Title": "Field days",
    "Text in English": "Show your soil in *March*.",
    "Text in French": "Montrez votre sol en mars.",
    "Text in Spanish": None,
    "Picture": None,
}
BUTTON = {"The button leads to": "Join a coalition", "Which one": "Soil Regeneration", "The button says": "“Join”"}
ON_TELEGRAM, IN_SLACK = ("lea", "carmen"), ("ned", "awa")
LANGUAGES = {"lea": "fr", "carmen": "es", "ned": "en", "awa": "fr"}


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Stage]:
    """A Monday at ten, by UTC for everybody; four people who have agreed: a researcher, two of NGOs, a senior."""
    async with stage(database_url) as opened:
        today = opened.world.now.date()
        monday = datetime.combine(today + timedelta(days=7 - today.weekday()), time(10), UTC)
        opened.world.advance(monday - opened.world.now)
        for person in (*ON_TELEGRAM, "tom"):
            await opened.telegram(person).say("/start")
        await settle(opened)
        yield opened


async def settle(scene: Stage) -> None:
    """Who they are, where they belong."""
    world = scene.world
    keys = {person: str(account(world, person)) for person in (*LANGUAGES, "ruth", "tom")}
    async with scene.app.database.begin() as connection:
        newcomers = [
            Newcomer(key, key.partition(":")[0], world.people[who].name, "", "", "") for who, key in keys.items()
        ]
        met = await people.meet(connection, newcomers, world.now)
        for who, key in keys.items():
            chat = world.slack.people[world.people[who].slack or ""].dm if key.startswith("slack") else met[key].chat
            await connection.execute(update(accounts).where(accounts.c.key == key).values(chat=chat))
            spoken = {"language": LANGUAGES.get(who, "en"), "generation": "senior" if who == "carmen" else ""}
            await connection.execute(
                update(participants)
                .where(participants.c.id == met[key].id)
                .values(consent_version=1, zone="Etc/UTC", **spoken)
            )
        for who, facility, title, kind in (
            ("ned", "global-4", "Soil Regeneration", "research"),
            ("awa", "global-2", "Carbon Market", "civil_society"),
            ("lea", "global-1", "Project Development", "civil_society"),
        ):
            coalition = await coalitions.propose(
                connection,
                kind="alliance",
                facility=facility,
                title=title,
                aim="",
                objectives=[],
                proposed_by=None,
                now=world.now,
                state="open",
            )
            organisation = await coalitions.organisation(
                connection, name=f"Friends of {who}", type=kind, country="FR", status="partner", now=world.now
            )
            await coalitions.request(
                connection,
                participant_id=met[keys[who]].id,
                account_id=met[keys[who]].account_id,
                organisation_id=organisation,
                coalition_id=coalition,
                role="member",
                note="",
                now=world.now,
            )


async def write(author: Actor, words: Mapping[str, str | None] = WORDS) -> None:
    """From `/calls` to the draft."""
    await author.say("/calls")
    await author.tap("New call")
    await author.fill(words)
    await author.fill(BUTTON)


async def choose(author: Actor, how: str, kind: str, *values: str) -> None:
    """One more step of the audience."""
    await author.tap(how)
    await author.tap(kind)
    await author.say(", ".join(values))


async def a_while_later(scene: Stage, **passed: float) -> None:
    """What the ticks of the running bot do meanwhile."""
    scene.world.advance(timedelta(**passed))
    await scene.app.watching.tick()
    await scene.app.worker.work_off()
    await scene.app.watching.tick()
    await scene.app.postbox.sweep()
    await scene.quiet()


async def arrives(update: Update | None) -> None:
    """Wait until the bot has taken it."""
    assert update is not None
    assert update.receipt is not None
    await update.receipt.wait(5)


def everybody(scene: Stage) -> dict[str, Actor]:
    return {who: scene.telegram(who) if who in ON_TELEGRAM else scene.slack(who) for who in LANGUAGES}


async def test_a_call_is_written_counted_tried_taken_back_sent_and_watched(scene: Stage) -> None:
    author = scene.slack("ruth")
    await write(author)
    draft = author.last
    assert draft.text.startswith("Draft: Field days")
    assert "Text in French\nMontrez votre sol en mars." in draft.text
    assert "There is no text in Spanish" in draft.text
    assert "Button: “Join” (the form to join Soil Regeneration)" in draft.text
    assert "Check and send" not in draft.buttons

    # NGOs and research institutions of Soil Regeneration or Carbon Market, plus all seniors.
    await author.tap("Who receives it")
    await choose(author, "Choose people", "Kind of organisation", "research", "civil society")
    assert "This reaches 3 people: 2 in Slack, 1 on Telegram." in author.last.text
    await choose(author, "Only those of them who …", "Facility", "Soil Regeneration", "Carbon Market")
    assert "This reaches 2 people: 2 in Slack." in author.last.text
    await author.tap("Plus others who …")
    await author.tap("Youth or senior")
    await author.tap("Senior")
    assert "or who are seniors" in author.last.text, "the sentence goes with every tap"
    assert "This reaches 3 people: 2 in Slack, 1 on Telegram." in author.last.text
    await author.tap("Done")
    before = author.last
    await author.tap("Take back the last step")
    assert "seniors" not in author.last.text
    await choose(author, "Plus others who …", "Youth or senior", "Senior")
    await author.tap("‹ The call")
    assert before.text != author.last.text

    await author.tap("Send it to myself")
    author.sees("Show your soil in March.\n[Join]", "Nobody else has received it.")
    await author.tap("In all its languages")
    author.sees("Montrez votre sol en mars.\n[Participer]")
    await author.tap("Show the call")

    readers = everybody(scene)
    for reader in readers.values():
        reader.person.look()
    await author.tap("Check and send")
    assert author.last.text.startswith("Send “Field days”?")
    assert "This reaches 3 people: 2 in Slack, 1 on Telegram." in author.last.text
    await author.tap("Yes, send it")
    await a_while_later(scene, seconds=30)
    await author.tap("Take it back")
    assert "Taken back: nobody has received it." in author.last.text
    await author.tap("Check and send")
    await author.tap("Yes, send it")
    watched = author.last
    await a_while_later(scene, seconds=61)

    said = {who: [message.text for message in reader.person.news()] for who, reader in readers.items()}
    assert said["ned"] == ["Show your soil in March."]
    assert said["awa"] == ["Montrez votre sol en mars."]
    assert said["carmen"] == ["Show your soil in March."], "there is no Spanish text, so the English one"
    assert said["lea"] == []

    await readers["ned"].tap("Join")
    await a_while_later(scene, minutes=6)
    progress = next(message for message in author.person.messages() if message.id == watched.id)
    assert "“Field days” has been sent." in progress.text, "the same message, edited in place"
    assert "3 of 3 done" in progress.text
    assert "Opened what it leads to: 1" in progress.text

    await author.tap("Report", progress)
    report = next(message for message in reversed(author.person.messages()) if message.files)
    assert report.files == ("call-1.xlsx",)
    await author.say("/calls")
    assert "1. Field days: sent" in author.last.text


async def test_a_colleague_sends_it_back_and_then_approves_it(scene: Stage) -> None:
    scene.app.house.four_eyes = True
    author, colleague = scene.telegram("tom"), scene.slack("ruth")
    group = scene.world.telegram.new_group("Soil friends", {scene.world.people["lea"].telegram or 0, BOT_ID})
    async with scene.app.database.begin() as connection:
        await places.seen(connection, "telegram", str(group.id), scene.world.now, title="Soil friends", language="fr")
    await write(author)
    await author.tap("Who receives it")
    await author.tap("Everybody")
    await author.tap("Channels and groups")
    await author.tap("✗ Soil friends")
    assert "✓ Soil friends" in author.last.buttons
    await author.tap("‹ Who receives it")
    assert "Channels and groups: Soil friends" in author.last.text
    await author.tap("‹ The call")
    await author.tap("Check and send")
    colleague.person.look()
    await author.tap("Yes, ask a colleague")
    assert "I have put it before 1 colleague." in author.last.text
    assert "Approve" not in author.last.buttons, "nobody approves their own"

    preview, request = colleague.person.news()
    assert preview.text == "Show your soil in March."
    assert "Tom Siltmere asks you to approve a call: Field days" in request.text
    assert "This reaches 6 people: 3 in Slack, 3 on Telegram." in request.text
    await colleague.tap("Send back")
    await colleague.say("Please add Spanish.")
    assert "is back with" in colleague.last.text
    author.sees("has sent “Field days” back to you.", "To be changed: Please add Spanish.")

    await author.tap("Show the call")
    await author.tap("Change what it says")
    await author.tap("Text in Spanish")
    await author.say("Muestre su suelo en marzo.")
    await author.tap("Check and send")
    await author.tap("Yes, ask a colleague")
    await author.tap("Take it back")
    assert "“Field days” is a draft again: " in colleague.last.text
    await author.tap("Check and send")
    await author.tap("Yes, ask a colleague")
    author.person.look()
    await colleague.tap("Approve")
    assert "“Field days” is scheduled." in colleague.last.text
    author.sees("has approved “Field days”.")
    await a_while_later(scene, seconds=61)
    scene.telegram("carmen").sees("Muestre su suelo en marzo.")
    assert list(group.messages.values())[-1].text == "Montrez votre sol en mars."


async def test_whatever_is_wrong_is_said_at_once_and_the_draft_is_kept(scene: Stage) -> None:
    ruth, tom = scene.slack("ruth"), scene.telegram("tom")
    await scene.telegram("carmen").say("/calls")
    scene.telegram("carmen").sees("Solo la Secretaría")

    await ruth.say("/calls")
    await ruth.tap("New call")
    await ruth.say("Field days")
    await ruth.say("soil " * 900)
    assert "The text in English is too long" in ruth.last.text
    assert "Your other answers are kept." in ruth.last.text
    await ruth.say("/cancel")
    await ruth.say("/calls")
    assert "You have begun to write another one." in ruth.last.text
    await ruth.tap("Continue")
    await ruth.fill({"Text in English": "Show your soil.", "Text in French": None, "Text in Spanish": None})
    await ruth.fill({"The button leads to": "No button"})
    assert "Nobody is chosen yet." in ruth.last.text

    await ruth.tap("Who receives it")
    await choose(ruth, "Choose people", "Role", "leader")
    assert "reaches nobody" in ruth.last.text.casefold()
    await ruth.tap("‹ The call")
    assert "Check and send" not in ruth.last.buttons
    await ruth.tap("When it goes out")
    await ruth.tap("At a time that I write")
    await ruth.say("today 8:00")
    assert "That time has passed: I read" in ruth.last.text
    await ruth.say("the day after")
    assert "I cannot read a day and a time in that." in ruth.last.text
    await ruth.say("tomorrow 14:30")
    assert "Check and send" not in ruth.last.buttons, "still nobody"
    await ruth.tap("Who receives it")
    await TelegramPerson(scene.world, "carmen").block()
    await ruth.tap("Everybody")
    assert "This reaches 5 people: 3 in Slack, 2 on Telegram." in ruth.last.text
    assert "cannot be reached" in ruth.last.text
    await ruth.tap("‹ The call")

    await ruth.tap("Check and send")
    await tom.say("/calls")
    await tom.tap("1")
    await tom.tap("When it goes out")
    await tom.tap("At 9:00 of each reader")
    await tom.tap(tom.last.buttons[0])
    await ruth.tap("Yes, send it")
    assert "This call was changed since you looked at it." in ruth.last.text
    await ruth.tap_twice("Yes, send it")
    assert ruth.last.text.startswith("“Field days” is scheduled."), "the second tap finds it done"

    await ruth.tap("Pause")
    await a_while_later(scene, days=1)
    assert scene.telegram("lea").last.text != "Show your soil."
    await ruth.tap("Go on sending")
    await ruth.tap("Cancel the rest")
    assert "5 messages have not left yet" in ruth.last.text
    await ruth.tap("Yes, stop it for good")
    await a_while_later(scene, days=1)
    assert scene.telegram("lea").last.text != "Show your soil."
    await ruth.say("/calls")
    assert "1. Field days: cancelled" in ruth.last.text


async def test_it_waits_for_a_colleague_fails_in_a_group_and_is_sent_there_again(scene: Stage) -> None:
    scene.app.house.four_eyes = True
    author, colleague, lea = scene.telegram("tom"), scene.slack("ruth"), scene.telegram("lea")
    assert isinstance(author.person, TelegramPerson)
    telegram = scene.world.telegram
    group, added = on_telegram.new_group(telegram, lea.person.persona, "Soil friends", [])
    await arrives(added)
    await author.say("/calls")
    await author.tap("New call")
    await author.fill({"Title": "Field days", "Text in English": "Show your soil in March. " * 60})
    await author.fill({"Text in French": "Venez !", "Text in Spanish": None})
    await author.person.send_photo("field.png", PNG)
    await scene.quiet()
    await scene.app.fetching.tick()
    await author.fill({"The button leads to": "No button"})
    assert "There is no text in Spanish: who reads in it gets the one in English." in author.last.text
    await author.tap("Who receives it")
    await choose(author, "Choose people", "Language", "Spanish", "French")
    assert "This reaches 3 people: 2 on Telegram, 1 in Slack." in author.last.text
    await author.tap("Channels and groups")
    # What I say in this group, I say in French from now on.
    await author.tap("English")
    await author.tap("Français")
    assert author.last.buttons[:2] == ("✗ Soil friends", "Français")
    await author.tap("✗ Soil friends")
    await author.tap("‹ Who receives it")
    await author.tap("‹ The call")
    assert "There is no text in Spanish: 1 person who reads in it gets the one in English." in author.last.text
    await author.tap("Check and send")
    await author.tap("Yes, ask a colleague")

    # Nobody looks for two days: then the colleague is reminded, and the author is not.
    colleague.person.look()
    author.person.look()
    scene.world.advance(timedelta(days=2, hours=1))
    await scene.app.reminders.tick()
    await scene.app.postbox.sweep()
    await scene.quiet()
    reminder = colleague.one_message()
    assert "1 call for engagement has been waiting for your approval since" in reminder.text
    assert not [message for message in author.person.news() if "approval" in message.text]
    await colleague.tap("Show the call", reminder)
    await colleague.tap("Approve")

    await arrives(on_telegram.remove_bot(telegram, lea.person.persona, group.id))
    await a_while_later(scene, seconds=61)
    await a_while_later(scene, seconds=4)
    assert [message.pictures for message in lea.person.messages()[-1:]] == [1]
    carmen = scene.telegram("carmen").person.messages()[-2:]
    assert [message.pictures for message in carmen] == [1, 0], (
        "too long for a caption: the words come after the picture"
    )
    assert carmen[1].text.startswith("Show your soil in March. Show")
    watched = colleague.last
    assert "“Field days” has been sent." in watched.text
    assert "Failed: 1" in watched.text
    group.bot_present = True
    await colleague.tap("Send to failures again")
    assert "I am sending it again to 1 recipient." in colleague.last.text
    await a_while_later(scene, seconds=1)
    await a_while_later(scene, seconds=4)
    assert list(group.messages.values())[-1].text == "Venez !"
    assert "4 of 4 done" in colleague.last.text
    assert "Send to failures again" not in colleague.last.buttons

    for choice, name in (("Report", "call-1.xlsx"), ("As a plain table (.csv)", "call-1.csv")):
        await colleague.tap(choice)
        assert [message.files for message in colleague.person.messages() if message.files][-1] == (name,)
    async with scene.app.database.connect() as connection:
        (kept,) = await files.of(connection, "campaign 1 report call-1.csv")
        table = (await files.content(connection, kept.id) or b"").decode("utf-8-sig").splitlines()
    assert table[0].endswith(",When (UTC),Error,May have come twice,Opened (UTC),Completed (UTC)")
    assert sorted(line.split(",")[1:4] for line in table[1:]) == [
        ["Slack", "fr", "Sent"],
        ["Telegram", "es", "Sent"],
        ["Telegram", "fr", "Sent"],
        ["Telegram", "fr", "Sent"],
    ]
    await colleague.tap("‹ Calls", watched)
    colleague.sees("1. Field days: sent")
