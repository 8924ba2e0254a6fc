"""Two accounts becoming one person, and parting again. Every scenario runs on both databases."""

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from bot.chat.events import Account, Command, Event, Origin, Tap, Text
from sandbox.slack.state import TEAM_ID
from sandbox.telegram import acts as on_telegram
from storage.schema import accounts, audit, links, memberships, outbox, participants, pledges
from tests.scenarios.test_joining import ALONE, KNOWLEDGE, REGENERATION, begin, join_regeneration
from tests.stage import Actor, Stage

CODE = re.compile(r"code is ([B-Z2-9]{4}-[B-Z2-9]{4})")
YES = "Yes, it is mine"


async def rows(scene: Stage, statement: Any) -> Sequence[Any]:
    async with scene.app.database.connect() as connection:
        return (await connection.execute(statement)).all()


async def shown_code(person: Actor) -> str:
    """Ask for a code; what is shown."""
    await person.say("/link")
    match = CODE.search(person.last.text)
    assert match, person.last.text
    return match[1]


async def link(one: Actor, other: Actor) -> None:
    """From the code to both having confirmed."""
    await other.say(f"/link {await shown_code(one)}")
    await other.tap(YES)
    await one.tap(YES)


def by(scene: Stage, actor: Actor) -> Origin:
    """The origin of an event that this person causes in private, without the platform in between."""
    persona = actor.person.persona
    user = Account("slack", persona.slack or "", TEAM_ID) if actor.in_slack else None
    where = user or Account("telegram", str(persona.telegram))
    return Origin(key=f"test:{uuid4()}", account=where, at=scene.world.now)


async def token(scene: Stage, name: str) -> str:
    """A button of the question that both sides are asked."""
    ((link_id,),) = await rows(scene, select(links.c.id).where(links.c.state != "tries"))
    return f"{name}_{link_id}"


@pytest.fixture
async def in_slack(scene: Stage) -> Actor:
    actor = scene.slack("ada")
    await actor.say("/start")
    return actor


@pytest.fixture
async def on_phone(scene: Stage) -> Actor:
    actor = scene.telegram("ada")
    await actor.say("/start")
    return actor


async def test_a_form_begun_in_slack_is_finished_on_telegram(scene: Stage, in_slack: Actor, tom: Actor) -> None:
    await begin(in_slack)
    await in_slack.fill(ALONE)
    code = await shown_code(in_slack)
    phone = scene.telegram("ada")
    await phone.person.start(f"link_{code}")
    await scene.quiet()
    assert "Is this other account yours?\nSlack: Ada Rowan" in phone.last.text
    assert "Is this other account yours?\nTelegram: Ada Rowan (@ada_sandbox)" in in_slack.last.text
    await phone.tap(YES)
    assert "Now please confirm in the other account too." in phone.last.text
    await in_slack.tap(YES)
    assert "are now one person" in in_slack.one_message().text
    assert "are now one person" in phone.last.text
    await phone.tap("Continue")
    assert "Which facility would you like to support?" in phone.last.text
    await phone.fill(REGENERATION)
    await phone.fill(KNOWLEDGE)
    await phone.tap("Send the request")
    assert "was sent" in phone.last.text
    tom.sees("Ada Rowan asks to join the Alliance Soil Regeneration.")
    await in_slack.say("/coalitions")
    in_slack.sees("waiting for the Secretariat's decision")


async def test_a_code_from_telegram_is_entered_in_slack(scene: Stage, on_phone: Actor, in_slack: Actor) -> None:
    code = await shown_code(on_phone)
    assert f"/4p1000 link {code}" in on_phone.last.text
    await in_slack.say(code)
    await on_phone.tap(YES)
    await in_slack.tap(YES)
    assert "are now one person" in in_slack.last.text
    assert "are now one person" in on_phone.last.text
    assert len(await rows(scene, select(participants))) == 1
    assert [row.action for row in await rows(scene, select(audit))] == ["linked"]


async def test_two_people_are_not_linked_unless_both_confirm(scene: Stage, in_slack: Actor) -> None:
    ben = scene.telegram("ben")
    await ben.say("/start")
    await ben.say(f"/link {await shown_code(in_slack)}")
    assert "Slack: Ada Rowan" in ben.last.text
    await ben.tap(YES)
    assert len(await rows(scene, select(participants))) == 2
    assert "Telegram: Ben Field (@ben_sandbox)" in in_slack.last.text
    await in_slack.tap("No, it is not")
    assert "Nothing was linked." in in_slack.last.text
    assert "Nothing was linked." in ben.last.text
    await scene.app.intake.take(Tap(by(scene, ben), await token(scene, "linkyes")))
    assert len(await rows(scene, select(participants))) == 2


async def test_confirming_twice_on_one_side_is_not_confirming_on_both(
    scene: Stage, in_slack: Actor, on_phone: Actor
) -> None:
    await on_phone.say(f"/link {await shown_code(in_slack)}")
    await on_phone.tap_twice(YES)
    assert len(await rows(scene, select(participants))) == 2


async def test_nobody_else_can_confirm(scene: Stage, in_slack: Actor, on_phone: Actor) -> None:
    ben = scene.telegram("ben")
    await ben.say("/start")
    await on_phone.say(f"/link {await shown_code(in_slack)}")
    await on_phone.tap(YES)
    await scene.app.intake.take(Tap(by(scene, ben), await token(scene, "linkyes")))
    await scene.quiet()
    assert "That question is over" in ben.last.text
    assert len(await rows(scene, select(participants))) == 3


async def test_a_code_expires(scene: Stage, in_slack: Actor, on_phone: Actor) -> None:
    code = await shown_code(in_slack)
    scene.world.advance(timedelta(minutes=11))
    await on_phone.say(f"/link {code}")
    assert "I know no such code." in on_phone.last.text
    in_slack.sees_not("Is this other account yours?")


async def test_a_confirmation_expires(scene: Stage, in_slack: Actor, on_phone: Actor) -> None:
    await on_phone.say(f"/link {await shown_code(in_slack)}")
    await on_phone.tap(YES)
    scene.world.advance(timedelta(minutes=11))
    await in_slack.tap(YES)
    assert "That question is over" in in_slack.last.text
    assert len(await rows(scene, select(participants))) == 2


async def test_a_code_works_once(scene: Stage, in_slack: Actor, on_phone: Actor) -> None:
    ben = scene.telegram("ben")
    await ben.say("/start")
    code = await shown_code(in_slack)
    await on_phone.say(f"/link {code}")
    await ben.say(f"/link {code}")
    assert "I know no such code." in ben.last.text


async def test_a_new_code_makes_the_old_one_useless(in_slack: Actor, on_phone: Actor) -> None:
    old = await shown_code(in_slack)
    await shown_code(in_slack)
    await on_phone.say(f"/link {old}")
    assert "I know no such code." in on_phone.last.text


async def test_after_five_wrong_codes_the_right_one_is_not_looked_at_for_an_hour(
    scene: Stage, in_slack: Actor, on_phone: Actor
) -> None:
    for left in (4, 3, 2, 1, 0):
        await on_phone.say("/link BCDF-2345")
        assert f"Tries left: {left}" in on_phone.last.text
    await on_phone.say(f"/link {await shown_code(in_slack)}")
    assert "Too many wrong codes." in on_phone.last.text
    scene.world.advance(timedelta(hours=1))
    await on_phone.say(f"/link {await shown_code(in_slack)}")
    assert "Is this other account yours?" in on_phone.last.text


async def test_what_is_no_code_is_said_so_and_not_counted(scene: Stage, on_phone: Actor) -> None:
    await on_phone.say("/link my other account")
    assert "That is not a code." in on_phone.last.text
    assert not await rows(scene, select(links))


async def test_ones_own_code_is_for_the_other_account(in_slack: Actor) -> None:
    await in_slack.say(f"/link {await shown_code(in_slack)}")
    assert "That is the code of this very account." in in_slack.last.text


async def test_a_code_shown_to_a_group_needs_a_second_one_back(scene: Stage, in_slack: Actor, on_phone: Actor) -> None:
    telegram = scene.world.telegram
    persona = on_phone.person.persona
    group, _ = on_telegram.new_group(telegram, persona, "Soil friends", [])
    on_telegram.say(telegram, persona, f"/link {await shown_code(in_slack)}", group.id)
    await on_phone.person.until(lambda: len(group.messages) > 2)
    await scene.quiet()
    in_the_group = list(group.messages.values())[-1]
    assert "is not enough to link anything" in in_the_group.text
    assert "second code" not in in_the_group.text
    assert "Your code was entered where others can see it" in in_slack.last.text
    assert YES not in in_slack.last.buttons
    second = CODE.search(on_phone.last.text)
    assert second, on_phone.last.text
    await in_slack.say("/link BCDF-2345")
    assert "I know no such code." in in_slack.last.text
    await in_slack.say(second[1])
    await in_slack.tap(YES)
    await on_phone.tap(YES)
    assert len(await rows(scene, select(participants))) == 1


async def test_a_code_shown_to_a_group_by_somebody_who_never_wrote_is_gone(scene: Stage, in_slack: Actor) -> None:
    telegram, ben = scene.world.telegram, scene.telegram("ben")
    code = await shown_code(in_slack)
    group, _ = on_telegram.new_group(telegram, ben.person.persona, "Soil friends", [])
    on_telegram.say(telegram, ben.person.persona, f"/link {code}", group.id)
    await ben.person.until(lambda: len(group.messages) > 2)
    await scene.quiet()
    assert [row.state for row in await rows(scene, select(links.c.state))] == ["refused"]


async def test_no_code_is_stored(scene: Stage, in_slack: Actor) -> None:
    code = await shown_code(in_slack)
    stored = "".join(row.payload for row in await rows(scene, select(outbox.c.payload)))
    stored += "".join(row.code_hash for row in await rows(scene, select(links.c.code_hash)))
    assert "Show a new code" in stored
    assert code not in stored
    assert code.replace("-", "") not in stored


async def test_both_had_joined_the_same_coalition(scene: Stage, in_slack: Actor, on_phone: Actor, tom: Actor) -> None:
    await join_regeneration(in_slack)
    await begin(on_phone)
    await on_phone.fill(ALONE)
    await on_phone.fill({"Facility": REGENERATION["Facility"]})
    await on_phone.say("1")
    await on_phone.fill(KNOWLEDGE | {"Contribution": ["Network"]})
    await on_phone.tap("Send the request")
    await tom.tap("Approve")
    living = await rows(scene, select(memberships.c.state).where(memberships.c.state != "left"))
    assert sorted(row.state for row in living) == ["approved", "pending"]
    await link(in_slack, on_phone)
    living = await rows(scene, select(memberships.c.id, memberships.c.state).where(memberships.c.state != "left"))
    assert [row.state for row in living] == ["approved"]
    kinds = await rows(scene, select(pledges.c.kind).where(pledges.c.membership_id == living[0].id))
    assert {row.kind for row in kinds} == {"knowledge", "network"}
    await in_slack.say("/coalitions")
    assert "Your membership: member" in in_slack.last.text
    assert "1 member" in in_slack.last.text


async def test_what_only_one_side_chose_is_kept(scene: Stage, in_slack: Actor, on_phone: Actor) -> None:
    await on_phone.say("/settings")
    await on_phone.tap("Language")
    await on_phone.tap("Français")
    await in_slack.say("/settings")
    await in_slack.tap("Topics")
    await in_slack.tap("✓ calls for engagement")
    await in_slack.tap("‹ Settings")
    await in_slack.tap("Only the most urgent thing")
    await on_phone.say(f"/link {await shown_code(in_slack)}")
    await on_phone.tap("Oui, c’est le mien")
    await in_slack.tap(YES)
    (person,) = await rows(scene, select(participants))
    assert (person.language, person.stopped_topics, person.digest) == ("fr", ["calls"], False)
    assert "ne font plus qu’une personne" in in_slack.last.text


async def test_parting_leaves_everything_with_the_others(scene: Stage, in_slack: Actor, on_phone: Actor) -> None:
    await join_regeneration(in_slack)
    await link(in_slack, on_phone)
    await on_phone.say("/unlink")
    await on_phone.tap("Telegram: Ada Rowan")
    assert "Part this account from the others?" in on_phone.last.text
    await on_phone.tap("Yes, part them")
    assert "this account now is a person of its own.\nTelegram: Ada Rowan" in on_phone.last.text
    assert "this account now is a person of its own.\nTelegram: Ada Rowan" in in_slack.last.text
    await on_phone.say("/coalitions")
    assert "You have not joined anything yet." in on_phone.last.text
    await in_slack.say("/coalitions")
    in_slack.sees("waiting for the Secretariat's decision")
    owners = await rows(scene, select(accounts.c.participant_id).order_by(accounts.c.id))
    assert len({row.participant_id for row in owners if row.participant_id}) == len(owners)
    assert [row.action for row in await rows(scene, select(audit.c.action))] == ["requested", "linked", "unlinked"]


async def test_the_other_account_can_be_parted_too(scene: Stage, in_slack: Actor, on_phone: Actor) -> None:
    await link(in_slack, on_phone)
    await on_phone.say("/unlink")
    await on_phone.tap("Slack: Ada Rowan")
    await on_phone.tap("Yes, part them")
    assert "Slack: Ada Rowan" in in_slack.last.text
    assert len(await rows(scene, select(participants))) == 2
    await link(on_phone, in_slack)
    assert len(await rows(scene, select(participants))) == 1


async def test_a_single_account_has_nothing_to_part(in_slack: Actor) -> None:
    await in_slack.say("/unlink")
    assert "not linked with another one" in in_slack.last.text


async def test_a_persons_answers_to_a_decision_go_where_they_prefer(
    scene: Stage, in_slack: Actor, on_phone: Actor, tom: Actor
) -> None:
    await join_regeneration(in_slack)
    await link(in_slack, on_phone)
    await in_slack.say("/settings")
    await in_slack.tap("Where I write to you")
    await in_slack.tap("Telegram: Ada Rowan")
    await tom.tap("Approve")
    assert "was approved by Tom Siltmere" in on_phone.last.text
    in_slack.sees_not("was approved by")


@pytest.mark.parametrize("first", ["slack", "telegram"])
async def test_what_both_do_in_the_moment_of_linking_is_not_lost(
    scene: Stage, in_slack: Actor, on_phone: Actor, first: str
) -> None:
    """Events that come together are taken in one transaction, also when one changes who the other's person is."""
    await on_phone.say(f"/link {await shown_code(in_slack)}")
    await on_phone.tap(YES)
    confirming = Tap(by(scene, in_slack), await token(scene, "linkyes"))
    setting = Tap(by(scene, on_phone), "settings_digest_off")
    asking = Command(by(scene, scene.telegram("ben")), "help")
    events: list[Event] = [asking, confirming, setting] if first == "slack" else [setting, asking, confirming]
    await asyncio.gather(*(scene.app.intake.take(event) for event in events))
    await asyncio.gather(
        scene.app.intake.take(Text(by(scene, on_phone), "hello")),
        scene.app.intake.take(Tap(by(scene, in_slack), "settings_topics_calls")),
    )
    await scene.quiet()
    on_phone.sees("are now one person", "only the most urgent one")
    in_slack.sees("are now one person")
    ada = await rows(scene, select(participants).where(participants.c.name == "Ada Rowan"))
    assert [(row.stopped_topics, row.digest) for row in ada] == [(["calls"], False)]
    on_phone.sees_not("reference")


async def test_a_code_that_could_not_be_sent_is_not_sent_later(scene: Stage, in_slack: Actor) -> None:
    scene.world.faults.add("server_error", platform="slack", method="chat.postMessage")
    await in_slack.say("/link")
    scene.world.advance(timedelta(minutes=1))
    await scene.app.postbox.sweep()
    await scene.quiet()
    assert "I could not show you the code" in in_slack.last.text
    await in_slack.tap("Show a new code")
    assert CODE.search(in_slack.last.text)


async def test_erasing_erases_both_accounts(scene: Stage, in_slack: Actor, on_phone: Actor) -> None:
    await join_regeneration(in_slack)
    await link(in_slack, on_phone)
    await on_phone.say("/privacy")
    await on_phone.tap("Erase my data")
    assert "in all linked accounts" in on_phone.last.text
    await on_phone.tap("Yes, erase everything")
    assert not await rows(scene, select(accounts).where(accounts.c.name == "Ada Rowan"))
    await in_slack.say("/coalitions")
    assert "You have not joined anything yet." in in_slack.last.text


async def test_a_link_from_outside_sets_nothing(scene: Stage, on_phone: Actor) -> None:
    for payload in ("settings_pause_90", "linkyes_1", "unlinked_1"):
        await on_phone.person.start(payload)
        await scene.quiet()
        assert "Hello Ada!" in on_phone.last.text
