"""What a call for engagement leads to, as its readers live it, and what of it is counted."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import update

from bot.outreach import campaigns
from bot.outreach.campaigns import Faulty
from sandbox.slack import acts as in_slack
from sandbox.telegram import acts as on_telegram
from sandbox.telegram.state import Update
from storage import campaigns as stored
from storage import places
from storage.campaigns import Counts, Draft
from storage.schema import participants
from tests.scenarios.test_joining import KNOWLEDGE, begin
from tests.scenarios.test_study import meet, put_up
from tests.stage import Actor, Stage

AT_ONCE = timedelta(seconds=61)


async def call(scene: Stage, draft: Draft) -> int:
    """Send a call to whom it is for; everybody lives by UTC, and it is noon."""
    noon = datetime.combine(scene.world.now.date() + timedelta(days=1), time(12), UTC)
    scene.world.advance(noon - scene.world.now)
    titles = scene.app.house.catalogue.facility_titles()
    async with scene.app.database.begin() as connection:
        await connection.execute(update(participants).values(zone="Etc/UTC"))
        id = await stored.create(connection, draft, None, scene.world.now)
        await campaigns.confirm(connection, id, None, titles, scene.world.now, four_eyes=False)
    scene.world.advance(AT_ONCE)
    await scene.app.worker.work_off()
    await scene.quiet()
    return id


async def arrives(update: Update | None) -> None:
    """Wait until the bot has taken it."""
    assert update is not None
    assert update.receipt is not None
    await update.receipt.wait(5)


async def counts(scene: Stage, id: int) -> Counts:
    async with scene.app.database.begin() as connection:
        return await stored.counts(connection, id)


async def test_what_a_call_leads_to_is_counted_for_it(ada: Actor, scene: Stage) -> None:
    await begin(ada)
    await ada.say("/cancel")
    await ada.tap("Delete my answers")
    ada.person.look()
    draft = Draft(
        title="Soil",
        texts={"en": "*Soil Regeneration looks for you.*"},
        button={"target": "join global-4", "labels": {"en": "I am in"}},
        audience={"all": []},
    )
    id = await call(scene, draft)
    said = ada.one_message()
    assert said.text.startswith("Soil Regeneration looks for you.")
    assert said.buttons == ("I am in", "Stop these calls")
    assert (await counts(scene, id)).sent == 1

    await ada.tap("I am in")
    assert (await counts(scene, id)).opened == 1
    # The call stays where it is, with its button; the facility is chosen already.
    ada.sees("Soil Regeneration looks for you.", "I am in")
    await ada.fill({"Joining": "On my own", "Youth or senior": "Youth", "Taking part as": "Volunteer"})
    await ada.fill({"Coalition": "Soil Regeneration (you would be the first)"})
    await ada.fill(KNOWLEDGE)
    assert (await counts(scene, id)).completed == 0
    await ada.tap("Send the request")
    # Twice opened is opened once, and what is begun afterwards without it is not counted for it.
    await ada.tap("I am in")
    found = await counts(scene, id)
    assert (found.opened, found.completed) == (1, 1)


async def test_who_stops_calls_gets_none(scene: Stage) -> None:
    ada, ben = scene.slack("ada"), scene.telegram("ben")
    await begin(ada)
    await begin(ben)
    first = Draft(title="One", texts={"en": "First"}, audience={"all": []})
    assert (await counts(scene, await call(scene, first))).sent == 2
    await ada.tap("Stop these calls")
    ada.sees("I will not remind you of this any more: calls for engagement.")
    ada.person.look()
    ben.person.look()
    id = await call(scene, first)
    assert ada.person.news() == []
    assert ben.one_message().text == "First"
    assert (await counts(scene, id)).total == 1


async def test_a_group_and_a_channel_lead_into_private(scene: Stage) -> None:
    ada, ben = scene.telegram("ada"), scene.slack("ben")
    await ada.say("/start")
    await ben.say("/start")
    group, added = on_telegram.new_group(scene.world.telegram, ada.person.persona, "Soil friends", [])
    await arrives(added)
    channel = in_slack.new_channel(scene.world.slack, ben.person.persona, "soil", [])
    await scene.app.look_around()
    async with scene.app.database.begin() as connection:
        there = {place.title: place for place in await places.active(connection)}
    assert {"Soil friends", "#soil"} <= there.keys()
    ids = (there["Soil friends"].id, there["#soil"].id)
    draft = Draft(title="Soil", texts={"en": "Come!"}, button={"target": "join global-4", "labels": {}}, places=ids)
    id = await call(scene, draft)
    announced = list(group.messages.values())[-1]
    assert announced.text == "Come!"
    assert announced.keyboard[0][0]["url"].endswith(f"?start=join_global-4--c{id}")
    await ada.person.start(f"join_global-4--c{id}")
    await scene.quiet()
    ada.sees("Which language shall we speak?")

    posted = list(channel.messages.values())[-1]
    (actions,) = [block for block in posted.blocks if block["type"] == "actions"]
    button = actions["elements"][0]
    receipt = in_slack.act_on_message(
        scene.world.slack, ben.person.persona, channel.id, posted.ts, actions["block_id"], button["action_id"]
    )
    assert receipt is not None
    await receipt.wait(5)
    await scene.quiet()
    ben.sees("Which language shall we speak?")
    assert posted.text.startswith("Come!"), "what stands in the channel stays for everybody"
    assert (await counts(scene, id)).opened == 2
    # Taken out of the group, it is no place for a call any more.
    await arrives(on_telegram.remove_bot(scene.world.telegram, ada.person.persona, group.id))
    async with scene.app.database.begin() as connection:
        assert "Soil friends" not in {place.title for place in await places.active(connection)}


async def test_who_has_answered_the_whole_round_has_completed_the_call_to_it(scene: Stage) -> None:
    ada = scene.telegram("ada")
    await meet(ada)
    await put_up(scene)
    await ada.say("/start study_soil")
    await ada.tap("Take part")
    scene.world.advance(timedelta(hours=23))
    await scene.app.rounds.tick()
    draft = Draft(title="Soil", texts={"en": "Answer!"}, button={"target": "round soil"})
    # She never joined anything, and has agreed to this study only.
    with pytest.raises(Faulty):
        await call(scene, replace(draft, audience={"all": []}))
    id = await call(scene, replace(draft, audience={"not_answered": "soil:1"}))
    await ada.tap("Answer the round")
    await ada.tap("Begin round 1")
    for answer in ("7", "7", "agree", "2040"):
        assert ((await counts(scene, id)).opened, (await counts(scene, id)).completed) == (1, 0), answer
        await ada.say(answer)
    assert "All 4 questions are answered." in ada.last.text
    assert (await counts(scene, id)).completed == 1
