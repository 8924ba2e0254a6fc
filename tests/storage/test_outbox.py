"""Each message is sent by one worker at a time, and its row says whether it arrived."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import coalitions, outbox, people
from storage.outbox import Outgoing, Result, Row
from storage.people import Newcomer, Person
from storage.schema import inbox
from storage.schema import outbox as table
from tests.outreach.far_side import START

LEASE = START + timedelta(seconds=20)
LATER = START + timedelta(seconds=30)
LATER_LEASE = LATER + timedelta(seconds=20)


@pytest.fixture
async def ada(database: AsyncEngine) -> Person:
    async with database.begin() as connection:
        return (await people.meet(connection, [Newcomer("telegram:42", "telegram", "Ada", "", "", "")], START))[
            "telegram:42"
        ]


@pytest.fixture
async def rows(database: AsyncEngine, ada: Person) -> list[Row]:
    """Three messages that were just recorded, and are leased to whoever did."""
    return await add(database, *(message(ada, str(number)) for number in range(3)))


@pytest.fixture
async def due(database: AsyncEngine, rows: list[Row]) -> list[Row]:
    """Three messages that wait for anybody to send them."""
    await record(database, *(Result(row.id, "waiting", not_before=START) for row in rows))
    return rows


def message(person: Person, payload: str, **more: Any) -> Outgoing:
    return Outgoing("telegram", person.account_id, person.account, "42", payload, **more)


async def add(database: AsyncEngine, *outgoing: Outgoing) -> list[Row]:
    async with database.begin() as connection:
        return await outbox.add(connection, outgoing, START, LEASE)


async def record(database: AsyncEngine, *results: Result) -> None:
    async with database.begin() as connection:
        await outbox.record(connection, results)


async def claim(
    database: AsyncEngine, at: Any = LATER, senders: tuple[str, ...] = ("telegram",), limit: int = 100
) -> list[Row]:
    async with database.begin() as connection:
        return await outbox.claim(connection, senders, at, at + timedelta(seconds=20), limit)


async def stored(database: AsyncEngine, row: Row) -> Any:
    async with database.connect() as connection:
        return (await connection.execute(select(table).where(table.c.id == row.id))).one()


async def test_messages_are_recorded_in_order(rows: list[Row], ada: Person) -> None:
    assert [row.payload for row in rows] == ["0", "1", "2"]
    assert sorted(row.id for row in rows) == [row.id for row in rows]
    assert {(row.account, row.account_id, row.chat, row.attempts) for row in rows} == {
        (ada.account, ada.account_id, "42", 1)
    }


async def test_nothing_to_record(database: AsyncEngine) -> None:
    assert await add(database) == []
    await record(database)


async def test_what_somebody_holds_is_not_claimed(database: AsyncEngine, rows: list[Row]) -> None:
    assert await claim(database, START) == []
    assert await claim(database, LEASE - timedelta(microseconds=1)) == []


async def test_a_lease_that_ran_out_is_claimed_and_marked_as_uncertain(database: AsyncEngine, rows: list[Row]) -> None:
    claimed = await claim(database, LEASE)
    assert [row.id for row in claimed] == [row.id for row in rows]
    assert {row.attempts for row in claimed} == {2}
    for row in rows:
        assert (await stored(database, row)).uncertain
    assert await claim(database, LEASE) == []


async def test_what_was_given_back_is_claimed_and_not_uncertain(database: AsyncEngine, due: list[Row]) -> None:
    assert [row.payload for row in await claim(database)] == ["0", "1", "2"]
    assert not (await stored(database, due[0])).uncertain


async def test_a_retry_waits_for_its_time(database: AsyncEngine, rows: list[Row]) -> None:
    soon = START + timedelta(seconds=5, microseconds=250)
    await record(database, Result(rows[1].id, "waiting", error="timeout", not_before=soon))
    assert (await stored(database, rows[1])).not_before == soon
    assert await claim(database, soon - timedelta(microseconds=1)) == []
    assert [row.id for row in await claim(database, soon)] == [rows[1].id]


async def test_an_unknown_outcome_stays_marked(database: AsyncEngine, rows: list[Row]) -> None:
    await record(database, Result(rows[0].id, "waiting", not_before=START, uncertain=True))
    await record(database, Result(rows[0].id, "waiting", not_before=START))
    assert (await stored(database, rows[0])).uncertain
    await record(database, Result(rows[0].id, "sent", "m1", "42"))
    assert (await stored(database, rows[0])).uncertain


async def test_each_row_goes_to_one_of_two_claimers(database: AsyncEngine, due: list[Row]) -> None:
    async with database.begin() as first:
        mine = await outbox.claim(first, ["telegram"], LATER, LATER_LEASE, 2)
        # On PostgreSQL the second claimer passes these rows over; SQLite has one writer, so it comes after us.
        second = asyncio.create_task(claim(database))
        if database.dialect.name == "postgresql":
            async with asyncio.timeout(10):
                await second
    assert [row.payload for row in mine] == ["0", "1"]
    assert [row.payload for row in await second] == ["2"]
    assert await claim(database) == []


async def test_claims_at_the_same_moment_share_the_rows(database: AsyncEngine, ada: Person) -> None:
    rows = await add(database, *(message(ada, str(number)) for number in range(40)))
    await record(database, *(Result(row.id, "waiting", not_before=START) for row in rows))
    claims = await asyncio.gather(*(claim(database, limit=15) for _ in range(4)))
    taken = [row.id for part in claims for row in part]
    assert len(taken) == len(set(taken))
    rest = [row.id for row in await claim(database)]
    assert sorted([*taken, *rest]) == [row.id for row in rows]


async def test_the_oldest_are_claimed_first_and_no_more_than_asked(database: AsyncEngine, due: list[Row]) -> None:
    assert [row.payload for row in await claim(database, limit=2)] == ["0", "1"]
    assert [row.payload for row in await claim(database, limit=2)] == ["2"]


async def test_only_the_named_senders_rows_are_claimed(database: AsyncEngine, due: list[Row]) -> None:
    assert await claim(database, senders=("slack:T01",)) == []
    assert await claim(database, senders=()) == []
    assert len(await claim(database, senders=("slack:T01", "telegram"))) == 3


@pytest.mark.parametrize("state", ["sent", "failed"])
async def test_what_has_ended_is_never_claimed_again(database: AsyncEngine, rows: list[Row], state: str) -> None:
    await record(database, *(Result(row.id, state, "m1", "42") for row in rows))
    assert await claim(database, START + timedelta(days=30)) == []


async def test_an_outcome_is_written_down(database: AsyncEngine, rows: list[Row]) -> None:
    await record(database, Result(rows[0].id, "sent", "m9", "77"), Result(rows[1].id, "failed", error="blocked"))
    sent, failed, waiting = [await stored(database, row) for row in rows]
    assert (sent.state, sent.message_id, sent.chat, sent.lease_until) == ("sent", "m9", "77", None)
    assert (failed.state, failed.error, failed.lease_until) == ("failed", "blocked", None)
    assert (waiting.state, waiting.lease_until) == ("waiting", LEASE)


async def test_the_only_process_takes_all_leases_back_at_its_start(database: AsyncEngine, rows: list[Row]) -> None:
    async with database.begin() as connection:
        assert await outbox.release(connection, ["slack:T01"], START) == 0
        assert await outbox.release(connection, ["telegram"], START) == 3
    claimed = await claim(database, START)
    assert [row.id for row in claimed] == [row.id for row in rows]
    # Whoever held them may have sent them.
    assert (await stored(database, rows[0])).uncertain


async def test_what_was_said_about_a_subject_is_found_to_be_edited(database: AsyncEngine, ada: Person) -> None:
    arrived, _under_way, other, _failed = await add(
        database,
        message(ada, "arrived", subject="membership 7"),
        message(ada, "under way", subject="membership 7"),
        message(ada, "other", subject="membership 77"),
        message(ada, "failed", subject="membership 7"),
    )
    await record(database, Result(arrived.id, "sent", "m1", "42"), Result(other.id, "sent", "m2", "42"))
    await record(database, Result(_failed.id, "failed"))
    async with database.connect() as connection:
        found = await outbox.about(connection, "membership 7")
    assert [(row.payload, row.message_id) for row in found] == [("arrived", "m1")]


async def test_an_edit_knows_which_message_it_edits(database: AsyncEngine, ada: Person) -> None:
    [row] = await add(database, message(ada, "{}", edited="m5"))
    assert row.message_id == "m5"
    assert [row.message_id for row in await claim(database)] == ["m5"]


async def test_an_edit_is_dropped_when_the_message_was_edited_anew_since(database: AsyncEngine, ada: Person) -> None:
    old, other, new = await add(
        database, message(ada, "old", edited="m5"), message(ada, "other", edited="m6"), message(ada, "new", edited="m5")
    )
    await record(database, Result(new.id, "sent", "m5", "42"))
    assert [row.payload for row in await claim(database)] == ["other"]
    assert (await stored(database, old)).state == "cancelled"
    assert (await stored(database, other)).state == "waiting"
    assert await claim(database, LATER_LEASE) != []
    assert (await stored(database, old)).state == "cancelled"


async def test_a_later_edit_that_failed_drops_nothing(database: AsyncEngine, ada: Person) -> None:
    _old, new = await add(database, message(ada, "old", edited="m5"), message(ada, "new", edited="m5"))
    await record(database, Result(new.id, "failed", error="too long"))
    assert [row.payload for row in await claim(database)] == ["old"]


async def test_who_is_still_at_it_keeps_the_lease(database: AsyncEngine, rows: list[Row]) -> None:
    async with database.begin() as connection:
        await outbox.renew(connection, [rows[0].id, rows[2].id], LATER_LEASE)
        await outbox.renew(connection, [], LATER_LEASE)
    assert [row.payload for row in await claim(database)] == ["1"]


async def test_a_lease_that_was_given_back_is_not_renewed(database: AsyncEngine, due: list[Row]) -> None:
    await record(database, Result(due[1].id, "sent", "m1"))
    async with database.begin() as connection:
        await outbox.renew(connection, [row.id for row in due], LATER_LEASE)
    assert [row.payload for row in await claim(database)] == ["0", "2"]


async def test_a_dedupe_key_is_used_once(database: AsyncEngine, ada: Person) -> None:
    await add(database, message(ada, "{}", dedupe_key="round 1"))
    with pytest.raises(IntegrityError):
        await add(database, message(ada, "{}", dedupe_key="round 1"))


async def test_the_last_word_to_somebody_who_is_forgotten_is_said_once(database: AsyncEngine) -> None:
    [row] = await add(database, Outgoing("telegram", None, "telegram:42", "42", "{}"))
    assert row.account == "telegram:42"
    # Nobody knows any more whom it is for, so nobody takes it up again.
    assert await claim(database) == []
    assert (await stored(database, row)).attempts == 1


async def test_what_is_long_past_is_forgotten(database: AsyncEngine, ada: Person) -> None:
    done, failed, _waiting, kept, _last_word = await add(
        database,
        message(ada, "done"),
        message(ada, "failed"),
        message(ada, "waiting"),
        message(ada, "kept", subject="membership 7"),
        Outgoing("telegram", None, "telegram:43", "43", "last word"),
    )
    await record(database, Result(done.id, "sent", "m1"), Result(kept.id, "sent", "m2"), Result(failed.id, "failed"))
    async with database.begin() as connection:
        await people.accept(connection, ["old"], START)
        await people.accept(connection, ["new"], LATER)
        await outbox.prune(connection, START)
        assert len((await connection.execute(select(table.c.id))).all()) == 5
        await outbox.prune(connection, LATER)
        left = (await connection.execute(select(table.c.payload).order_by(table.c.id))).scalars().all()
        keys = (await connection.execute(select(inbox.c.key))).scalars().all()
    assert left == ["waiting", "kept"]
    assert keys == ["new"]


async def test_messages_go_with_their_person(database: AsyncEngine, ada: Person, rows: list[Row]) -> None:
    async with database.begin() as connection:
        await coalitions.forget_participant(connection, ada.id)
    assert await claim(database) == []
