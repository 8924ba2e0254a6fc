"""Drafts the migration from the newest revision to the schema: `python -m storage.draft "What changes"`.

The draft is for a person to read, correct and keep. An empty SQLite file stands for the database.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.script import Script
from sqlalchemy import Connection

from storage.database import open_database
from storage.migrate import alembic_config, migrate


async def draft(message: str) -> Path:
    """Writes the next revision beside the others and returns its path."""
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/empty.db")
        revision = f"{len(await migrate(engine)) + 1:04}"
        async with engine.connect() as connection:
            path = await connection.run_sync(_write, message, revision)
        await engine.dispose()
    return path


def _write(connection: Connection, message: str, revision: str) -> Path:
    with connection.begin():
        script = command.revision(alembic_config(connection), message, autogenerate=True, rev_id=revision)
    assert isinstance(script, Script)
    return Path(script.path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(asyncio.run(draft(sys.argv[1])))
