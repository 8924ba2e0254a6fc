"""A database with its postbox, and people to write to."""

import asyncio
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.chat.markup import text
from bot.chat.messages import Say, decode, encode
from bot.outreach.postbox import Postbox, sender_of
from storage import outbox, people
from storage.outbox import Outgoing, Row
from storage.people import Newcomer, Person
from storage.schema import outbox as table
from tests.outreach.far_side import START, FarSide, Watch

ADA, BEN, CAI = "telegram:42", "telegram:43", "slack:T01/U02"


class Desk:
    """A database with its postbox, and how the engine uses them."""

    def __init__(self, database: AsyncEngine, watch: Watch, senders: tuple[FarSide, ...]) -> None:
        self.database = database
        self.watch = watch
        self.senders = senders
        self.postbox = Postbox(database, {sender.name: sender for sender in senders}, watch)
        self.told = asyncio.Event()
        self.postbox.on_result = self.told.set
        self.people: dict[str, Person] = {}

    async def meet(self, *accounts: str) -> None:
        async with self.database.begin() as connection:
            newcomers = [Newcomer(account, account.partition(":")[0], "", "", "", "") for account in accounts]
            self.people |= await people.meet(connection, newcomers, START)

    async def say(self, account: str, *words: str, **more: Any) -> list[Row]:
        """Record what is to be said and send it, as the engine does after its commit."""
        rows = await self.keep(account, *words, **more)
        self.postbox.post([(row, decode(row.payload)) for row in rows])
        return rows

    async def keep(self, account: str, *words: str, known: bool = True, chat: str = "42") -> list[Row]:
        outgoing = [
            Outgoing(
                sender_of(account),
                self.people[account].account_id if known else None,
                account,
                chat,
                encode(Say(text(each))).decode(),
            )
            for each in words
        ]
        async with self.database.begin() as connection:
            return await outbox.add(connection, outgoing, self.watch(), self.postbox.lease_until())

    async def result(self) -> None:
        """Wait until the postbox tells that there is a new result."""
        async with asyncio.timeout(10):
            await self.told.wait()
        self.told.clear()

    async def row(self, row: Row) -> Any:
        async with self.database.connect() as connection:
            return (await connection.execute(select(table).where(table.c.id == row.id))).one()

    async def person(self, account: str) -> Person:
        async with self.database.connect() as connection:
            [person] = await people.by_accounts(connection, [account])
        return person

    async def sweep(self, after: float = 0) -> int:
        """Go on for so many seconds, sweep, and wait for what comes of it."""
        self.watch.go_on(after)
        count = await self.postbox.sweep()
        await self.postbox.settle()
        return count
