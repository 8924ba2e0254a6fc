"""Rounds go on by themselves: everybody is asked in their own morning, told what came of it, and nobody twice."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.markup import plain
from bot.delphi.definition import read_definition
from bot.delphi.outcome import Outcome
from bot.delphi.protocol import Protocol
from bot.flows.studies.acts import extend, publish, stop
from bot.flows.studies.missed_rounds import MissedRounds
from bot.flows.studies.panel_duties import Invitations, NextRounds, OpenRounds, Results
from bot.flows.studies.rounds import Rounds
from bot.locales import load
from bot.outreach.reminders import Reminders
from storage import answers, panels, studies, study_items
from storage.database import open_database
from storage.outbox import Row
from storage.schema import accounts, outbox, participants
from storage.timetable import missed

DEFINITION = """\
study: soil
title: {en: Soil}
introduction: {en: Which practices matter most}
languages: [en]
ends: {low: {en: not at all}, high: {en: very much}}
moderators: [telegram:9]
panel:
  - {account: telegram:1}
  - {account: telegram:2}
  - {account: telegram:3}
  - {account: telegram:4}
rounds:
  - {opens: 2027-01-11 09:00, closes: 2027-01-24}
  - {opens: 2027-02-01 09:00, closes: 2027-02-14}
  - {opens: 2027-02-22 09:00, closes: 2027-03-07}
items:
  - {id: A1, text: {en: Cover crops}}
  - {id: A2, text: {en: Less ploughing}}
"""
WORDS = load()
# Two in Paris, one in New York, one in Apia, where the day begins 11 hours before it does in Paris.
ZONES = {1: "Europe/Paris", 2: "Europe/Paris", 3: "America/New_York", 4: "Pacific/Apia", 9: "Europe/Paris"}
PUBLISHED = datetime(2027, 1, 4, 10, 0, tzinfo=UTC)


@dataclass
class Scene:
    """A published study, and a clock that is set by hand."""

    database: AsyncEngine
    now: datetime = PUBLISHED
    sent: list[tuple[str, str]] = field(default_factory=list)
    study: int = 0

    def rounds(self) -> Rounds:
        return Rounds(self.database, lambda: self.now)

    async def at(self, moment: str) -> list[tuple[str, str]]:
        """Go to an instant in UTC, do what is due; what was sent there to whom."""
        self.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        await self.rounds().tick()
        return await self.deliver()

    async def deliver(self) -> list[tuple[str, str]]:
        """Have everything that waits sent: the account, and the first line of what it is told."""
        moderators = ("telegram:9",)
        providers = (Invitations(), OpenRounds(), Results(), NextRounds(moderators), MissedRounds(moderators))
        reminders = Reminders(self.database, WORDS, providers, ["telegram"], lambda: self.now)
        await reminders.tick()
        told = []
        async with self.database.begin() as connection:
            query = select(outbox.c.id, outbox.c.account_id, accounts.c.key, outbox.c.chat).join_from(outbox, accounts)
            waiting = [
                Row(id, account_id, key, chat, "", 1)
                for id, account_id, key, chat in await connection.execute(query.where(outbox.c.state == "waiting"))
            ]
            for id, message in (await reminders.compose(connection, waiting)).items():
                key = next(row.account for row in waiting if row.id == id)
                told.append((key.removeprefix("telegram:"), plain(message.text).splitlines()[0]))  # type: ignore[union-attr]  # Says all
            await connection.execute(update(outbox).values(state="sent"))
        return sorted(told)

    async def consent(self, *people: int) -> None:
        async with self.database.begin() as connection:
            for one in people:
                panellist = await panels.panellist(connection, self.study, one)
                assert panellist is not None
                await panels.consent(connection, panellist.id, "", self.now)

    async def answer(self, person: int, values: Sequence[int | None]) -> str:
        """Answer the items of the round that is open, or the next one, in their order; what became of the last."""
        async with self.database.begin() as connection:
            panellist = await panels.panellist(connection, self.study, person)
            assert panellist is not None
            assert panellist.pseudonym_id is not None
            rounds = await studies.rounds(connection, self.study)
            current = max(each.id for each in rounds if each.state in ("open", "closed"))
            taken = ""
            for item, value in zip(await study_items.of_round(connection, current), values, strict=False):
                taken = await answers.save(
                    connection,
                    round_id=current,
                    item_id=item.id,
                    pseudonym_id=panellist.pseudonym_id,
                    value=value,
                    unable=value is None,
                    now=self.now,
                )
        return taken

    async def states(self) -> list[str]:
        async with self.database.begin() as connection:
            return [each.state for each in await studies.rounds(connection, self.study)]

    async def stored(self) -> Any:
        async with self.database.begin() as connection:
            return await studies.study(connection, self.study)

    async def round(self, number: int) -> studies.Round:
        async with self.database.begin() as connection:
            return next(each for each in await studies.rounds(connection, self.study) if each.number == number)

    async def log(self) -> list[str]:
        async with self.database.begin() as connection:
            return [entry.what for entry in await studies.log(connection, self.study)]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    database = open_database(database_url)
    definition = read_definition(DEFINITION.encode(), "soil.yaml", PUBLISHED, lambda name: b"")
    assert definition.protocol is not None, definition.problems
    scene = Scene(database)
    async with database.begin() as connection:
        for id, zone in ZONES.items():
            await connection.execute(
                insert(participants).values(id=id, zone=zone, language="en", consent_version=1, created_at=PUBLISHED)
            )
            await connection.execute(
                insert(accounts).values(
                    key=f"telegram:{id}", participant_id=id, platform="telegram", chat=str(id), seen_at=PUBLISHED
                )
            )
        study = await studies.create(connection, "soil", definition.protocol.model_dump(mode="json"), 9, PUBLISHED)
        assert study is not None
        scene.study = study
        assert await publish(connection, study, PUBLISHED) == []
    yield scene
    await database.dispose()


async def test_a_study_from_its_invitation_to_its_end(scene: Scene) -> None:
    # Nobody hears of it in the minute in which it can be taken back.
    assert await scene.at("2027-01-04T10:00:59") == []
    assert [person for person, _ in await scene.at("2027-01-04T15:00:00")] == ["1", "2", "3"]
    assert [person for person, _ in await scene.at("2027-01-04T20:00:00")] == ["4"]
    await scene.consent(1, 2, 3, 4)

    # 9:00 in Apia is 20:00 of the day before in UTC, and 21:00 there is no time to write to Paris.
    assert await scene.at("2027-01-10T19:59:00") == []
    assert [person for person, _ in await scene.at("2027-01-10T20:00:00")] == ["4"]
    assert await scene.states() == ["open", "planned", "planned"]
    assert [person for person, _ in await scene.at("2027-01-11T08:00:00")] == ["1", "2"]
    [(person, said)] = await scene.at("2027-01-11T14:00:00")
    assert person == "3"
    assert "round 1 is open" in said

    # Who is done hears nothing more; who has begun is told so.
    assert await scene.answer(1, [9, 2]) == "saved"
    assert await scene.answer(4, [8, 9]) == "saved"
    assert await scene.answer(2, [9]) == "saved"
    reminded = dict(await scene.at("2027-01-22T14:00:00"))
    assert reminded.keys() == {"2", "3"}
    assert "you have answered 1 of 2" in reminded["2"]
    assert "still waits for your first answer" in reminded["3"]

    # It closes when the day is over in New York, and a minute earlier an answer still counts.
    scene.now = datetime(2027, 1, 25, 4, 59, tzinfo=UTC)
    assert await scene.answer(2, [7, 8]) == "saved"
    scene.now = datetime(2027, 1, 25, 5, 0, tzinfo=UTC)
    assert await scene.answer(3, [1, 1]) == "closed"
    await scene.at("2027-01-25T05:00:00")
    assert await scene.states() == ["closed", "proposed", "planned"]
    outcome = Outcome.model_validate((await scene.round(1)).outcome)
    assert [(item.code, item.n, item.missing) for item in outcome.items] == [("A1", 3, 1), ("A2", 3, 1)]
    news = dict(await scene.at("2027-01-25T14:00:00"))
    assert {"1", "2", "3", "9"} <= news.keys()
    assert "Round 2 of Soil is ready" in news["9"]

    # The same answers again: stable, so everything is agreed or in stable dissent, and nothing is left to ask.
    await scene.at("2027-02-01T14:00:00")
    for one, values in ((1, [9, 2]), (2, [7, 8]), (4, [8, 9])):
        assert await scene.answer(one, values) == "saved"
    await scene.at("2027-02-15T05:00:00")
    ended = await scene.stored()
    assert (ended.state, ended.stop_reason) == ("closed", "all_retired")
    assert await scene.states() == ["closed", "closed", "dropped"]
    assert (await scene.log()).count("round.evaluated") == 2
    assert {"1", "2", "3"} <= dict(await scene.at("2027-02-15T14:00:00")).keys()
    assert await scene.at("2027-02-22T14:00:00") == []


async def test_several_processes_that_tick_at_once_make_each_step_once(scene: Scene) -> None:
    await scene.consent(1, 2, 3, 4)
    for moment in (datetime(2027, 1, 11, 8, 0, tzinfo=UTC), datetime(2027, 1, 25, 6, 0, tzinfo=UTC)):
        scene.now = moment
        changed = await asyncio.gather(*(scene.rounds().tick() for _ in range(4)))
        await scene.rounds().tick()
        assert sum(changed) <= 2
    log = await scene.log()
    assert [log.count(what) for what in ("round.opened", "round.closed", "round.evaluated")] == [1, 1, 1]
    assert await scene.states() == ["closed", "proposed", "planned"]


async def test_an_extension_is_an_amendment_that_moves_what_it_runs_into_and_is_told(scene: Scene) -> None:
    await scene.consent(1, 2, 3, 4)
    await scene.at("2027-01-11T14:00:00")
    before = await scene.stored()
    scene.now = datetime(2027, 1, 20, 10, 0, tzinfo=UTC)
    until = datetime(2027, 2, 5)  # noqa: DTZ001 - a wall time
    async with scene.database.begin() as connection:
        changed = await extend(connection, before, 1, until, "Many were away.", scene.now)
        assert changed is not None
        [first, second, third] = await studies.amended(connection, scene.study)
    after = await scene.stored()
    assert (first.what, first.before, first.after) == ("round 1 closes", "2027-01-25T00:00:00", "2027-02-05T00:00:00")
    assert after.protocol_hash == first.protocol_hash == changed.hash() != before.protocol_hash
    assert Protocol.model_validate(after.published).hash() == before.protocol_hash
    assert [second.what, third.what] == ["round 2 closes", "round 3 closes"]
    # The week, and the quarter of a year, that lay between them is kept.
    assert ((await scene.round(2)).opens, (await scene.round(2)).closes) == (
        "2027-02-12T09:00:00",
        "2027-02-26T00:00:00",
    )
    assert (await scene.round(3)).opens == "2027-03-05T09:00:00"
    told = dict(await scene.at("2027-01-20T14:00:00"))
    assert "stays open" in told["1"]
    await scene.at("2027-01-25T12:00:00")
    assert (await scene.states())[0] == "open"
    await scene.at("2027-02-05T05:00:00")
    assert (await scene.states())[0] == "closed"


async def test_a_study_that_is_stopped_closes_its_round_and_asks_nobody_any_more(scene: Scene) -> None:
    await scene.consent(1, 2)
    await scene.at("2027-01-11T08:00:00")
    assert await scene.answer(1, [5, None]) == "saved"
    async with scene.database.begin() as connection:
        assert await stop(connection, await scene_study(connection, scene), "The question was settled.", scene.now)
        assert not await stop(connection, await scene_study(connection, scene), "Again.", scene.now)
    await scene.rounds().tick()
    assert await scene.states() == ["closed", "dropped", "dropped"]
    assert (await scene.round(1)).outcome is not None
    assert await scene.answer(2, [5]) == "closed"
    assert (await scene.stored()).stop_reason == "The question was settled."
    assert "1" in dict(await scene.at("2027-01-12T08:00:00"))
    assert await scene.at("2027-01-25T12:00:00") == []


async def scene_study(connection: Any, scene: Scene) -> Any:
    return await studies.study(connection, scene.study)


async def test_a_round_that_cannot_be_evaluated_does_not_keep_others_from_going_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    await scene.consent(1, 2)
    await scene.at("2027-01-11T08:00:00")

    def fails(*_: Any) -> None:
        raise ValueError("off its scale")

    with monkeypatch.context() as patched:
        patched.setattr("bot.flows.studies.rounds.outcome_of", fails)
        await scene.at("2027-01-25T12:00:00")
    assert (await scene.round(1)).outcome is None
    assert await scene.states() == ["closed", "planned", "planned"]
    scene.now += timedelta(minutes=1)
    await scene.rounds().tick()
    assert await scene.states() == ["closed", "proposed", "planned"]


async def test_moderators_are_told_of_a_round_whose_whole_time_passed_without_the_bot(scene: Scene) -> None:
    await scene.consent(1, 2)
    told = dict(await scene.at("2027-02-03T09:00:00"))
    assert await scene.states() == ["proposed", "planned", "planned"]
    assert told["9"].startswith("Round 1 of Soil did not open: all of its time passed")
    # Once is enough, and nobody on the panel is asked anything.
    assert await scene.at("2027-02-05T09:00:00") == []
    async with scene.database.begin() as connection:
        study = await scene_study(connection, scene)
        assert await extend(connection, study, 1, datetime(2027, 2, 20), "The bot was down.", scene.now)  # noqa: DTZ001  # a wall time
    told = dict(await scene.at("2027-02-06T09:00:00"))
    assert await scene.states() == ["open", "planned", "planned"]
    assert told.keys() == {"1", "2"}
    async with scene.database.begin() as connection:
        assert await missed(connection, scene.now) == []


async def test_the_calendar_says_when_rounds_open_and_close(scene: Scene) -> None:
    assert next(one.what for one in await scene.rounds().upcoming()) == "the start of round 1 of Soil"
    await scene.consent(1)
    await scene.at("2027-01-11T08:00:00")
    [first, *_] = await scene.rounds().upcoming()
    assert (first.what, first.at) == ("the end of round 1 of Soil", datetime(2027, 1, 24, 23, 0, tzinfo=UTC))
