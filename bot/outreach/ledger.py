"""What the worker puts down: that a message is about to leave, and what came of it.

Everything that is ready is written in one transaction, and while it is written the next is gathered: one row costs a
transaction when there is little to do, and a fraction of one when there is much.
"""

import asyncio
from datetime import datetime

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.clock import Clock
from storage import bulk
from storage.bulk import Ended

log = structlog.get_logger()

RETRY_SECONDS = 1.0


class Ledger:
    """`run` writes; cancel it to stop, and `write` what is left."""

    def __init__(self, database: AsyncEngine, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._holder = holder
        self._beginning: dict[int, tuple[datetime, asyncio.Future[bool]]] = {}
        self._ended: list[Ended] = []
        self._written: list[asyncio.Future[None]] = []
        self._lost: set[int] = set()
        self._chats: dict[int, str] = {}
        self._awake = asyncio.Event()

    async def begin(self, row: int, until: datetime) -> bool:
        """Wait until it is put down that this row is about to be sent; False when it must not be. `until` is the end of
        the sender's lease."""
        begun: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._beginning[row] = until, begun
        self._awake.set()
        return await begun

    async def end(self, ended: Ended) -> None:
        """Wait until this outcome is put down."""
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._written.append(written)
        self.note(ended)
        await written

    def note(self, ended: Ended) -> None:
        """Put this outcome down, some time."""
        self._ended.append(ended)
        self._awake.set()

    def lose(self, account_id: int) -> None:
        """This account cannot be reached."""
        self._lost.add(account_id)

    def learn_chat(self, account_id: int, chat: str) -> None:
        """This is where the account is to be written to."""
        self._chats[account_id] = chat

    async def run(self) -> None:
        """Write what there is, again and again, until cancelled."""
        while True:
            await self._awake.wait()
            self._awake.clear()
            try:
                await self.write()
            except (SQLAlchemyError, OSError) as error:
                log.warning("ledger_not_written", error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
                self._awake.set()

    async def write(self) -> None:
        """One transaction. What could not be written is kept for the next one; what was about to begin does not."""
        beginning, self._beginning = self._beginning, {}
        ended, self._ended = self._ended, []
        written, self._written = self._written, []
        lost, self._lost = self._lost, set()
        chats, self._chats = self._chats, {}
        if not (beginning or ended or lost or chats):
            return
        begun: set[int] = set()
        try:
            async with self._database.begin() as connection:
                await bulk.end(connection, ended, self._clock())
                await bulk.mark_unreachable(connection, sorted(lost))
                await bulk.learn_chats(connection, chats)
                begun = await self._begin(connection, beginning)
        except BaseException:
            self._ended[:0] = ended
            self._written[:0] = written
            self._lost |= lost
            self._chats = chats | self._chats
            raise
        finally:
            for row, (_, future) in beginning.items():
                if not future.done():
                    future.set_result(row in begun)
        for done in written:
            if not done.done():
                done.set_result(None)

    async def _begin(
        self, connection: AsyncConnection, beginning: dict[int, tuple[datetime, asyncio.Future[bool]]]
    ) -> set[int]:
        until = min((until for until, _ in beginning.values()), default=None)
        if until is None:
            return set()
        return await bulk.begin(connection, list(beginning), self._holder, self._clock(), until)
