"""What every test gets: databases of its own, and no way out of this machine."""

import ipaddress
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.databases import PostgreSQL, prepare_sqlite, start_postgresql


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """One server per run (under pytest-xdist: per worker), started by the first test that needs it."""
    with start_postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    prepare_sqlite(path)
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with every table and no row; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "engage.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite+aiosqlite:///{path}"
    else:
        with request.getfixturevalue("postgresql").database("prepared") as url:
            yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """As `database_url`, but without a table: for migrations."""
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'bare.db'}"
    else:
        with request.getfixturevalue("postgresql").database("bare") as url:
            yield url


_reached: list[str] = []


def _refuse_the_outside(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook, since it sees what Python code does with any socket, however it came by it.

    It sees neither other processes nor connections made in C, as by libpq and by uvloop itself.
    """
    match event:
        case "socket.connect" | "socket.sendto" | "socket.sendmsg":
            connection, address = arguments
            if connection.family not in (socket.AF_INET, socket.AF_INET6) or address is None:
                return
            host = _text(address[0])
            inside = _is_loopback(host)
        case "socket.getaddrinfo" | "socket.gethostbyname":
            host = _text(arguments[0])
            # Nobody is asked about a number, and a server may look up the 0.0.0.0 that it listens on.
            inside = _is_number(host) or _is_loopback(host)
        case _:
            return
    if not inside:
        _reached.append(host)
        raise AssertionError(f"a test may reach this machine only, not {host}")


def _text(host: str | bytes | None) -> str:
    return host.decode() if isinstance(host, bytes) else host or ""


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_loopback(host: str) -> bool:
    return host in ("", "localhost") or (_is_number(host) and ipaddress.ip_address(host).is_loopback)


sys.addaudithook(_refuse_the_outside)


@pytest.fixture(autouse=True)
def _stay_on_this_machine() -> Iterator[None]:
    """Fails the test that tried to leave, also where the refusal was caught and retried."""
    yield
    reached = sorted(set(_reached))
    _reached.clear()
    assert not reached, f"reached for {', '.join(reached)}"
