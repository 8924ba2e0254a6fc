"""What surrounds joining: the plan, the Home, links from outside, forms with mistakes in them, other languages."""

from sqlalchemy import select

from sandbox.slack import acts as in_slack
from sandbox.slack.person import SlackPerson
from sandbox.telegram import acts as on_telegram
from sandbox.telegram.person import TelegramPerson
from storage.schema import accounts
from tests.scenarios.test_joining import ALONE, KNOWLEDGE, REGENERATION, begin, join_regeneration
from tests.stage import Actor, Stage


async def test_browsing_from_a_goal_to_what_can_be_joined(ada: Actor, scene: Stage) -> None:
    ben = scene.slack("ben")
    await join_regeneration(ben)
    await ada.say("/start")
    await ada.say("/objectives")
    ada.sees("A Inception & Conceptualization · 6 listed", "B wording not known yet · 1 listed")
    await ada.tap("A")
    await ada.tap("A2")
    assert "Target 2030" in ada.one_message().text
    await ada.tap("See this facility")
    ada.sees("Global Facility 1: Project Development", "Nobody has started one here yet.")
    await ada.tap("‹ Facilities")
    await ada.tap("4")
    ada.sees("1. Soil Regeneration (forming) · 0 members")
    await ada.tap("1")
    await ada.tap("English")
    await ada.tap("I agree")
    await ada.fill(ALONE)
    assert "You are joining the Alliance Soil Regeneration." in ada.last.text


async def test_an_inferred_facility_is_not_shown_as_a_fact(ada: Actor) -> None:
    await ada.say("/start")
    await ada.say("/objectives")
    await ada.tap("C")
    await ada.tap("C2")
    assert "Facility: not known yet" in ada.one_message().text


async def test_a_deep_link_leads_straight_to_its_coalition(scene: Stage) -> None:
    ben = scene.slack("ben")
    await join_regeneration(ben)
    ada = scene.telegram("ada")
    await ada.person.start("join_1")
    await scene.quiet()
    await ada.tap("English")
    await ada.tap("I agree")
    await ada.fill(ALONE)
    assert "You are joining the Alliance Soil Regeneration." in ada.last.text


async def test_a_deep_link_cannot_decide_or_erase(scene: Stage, tom: Actor) -> None:
    ada = scene.slack("ada")
    await join_regeneration(ada)
    for payload in ("approve_1", "erase_yes", "left_1"):
        await tom.person.start(payload)
        await scene.quiet()
        assert "Hello Tom!" in tom.last.text
    await ada.say("/coalitions")
    ada.sees("waiting for the Secretariat's decision")


async def test_nobody_else_can_decide(ada: Actor) -> None:
    await join_regeneration(ada)
    await ada.say("/requests")
    assert "Only the secretariat can do that." in ada.one_message().text


async def test_the_home_in_slack_is_the_persons_desk(scene: Stage, tom: Actor) -> None:
    ada = scene.slack("ada")
    assert isinstance(ada.person, SlackPerson)
    await begin(ada)
    await ada.tap("On my own")
    await ada.person.open_home()
    await scene.quiet()
    assert "Join a coalition is not finished." in ada.person.home()
    await ada.person.tap("Continue: Join a coalition")
    await scene.quiet()
    await ada.person.open_messages()
    await ada.tap("Youth")
    await ada.tap("Volunteer")
    await ada.fill(REGENERATION)
    await ada.fill(KNOWLEDGE)
    await ada.tap("Send the request")
    await tom.tap("Approve")
    await ada.person.open_home()
    await scene.quiet()
    assert "Nothing at the moment." in ada.person.home()
    assert "Alliance Soil Regeneration: member" in ada.person.home()


async def test_a_form_says_beside_the_field_what_does_not_fit_and_keeps_the_rest(scene: Stage) -> None:
    ada = scene.slack("ada")
    assert isinstance(ada.person, SlackPerson)
    await begin(ada)
    await ada.person.choose("Joining", "For an organisation")
    await scene.quiet()
    for label, value in {
        "Organisation": "Green Soils",
        "Kind of organisation": "Private company",
        "Country": "Keniya",
        "Status in the Initiative": "Not yet",
        "Youth or senior": "Neither",
        "Taking part as": "Professional",
    }.items():
        await ada.person.choose(label, value)
        await scene.quiet()
    errors = await ada.person.submit()
    assert errors == {"Country": "I do not know that country. Did you mean Kenya?"}
    await ada.person.choose("Country", "Kenya")
    assert await ada.person.submit() == {}
    await scene.quiet()
    assert "Which facility would you like to support?" in ada.last.text


async def test_a_form_closed_half_way_goes_on_where_it_stopped(scene: Stage) -> None:
    ada = scene.slack("ada")
    assert isinstance(ada.person, SlackPerson)
    await begin(ada)
    await ada.person.choose("Joining", "On my own")
    await scene.quiet()
    await ada.person.close()
    await ada.say("/join")
    await ada.tap("Continue")
    assert ada.person.modal is not None
    assert "Joining: On my own" in ada.person.modal.text


async def test_a_group_is_only_told_where_to_go_on(scene: Stage) -> None:
    telegram = scene.world.telegram
    ada = scene.telegram("ada")
    group, _ = on_telegram.new_group(telegram, ada.person.persona, "Soil friends", [])
    on_telegram.say(telegram, ada.person.persona, "/join", group.id)
    await ada.person.until(lambda: len(group.messages) > 2)
    said = list(group.messages.values())[-1]
    assert said.text.startswith("Let us continue in private")
    assert said.keyboard[0][0]["url"].endswith("?start=join")


async def test_a_command_in_a_channel_is_answered_in_private(scene: Stage) -> None:
    ada = scene.slack("ada")
    slack = scene.world.slack
    channel = slack.channels[0]
    receipt = in_slack.command(slack, ada.person.persona, "/4p1000", "join", channel.id)
    assert receipt is not None
    await receipt.wait(5)
    await scene.quiet()
    ada.sees("Which language shall we speak?")
    assert "direct messages" in str([message.text for message in channel.ephemeral.values()])


async def test_everything_is_said_in_the_persons_language(scene: Stage) -> None:
    lea = scene.telegram("lea")
    await lea.say("/start")
    assert "Bonjour Léa" in lea.one_message().text
    await lea.say("aide")
    assert "/join" in lea.one_message().text
    carmen = scene.telegram("carmen")
    await carmen.say("/start")
    assert "¡Hola" in carmen.one_message().text


async def test_who_blocked_the_bot_is_marked_and_welcome_again(scene: Stage) -> None:
    ada = scene.telegram("ada")
    assert isinstance(ada.person, TelegramPerson)
    await ada.say("/start")
    await ada.person.block()
    async with scene.app.database.connect() as connection:
        assert (await connection.execute(select(accounts.c.reachable))).scalars().all() == [False]
    await ada.person.unblock()
    await ada.say("hello")
    async with scene.app.database.connect() as connection:
        assert (await connection.execute(select(accounts.c.reachable))).scalars().all() == [True]


async def test_a_picture_in_the_middle_of_a_form_is_answered(ada: Actor) -> None:
    await begin(ada)
    await ada.person.send_document("soil.pdf", b"%PDF-1.4")
    await ada.stage.quiet()
    assert "I cannot use files or pictures for this question" in ada.last.text
