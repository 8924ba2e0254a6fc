"""A log line tells what happened, never a secret and never what somebody wrote."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from yarl import URL

from bot import log
from storage.database import open_database
from tests.logged import logging_restored

TELEGRAM = "1234567890:" + "AAbbCCddEEffGGhhIIjjKKllMMnnOOpp-_q"
SLACK = "xox" + "b-1111111111111-2222222222222-AbCdEfGhIjKlMnOp"
APP = "xap" + "p-1-A0000000000-3333333333333-0123456789abcdef"
SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"

Lines = Callable[[], list[dict[str, Any]]]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    with logging_restored():
        yield


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    log.configure([SIGNING, 'a "quoted" pass/word'], stream, lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    return stream


@pytest.fixture
def lines(stream: io.StringIO) -> Lines:
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json_with_its_time_level_and_origin(lines: Lines) -> None:
    structlog.get_logger("bot.app").info("listening", telegram=True)
    assert lines() == [
        {
            "event": "listening",
            "telegram": True,
            "logger": "bot.app",
            "level": "info",
            "at": "2026-01-02T03:04:05.000+00:00",
        }
    ]


def test_a_person_at_a_terminal_reads_words() -> None:
    terminal = Terminal()
    log.configure((), terminal)
    structlog.get_logger("bot.app").info("listening", token=TELEGRAM)
    assert "listening" in terminal.getvalue()
    assert TELEGRAM not in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")


def test_the_bot_is_heard_and_libraries_only_when_they_warn(lines: Lines) -> None:
    structlog.get_logger("bot.app").debug("detail")
    logging.getLogger("slack_sdk.web").info("calling")
    logging.getLogger("slack_sdk.web").warning("slow")
    logging.getLogger("bot.flows").info("step")
    assert [line["event"] for line in lines()] == ["slow", "step"]


@pytest.mark.parametrize(
    "holding",
    [
        TELEGRAM,
        f"https://api.telegram.org/bot{TELEGRAM}/getMe",
        f"https://api.telegram.org/bot{TELEGRAM.replace(':', '%3A')}/getMe",
        f"Bearer {SLACK}",
        APP,
        f"signed with {SIGNING}",
        f"wss://example.org/link/?ticket={SIGNING[::-1]}&app_id=1",
        f"postgresql://me:{SIGNING[::-1]}@host/name",
        'the password is: a "quoted" pass/word',
        "at host?password=a%20%22quoted%22%20pass%2Fword",
    ],
)
@pytest.mark.parametrize(
    "write",
    [
        lambda text: structlog.get_logger("bot").info(text),
        lambda text: structlog.get_logger("bot").info("value", value=text),
        lambda text: structlog.get_logger("bot").info("nested", value={"a": [{text: (text, URL(text, encoded=True))}]}),
        lambda text: structlog.get_logger("bot").info("exception", error=ValueError(text)),
        lambda text: structlog.get_logger("bot").error("traceback", exc_info=ValueError(text)),
        lambda text: logging.getLogger("slack_sdk.web").error("failed: %s", text),
        lambda text: logging.getLogger("aiohttp.client").error("failed", exc_info=ConnectionError(text)),
        lambda text: logging.getLogger("uvicorn.error").error(text),
        lambda text: logging.getLogger("telegram.ext").error("failed", exc_info=OSError(text)),
    ],
)
def test_no_secret_gets_into_the_log(stream: io.StringIO, holding: str, write: Callable[[str], None]) -> None:
    write(holding)
    line = json.loads(stream.getvalue())
    assert log.REMOVED in stream.getvalue()
    for secret in (TELEGRAM, TELEGRAM.split(":")[1], SLACK, APP, SIGNING, SIGNING[::-1], "quoted"):
        assert secret not in stream.getvalue()
        assert secret not in str(line)


def test_an_address_in_a_clients_exception_is_shown_without_its_token(stream: io.StringIO) -> None:
    error = aiohttp.InvalidURL(f"http://127.0.0.1/bot{TELEGRAM}/getMe")
    structlog.get_logger("bot").warning("unreachable", exc_info=error)
    assert TELEGRAM not in stream.getvalue()
    assert "http://127.0.0.1/bot[removed]/getMe" in stream.getvalue()


def test_what_is_no_secret_stays(lines: Lines) -> None:
    structlog.get_logger("bot").info("sent", chat="telegram:42", at_port="127.0.0.1:8000", seconds=12)
    assert lines()[0] | {"chat": "telegram:42", "at_port": "127.0.0.1:8000", "seconds": 12} == lines()[0]


def test_a_very_short_secret_does_not_blot_out_the_log() -> None:
    assert log.Redactor(["a", ""])("a plain line") == "a plain line"


def test_an_update_that_the_telegram_library_quotes_is_left_out(lines: Lines) -> None:
    logging.getLogger("telegram.Bot").critical("Received data was %r", {"text": "my private words"})
    assert lines()[0]["event"] == "Received data was %r"


async def test_what_a_person_wrote_does_not_come_back_in_a_database_error(
    stream: io.StringIO, bare_database_url: str
) -> None:
    engine = open_database(bare_database_url)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE notes (note text PRIMARY KEY, other text NOT NULL)"))

    async def insert_twice(**values: str | None) -> None:
        async with engine.begin() as connection:
            for _ in range(2):
                await connection.execute(text("INSERT INTO notes VALUES (:note, :other)"), values)

    for other in ("and ]\nmore", None):
        written = "my private words]"
        with pytest.raises(DBAPIError) as refused:
            await insert_twice(note=written, other=other)
        structlog.get_logger("bot").error("failed", exc_info=refused.value)
    await engine.dispose()
    assert stream.getvalue().count("IntegrityError") >= 2
    assert stream.getvalue().count("test_log.py") >= 2, "the traceback is still there"
    assert "private" not in stream.getvalue()
    assert "more" not in stream.getvalue()


def test_what_a_person_wrote_does_not_come_back_in_a_validation_error(stream: io.StringIO) -> None:
    class Answers(BaseModel):
        year: int

    # Not on the line below, since a traceback shows the lines of the program.
    written = {"year": "my private words"}
    with pytest.raises(ValidationError) as refused:
        Answers.model_validate(written)
    structlog.get_logger("bot").error("failed", exc_info=refused.value)
    assert "valid integer" in stream.getvalue()
    assert "private" not in stream.getvalue()


def test_a_line_that_cannot_be_written_shows_nothing(stream: io.StringIO, capfd: pytest.CaptureFixture[str]) -> None:
    class Unprintable:
        def __str__(self) -> str:
            raise RuntimeError(SIGNING)

        __repr__ = __str__

    logging.getLogger("bot").error("failed: %s", Unprintable())
    assert SIGNING not in "".join(capfd.readouterr())


def test_warnings_are_lines_too(lines: Lines) -> None:
    warnings.showwarning("old", DeprecationWarning, __file__, 1, file=None)
    assert "DeprecationWarning" in lines()[0]["event"]
