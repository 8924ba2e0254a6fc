"""Opening the database: SQLite in WAL mode, or PostgreSQL through psycopg 3."""

from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.sqlite import connect


def normalise(url: str) -> URL:
    """The address with our driver in it; `postgres://`, as hosts hand it out, is understood.

    Raises ValueError for anything that is neither SQLite nor PostgreSQL. The message never repeats the address,
    which may hold a password.
    """
    try:
        parsed = make_url(url)
    except Exception:
        raise ValueError("this is not a database address") from None
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgres" | "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ValueError(f"{other} is not supported; use sqlite or postgresql")


def open_database(url: str) -> AsyncEngine:
    """An engine whose transactions begin as writers, so that two of them never deadlock half-way."""
    address = normalise(url)
    if address.get_backend_name() == "postgresql":
        return create_async_engine(
            address,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            pool_size=5,
            max_overflow=10,
            pool_pre_ping=True,
            query_cache_size=2000,
            hide_parameters=True,
        )
    if address.database and address.database != ":memory:":
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        address,
        connect_args={"timeout": 30, "async_creator_fn": connect},
        json_serializer=_dumps,
        json_deserializer=_loads,
        query_cache_size=2000,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()


def _loads(stored: str | float) -> Any:
    # SQLite takes a column of JSON for one of numbers, and keeps a lone number as one.
    return orjson.loads(stored) if isinstance(stored, str) else stored


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # SQLAlchemy emits BEGIN itself (below); left to the driver, a transaction would begin only at its first write.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
