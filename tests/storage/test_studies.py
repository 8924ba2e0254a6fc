"""Studies in the tables: what opens and closes once, who is asked what, and what stays when somebody goes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import (
    answer_table,
    answers,
    coalitions,
    merging,
    panels,
    people,
    proposals,
    studies,
    study_items,
    timetable,
)
from storage.panels import Panellist
from storage.people import Newcomer
from storage.schema import panellists, pseudonyms
from storage.studies import Planned
from tests.outreach.far_side import START
from tests.storage.conftest import waits

WEEK = timedelta(days=7)


@dataclass
class Panel:
    """A published study with two rounds of two items, and four people who were invited to it."""

    study: int
    rounds: list[int]
    items: list[int]
    people: list[int]

    async def consent(self, connection: AsyncConnection, *places: int) -> list[Panellist]:
        found = []
        for place in places:
            there = await panels.panellist(connection, self.study, self.people[place])
            assert there is not None
            taking_part = await panels.consent(connection, there.id, "farmers", START)
            assert taking_part is not None
            found.append(taking_part)
        return found

    def answer(self, who: Panellist, item: int, value: Any, **more: Any) -> dict[str, Any]:
        return {
            "round_id": self.rounds[0],
            "item_id": self.items[item],
            "pseudonym_id": who.pseudonym_id,
            "value": value,
            "now": START,
        } | more


@pytest.fixture
async def panel(database: AsyncEngine) -> Panel:
    async with database.begin() as connection:
        newcomers = [Newcomer(f"telegram:{each}", "telegram", f"p{each}", "", "", "") for each in range(4)]
        met = await people.meet(connection, newcomers, START)
        protocol = {"study": "soil", "panel": [{"account": newcomer.account} for newcomer in newcomers]}
        study = await studies.create(connection, "soil", protocol, None, START)
        assert study is not None
        times = [(1, START, START + WEEK), (2, START + 2 * WEEK, START + 3 * WEEK)]
        planned = [Planned(number, str(opens), str(closes), opens, closes) for number, opens, closes in times]
        assert await studies.publish(connection, study, protocol, "hash", planned, START)
        items = await study_items.put_down(connection, study, [{"id": "A1"}, {"id": "A2"}])
        rounds = [each.id for each in await studies.rounds(connection, study)]
        await study_items.ask(connection, rounds[0], items)
        await timetable.propose_round(connection, rounds[0])
        ids = [met[newcomer.account].id for newcomer in newcomers]
        for id in ids:
            assert await panels.invite(connection, study, id, "farmers", START) is not None
            assert await panels.invite(connection, study, id, "farmers", START) is None
    return Panel(study, rounds, items, ids)


@pytest.fixture
async def connection(database: AsyncEngine, panel: Panel) -> AsyncIterator[AsyncConnection]:
    """One that is opened after the study was published, since SQLite has one writer."""
    async with database.begin() as opened:
        yield opened


async def test_an_answer_counts_from_the_opening_to_the_closing_and_the_last_one_stands(
    connection: AsyncConnection, panel: Panel
) -> None:
    ada, ben = await panel.consent(connection, 0, 1)
    assert await answers.save(connection, **panel.answer(ada, 0, 7)) == "early"
    assert await timetable.open_round(connection, panel.rounds[0], START)
    assert await answers.save(connection, **panel.answer(ada, 0, 7)) == "saved"
    assert await answers.save(connection, **panel.answer(ada, 0, 3, now=START + WEEK - timedelta(minutes=1))) == "saved"
    assert await answers.save(connection, **panel.answer(ada, 0, 9, now=START + WEEK)) == "closed"
    assert await answers.save(connection, **panel.answer(ben, 1, None, unable=True)) == "saved"
    assert await answers.save(connection, **panel.answer(ben, 0, 1, item_id=999)) == "not_asked"
    given = await answers.given(connection, panel.rounds[0], ada.pseudonym_id or 0)
    assert [(one.value, one.first_at) for one in given.values()] == [(3, START)]
    table = await answer_table.table(connection, panel.rounds[0])
    rows = dict(
        zip(
            table.panellists,
            zip(*(zip(c.values, c.unable, strict=True) for c in table.columns), strict=True),
            strict=True,
        )
    )
    assert rows[ada.pseudonym] == ((3, False), (None, False))
    assert rows[ben.pseudonym] == ((None, False), (None, True))
    assert await timetable.close_round(connection, panel.rounds[0], START + WEEK)
    assert not await timetable.close_round(connection, panel.rounds[0], START + WEEK)
    assert await answers.save(connection, **panel.answer(ada, 0, 9)) == "closed"


@pytest.mark.parametrize("value", [7, 2.5, "state", ["b", "a"], "Words, “quoted”", 0])
async def test_every_kind_of_answer_comes_back_as_it_was_given(
    connection: AsyncConnection, panel: Panel, value: Any
) -> None:
    [ada] = await panel.consent(connection, 0)
    await timetable.open_round(connection, panel.rounds[0], START)
    await answers.save(connection, **panel.answer(ada, 0, value))
    [given] = (await answers.given(connection, panel.rounds[0], ada.pseudonym_id or 0)).values()
    assert given.value == value
    assert given.given


async def test_a_comment_alone_is_no_answer_and_a_change_of_it_is_looked_at_anew(
    connection: AsyncConnection, panel: Panel
) -> None:
    ada, ben = await panel.consent(connection, 0, 1)
    await timetable.open_round(connection, panel.rounds[0], START)
    about: dict[str, Any] = {
        "round_id": panel.rounds[0],
        "item_id": panel.items[0],
        "pseudonym_id": ada.pseudonym_id or 0,
        "now": START,
    }
    assert await answers.comment(connection, words="Ask Ben", language="en", **about) == "saved"
    [of_ada, _] = await answers.asked(connection, panel.rounds[:1])
    assert (of_ada.asked, of_ada.answered) == (2, 0)
    assert await answers.save(connection, value=0, **about) == "saved"
    [waiting] = await answers.comments(connection, panel.study, ("waiting",))
    assert (waiting.words, waiting.value) == ("Ask Ben", 0)
    await answers.comment(connection, words="Ask Cai", language="en", **about)
    assert not await answers.moderate(connection, waiting.id, "Ask Ben", "shown", "Ask …")
    assert await answers.moderate(connection, waiting.id, "Ask Cai", "shown", "Ask …")
    # Nobody reads it before the round is closed.
    assert await answers.reasons(connection, panel.rounds[0], panel.items[0], ben.pseudonym_id or 0) == []
    await timetable.close_round(connection, panel.rounds[0], START)
    [read] = await answers.reasons(connection, panel.rounds[0], panel.items[0], ben.pseudonym_id or 0)
    assert read.shown == "Ask …"
    assert await answers.reasons(connection, panel.rounds[0], panel.items[0], ada.pseudonym_id or 0) == []


async def test_a_round_does_not_close_over_an_answer_that_is_just_being_saved(
    database: AsyncEngine, panel: Panel
) -> None:
    async with database.begin() as connection:
        [ada] = await panel.consent(connection, 0)
        await timetable.open_round(connection, panel.rounds[0], START)

    async def close() -> list[Any]:
        async with database.begin() as other:
            await timetable.close_round(other, panel.rounds[0], START)
            return (await answer_table.table(other, panel.rounds[0])).columns[0].values

    async with asyncio.timeout(20):
        async with database.begin() as connection:
            await answers.save(connection, **panel.answer(ada, 0, 7))
            closing = asyncio.create_task(close())
            await waits(database, closing)
        assert await closing == [7]


async def test_a_pseudonym_is_drawn_anew_when_another_one_has_it(connection: AsyncConnection, panel: Panel) -> None:
    signs: Iterator[str] = iter("AAAAAAAAAAAABBBBBB")
    found = []
    for place in (0, 1):
        there = await panels.panellist(connection, panel.study, panel.people[place])
        assert there is not None
        found.append(await panels.consent(connection, there.id, "", START, lambda _: next(signs)))
    assert [one.pseudonym for one in found if one] == ["P-AAAAAA", "P-BBBBBB"]
    # To consent once more changes nothing.
    assert found[0] is not None
    assert await panels.consent(connection, found[0].id, "science", START) == found[0]


async def test_who_comes_late_or_leaves_is_asked_in_the_rounds_between(
    connection: AsyncConnection, panel: Panel
) -> None:
    ada, ben = await panel.consent(connection, 0, 1)
    await timetable.open_round(connection, panel.rounds[0], START)
    await answers.save(connection, **panel.answer(ben, 0, 5))
    assert await panels.withdraw(connection, ben.id, START)
    assert not await panels.withdraw(connection, ben.id, START)
    assert await answers.save(connection, **panel.answer(ben, 0, 6)) == "not_asked"
    await timetable.close_round(connection, panel.rounds[0], START)
    [cai] = await panel.consent(connection, 2)
    await study_items.ask(connection, panel.rounds[1], panel.items)
    await timetable.propose_round(connection, panel.rounds[1])
    first, second = [await answer_table.table(connection, id) for id in panel.rounds]
    assert dict(zip(first.panellists, first.withdrew, strict=True)) == {ada.pseudonym: False, ben.pseudonym: True}
    assert set(second.panellists) == {ada.pseudonym, ben.pseudonym, cai.pseudonym}
    assert {one.pseudonym for one in await answers.responses(connection, panel.rounds[1])} == {
        ada.pseudonym,
        cai.pseudonym,
    }
    # What was answered stays, and whoever comes back goes on under the same pseudonym.
    assert first.columns[0].values[first.panellists.index(ben.pseudonym)] == 5
    [again] = await panel.consent(connection, 1)
    assert again.pseudonym == ben.pseudonym
    assert len(await answers.responses(connection, panel.rounds[1])) == 3


async def test_who_was_silent_is_not_asked_again_where_the_protocol_says_so(
    connection: AsyncConnection, panel: Panel
) -> None:
    ada, ben = await panel.consent(connection, 0, 1)
    await timetable.open_round(connection, panel.rounds[0], START)
    await answers.save(connection, **panel.answer(ada, 0, 5))
    await timetable.close_round(connection, panel.rounds[0], START)
    assert await panels.ask_silent_no_more(connection, panel.study, panel.rounds[0], 1) == 1
    assert [one.pseudonym for one in await answers.responses(connection, panel.rounds[1])] == [ada.pseudonym]
    assert ben.pseudonym in (await answer_table.table(connection, panel.rounds[0])).panellists


async def test_a_person_who_is_erased_leaves_their_answers_behind_and_nobody_knows_whose_they_were(
    connection: AsyncConnection, panel: Panel
) -> None:
    [ada] = await panel.consent(connection, 0)
    await timetable.open_round(connection, panel.rounds[0], START)
    await answers.save(connection, **panel.answer(ada, 0, 5))
    await coalitions.forget_participant(connection, panel.people[0])
    table = await answer_table.table(connection, panel.rounds[0])
    assert (table.panellists, table.withdrew, table.columns[0].values) == ([ada.pseudonym], [True], [5])
    assert await panels.participant_of(connection, ada.pseudonym_id or 0) is None
    assert await connection.scalar(select(func.count()).select_from(panellists)) == 3
    study = await studies.study(connection, panel.study)
    assert study is not None
    assert "telegram:0" not in str((study.protocol, study.published))
    assert len(study.protocol["panel"]) == 3


async def test_two_panellists_who_are_one_person_are_on_the_panel_once(
    connection: AsyncConnection, panel: Panel
) -> None:
    ada, ben = await panel.consent(connection, 0, 1)
    await timetable.open_round(connection, panel.rounds[0], START)
    await answers.save(connection, **panel.answer(ada, 0, 5))
    await answers.save(connection, **panel.answer(ben, 0, 9))
    await answers.save(connection, **panel.answer(ben, 1, 8))
    await merging.merge(connection, panel.people[0], panel.people[1], START)
    assert {one.participant_id for one in await panels.members(connection, panel.study)} == {
        panel.people[0],
        *panel.people[2:],
    }
    table = await answer_table.table(connection, panel.rounds[0])
    assert table.panellists == [ada.pseudonym]
    assert [column.values for column in table.columns] == [[5], [8]]
    # Of somebody who was only invited, the panellist stays; and so does the wish not to take part.
    there = await panels.panellist(connection, panel.study, panel.people[2])
    assert there is not None
    assert await panels.decline(connection, there.id, START)
    await merging.merge(connection, panel.people[2], panel.people[3], START)
    assert await panels.counts(connection, panel.study) == {("consented", "farmers"): 1, ("declined", "farmers"): 1}
    assert await connection.scalar(select(func.count()).select_from(pseudonyms)) == 1


async def test_publishing_can_be_taken_back_until_somebody_consents(connection: AsyncConnection, panel: Panel) -> None:
    assert await studies.create(connection, "soil", {}, None, START) is None
    assert not await studies.publish(connection, panel.study, {}, "other", [], START)
    assert await studies.unpublish(connection, panel.study)
    assert await studies.rounds(connection, panel.study) == []
    assert await panels.members(connection, panel.study) == []
    assert await studies.change_draft(connection, panel.study, "sand", {"study": "sand"})
    planned = Planned(1, "", "", START, START + WEEK)
    assert await studies.publish(connection, panel.study, {"study": "sand"}, "hash", [planned], START)
    id = await panels.invite(connection, panel.study, panel.people[0], "", START)
    await panels.consent(connection, id or 0, "", START)
    assert not await studies.unpublish(connection, panel.study)
    assert not await studies.discard(connection, panel.study)


async def test_a_study_ends_once_and_what_has_not_opened_is_dropped(connection: AsyncConnection, panel: Panel) -> None:
    assert [each.number for each in await timetable.to_open(connection, START)] == [1]
    await timetable.open_round(connection, panel.rounds[0], START)
    assert [study.state for study in await studies.listed(connection)] == ["running"]
    await timetable.close_round(connection, panel.rounds[0], START)
    assert await studies.close(connection, panel.study, "most_rounds", START)
    assert not await studies.close(connection, panel.study, "again", START)
    assert [each.state for each in await studies.rounds(connection, panel.study)] == ["closed", "dropped"]
    [waiting] = await timetable.to_evaluate(connection)
    assert await timetable.keep_outcome(connection, waiting.id, {"version": 1})
    assert not await timetable.keep_outcome(connection, waiting.id, {"version": 2})
    there = await panels.panellist(connection, panel.study, panel.people[0])
    assert await panels.consent(connection, there.id if there else 0, "", START) is None


async def test_other_words_are_another_version_in_the_same_place(connection: AsyncConnection, panel: Panel) -> None:
    lineage = [{"how": "reworded", "item": "A1", "version": 1}]
    id = await study_items.add(connection, panel.study, "A1", {"id": "A1"}, lineage=lineage)
    await study_items.replace(connection, panel.items[0])
    await study_items.add(connection, panel.study, "C1", {"id": "C1"}, origin="panel")
    found = [(item.code, item.version, item.state) for item in await study_items.all_of(connection, panel.study)]
    assert found == [("A1", 1, "replaced"), ("A1", 2, "active"), ("A2", 1, "active"), ("C1", 1, "active")]
    reworded = await study_items.by_id(connection, id)
    assert reworded is not None
    assert reworded.lineage == lineage


async def test_a_proposal_is_ones_own_until_it_is_decided_on(connection: AsyncConnection, panel: Panel) -> None:
    ada, ben = await panel.consent(connection, 0, 1)
    await timetable.open_round(connection, panel.rounds[0], START)
    about: dict[str, Any] = {"round_id": panel.rounds[0], "item_id": panel.items[0], "language": "en", "now": START}
    mine = ada.pseudonym_id or 0
    id = await proposals.propose(connection, pseudonym_id=mine, words="Agroforestry", **about)
    assert await proposals.propose(connection, pseudonym_id=mine, words="agroforestry ", **about) == id
    other = await proposals.propose(connection, pseudonym_id=mine, words="Biochar", **about)
    assert isinstance(id, int)
    assert isinstance(other, int)
    assert await proposals.change(connection, id, ben.pseudonym_id or 0, "Mine", "en", START) == "not_asked"
    assert await proposals.change(connection, id, mine, "Trees", "en", START) == "saved"
    assert await proposals.remove(connection, other, mine, START) == "saved"
    [of_ada, _] = await answers.asked(connection, panel.rounds[:1])
    assert of_ada.answered == 1
    assert await proposals.decide(connection, id, "merged", START, became_id=panel.items[1])
    assert not await proposals.decide(connection, id, "declined", START, reason="No")
    assert await proposals.change(connection, id, mine, "Hedges", "en", START) == "closed"
    [decided] = await proposals.of_study(connection, panel.study)
    assert (decided.words, decided.state, decided.became_code, decided.pseudonym) == (
        "Trees",
        "merged",
        "A2",
        ada.pseudonym,
    )
