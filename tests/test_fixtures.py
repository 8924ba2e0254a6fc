"""What the other tests rely on: a database of their own, and no way out of this machine."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, insert, inspect, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from bot.clock import system_clock
from storage.schema import inbox, metadata

ROOT = Path(__file__).parent.parent


async def tables(connection: AsyncConnection) -> set[str]:
    return set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


@pytest.mark.parametrize("turn", ["first", "second"])
async def test_a_test_has_every_table_and_no_row_of_another(database_url: str, turn: str) -> None:
    engine = create_async_engine(database_url)
    async with engine.begin() as connection:
        assert await tables(connection) == set(metadata.tables)
        assert await connection.scalar(select(func.count()).select_from(inbox)) == 0
        await connection.execute(insert(inbox).values(key=turn, received_at=system_clock()))
    await engine.dispose()


async def test_a_bare_database_has_no_table(bare_database_url: str) -> None:
    engine = create_async_engine(bare_database_url)
    async with engine.connect() as connection:
        assert await tables(connection) == set()
    await engine.dispose()


ATTEMPTS = """
import asyncio, contextlib, socket

def test_connect():
    with contextlib.suppress(Exception): socket.create_connection(("192.0.2.1", 443), timeout=1)

def test_look_up():
    with contextlib.suppress(Exception): socket.getaddrinfo("api.example", 443)

def test_asyncio():
    with contextlib.suppress(Exception): asyncio.run(asyncio.open_connection("api.example", 443))

def test_datagram():
    with contextlib.suppress(Exception), socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.sendto(b"?", ("192.0.2.1", 53))

def test_this_machine():
    with contextlib.suppress(OSError): socket.create_connection(("localhost", 1), timeout=1)
"""


def test_who_reaches_outside_fails_even_when_the_refusal_is_swallowed(tmp_path: Path) -> None:
    (tmp_path / "test_attempts.py").write_text(ATTEMPTS)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-rE", "-p", "tests.conftest", "-p", "no:cacheprovider", tmp_path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    failed = set(re.findall(r"^ERROR .*::(\w+)", run.stdout, re.MULTILINE))
    assert failed == {"test_connect", "test_look_up", "test_asyncio", "test_datagram"}
