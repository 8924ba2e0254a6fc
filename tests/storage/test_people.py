"""An event counts once, an account is one person, and two transactions never change a person at the same time."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import people
from storage.people import Newcomer, Person
from storage.schema import accounts, participants
from tests.outreach.far_side import START
from tests.storage.conftest import waits

ADA = Newcomer("telegram:42", "telegram", "Ada Rowan", "ada", "fr-CA", "")
BEN = Newcomer("slack:T01/U02", "slack", "Ben Field", "ben", "", "Africa/Nairobi")


async def meet(connection: AsyncConnection, *newcomers: Newcomer) -> list[Person]:
    met = await people.meet(connection, newcomers, START)
    return [met[newcomer.account] for newcomer in newcomers]


async def accept_alone(database: AsyncEngine, *keys: str) -> set[str]:
    async with database.begin() as connection:
        return await people.accept(connection, keys, START)


async def meet_alone(database: AsyncEngine, *newcomers: Newcomer) -> list[Person]:
    async with database.begin() as connection:
        return await meet(connection, *newcomers)


async def test_a_key_is_new_once(database: AsyncEngine) -> None:
    assert await accept_alone(database, "telegram:1", "telegram:2", "telegram:1") == {"telegram:1", "telegram:2"}
    assert await accept_alone(database, "telegram:2", "telegram:3") == {"telegram:3"}
    assert await accept_alone(database, "telegram:1") == set()


async def test_keys_may_come_out_of_order(database: AsyncEngine) -> None:
    assert await accept_alone(database, "telegram:9") == {"telegram:9"}
    assert await accept_alone(database, "telegram:8") == {"telegram:8"}


@pytest.mark.parametrize("commits", [True, False])
async def test_of_two_transactions_with_one_key_the_second_waits_for_the_first(
    database: AsyncEngine, commits: bool
) -> None:
    async with database.connect() as first:
        transaction = await first.begin()
        assert await people.accept(first, ["k"], START) == {"k"}
        second = asyncio.create_task(accept_alone(database, "k"))
        await waits(database, second)
        await (transaction.commit() if commits else transaction.rollback())
        assert await second == (set() if commits else {"k"})


async def test_two_transactions_with_the_same_keys_do_not_deadlock(database: AsyncEngine) -> None:
    keys = [str(number) for number in range(20)]
    both = await asyncio.gather(accept_alone(database, *keys), accept_alone(database, *reversed(keys)))
    assert sorted(both, key=len) == [set(), set(keys)]


async def test_a_stranger_becomes_a_participant_with_what_the_platform_tells(database: AsyncEngine) -> None:
    [ada] = await meet_alone(database, ADA)
    assert (ada.account, ada.name, ada.handle, ada.hint) == ("telegram:42", "Ada Rowan", "ada", "fr-CA")
    assert ada.reachable
    assert (ada.language, ada.chat, ada.consent_version, ada.conversation_id) == ("", "", 0, None)


async def test_who_is_known_is_not_made_again(database: AsyncEngine) -> None:
    [ada] = await meet_alone(database, ADA)
    renamed, ben = await meet_alone(database, replace(ADA, name="Somebody"), BEN)
    assert renamed == ada
    assert ben.id != ada.id


@pytest.mark.parametrize("commits", [True, False])
async def test_two_transactions_that_meet_the_same_stranger_make_one_participant(
    database: AsyncEngine, commits: bool
) -> None:
    async with database.connect() as first:
        transaction = await first.begin()
        [ada] = await meet(first, ADA)
        second = asyncio.create_task(meet_alone(database, ADA, BEN))
        await waits(database, second)
        await (transaction.commit() if commits else transaction.rollback())
        again, ben = await second
    if commits:
        assert again == ada
    async with database.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(participants)) == 2
        keys = (await connection.execute(select(accounts.c.key).order_by(accounts.c.key))).scalars().all()
    assert keys == [BEN.account, ADA.account]
    assert ben.id != again.id


async def test_whoever_comes_second_sees_what_the_first_one_did(database: AsyncEngine) -> None:
    await meet_alone(database, ADA, BEN)
    async with database.connect() as first:
        transaction = await first.begin()
        [ada] = await meet(first, ADA)
        second = asyncio.create_task(meet_alone(database, BEN, ADA))
        await waits(database, second)
        before = {ada.account_id: replace(ada)}
        ada.language, ada.conversation_id, ada.chat, ada.reachable = "fr", 7, "42", False
        await people.save(first, before, {ada.account_id: ada})
        await transaction.commit()
        _, seen = await second
    assert seen == ada


async def test_groups_that_overlap_do_not_deadlock(database: AsyncEngine) -> None:
    crowd = [Newcomer(f"telegram:{number}", "telegram", "", "", "", "") for number in range(12)]
    groups = [crowd[:8], crowd[:3:-1], crowd[2:10][::-1], crowd[::3]]
    met = await asyncio.gather(*(meet_alone(database, *group) for group in groups))
    ids = {person.account: person.id for group in met for person in group}
    assert len(set(ids.values())) == 12
    assert all(person.id == ids[person.account] for group in met for person in group)


async def test_what_changed_is_saved_and_nothing_else(database: AsyncEngine) -> None:
    ada, ben = await meet_alone(database, ADA, BEN)
    changed = replace(
        ada,
        name="Ada R.",
        language="es",
        consent_version=1,
        consented_at=START,
        conversation_id=3,
        chat="42",
        reachable=False,
        handle="ada2",
        hint="es",
    )
    before = {ada.account_id: ada, ben.account_id: ben}
    async with database.begin() as connection:
        await people.save(connection, before, {ada.account_id: changed, ben.account_id: ben})
    assert await meet_alone(database, ADA, BEN) == [changed, ben]


async def test_an_instant_comes_back_as_it_was(database: AsyncEngine) -> None:
    [ada] = await meet_alone(database, ADA)
    agreed = START + timedelta(microseconds=1)
    async with database.begin() as connection:
        await people.save(connection, {ada.account_id: ada}, {ada.account_id: replace(ada, consented_at=agreed)})
    [again] = await meet_alone(database, ADA)
    assert again.consented_at == agreed
    assert again.consented_at.tzinfo is not None


async def test_two_accounts_of_one_participant_share_what_is_the_persons(database: AsyncEngine) -> None:
    telegram, slack = await meet_alone(database, ADA, BEN)
    async with database.begin() as connection:
        await connection.execute(
            accounts.update().where(accounts.c.key == BEN.account).values(participant_id=telegram.id)
        )
        await connection.execute(participants.delete().where(participants.c.id == slack.id))
        await people.describe(connection, telegram, generation="senior", engagement="volunteer")
    one, other = await meet_alone(database, ADA, BEN)
    assert one.id == other.id
    assert one.generation == other.generation == "senior"
    assert one.engagement == other.engagement == "volunteer"
    assert one.account_id != other.account_id


async def test_people_are_found_by_account(database: AsyncEngine) -> None:
    ada, ben = await meet_alone(database, ADA, BEN)
    async with database.connect() as connection:
        found = await people.by_accounts(connection, [ADA.account, "telegram:404"])
        assert found == [ada]
        assert await people.by_account_id(connection, ben.account_id) == ben
        assert await people.by_account_id(connection, 404) is None
