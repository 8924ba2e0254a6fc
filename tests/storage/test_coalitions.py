"""Who belongs to what: asked for once, decided once, and gone when left."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import coalitions, people
from storage.coalitions import Coalition, Membership, Pledge
from storage.people import Newcomer, Person
from storage.schema import audit, organisations
from storage.schema import coalitions as table
from tests.outreach.far_side import START
from tests.storage.conftest import waits


@pytest.fixture
async def folk(database: AsyncEngine) -> dict[str, Person]:
    """Ada and Ben who join, Tom and Ruth who decide."""
    names = ("ada", "ben", "ruth", "tom")
    newcomers = [Newcomer(f"telegram:{place}", "telegram", name, "", "", "") for place, name in enumerate(names)]
    async with database.begin() as connection:
        met = await people.meet(connection, newcomers, START)
    return {person.name: person for person in met.values()}


async def propose(connection: AsyncConnection, title: str = "Soil Regeneration", facility: str = "global-4") -> int:
    return await coalitions.propose(
        connection,
        kind="alliance",
        facility=facility,
        title=title,
        aim="Living soils",
        objectives=["C2"],
        proposed_by=None,
        now=START,
    )


async def request(connection: AsyncConnection, person: Person, coalition: int, **more: Any) -> int | None:
    about = {"organisation_id": None, "role": "member", "note": ""} | more
    return await coalitions.request(
        connection,
        participant_id=person.id,
        account_id=person.account_id,
        coalition_id=coalition,
        now=START,
        **about,
    )


async def asked(database: AsyncEngine, person: Person, coalition: int, **more: Any) -> int:
    async with database.begin() as connection:
        id = await request(connection, person, coalition, **more)
    assert id is not None
    return id


async def decide(database: AsyncEngine, id: int, by: Person, state: str, reason: str = "") -> bool:
    async with database.begin() as connection:
        return await coalitions.decide(connection, id, state=state, decided_by=by.id, reason=reason, now=START)


async def leave(database: AsyncEngine, id: int, person: Person) -> bool:
    async with database.begin() as connection:
        return await coalitions.leave(connection, id, person.id, START)


async def organisation(connection: AsyncConnection, name: str, **more: str) -> int:
    about = {"type": "civil_society", "country": "KE", "status": "friend"} | more
    return await coalitions.organisation(connection, name=name, now=START, **about)


async def the(database: AsyncEngine, coalition: int) -> Coalition:
    async with database.connect() as connection:
        found = await coalitions.coalition(connection, coalition)
    assert found is not None
    return found


async def card(database: AsyncEngine, membership: int) -> Membership:
    async with database.connect() as connection:
        found = await coalitions.membership(connection, membership)
    assert found is not None
    return found


@pytest.fixture
async def soils(database: AsyncEngine) -> int:
    async with database.begin() as connection:
        return await propose(connection)


async def test_a_coalition_is_forming_until_its_first_member_is_approved(
    database: AsyncEngine, folk: dict[str, Person], soils: int
) -> None:
    assert await the(database, soils) == Coalition(
        soils, "alliance", "global-4", "Soil Regeneration", "Living soils", ["C2"], "forming", 0
    )
    membership = await asked(database, folk["ada"], soils)
    assert (await the(database, soils)).state == "forming"
    assert await decide(database, membership, folk["tom"], "approved")
    found = await the(database, soils)
    assert (found.state, found.members) == ("open", 1)


@pytest.mark.parametrize(
    ("title", "again"),
    [
        ("Soil Regeneration", "Soil Regeneration"),
        ("Soil Regeneration", "soil REGENERATION"),
        ("Écologie des sols", "Écologie des sols"),
        ("Écologie des sols", "ÉCOLOGIE DES SOLS"),
        ("Ñandú", "ñandú"),
    ],
)
async def test_proposing_twice_gives_one_coalition(database: AsyncEngine, title: str, again: str) -> None:
    async with database.begin() as connection:
        first = await propose(connection, title)
    async with database.begin() as connection:
        assert await propose(connection, again) == first
        assert await propose(connection, again, "global-5") != first
        assert await propose(connection, again + "!") != first
        assert [one.title for one in await coalitions.open_in(connection, "global-4")] == [title, again + "!"]


async def test_two_who_propose_the_same_at_once_are_in_one_coalition(database: AsyncEngine) -> None:
    async with database.connect() as first:
        transaction = await first.begin()
        mine = await propose(first)

        async def theirs() -> int:
            async with database.begin() as second:
                return await propose(second)

        task = asyncio.create_task(theirs())
        await waits(database, task)
        await transaction.commit()
        assert await task == mine


async def test_a_closed_coalition_is_not_brought_back(
    database: AsyncEngine, folk: dict[str, Person], soils: int
) -> None:
    await leave(database, await asked(database, folk["ada"], soils), folk["ada"])
    assert (await the(database, soils)).state == "closed"
    async with database.begin() as connection:
        assert await coalitions.open_in(connection, "global-4") == []
        assert await propose(connection) != soils


async def test_the_largest_stands_first(database: AsyncEngine, folk: dict[str, Person], soils: int) -> None:
    async with database.begin() as connection:
        large = await propose(connection, "Large")
    assert await decide(database, await asked(database, folk["ada"], large), folk["tom"], "approved")
    await asked(database, folk["ben"], soils)
    async with database.connect() as connection:
        assert [one.id for one in await coalitions.open_in(connection, "global-4")] == [large, soils]


async def test_a_person_asks_once(database: AsyncEngine, folk: dict[str, Person], soils: int) -> None:
    membership = await asked(database, folk["ada"], soils)
    async with database.begin() as connection:
        assert await request(connection, folk["ada"], soils) is None
    assert await decide(database, membership, folk["tom"], "approved")
    async with database.begin() as connection:
        assert await request(connection, folk["ada"], soils) is None


@pytest.mark.parametrize("ended", ["declined", "left"])
async def test_who_was_declined_or_left_may_ask_again(
    database: AsyncEngine, folk: dict[str, Person], soils: int, ended: str
) -> None:
    await asked(database, folk["ben"], soils)
    first = await asked(database, folk["ada"], soils)
    if ended == "left":
        assert await leave(database, first, folk["ada"])
    else:
        assert await decide(database, first, folk["tom"], "declined")
    second = await asked(database, folk["ada"], soils)
    async with database.connect() as connection:
        assert [one.id for one in await coalitions.of_participant(connection, folk["ada"].id)] == [second]


async def test_a_request_says_all_that_is_to_be_decided_on(
    database: AsyncEngine, folk: dict[str, Person], soils: int
) -> None:
    async with database.begin() as connection:
        ngo = await organisation(connection, "Green Soils", status="partner")
        await people.describe(connection, folk["ada"], generation="senior", engagement="volunteer")
    membership = await asked(database, folk["ada"], soils, organisation_id=ngo, role="leader", note="In March")
    found = await card(database, membership)
    assert (found.name, found.title, found.facility, found.aim) == (
        "ada",
        "Soil Regeneration",
        "global-4",
        "Living soils",
    )
    assert (found.organisation, found.organisation_type, found.country, found.status) == (
        "Green Soils",
        "civil_society",
        "KE",
        "partner",
    )
    assert (found.role, found.note, found.generation, found.engagement) == ("leader", "In March", "senior", "volunteer")
    assert (found.state, found.decider, found.requested_at, found.decided_at) == ("pending", "", START, None)


async def test_what_waits_is_listed_the_oldest_first(
    database: AsyncEngine, folk: dict[str, Person], soils: int
) -> None:
    first, second = await asked(database, folk["ben"], soils), await asked(database, folk["ada"], soils)
    async with database.connect() as connection:
        assert [one.id for one in await coalitions.pending(connection)] == [first, second]
    await decide(database, first, folk["tom"], "declined")
    async with database.connect() as connection:
        assert [one.id for one in await coalitions.pending(connection)] == [second]


async def test_a_request_is_decided_once(database: AsyncEngine, folk: dict[str, Person], soils: int) -> None:
    membership = await asked(database, folk["ada"], soils)
    assert await decide(database, membership, folk["tom"], "declined", "Too early")
    assert not await decide(database, membership, folk["ruth"], "approved")
    found = await card(database, membership)
    assert (found.state, found.decider, found.reason, found.decided_at) == ("declined", "tom", "Too early", START)


async def test_of_two_who_decide_at_once_one_does(database: AsyncEngine, folk: dict[str, Person], soils: int) -> None:
    membership = await asked(database, folk["ada"], soils)
    async with database.connect() as first:
        transaction = await first.begin()
        assert await coalitions.decide(
            first, membership, state="approved", decided_by=folk["tom"].id, reason="", now=START
        )
        second = asyncio.create_task(decide(database, membership, folk["ruth"], "declined", "No"))
        await waits(database, second)
        await transaction.commit()
        assert not await second
    found = await card(database, membership)
    assert (found.state, found.decider, found.reason) == ("approved", "tom", "")


async def test_a_decision_that_is_undone_leaves_it_to_the_next(
    database: AsyncEngine, folk: dict[str, Person], soils: int
) -> None:
    membership = await asked(database, folk["ada"], soils)
    async with database.connect() as first:
        transaction = await first.begin()
        await coalitions.decide(first, membership, state="approved", decided_by=folk["tom"].id, reason="", now=START)
        second = asyncio.create_task(decide(database, membership, folk["ruth"], "declined", "No"))
        await waits(database, second)
        await transaction.rollback()
        assert await second
    assert (await card(database, membership)).decider == "ruth"


async def test_what_was_withdrawn_cannot_be_decided(database: AsyncEngine, folk: dict[str, Person], soils: int) -> None:
    membership = await asked(database, folk["ada"], soils)
    assert await leave(database, membership, folk["ada"])
    assert not await decide(database, membership, folk["tom"], "approved")
    assert not await decide(database, 404, folk["tom"], "approved")


async def test_only_the_member_leaves_and_only_once(database: AsyncEngine, folk: dict[str, Person], soils: int) -> None:
    membership = await asked(database, folk["ada"], soils)
    await decide(database, membership, folk["tom"], "approved")
    assert not await leave(database, membership, folk["ben"])
    assert await leave(database, membership, folk["ada"])
    assert not await leave(database, membership, folk["ada"])
    async with database.connect() as connection:
        assert await coalitions.of_participant(connection, folk["ada"].id) == []
    # A coalition that once opened stays open for others.
    found = await the(database, soils)
    assert (found.state, found.members) == ("open", 0)


@pytest.mark.parametrize("ended", ["declined", "left", "erased"])
async def test_a_forming_coalition_closes_with_its_last_request(
    database: AsyncEngine, folk: dict[str, Person], soils: int, ended: str
) -> None:
    first, second = await asked(database, folk["ada"], soils), await asked(database, folk["ben"], soils)
    assert await decide(database, first, folk["tom"], "declined")
    assert (await the(database, soils)).state == "forming"
    if ended == "declined":
        await decide(database, second, folk["tom"], "declined")
    elif ended == "left":
        await leave(database, second, folk["ben"])
    else:
        async with database.begin() as connection:
            await coalitions.forget_participant(connection, folk["ben"].id)
    assert (await the(database, soils)).state == "closed"


async def test_two_last_requests_that_end_at_once_close_it_too(
    database: AsyncEngine, folk: dict[str, Person], soils: int
) -> None:
    mine, theirs = await asked(database, folk["ada"], soils), await asked(database, folk["ben"], soils)
    async with database.connect() as first:
        transaction = await first.begin()
        await coalitions.leave(first, mine, folk["ada"].id, START)
        second = asyncio.create_task(leave(database, theirs, folk["ben"]))
        await waits(database, second)
        await transaction.commit()
        await second
    assert (await the(database, soils)).state == "closed"


async def test_members_are_counted_by_type(database: AsyncEngine, folk: dict[str, Person], soils: int) -> None:
    async with database.begin() as connection:
        ngo = await organisation(connection, "Green Soils")
        assert await coalitions.composition(connection, soils) == {}
    for name, of in (("ada", None), ("ben", ngo), ("ruth", ngo)):
        await decide(database, await asked(database, folk[name], soils, organisation_id=of), folk["tom"], "approved")
    await asked(database, folk["tom"], soils)
    async with database.connect() as connection:
        counted = await coalitions.composition(connection, soils)
    assert list(counted.items()) == [("civil_society", 2), ("alone", 1)]


async def test_an_organisation_is_one_however_its_name_is_typed(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        first = await organisation(connection, "Écologie  du Sol")
        assert await organisation(connection, " écologie du SOL ", status="partner", type="research") == first
        assert await organisation(connection, "Écologie du Sol", country="FR") != first
        row = (await connection.execute(select(organisations).where(organisations.c.id == first))).one()
    assert (row.name, row.type, row.status) == ("Écologie  du Sol", "research", "partner")


async def test_two_who_name_the_same_organisation_at_once_mean_one(database: AsyncEngine) -> None:
    async def name_it(name: str) -> int:
        async with database.begin() as connection:
            return await organisation(connection, name)

    assert len(set(await asyncio.gather(name_it("Green Soils"), name_it("green soils"), name_it("GREEN SOILS")))) == 1


async def test_a_pledge_is_replaced_as_a_whole(database: AsyncEngine, folk: dict[str, Person], soils: int) -> None:
    membership = await asked(database, folk["ada"], soils)
    funds = Pledge("funds", Decimal("9999999999999.99"), "EUR")
    for promised in ([Pledge("staff"), funds], [Pledge("land")], []):
        async with database.begin() as connection:
            await coalitions.pledge(connection, membership, promised)
            assert await coalitions.pledged(connection, membership) == promised


async def test_who_is_forgotten_leaves_nothing_but_the_audit_trail(
    database: AsyncEngine, folk: dict[str, Person], soils: int
) -> None:
    ada = folk["ada"]
    membership = await asked(database, ada, soils)
    await decide(database, membership, folk["tom"], "approved")
    async with database.begin() as connection:
        await coalitions.pledge(connection, membership, [Pledge("staff")])
        await coalitions.note_action(
            connection, actor_id=ada.id, action="requested", subject=f"membership {membership}", now=START
        )
        await coalitions.forget_participant(connection, ada.id)
        assert await coalitions.membership(connection, membership) is None
        assert await coalitions.pledged(connection, membership) == []
        assert await people.by_accounts(connection, [ada.account]) == []
        assert await connection.scalar(select(func.count()).select_from(audit)) == 1
        # The coalition is open and has other people to come.
        assert await connection.scalar(select(table.c.state).where(table.c.id == soils)) == "open"


async def test_a_decision_outlives_the_one_who_took_it(
    database: AsyncEngine, folk: dict[str, Person], soils: int
) -> None:
    membership = await asked(database, folk["ada"], soils)
    await decide(database, membership, folk["tom"], "approved")
    async with database.begin() as connection:
        await coalitions.forget_participant(connection, folk["tom"].id)
    found = await card(database, membership)
    assert (found.state, found.decider) == ("approved", "")


async def test_somebody_is_written_to_where_they_can_be_reached(database: AsyncEngine, folk: dict[str, Person]) -> None:
    ada = folk["ada"]
    async with database.begin() as connection:
        assert await people.account_to_write(connection, ada.id) == ada.account_id
        before = {ada.account_id: ada}
        gone = Person(*(getattr(ada, name) for name in Person.__slots__))
        gone.reachable = False
        await people.save(connection, before, {ada.account_id: gone})
        assert await people.account_to_write(connection, ada.id) is None
