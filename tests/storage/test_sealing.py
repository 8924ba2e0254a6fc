"""A sealed study: whoever has the whole database tries every way from a person to a rating, and finds none."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Row, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.delphi.closing import outcome_of
from bot.delphi.protocol import Protocol, stored_item
from bot.delphi.report import tables
from bot.delphi.report.data import publish
from bot.delphi.report.making import build_report
from bot.flows.studies import round_data
from bot.locales import load
from storage import answer_table, panels, people, proposals, sealing, studies, study_items, timetable
from storage import answers as answering
from storage.people import Newcomer
from storage.schema import accounts, metadata, participants, study_log
from storage.studies import Planned
from tests.delphi.studies import OPEN, SOIL, protocol
from tests.outreach.far_side import START

DAY = timedelta(days=1)
FARMERS, SCIENCE, ALONE, LATE, GONE, FOREIGN = range(6), range(6, 12), 12, 11, 0, 3
ROUNDS = ((1, START + DAY, START + 8 * DAY), (2, START + 15 * DAY, START + 22 * DAY))
PROTOCOL = {"study": "soil", "smallest_group": 5, "panel": [{"account": "telegram:12", "group": "public"}]}
OWN_WORDS = "I, Person Three, measure nothing"

Tables = dict[str, list[Row[Any]]]
Claims = dict[int, Any]
"""By participant, what somebody says that they rated A1 in the last round that they took part in."""


@dataclass
class Closed:
    """A closed study, and what its people really said in their last round."""

    study: int
    people: list[int]
    truth: Claims
    codes: list[str]


@pytest.fixture
async def closed(database: AsyncEngine) -> Closed:
    """13 people in two rounds: one alone in a group, one who came late, one who left, one who writes in Spanish."""
    async with database.begin() as connection:
        ids = [await _newcomer(connection, number) for number in range(13)]
        study = await studies.create(connection, "soil", PROTOCOL, None, START)
        assert study is not None
        planned = [Planned(number, str(opens), str(closes), opens, closes) for number, opens, closes in ROUNDS]
        await studies.publish(connection, study, PROTOCOL, "hash", planned, START)
        items = await study_items.put_down(
            connection, study, [{"id": "A1", "kind": "scale"}, {"id": "E1", "kind": "open"}]
        )
        rounds = await studies.rounds(connection, study)
        who = {}
        for number, id in enumerate(ids):
            group = "public" if number == ALONE else "farmers" if number in FARMERS else "science"
            panellist = await panels.invite(connection, study, id, group, START)
            assert panellist is not None
            if number != LATE:
                who[number] = await panels.consent(connection, panellist, group, START + timedelta(minutes=number))
        truth: Claims = {}
        for each in rounds:
            await study_items.ask(connection, each.id, items)
            await timetable.propose_round(connection, each.id)
            await timetable.open_round(connection, each.id, each.opens_at)
            if each.number == 2:
                gone = await panels.panellist(connection, study, ids[GONE])
                late = await panels.panellist(connection, study, ids[LATE])
                assert gone is not None
                assert late is not None
                who[LATE] = await panels.consent(connection, late.id, "science", each.opens_at)
                await panels.withdraw(connection, gone.id, each.opens_at)
            for number, panellist_ in who.items():
                assert panellist_ is not None
                if each.number == 1 or number != GONE:
                    truth[ids[number]] = await _answer(connection, each, items, number, panellist_, ids[number])
            await timetable.close_round(connection, each.id, each.closes_at)
            await timetable.keep_outcome(connection, each.id, {"round": each.number})
        await studies.close(connection, study, "most_rounds", ROUNDS[1][2])
        codes = [each.pseudonym for each in await panels.members(connection, study)]
    return Closed(study, ids, truth, codes)


async def _newcomer(connection: AsyncConnection, number: int) -> int:
    account, language = f"telegram:{number}", "es" if number == FOREIGN else "en"
    at = ROUNDS[1][1] if number == LATE else START
    met = await people.meet(connection, [Newcomer(account, "telegram", f"Person {number}", "", language, "")], at)
    id = met[account].id
    await connection.execute(participants.update().where(participants.c.id == id).values(language=language))
    return id


async def _answer(
    connection: AsyncConnection, each: Any, items: Sequence[int], number: int, panellist: Any, participant: int
) -> int:
    """Rates, comments, and gets the messages and rows that the bot writes meanwhile."""
    rating: int = (number * 4 + each.number) % 9 + 1
    at = each.opens_at + timedelta(minutes=number)
    own = {"round_id": each.id, "pseudonym_id": panellist.pseudonym_id, "now": at}
    assert await answering.save(connection, item_id=items[0], value=rating, **own) == "saved"
    words = OWN_WORDS if number == FOREIGN else f"words of {number}"
    assert await answering.save(connection, item_id=items[1], value=words, **own) == "saved"
    language = "es" if number == FOREIGN else "en"
    await answering.comment(connection, item_id=items[0], words=f"raw {number}", language=language, **own)
    if number == FOREIGN:
        found = [each for each in await answering.comments(connection, panellist.study_id) if each.state == "waiting"]
        await answering.moderate(connection, found[-1].id, found[-1].words, "shown", "no creo")
    account = select(accounts.c.id).where(accounts.c.participant_id == participant)
    account_id = (await connection.execute(account)).scalar_one()
    subject = f"study soil round {each.number}"
    message = {"sender": "telegram", "account_id": account_id, "chat": "1", "lane": "interactive", "attempts": 1}
    message |= {"payload": f"A1: you said {rating}", "state": "sent", "not_before": at, "created_at": at}
    rows: dict[str, dict[str, Any]] = {
        "outbox": message | {"subject": subject if number % 2 else ""},
        "files": {"subject": subject, "name": "a.png", "media_type": "image/png", "size": 1, "created_at": at}
        | {"alt": f"A1, your own: you said {rating}", "participant_id": participant},
        "occasions": {"key": f"rounds {participant} {subject}", "participant_id": participant, "topic": "rounds"}
        | {"subject": subject, "day": "2026-11-23", "at": at},
        "audit": {"at": at, "actor_id": participant, "action": f"you said {rating}", "subject": subject},
        "inbox": {"key": f"telegram {participant} {each.number} you said {rating}", "received_at": at},
        "conversations": {"participant_id": participant, "flow": "rating", "flow_version": 1, "subject": subject}
        | {"state": "active", "step": "A1", "answers": {"said": f"you said {rating}"}, "history": [], "drawn": []}
        | {"rev": 1, "misses": 0, "updated_at": at},
    }
    for table, values in rows.items():
        await connection.execute(insert(metadata.tables[table]).values(values))
    return rating


async def read(database: AsyncEngine) -> Tables:
    """Every row of every table."""
    async with database.connect() as connection:
        return {
            name: list((await connection.execute(select(table).order_by(*table.primary_key))).all())
            for name, table in metadata.tables.items()
        }


def rated(tables: Tables, pseudonym: int) -> Any:
    """What a pseudonym rated last, in whole numbers."""
    own = [row for row in tables["answers"] if row.pseudonym_id == pseudonym and isinstance(row.value, int)]
    return max(own, key=lambda row: row.round_id).value if own else None


def rounds_of(tables: Tables, pseudonym: int) -> set[int]:
    return {row.round_id for row in tables["answers"] if row.pseudonym_id == pseudonym}


def the_one(pseudonyms: Sequence[Row[Any]]) -> int | None:
    return pseudonyms[0].id if len(pseudonyms) == 1 else None


def by_links(tables: Tables) -> Claims:
    person = {row.id: row.participant_id for row in tables["panellists"]}
    return {person[row.panellist_id]: rated(tables, row.pseudonym_id) for row in tables["panel_links"]}


def by_group(tables: Tables) -> Claims:
    """Somebody who is alone in a group, on the panel or in the protocol's list of seats."""
    seats = {seat["account"]: seat["group"] for study in tables["studies"] for seat in study.protocol["panel"]}
    named = {row.participant_id: seats.get(row.key, "") for row in tables["accounts"]}
    groups = {row.participant_id: row.group or named[row.participant_id] for row in tables["panellists"]}
    claims = {}
    for person, group in groups.items():
        if group and (only := the_one([row for row in tables["pseudonyms"] if row.group == group])):
            claims[person] = rated(tables, only)
    return claims


def by_time(tables: Tables) -> Claims:
    """An answer and a message that were saved at the same moment."""
    person = {row.id: row.participant_id for row in tables["accounts"]}
    told = {row.created_at: person[row.account_id] for row in tables["outbox"] if row.account_id in person}
    return {
        told[row.saved_at]: row.value
        for row in tables["answers"]
        if row.saved_at in told and isinstance(row.value, int)
    }


def by_words(tables: Tables) -> Claims:
    """Anything about a person that says what they said."""
    person = {row.id: row.participant_id for row in tables["accounts"]}
    claims = {}
    for rows in tables.values():
        for row in rows:
            known = row._mapping
            who = known.get("participant_id") or known.get("actor_id") or person.get(known.get("account_id", 0))
            if who and (said := re.search(r"you said (\d)", str(row))):
                claims[who] = int(said[1])
    return claims


def by_coming(tables: Tables) -> Claims:
    """Somebody whose account was made when the first round was over."""
    first = min(tables["study_rounds"], key=lambda row: row.number)
    late = [row.id for row in tables["participants"] if row.created_at > first.closed_at]
    without_first = [
        row for row in tables["pseudonyms"] if rounds_of(tables, row.id) and first.id not in rounds_of(tables, row.id)
    ]
    only = the_one(without_first)
    return {person: rated(tables, only) for person in late} if only else {}


def by_going(tables: Tables) -> Claims:
    left = [row.participant_id for row in tables["panellists"] if row.state == "withdrawn" or row.withdrawn_at]
    last = max(tables["study_rounds"], key=lambda row: row.number)
    stopped = the_one([row for row in tables["pseudonyms"] if last.id not in rounds_of(tables, row.id)])
    return {person: rated(tables, stopped) for person in left} if stopped else {}


def by_language(tables: Tables) -> Claims:
    foreign = [row.id for row in tables["participants"] if row.language == "es"]
    wrote = {row.pseudonym_id for row in tables["answers"] if row.comment_language == "es" or row.comment_shown}
    return {person: rated(tables, wrote.pop()) for person in foreign} if len(wrote) == 1 else {}


def by_order(tables: Tables) -> Claims:
    """Who consented first has the first pseudonym."""
    panel = [row for row in tables["panellists"] if row.state != "invited"]
    came = sorted(panel, key=lambda row: (row.consented_at or START, row.id))
    return {
        row.participant_id: rated(tables, pseudonym.id)
        for row, pseudonym in zip(came, tables["pseudonyms"], strict=False)
    }


WAYS: list[Callable[[Tables], Claims]] = [by_links, by_group, by_time, by_words, by_coming, by_going, by_language]


def heads(tables: Tables) -> Counter[Any]:
    """How many gave each rating in each round."""
    return Counter((row.round_id, row.item_id, str(row.value)) for row in tables["answers"] if row.value != "")


async def test_nobody_gets_from_a_sealed_database_to_who_gave_a_rating(database: AsyncEngine, closed: Closed) -> None:
    before = await read(database)
    for way in WAYS:
        claims = way(before)
        assert claims, f"{way.__name__} should succeed on an open study, or it proves nothing"
        assert all(closed.truth[person] == value for person, value in claims.items()), way.__name__
    assert by_order(before) == closed.truth
    secrets = [*closed.codes, "you said", "raw 5", OWN_WORDS]
    assert all(secret in str(before) for secret in secrets)
    on_disk = await _bytes(database)
    assert all(secret in on_disk for secret in secrets)

    sealed = await sealing.seal(database, closed.study, ROUNDS[1][2] + DAY, Random(5), lambda words: "scrubbed")

    assert sealed is not None
    assert (sealed.people, sealed.pseudonyms, sealed.conversations, sealed.files) == (13, 13, 24, 24)
    after = await read(database)
    for way in WAYS:
        assert not way(after), way.__name__
    hits = sum(closed.truth[person] == value for person, value in by_order(after).items())
    assert hits < len(closed.truth) / 2
    assert not [secret for secret in secrets if secret in str(after)]
    on_disk = await _bytes(database)
    assert not [secret for secret in secrets if secret in on_disk]
    assert heads(before) - heads(after) == Counter(key for key in heads(before).elements() if not key[2].isdigit())


async def test_what_a_sealed_study_keeps_can_still_be_reported(database: AsyncEngine, closed: Closed) -> None:
    before = await read(database)
    await sealing.seal(database, closed.study, ROUNDS[1][2] + DAY, Random(5), lambda words: "scrubbed")
    async with database.connect() as connection:
        study = await studies.study(connection, closed.study)
        rounds = await studies.rounds(connection, closed.study)
        tables = [await answer_table.table(connection, each.id) for each in rounds]
        texts = await connection.execute(select(study_log.c.what, study_log.c.detail).order_by(study_log.c.id))
        members = await panels.members(connection, closed.study)
    assert study is not None
    assert study.state == "sealed"
    assert study.protocol["panel"] == []
    assert [each.outcome for each in rounds] == [{"round": 1}, {"round": 2}]
    assert [len([value for value in table.columns[0].values if value]) for table in tables] == [12, 12]
    # The one who left and the one who came late are not followed, and neither are four others by lot.
    assert len(set(tables[0].panellists) & set(tables[1].panellists)) == 7
    # One alone in a group is in none, and with them the next smallest group, or the rest would tell.
    assert Counter(tables[0].groups) == {"": 7, "science": 5}
    said = Counter((what, detail["words"]) for what, detail in texts if what.startswith("text."))
    assert said == {("text.comment", "no creo"): 2, ("text.open", "scrubbed"): 24}
    assert {each.state for each in members} == {"consented"}
    assert len(heads(before)) > 20


async def test_only_a_closed_study_is_sealed_and_only_once(database: AsyncEngine, closed: Closed) -> None:
    async with database.begin() as connection:
        other = await studies.create(connection, "water", PROTOCOL, None, START)
        assert other is not None
        assert await sealing.preview(connection, other) is None
    scrub = str
    assert await sealing.seal(database, other, START, Random(1), scrub) is None
    assert await sealing.seal(database, closed.study, START, Random(1), scrub) is not None
    once = await read(database)
    assert await sealing.seal(database, closed.study, START, Random(2), scrub) is None
    assert await read(database) == once


async def test_proposals_are_nobodys_afterwards_and_taking_part_in_round_0_still_counts(
    database: AsyncEngine, closed: Closed
) -> None:
    async with database.begin() as connection:
        members = await panels.members(connection, closed.study)
        rounds = await studies.rounds(connection, closed.study)
        items = await study_items.all_of(connection, closed.study)
        found = metadata.tables["proposals"]
        for each in members:
            values = {"round_id": rounds[0].id, "item_id": items[1].id, "pseudonym_id": each.pseudonym_id}
            await connection.execute(insert(found).values(values | {"words": "x", "state": "waiting", "at": START}))
        await connection.execute(metadata.tables["answers"].delete())
    await sealing.seal(database, closed.study, START, Random(1), str)
    async with database.connect() as connection:
        there = await proposals.of_study(connection, closed.study)
        table = await answer_table.table(connection, rounds[0].id)
    assert {(each.pseudonym, each.at) for each in there} == {("", None)}
    assert table.columns[1].values.count("") == 13


async def test_a_report_of_a_sealed_study_has_the_same_numbers_of_each_round(database: AsyncEngine) -> None:
    study = protocol([SOIL, OPEN], panel=[{"account": "telegram:1", "group": "farmers"}])
    async with database.begin() as connection:
        id = await _run_through(connection, study)
        before = await round_data.study_data(connection, await _study(connection, id))
    await sealing.seal(database, id, ROUNDS[1][2] + DAY, Random(5), str)
    async with database.begin() as connection:
        after = await round_data.study_data(connection, await _study(connection, id))
    assert {(text.code, text.words) for text in after.open_answers} == {("E1", "Roots"), ("E1", "Worms")}
    assert len(after.open_answers) == len(before.open_answers) == 24
    numbers = [tables.numbers(publish(each, Random(1)).outcomes) for each in (before, after)]
    first, second = ({place: said for place, said in each.items() if place[1] and not place[3]} for each in numbers)
    changed = {
        place[4].split(".")[0] for place in first.keys() | second.keys() if first.get(place) != second.get(place)
    }
    # Whom it no longer follows are missing where two rounds are compared, and so in what is decided by that.
    assert changed <= {"stability", "decision"}
    files = build_report(after, load()["en"], Random(1), START)
    assert b"telegram" not in b"".join(files.values())


async def _run_through(connection: AsyncConnection, study: Protocol) -> int:
    """12 people answer two rounds; two of them are in the first one only."""
    stored = study.model_dump(mode="json")
    id = await studies.create(connection, study.study, stored, None, START)
    assert id is not None
    planned = [Planned(number, str(opens), str(closes), opens, closes) for number, opens, closes in ROUNDS]
    await studies.publish(connection, id, stored, study.hash(), planned, START)
    items = await study_items.put_down(connection, id, [stored_item(item) for item in study.items])
    people_ = [await _newcomer(connection, number) for number in range(12)]
    pseudonyms = []
    for number, person in enumerate(people_):
        panellist = await panels.invite(connection, id, person, "farmers" if number % 2 else "science", START)
        assert panellist is not None
        taking_part = await panels.consent(connection, panellist, "farmers" if number % 2 else "science", START)
        assert taking_part is not None
        pseudonyms.append(taking_part.pseudonym_id)
    for each in await studies.rounds(connection, id):
        await study_items.ask(connection, each.id, items)
        await timetable.propose_round(connection, each.id)
        await timetable.open_round(connection, each.id, each.opens_at)
        for number, pseudonym_id in enumerate(pseudonyms):
            own: dict[str, Any] = {"round_id": each.id, "pseudonym_id": pseudonym_id, "now": each.opens_at}
            if each.number == 1 or number > 1:
                await answering.save(connection, item_id=items[0], value=number % 9 + 1, **own)
            await answering.save(connection, item_id=items[1], value="Worms" if number % 2 else "Roots", **own)
        await timetable.close_round(connection, each.id, each.closes_at)
        table = await round_data.table_of(connection, id, each.id)
        outcome = outcome_of(study, each.number, table)
        await timetable.keep_outcome(connection, each.id, outcome.model_dump(mode="json"))
    await studies.close(connection, id, "most_rounds", ROUNDS[1][2])
    return id


async def _study(connection: AsyncConnection, id: int) -> studies.Study:
    found = await studies.study(connection, id)
    assert found is not None
    return found


async def _bytes(database: AsyncEngine) -> str:
    """All that the database keeps in files, also what was deleted; of PostgreSQL the files of its tables, their long
    values and their indexes."""
    if database.dialect.name == "sqlite":
        file = Path(database.url.database or "")
        return "".join(part.read_bytes().decode("latin-1") for part in file.parent.glob(f"{file.name}*"))
    files = """
        SELECT pg_read_binary_file(pg_relation_filepath(oid)) FROM pg_class
        WHERE relnamespace IN ('public'::regnamespace, 'pg_toast'::regnamespace) AND relkind IN ('r', 't', 'i')
            OR oid = 'pg_statistic'::regclass
    """
    async with database.connect() as connection:
        await connection.execute(text("CHECKPOINT"))
        found = await connection.execute(text(files))
        return "".join(bytes(part).decode("latin-1") for part in found.scalars())
