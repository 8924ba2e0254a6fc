"""What a process that died leaves behind: another one says it, but nothing that has become untrue in the meantime."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.markup import text
from bot.chat.messages import Button, Say, decode, encode
from bot.chat.tokens import Screen
from bot.outreach.postbox import LEASE, Postbox
from storage import conversations, outbox, people
from storage.conversations import Conversation
from storage.database import open_database
from storage.outbox import Outgoing, Row
from storage.people import Newcomer
from storage.schema import outbox as table
from tests.outreach.far_side import START, FarSide, Watch

ADA = "telegram:42"


class Scene:
    """Two processes on one database; `died` records what is to be said and is not heard of again."""

    def __init__(self, database: AsyncEngine) -> None:
        self.database = database
        self.watch = Watch()
        self.platform = FarSide()
        self.died = self.process()
        self.heir = self.process()
        self.account = 0
        self.participant = 0

    def process(self) -> Postbox:
        return Postbox(self.database, {self.platform.name: self.platform}, self.watch)

    async def meet(self) -> None:
        async with self.database.begin() as connection:
            person = (await people.meet(connection, [Newcomer(ADA, "telegram", "", "", "", "")], START))[ADA]
        self.account, self.participant = person.account_id, person.id

    async def record(self, *messages: Say) -> list[Row]:
        """What the process that died has committed."""
        outgoing = [
            Outgoing("telegram", self.account, ADA, "42", encode(one).decode(), edited=one.edits) for one in messages
        ]
        async with self.database.begin() as connection:
            return await outbox.add(connection, outgoing, self.watch(), self.died.lease_until())

    async def converse(self) -> Conversation:
        """A conversation that has not asked anything yet."""
        conversation = Conversation(0, self.participant, "join", 1, "", "note", {})
        async with self.database.begin() as connection:
            conversation.id = await conversations.begin(connection, conversation, START)
        return conversation

    async def go_on(self, conversation: Conversation, screen: Row) -> None:
        """The current question is now the one on this screen."""
        conversation.screen_id = screen.id
        async with self.database.begin() as connection:
            await conversations.save(connection, [conversation], START)

    async def inherit(self) -> list[str]:
        """What arrives once the leases have run out."""
        self.watch.go_on(LEASE.total_seconds())
        await self.heir.sweep()
        await self.heir.settle()
        return self.platform.texts

    async def states(self, rows: Sequence[Row]) -> list[tuple[str, bool]]:
        """State and uncertainty of each row."""
        async with self.database.connect() as connection:
            stored: dict[int, Any] = {row.id: row for row in await connection.execute(select(table))}
        return [(stored[row.id].state, stored[row.id].uncertain) for row in rows]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Scene]:
    database = open_database(database_url)
    opened = Scene(database)
    await opened.meet()
    yield opened
    await database.dispose()


def question(conversation: Conversation, rev: int, words: str) -> Say:
    return Say(text(words), ((Button("Back", str(Screen(conversation.id, rev, "b"))),),))


async def test_what_it_had_to_say_is_said_by_another_and_marked_as_uncertain(scene: Scene) -> None:
    rows = await scene.record(Say(text("Hello")), Say(text("What is new?"), edits="7"))
    assert await scene.inherit() == ["Hello", "What is new?"]
    assert await scene.states(rows) == [("sent", True), ("sent", True)]


async def test_an_edit_is_not_made_when_the_message_was_edited_anew(scene: Scene) -> None:
    [old] = await scene.record(Say(text("Please check your request"), edits="7"))
    new, other = await scene.record(Say(text("It was sent"), edits="7"), Say(text("Another message"), edits="8"))
    scene.heir.post([(new, decode(new.payload))])
    await scene.heir.settle()
    assert await scene.inherit() == ["It was sent", "Another message"]
    assert await scene.states([old, new, other]) == [("cancelled", False), ("sent", False), ("sent", True)]


async def test_of_several_edits_of_a_message_only_the_latest_is_made(scene: Scene) -> None:
    await scene.record(*(Say(text(f"Question {number}"), edits="7") for number in (1, 2, 3)))
    assert await scene.inherit() == ["Question 3"]


async def test_a_question_is_not_asked_when_its_conversation_has_gone_on(scene: Scene) -> None:
    conversation = await scene.converse()
    rows = await scene.record(question(conversation, 1, "Which country?"), question(conversation, 2, "Which role?"))
    await scene.go_on(conversation, rows[-1])
    assert await scene.inherit() == ["Which role?"]
    assert [state for state, _ in await scene.states(rows)] == ["cancelled", "sent"]


async def test_what_is_no_question_is_said_however_late(scene: Scene) -> None:
    conversation = await scene.converse()
    rows = await scene.record(Say(text("You were approved")), question(conversation, 2, "Which role?"))
    await scene.go_on(conversation, rows[-1])
    assert await scene.inherit() == ["You were approved", "Which role?"]


async def test_a_process_that_lives_keeps_what_it_is_still_sending(scene: Scene) -> None:
    rows = await scene.record(Say(text("Hello")))
    slow = scene.platform.hold(ADA)
    scene.died.post([(row, decode(row.payload)) for row in rows])
    await scene.platform.was_tried(1)
    for _ in range(3):
        scene.watch.go_on(LEASE.total_seconds() / 2)
        await scene.died.sweep()
        assert await scene.heir.sweep() == 0
    slow.set()
    await scene.died.settle()
    assert scene.platform.texts == ["Hello"]
    assert await scene.states(rows) == [("sent", False)]
