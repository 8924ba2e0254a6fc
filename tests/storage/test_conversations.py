"""Where somebody stands in a flow is kept, with the message that shows it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage import coalitions, conversations, outbox, people
from storage.conversations import Conversation
from storage.outbox import Outgoing, Result
from storage.people import Newcomer, Person
from tests.outreach.far_side import START


@pytest.fixture
async def connection(database: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with database.begin() as opened:
        yield opened


@pytest.fixture
async def ada(connection: AsyncConnection) -> Person:
    return await somebody(connection, "telegram:42")


async def somebody(connection: AsyncConnection, account: str) -> Person:
    return (await people.meet(connection, [Newcomer(account, "telegram", "", "", "", "")], START))[account]


def of(person: Person, flow: str = "join", subject: str = "") -> Conversation:
    answers = {"country": "CI", "objectives": ["A1", "C2"], "aim": "Été, sol ☀"}
    return Conversation(
        0, person.id, flow, 3, subject, "country", answers, history=["a", "b"], drawn=["x"], rev=5, misses=1
    )


async def begin(connection: AsyncConnection, conversation: Conversation) -> Conversation:
    return replace(conversation, id=await conversations.begin(connection, conversation, START))


async def test_a_conversation_comes_back_as_it_was(connection: AsyncConnection, ada: Person) -> None:
    begun = await begin(connection, of(ada))
    assert await conversations.of_person(connection, ada.id, "join", "") == begun
    assert await conversations.by_ids(connection, [begun.id, 404]) == {begun.id: begun}
    assert await conversations.by_ids(connection, []) == {}


async def test_there_is_one_for_each_subject_of_a_flow(connection: AsyncConnection, ada: Person) -> None:
    first = await begin(connection, of(ada, "pledge", "membership 7"))
    second = await begin(connection, of(ada, "pledge", "membership 8"))
    assert await conversations.of_person(connection, ada.id, "pledge", "membership 7") == first
    assert await conversations.of_person(connection, ada.id, "pledge", "membership 8") == second
    assert await conversations.of_person(connection, ada.id, "pledge", "") is None
    with pytest.raises(IntegrityError):
        async with connection.begin_nested():
            await begin(connection, of(ada, "pledge", "membership 7"))


async def test_changes_are_written_back(connection: AsyncConnection, ada: Person) -> None:
    begun = await begin(connection, of(ada))
    other = await begin(connection, of(ada, "pledge"))
    begun.step, begun.answers, begun.history, begun.drawn = "review", {"aim": ""}, [], []
    begun.state, begun.rev, begun.misses, begun.flow_version = "done", 6, 0, 4
    await conversations.save(connection, [begun], START)
    assert await conversations.by_ids(connection, [begun.id, other.id]) == {begun.id: begun, other.id: other}
    await conversations.save(connection, [], START)


async def test_what_is_unfinished_is_listed_the_latest_first(connection: AsyncConnection, ada: Person) -> None:
    ben = await somebody(connection, "telegram:43")
    early = await begin(connection, of(ada, "join"))
    late = await begin(connection, of(ada, "pledge"))
    over = await begin(connection, of(ada, "decline"))
    await begin(connection, of(ben, "join"))
    over.state = "done"
    await conversations.save(connection, [over], START)
    await conversations.save(connection, [late], START + timedelta(seconds=1))
    await conversations.save(connection, [early], START + timedelta(seconds=2))
    assert [one.flow for one in await conversations.unfinished(connection, ada.id)] == ["join", "pledge"]


async def test_the_message_that_shows_the_question_is_known_once_the_platform_has_it(
    connection: AsyncConnection, ada: Person
) -> None:
    begun = await begin(connection, of(ada))
    [row] = await outbox.add(connection, [Outgoing("telegram", ada.account_id, ada.account, "42", "{}")], START, START)
    begun.screen_id = row.id
    await conversations.save(connection, [begun], START)
    shown = (await conversations.by_ids(connection, [begun.id]))[begun.id]
    assert (shown.screen_message, shown.screen_account) == ("", ada.account_id)
    await outbox.record(connection, [Result(row.id, "sent", "m7", "42")])
    shown = (await conversations.by_ids(connection, [begun.id]))[begun.id]
    assert (shown.screen_message, shown.screen_account) == ("m7", ada.account_id)


async def test_a_conversation_goes_with_its_person(connection: AsyncConnection, ada: Person) -> None:
    begun = await begin(connection, of(ada))
    await coalitions.forget_participant(connection, ada.id)
    assert await conversations.by_ids(connection, [begun.id]) == {}
