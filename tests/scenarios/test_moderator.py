"""A Delphi study as its moderators run it: made by conversation, published, watched, changed, moderated, reported."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import update

from bot.chat.events import Tap
from bot.delphi.protocol import Protocol
from storage import answers, panels, proposals, studies, study_items
from storage.schema import participants
from tests import panel
from tests.panel import CHAR, PAID, Study
from tests.scenarios.test_linking import by
from tests.stage import Actor, Stage, stage

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TWELVE = [
    {"A1": first, "A2": second, "B1": 4, "D1": 2040}
    for first, second in zip((7, 8, 9, 7, 8, 9, 7, 8, 7, 9, 8, 7), (1, 2, 8, 9, 2, 8, 9, 3, 1, 9, 8, 2), strict=True)
]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Stage]:
    """Everybody lives by UTC; it is a Monday at ten."""
    async with stage(database_url) as opened:
        for name in ("Ada Rowan", "Ben Field"):
            opened.world.add_person(name, person_id=name.split()[0].lower(), telegram=True, slack=True)
        today = opened.world.now.date()
        monday = datetime.combine(today + timedelta(days=7 - today.weekday()), time(10), UTC)
        opened.world.advance(monday - opened.world.now)
        yield opened


@pytest.fixture(params=["telegram", "slack"])
async def desk(request: pytest.FixtureRequest, scene: Stage) -> Actor:
    """Somebody of the secretariat, on either platform."""
    actor = scene.telegram("tom") if request.param == "telegram" else scene.slack("ruth")
    await actor.say("/start")
    await by_utc(scene)
    return actor


@pytest.fixture
async def tom(scene: Stage) -> Actor:
    """The secretariat on Telegram."""
    actor = scene.telegram("tom")
    await actor.say("/start")
    await by_utc(scene)
    return actor


async def by_utc(scene: Stage) -> None:
    async with scene.app.database.begin() as connection:
        await connection.execute(update(participants).values(zone="Etc/UTC"))


async def let_pass(scene: Stage, hours: float = 0) -> None:
    """What the ticks of the running bot do after so many hours."""
    scene.world.advance(timedelta(hours=hours))
    await scene.app.rounds.tick()
    await scene.app.fetching.tick()
    await scene.app.items_reading.tick()
    await scene.app.study_reports.tick()
    await scene.app.reminders.tick()
    scene.world.advance(timedelta(seconds=5))
    while await scene.app.postbox.sweep():
        pass
    await scene.quiet()


async def put_up(scene: Stage, items: tuple[object, ...] = (PAID, CHAR), **settings: object) -> Study:
    """A study whose first round opens tomorrow at nine and closes a week later."""
    opens = datetime.combine(scene.world.now.date() + timedelta(days=1), time(9))
    async with scene.app.database.begin() as connection:
        fixed = panel.protocol(opens, items, **{"smallest_group": 5, **settings})  # type: ignore[arg-type]  # any kind
        return await panel.publish(connection, fixed, scene.world.now)


async def forge(scene: Stage, actor: Actor, token: str) -> None:
    """Tap a button that this person was never shown."""
    await scene.app.intake.take(Tap(by(scene, actor), token))
    await scene.quiet()


async def protocol_of(scene: Stage, code: str) -> Protocol:
    async with scene.app.database.connect() as connection:
        found = await studies.by_code(connection, code)
        assert found is not None
        return Protocol.model_validate(found.protocol)


@on_sqlite
async def test_a_study_is_made_by_conversation_and_published(tom: Actor, scene: Stage) -> None:
    await tom.say("/studies")
    assert "There is no study yet." in tom.last.text
    await tom.tap("Make a study")
    for answer in (["English", "French"], "Priorities for soils", "Priorités pour les sols", "What helps?", None):
        await tom.fill({"": answer})
    for answer in ("1 to 9", "not important", "pas important", "essential", "essentiel", "Yes, it has groups"):
        await tom.fill({"": answer})
    await tom.say("Farmers")
    assert "name two groups at least" in tom.last.text
    for answer in ("Farmers, Research", "Monde agricole, Recherche", "Everybody with the link"):
        await tom.fill({"": answer})
    for answer in ("No, start with ratings", "3 rounds", "tomorrow", "2 weeks", "A share in the highest third"):
        await tom.fill({"": answer})
    assert "With 23 answers, 70 % means 17 people, 75 % means 18, and 80 % means 19." in tom.last.text
    await tom.tap("80 %", tom.last)
    assert "nothing is sent to anybody" in tom.last.text
    await tom.tap("Keep it as a draft")
    assert "with 23 answers, that is 19" in tom.last.text

    await tom.tap("Add a question")
    for answer in ("On the scale of the study", "Cover crops deserve money.", None):
        await tom.fill({"": answer})
    await tom.tap("Add it")
    await tom.tap("Add another question")
    for answer in ("Choose from a list", "Who pays?", "Qui paie ?", "State\nMarket", "État\nMarché", "No, one"):
        await tom.fill({"": answer})
    await tom.tap("Add it")
    await tom.tap("To the draft")
    assert "Publish…" not in tom.last.buttons
    await tom.tap("What is missing")
    assert "French: 1 of 2 questions have no words: A1." in tom.last.text
    assert "French: 1 of 6 other texts have no words: introduction." in tom.last.text
    await tom.tap("To the study")

    # Only what is asked anew changes, and a question that is not needed goes.
    await tom.tap("Change something")
    await tom.tap("Title and introduction")
    for answer in (None, None, None, "Qu’est-ce qui aide ?"):
        await tom.fill({"": answer})
    await tom.tap("Keep it as a draft")
    await tom.tap("To the draft")
    await tom.tap("Questions")
    await tom.tap("1", tom.last)
    await tom.tap("Take it out")
    await tom.tap("To the study")
    made = await protocol_of(scene, "priorities")
    assert made.title == {"en": "Priorities for soils", "fr": "Priorités pour les sols"}
    assert made.introduction == {"en": "What helps?", "fr": "Qu’est-ce qui aide ?"}
    assert [group.id for group in made.groups] == ["farmers", "research"]
    assert [item.id for item in made.items] == ["A2"]

    await tom.tap("Publish…")
    preview = tom.last
    assert "Everybody who has the link can join." in preview.text
    await tom.tap("Publish it")
    await tom.tap("Take it back")
    assert "It is a draft again, and nobody was invited." in tom.last.text
    await tom.tap("Publish…")
    await tom.tap("Publish it")
    scene.world.advance(timedelta(seconds=61))
    await tom.tap("Take it back", tom.last)
    assert "It cannot be taken back any more." in tom.last.text
    assert "start=study_priorities" in tom.last.text


@on_sqlite
async def test_questions_come_from_a_file_all_or_none(desk: Actor, scene: Stage) -> None:
    opens = datetime.combine(scene.world.now.date() + timedelta(days=3), time(9))
    raw = panel.protocol(opens, (PAID,)).model_dump(mode="json")
    async with scene.app.database.begin() as connection:
        await studies.create(connection, "soil", raw, None, scene.world.now)
    await desk.say("/studies")
    await desk.tap("1", desk.last)
    await desk.tap("Questions from a file")
    wrong = b"id,kind,text_en\nB1,scale,Mulch\nB1,scale,Hedges\nB2,choice,Which?\n"
    await desk.person.send_document("items.csv", wrong)
    await scene.quiet()
    assert "I am reading items.csv" in desk.last.text
    await let_pass(scene)
    assert "Nothing of items.csv was taken: 2 things are wrong with it." in desk.last.text
    assert "Row 2, 3: B1 is used twice" in desk.last.text
    assert "row 4: options: is missing: add it" in desk.last.text
    assert [item.id for item in (await protocol_of(scene, "soil")).items] == ["A1"]

    await desk.tap("To the draft")
    await desk.tap("Questions from a file")
    right = b"id,kind,text_en\nA1,scale,Cover crops\nB1,scale,Mulch\n"
    await desk.person.send_document("items.csv", right)
    await scene.quiet()
    await let_pass(scene)
    assert "2 questions of items.csv are in the draft" in desk.last.text
    assert [item.text["en"] for item in (await protocol_of(scene, "soil")).items] == ["Cover crops", "Mulch"]


@on_sqlite
async def test_a_round_is_watched_extended_and_followed_by_another(desk: Actor, scene: Stage) -> None:
    study = await put_up(scene, (PAID, CHAR, panel.OPEN_DATA, panel.YEAR), groups=panel.GROUPS)
    await let_pass(scene, 24)
    async with scene.app.database.begin() as connection:
        await panel.others(connection, study, 1, TWELVE, scene.world.now + timedelta(minutes=30))
    await desk.say("/studies")
    await desk.tap("1", desk.last)
    assert "Everybody: 12 of 12 have answered everything" in desk.last.text
    assert "Farmers: 6 of 6" in desk.last.text
    assert "done within 30 minutes of the opening" in desk.last.text
    assert "A2: of 12, 6 in the lowest third of the scale and 6 in the highest" in desk.last.text
    assert "P-" not in desk.last.text

    await desk.tap("Keep round 1 open longer")
    await desk.say("tomorrow")
    assert "A round is not cut short" in desk.last.text
    await desk.tap("Choose another day")
    last_day = scene.world.now.date() + timedelta(days=8)
    for answer in (f"{last_day:%d.%m.%Y}", "Holidays"):
        await desk.say(answer)
    assert "0 of 12 people have not answered everything, and are told." in desk.last.text
    await desk.tap("Yes, keep it open longer")
    await desk.tap("To the study")
    await desk.tap("Amendments")
    assert "Round 1 closes:" in desk.last.text
    assert "Why: Holidays" in desk.last.text

    # The next round, before it opens.
    await let_pass(scene, 24 * 10)
    await desk.say("/studies")
    await desk.tap("1", desk.last)
    await desk.tap("Questions of round 2")
    assert "It asks 4 questions." in desk.last.text
    await desk.tap("1", desk.last)
    assert "12 of 12 said 7 to 9." in desk.last.text
    await desk.tap("Do not ask it")
    assert "Not asked\n4. A1 Cover crops deserve public money. – taken out by hand" in desk.last.text
    await desk.tap("1", desk.last)
    await desk.tap("Split")
    for answer in ("Biochar from waste deserves money.", "Biochar from forests deserves money."):
        await desk.say(answer)
    await desk.tap("Split it")
    await desk.tap("All questions of the round")
    await desk.tap("1", desk.last)
    await desk.tap("Reword")
    await desk.say("Biochar made from waste deserves money.")
    await desk.tap("Ask it in these words")
    await desk.tap("All questions of the round")
    await desk.tap("1", desk.last)
    assert "Its words before (A3): Biochar from waste deserves money." in desk.last.text
    await desk.tap("Merge with another one")
    await desk.say("A4. Biochar from forests deserves money.")
    await desk.say("Biochar deserves money.")
    await desk.tap("Merge them")
    async with scene.app.database.connect() as connection:
        asked = await study_items.of_round(connection, study.rounds[2])
    assert [(item.code, item.version) for item in asked] == [("A5", 1), ("B1", 1), ("D1", 1)]
    assert [step["item"] for step in asked[0].lineage] == ["A3", "A4"]

    # The report comes in messages of its own; then the study is ended.
    await desk.say("/studies")
    await desk.tap("1", desk.last)
    await desk.tap("Send me the report")
    await let_pass(scene)
    desk.sees("The report of Priorities for soils, to read and to edit.", "soil-report.docx", "soil-report.zip")
    await desk.tap("End the study")
    await desk.say("There is enough to decide.")
    assert "12 people take part and are told." in desk.last.text
    await desk.tap("Yes, end the study")
    await desk.tap("To the study")
    assert "Why it ended: There is enough to decide." in desk.last.text
    assert "End the study" not in desk.last.buttons
    # An old button says where things stand.
    await desk.tap("All questions of the round")
    desk.sees("Round 2 does not take place: the study has ended.")


@on_sqlite
async def test_small_groups_and_early_finishers_are_not_shown(tom: Actor, scene: Stage) -> None:
    study = await put_up(scene, (PAID, CHAR, panel.OPEN_DATA, panel.YEAR), groups=panel.GROUPS)
    await let_pass(scene, 24)
    async with scene.app.database.begin() as connection:
        await panel.others(connection, study, 1, TWELVE[:4], scene.world.now)
    await tom.say("/studies")
    await tom.tap("1", tom.last)
    assert "Everybody: 4 of 4 have answered everything" in tom.last.text
    assert "Farmers: not shown" in tom.last.text
    assert "Time: not shown until 5 people are done." in tom.last.text
    assert "No question divides the panel so far" in tom.last.text


async def test_proposals_and_comments_are_decided_on_without_knowing_whose_they_are(tom: Actor, scene: Stage) -> None:
    question = panel.MISSING.model_copy(update={"id": "Z1", "proposals": True})
    opens = datetime.combine(scene.world.now.date() + timedelta(days=1), time(9))
    rounds = [
        {"opens": opens, "closes": opens + timedelta(days=5), "kind": "proposals"},
        {"opens": opens + timedelta(days=9), "closes": opens + timedelta(days=14)},
        {"opens": opens + timedelta(days=19), "closes": opens + timedelta(days=24)},
    ]
    study = await put_up(scene, (question, PAID), rounds=rounds)
    ada = scene.telegram("ada")
    await ada.say("/start study_soil")
    await by_utc(scene)
    await ada.tap("Take part")
    await let_pass(scene, 24)
    await ada.say("/rounds")
    await ada.tap("Begin round 0")
    for words in ("Hedges", "Cover crops, please", "Ask Ada Rowan"):
        await ada.say(words)

    await tom.say("/studies")
    await tom.tap("1", tom.last)
    assert "3 proposals wait for you to decide on." in tom.last.text
    await tom.tap("Proposals")
    assert "P-" not in tom.last.text
    await tom.tap("1", tom.last)
    assert "I found no name in it." in tom.last.text
    await tom.tap("Make a question of it")
    for answer in ("On the scale of the study", "In those of the proposal"):
        await tom.tap(answer, tom.last)
    await tom.tap("Make it a question")
    assert "It is question A2 now." in tom.last.text
    await tom.tap("All proposals")
    await tom.tap("1", tom.last)
    await tom.tap("A question says it already")
    await tom.tap("A1", tom.last)
    assert "It counts as a part of A1" in tom.last.text
    await tom.tap("1", tom.last)
    assert "Ada Rowan (a name of the panel)" in tom.last.text
    await tom.tap("Decline, with a reason")
    await tom.say("We ask about practices, not people.")
    assert "It is declined." in tom.last.text

    # Nothing is said while the round is open; afterwards it is said to who proposed it.
    ada.person.look()
    await let_pass(scene, 24)
    assert "question A2" not in "".join(map(str, ada.person.news()))
    for _ in range(6):
        await let_pass(scene, 24)
    told = ada.messages
    assert "We ask about practices, not people." in told or "there is an answer to what you proposed" in told
    async with scene.app.database.connect() as connection:
        decided = {one.words: one.state for one in await proposals.of_study(connection, study.id)}
        asked = await study_items.of_round(connection, study.rounds[1])
    assert decided == {"Hedges": "accepted", "Cover crops, please": "merged", "Ask Ada Rowan": "declined"}
    assert [item.code for item in asked] == ["A1", "A2"]

    # A comment waits until it is read; what was changed meanwhile is read again.
    await let_pass(scene, 24 * 3)
    async with scene.app.database.begin() as connection:
        one = (await panels.members(connection, study.id))[0]
        assert one.pseudonym_id is not None
        about = {"round_id": study.rounds[1], "item_id": asked[0].id, "pseudonym_id": one.pseudonym_id}
        now = scene.world.now
        await answers.comment(connection, **about, words="As Ada Rowan says, it pays.", language="en", now=now)
    await tom.say("/studies")
    await tom.tap("1", tom.last)
    await tom.tap("Comments")
    assert "Without it: As … says, it pays." in tom.last.text
    assert "P-" not in tom.last.text
    async with scene.app.database.begin() as connection:
        await answers.comment(connection, **about, words="As Ada says, it pays.", language="en", now=now)
    await tom.tap("Show it without that")
    assert "Its author has changed it since." in tom.last.text
    await tom.tap("Show it without that")
    assert "Others may read it, once its round has closed." in tom.last.text
    async with scene.app.database.connect() as connection:
        (comment,) = await answers.comments(connection, study.id)
    assert (comment.state, comment.shown) == ("shown", "As … says, it pays.")


@on_sqlite
async def test_a_study_is_for_its_moderators(scene: Stage) -> None:
    ada, ben = scene.telegram("ada"), scene.telegram("ben")
    for actor in (ada, ben):
        await actor.say("/start")
    study = await put_up(scene, moderators=[f"telegram:{scene.world.people['ada'].telegram}"])
    await ada.say("/studies")
    assert "Make a study" not in ada.last.buttons
    await ada.tap("1", ada.last)
    assert "Priorities for soils: published" in ada.last.text
    await ben.say("/studies")
    assert "Studies are for their moderators." in ben.last.text
    for token in (f"desk_{study.id}", f"studyround_{study.rounds[1]}", f"proposals_{study.id}", f"comments_{study.id}"):
        await forge(scene, ben, token)
        assert "Studies are for their moderators." in ben.last.text, token
    for token in (f"extend_{study.id}-1", f"endstudy_{study.id}", "making", "accept_1", "editcomment_1"):
        await forge(scene, ben, token)
        assert "published" not in ben.last.text
    assert (await protocol_of(scene, "soil")).title["en"] == "Priorities for soils"
