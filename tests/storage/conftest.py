"""An open database, and a way to see that one transaction waits for another."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_database(database_url)
    yield opened
    await opened.dispose()


async def waits(database: AsyncEngine, task: asyncio.Task[object]) -> None:
    """Returns when the task's transaction waits for another one. SQLite does not tell, but has one writer at a time:
    there the task has at least begun."""
    await asyncio.sleep(0)
    if database.dialect.name == "sqlite":
        return
    async with asyncio.timeout(20), database.connect() as observer:
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        while not await observer.scalar(waiting):
            assert not task.done(), "it did not wait"
            await observer.rollback()
