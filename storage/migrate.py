"""Bringing a database to the present schema: forward only, harmless when several processes start at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

MIGRATIONS = Path(__file__).parent / "migrations"

# Any number will do as long as nothing else in the database uses it: `engage`, as bytes.
ADVISORY_LOCK = int.from_bytes(b"engage")


class UnknownRevision(Exception):
    """The database was migrated by a release that knows more revisions than this one."""


async def migrate(engine: AsyncEngine) -> list[str]:
    """Applies what is missing, in one transaction. Returns the ids of the revisions applied, oldest first.

    Raises UnknownRevision when the database is ahead of this release, SQLAlchemyError when it cannot be used.
    """
    async with engine.connect() as connection:
        return await connection.run_sync(_migrate)


async def at_head(engine: AsyncEngine) -> bool:
    """Whether the database has exactly the schema that this release expects.

    Raises SQLAlchemyError when it cannot be used.
    """
    async with engine.connect() as connection:
        return await connection.run_sync(_revision) == _scripts(MIGRATIONS).get_current_head()


def _migrate(connection: Connection) -> list[str]:
    with _tables_may_be_copied(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            # On SQLite the transaction has begun as a writer's already (storage/database.py), so it is alone.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        missing = _missing(_revision(connection))
        if missing:
            command.upgrade(alembic_config(connection), "head")
        if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise RuntimeError("a migration left rows that refer to nothing; nothing was changed")
        return missing


@contextmanager
def _tables_may_be_copied(connection: Connection) -> Iterator[None]:
    """SQLite empties the referring tables when a table is dropped, as every copied one is, unless told not to
    before the transaction begins (sqlite.org/lang_altertable.html, section 7)."""
    if connection.dialect.name != "sqlite":
        yield
        return
    cursor = connection.connection.cursor()
    cursor.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.close()


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _missing(revision: str | None) -> list[str]:
    scripts = _scripts(MIGRATIONS)
    newest_first = [script.revision for script in scripts.walk_revisions()]
    if revision is None:
        return newest_first[::-1]
    if revision not in newest_first:
        raise UnknownRevision(f"the database is at revision {revision}, which this release does not know")
    return newest_first[: newest_first.index(revision)][::-1]


def alembic_config(connection: Connection) -> Config:
    """What Alembic's commands need here; there is no alembic.ini, so that an installed package suffices."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _scripts(migrations: Path) -> ScriptDirectory:
    return ScriptDirectory(str(migrations))
