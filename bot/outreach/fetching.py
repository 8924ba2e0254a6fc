"""What people send is fetched from their platform after it was noted, and tried again when that fails."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.chat.limits import LARGEST_UPLOAD, MEGABYTE
from bot.chat.messages import Say, encode
from bot.clock import Clock
from bot.locales import DEFAULT, Words, closest
from bot.outreach.delivery import TOO_LARGE, DeliveryFailed, RateLimited, Refused, Source
from bot.outreach.postbox import BACKOFF, sender_of
from storage import files, outbox, people
from storage.files import ToFetch
from storage.outbox import Outgoing

log = structlog.get_logger()

# Each of them may be as large as files can be, and is in memory while it is fetched.
AT_ONCE = 2


class Fetching:
    """`sources` are where files are fetched from, by the name of the sender that heard of them."""

    def __init__(
        self, database: AsyncEngine, sources: Mapping[str, Source], words: Mapping[str, Words], clock: Clock
    ) -> None:
        self._database = database
        self._sources = sources
        self._words = words
        self._clock = clock

    async def tick(self) -> None:
        """Fetch what is due."""
        if not self._sources:
            return
        while due := await self._take():
            await asyncio.gather(*(self._fetch(file) for file in due))

    async def _take(self) -> list[ToFetch]:
        async with self._database.begin() as connection:
            return await files.to_fetch(connection, list(self._sources), self._clock(), AT_ONCE)

    async def _fetch(self, file: ToFetch) -> None:
        try:
            data = await self._sources[file.sender].fetch(file.source_id, LARGEST_UPLOAD)
        except DeliveryFailed as failure:
            await self._failed(file, failure)
            return
        async with self._database.begin() as connection:
            await files.fetched(connection, file.id, data)

    async def _failed(self, file: ToFetch, failure: DeliveryFailed) -> None:
        """It is tried again after a while, or its person is told that it will not come."""
        log.warning("not_fetched", kind=type(failure).__name__, code=str(failure), file=file.id, sender=file.sender)
        again = None
        if not isinstance(failure, Refused) and file.attempts <= len(BACKOFF):
            wait = BACKOFF[file.attempts - 1]
            if isinstance(failure, RateLimited):
                wait = max(wait, timedelta(seconds=failure.seconds))
            again = self._clock() + wait
        async with self._database.begin() as connection:
            await files.fetch_failed(connection, file.id, str(failure), again)
            if again is None:
                await self._tell(connection, file, str(failure))

    async def _tell(self, connection: AsyncConnection, file: ToFetch, code: str) -> None:
        account = await people.account_to_write(connection, file.participant_id) if file.participant_id else None
        person = await people.by_account_id(connection, account) if account is not None else None
        if person is None:
            return
        words = self._words[person.language or closest(person.hint) or DEFAULT]
        if code == TOO_LARGE:
            text = words("file.lost_size", name=file.name, most=LARGEST_UPLOAD // MEGABYTE)
        else:
            text = words("file.lost", name=file.name)
        outgoing = Outgoing(
            sender=sender_of(person.account),
            account_id=person.account_id,
            account=person.account,
            chat=person.chat,
            payload=encode(Say(text)).decode(),
        )
        await outbox.add(connection, [outgoing], self._clock(), None)
