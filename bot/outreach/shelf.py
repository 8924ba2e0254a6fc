"""The files behind messages, for the senders: read from the database, and remembered where they are uploaded."""

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.outreach.delivery import Content, Interrupted
from storage import files

log = structlog.get_logger()


class Shelf:
    """See `bot.outreach.delivery.Files`. What is said to many is looked up once."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database
        self._known: dict[tuple[int, str], str] = {}

    async def reference(self, id: int, holder: str) -> str:
        known = self._known.get((id, holder), "")
        if not known and (stored := await self._stored(id)) is not None:
            known = stored.uploaded.get(holder, "")
            if known:
                self._known[id, holder] = known
        return known

    async def load(self, id: int) -> Content | None:
        stored = await self._stored(id)
        if stored is None or stored.lost:
            return None
        try:
            async with self._database.connect() as connection:
                data = await files.content(connection, id)
        except (SQLAlchemyError, OSError) as error:
            raise Interrupted("file_not_read", unknown=False) from error
        if data is None:
            raise Interrupted("file_not_fetched", unknown=False)
        return Content(stored.name, stored.media_type, data)

    async def remember(self, id: int, holder: str, reference: str) -> None:
        self._known[id, holder] = reference
        try:
            async with self._database.begin() as connection:
                await files.note_uploaded(connection, id, holder, reference)
        except (SQLAlchemyError, OSError) as error:
            # It is uploaded once more when this process has ended.
            log.warning("upload_not_remembered", error=type(error).__name__, file=id)

    async def _stored(self, id: int) -> files.StoredFile | None:
        try:
            async with self._database.connect() as connection:
                return await files.get(connection, id)
        except (SQLAlchemyError, OSError) as error:
            raise Interrupted("file_not_read", unknown=False) from error
