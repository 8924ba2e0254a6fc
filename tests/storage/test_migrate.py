"""Migrations lead to exactly the schema of the code, once, however often and from wherever they are run."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.clock import system_clock
from storage import migrate as migrating
from storage.database import open_database
from storage.draft import draft
from storage.migrate import UnknownRevision, at_head, migrate
from storage.schema import accounts, metadata, participants

REVISIONS = sorted((migrating.MIGRATIONS / "versions").glob("[0-9]*.py"))


@pytest.fixture
async def bare(bare_database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_database(bare_database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def own_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations, to which a test can add."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrating.MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrating, "MIGRATIONS", copy)
    return copy


def add_revision(migrations: Path, revision: str, upgrade: str) -> None:
    (migrations / "versions" / f"{revision}_added.py").write_text(
        f"from alembic import op\nimport sqlalchemy as sa\n"
        f"revision = {revision!r}\ndown_revision = {REVISIONS[-1].name[:4]!r}\n"
        f"def upgrade():\n    {upgrade}\n"
    )


async def test_an_empty_database_gets_the_schema_of_the_code(bare: AsyncEngine) -> None:
    await migrate(bare)

    def differences(connection: Connection) -> Any:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with bare.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_database_itself_sees_no_difference_to_the_code_either(bare: AsyncEngine) -> None:
    """Default values and the conditions of partial indexes are beyond what Alembic compares."""
    await migrate(bare)
    async with bare.begin() as connection:
        migrated = await connection.run_sync(definitions)
        await connection.run_sync(metadata.drop_all)
        await connection.run_sync(metadata.create_all)
        assert migrated == await connection.run_sync(definitions)
        assert any("WHERE" in part for definition in migrated for part in definition)


def definitions(connection: Connection) -> list[list[str]]:
    """Each table, index and constraint in the database's own words, in no particular order."""
    if connection.dialect.name == "sqlite":
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'"
    else:
        query = """
            SELECT concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default)
              FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name <> 'alembic_version'
            UNION SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid))
              FROM pg_constraint
             WHERE connamespace = 'public'::regnamespace AND conrelid <> 'alembic_version'::regclass
            UNION SELECT indexdef FROM pg_indexes
             WHERE schemaname = 'public' AND tablename <> 'alembic_version'
        """
    # SQLite puts quotes around the name of a table that was copied.
    unquoted = [definition.replace('"', "") for definition in connection.scalars(text(query))]
    found = [" ".join(definition.split()).removesuffix(" )") for definition in unquoted]
    return sorted(sorted(definition.split(", ")) for definition in found)


async def test_each_revision_is_applied_once_and_named(bare: AsyncEngine) -> None:
    assert await migrate(bare) == [path.name[:4] for path in REVISIONS]
    assert await migrate(bare) == []


async def test_several_processes_may_migrate_at_once(bare_database_url: str) -> None:
    engines = [open_database(bare_database_url) for _ in range(3)]
    async with asyncio.timeout(30):
        applied = await asyncio.gather(*(migrate(engine) for engine in engines))
    assert sorted(applied) == [[], [], [path.name[:4] for path in REVISIONS]]
    for engine in engines:
        assert await at_head(engine)
        await engine.dispose()


async def test_a_database_is_ready_only_when_it_is_migrated(bare: AsyncEngine) -> None:
    assert not await at_head(bare)
    await migrate(bare)
    assert await at_head(bare)


async def test_a_database_behind_the_code_is_not_ready_until_what_is_missing_is_applied(
    bare: AsyncEngine, own_migrations: Path
) -> None:
    await migrate(bare)
    add_revision(own_migrations, "9999", "op.create_table('later', sa.Column('id', sa.Integer))")
    migrating._scripts.cache_clear()
    assert not await at_head(bare)
    assert await migrate(bare) == ["9999"]
    assert await at_head(bare)


async def test_a_database_ahead_of_the_code_is_left_alone(bare: AsyncEngine) -> None:
    await migrate(bare)
    async with bare.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    assert not await at_head(bare)
    with pytest.raises(UnknownRevision, match="later"):
        await migrate(bare)


async def test_a_migration_that_fails_changes_nothing(bare: AsyncEngine, own_migrations: Path) -> None:
    add_revision(own_migrations, "9999", "op.create_table('later', sa.Column('id', sa.Integer)); 1 / 0")
    with pytest.raises(ZeroDivisionError):
        await migrate(bare)
    async with bare.connect() as connection:
        assert await connection.run_sync(lambda sync: inspect(sync).get_table_names()) == []


async def test_changing_a_table_keeps_the_rows_that_refer_to_it(bare: AsyncEngine, own_migrations: Path) -> None:
    """On SQLite the table is copied and dropped, which would take its accounts along."""
    await migrate(bare)
    now = system_clock()
    async with bare.begin() as connection:
        await connection.execute(insert(participants).values(id=1, created_at=now))
        await connection.execute(
            insert(accounts).values(key="telegram:1", participant_id=1, platform="telegram", seen_at=now)
        )
    add_revision(
        own_migrations,
        "9999",
        "with op.batch_alter_table('participants') as table: table.alter_column('name', nullable=True)",
    )
    migrating._scripts.cache_clear()
    assert await migrate(bare) == ["9999"]
    async with bare.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(accounts)) == 1


async def test_references_are_checked_again_after_migrating(bare: AsyncEngine) -> None:
    await migrate(bare)
    async with bare.connect() as connection:
        with pytest.raises(IntegrityError):
            await connection.execute(
                insert(accounts).values(key="telegram:1", participant_id=1, platform="telegram", seen_at=system_clock())
            )


@pytest.mark.parametrize("revision", REVISIONS, ids=lambda path: path.stem)
def test_no_revision_offers_a_way_back(revision: Path) -> None:
    assert "downgrade" not in revision.read_text()


async def test_a_draft_holds_what_the_schema_has_and_the_revisions_lack(own_migrations: Path) -> None:
    for path in (own_migrations / "versions").glob("[0-9]*.py"):
        path.unlink()
    path = await draft("All there is")
    assert path.name == "0001_all_there_is.py"
    assert "uq_memberships_living" in path.read_text()
    migrating._scripts.cache_clear()
    second = await draft("Nothing to do")
    assert "create_table" not in second.read_text()
