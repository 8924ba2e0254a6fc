"""SQLite beside the event loop, with one hand-over to its thread for each statement.

aiosqlite makes, runs, reads and closes a cursor in four hand-overs, and under load each of them waits until the loop
lets its thread go on. SQLAlchemy always reads all rows at once, so the four can go together: a statement then takes
half the CPU time, and in a busy loop a quarter of the wait.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

_Done = tuple[Any, int, int | None, list[Any]]
"""A statement's description, row count, last row's id, and rows."""

# How many rows aiosqlite's own cursors would fetch at a time.
_CHUNK = 64


class Connection(aiosqlite.Connection):
    """An aiosqlite connection with cursors of ours."""

    def cursor(self) -> "Cursor":  # type: ignore[override]  # as much of a cursor as SQLAlchemy uses
        return Cursor(self)

    async def run(self, statement: Callable[..., _Done], sql: str, parameters: Any) -> _Done:
        """Run a statement in the connection's thread."""
        done: _Done = await self._execute(statement, self._conn, sql, parameters)  # type: ignore[no-untyped-call]  # its own
        return done


class Cursor:
    """What a statement left behind."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._keep(await self._connection.run(_execute, sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        self._keep(await self._connection.run(_execute_many, sql, parameters))

    async def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    async def close(self) -> None:
        """The driver's cursor is closed already."""

    def _keep(self, done: _Done) -> None:
        self.description, self.rowcount, self.lastrowid, self._rows = done


def connect(database: str, **options: Any) -> Connection:
    """For SQLAlchemy's `async_creator_fn`; the options are those of `sqlite3.connect`. Await it to connect."""
    connection = Connection(partial(_open, database, **options), _CHUNK)
    # A connection that nobody closed must not keep the process from ending.
    connection._thread.daemon = True
    return connection


def _open(database: str, **options: Any) -> sqlite3.Connection:
    """Connect, with the log beside the file. Whoever makes that switch locks everybody else out for a moment, and
    SQLite does not wait for that by itself."""
    driver: sqlite3.Connection = sqlite3.connect(database, **options)
    for patience in range(50, -1, -1):
        try:
            driver.execute("PRAGMA journal_mode=WAL")
            break
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or not patience:
                driver.close()
                raise
            # In the connection's own thread: the event loop goes on.
            time.sleep(0.05)
    return driver


def _execute(driver: sqlite3.Connection, sql: str, parameters: Sequence[Any]) -> _Done:
    return _finish(driver.execute(sql, parameters))


def _execute_many(driver: sqlite3.Connection, sql: str, parameters: Iterable[Sequence[Any]]) -> _Done:
    return _finish(driver.executemany(sql, parameters))


def _finish(cursor: sqlite3.Cursor) -> _Done:
    rows = cursor.fetchall() if cursor.description else []
    done = (cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    cursor.close()
    return done
