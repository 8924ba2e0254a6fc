"""`engage …` says in words what is wrong, ends with a code that scripts understand, and shows no secret."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import app, cli
from bot.flows import diagram
from bot.outreach.delivery import SetupFault
from bot.settings import HOW, KNOWN, Settings
from storage import catalogue
from storage.database import open_database
from tests.logged import logging_restored

TOKEN = "110201543:" + "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawX"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


class Engage:
    """The command line in a folder of its own, with nothing of ours in the environment."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)

    def __call__(self, *arguments: str) -> Ended:
        with pytest.raises(SystemExit) as end:
            cli.main(arguments)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in out
        assert TOKEN not in out + err
        return Ended(int(end.value.code or 0), out, err)


@pytest.fixture
def engage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Engage]:
    monkeypatch.chdir(tmp_path)
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    with logging_restored():
        yield Engage(monkeypatch, capsys)


def test_the_version_is_one_line(engage: Engage) -> None:
    ended = engage("--version")
    assert ended.code == 0
    assert ended.out.startswith("engage ")
    assert ended.out.count("\n") == 1


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("run", ["TELEGRAM_BOT_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]),
        ("web", ["TELEGRAM_WEBHOOK_SECRET", "PUBLIC_URL", "SLACK_SIGNING_SECRET"]),
        ("worker", ["TELEGRAM_BOT_TOKEN", "SLACK_BOT_TOKEN"]),
    ],
)
def test_nothing_set_ends_with_what_is_missing_and_how_to_get_it(
    engage: Engage, command: str, missing: list[str]
) -> None:
    ended = engage(command)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    for name in missing:
        assert name in ended.err
        assert HOW[name] in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("command", ["run", "web", "worker", "migrate", "doctor"])
def test_wrong_settings_end_every_command_without_showing_them(engage: Engage, command: str) -> None:
    engage.set(
        DATABASE_URL="mysql://me:database-pass@host/name",
        TELEGRAM_BOT_TOKEN=TOKEN,
        TELEGRAM_WEBHOOK_SECRET="not a word",  # noqa: S106 - nobody's
        SLACK_BOT_TOKEN="slack-pass",  # noqa: S106
        SECRETARIAT="anna",
    )
    ended = engage(command)
    assert ended.code == 2
    assert "Traceback" not in ended.err
    for name in ("DATABASE_URL", "TELEGRAM_WEBHOOK_SECRET", "SLACK_BOT_TOKEN", "SECRETARIAT"):
        assert f"{name}  malformed" in ended.err
    for value in ("database-pass", "not a word", "slack-pass", "anna"):
        assert value not in ended.err


def test_a_real_process_ends_with_code_2_and_no_traceback(tmp_path: Path) -> None:
    root = Path(__file__).parent.parent
    ended = subprocess.run(
        [sys.executable, "-c", "from bot.cli import main; main()", "run"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(root), "PATH": os.environ["PATH"], "SLACK_BOT_TOKEN": "slack-pass"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "SLACK_BOT_TOKEN" in ended.stderr
    assert "slack-pass" not in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr


def test_commands_load_only_what_they_need() -> None:
    heavy = ["sandbox", "slack_bolt", "slack_sdk", "telegram", "aiohttp", "babel", "openpyxl"]
    script = f"import sys, bot.cli; print([name for name in {heavy} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_migrate_says_what_it_applied_and_then_that_there_is_nothing_to_do(
    engage: Engage, bare_database_url: str
) -> None:
    engage.set(DATABASE_URL=bare_database_url)
    first, second = engage("migrate"), engage("migrate")
    assert (first.code, second.code) == (0, 0)
    assert "0001" in first.out
    assert second.out == "The database is up to date.\n"


def test_a_database_of_a_newer_version_is_left_alone(engage: Engage, bare_database_url: str) -> None:
    engage.set(DATABASE_URL=bare_database_url)
    engage("migrate")
    asyncio.run(execute(bare_database_url, "UPDATE alembic_version SET version_num = 'later'"))
    ended = engage("migrate")
    assert ended.code == 1
    assert "later" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("command", ["migrate", "run"])
def test_a_database_out_of_reach_is_said_in_words(engage: Engage, command: str) -> None:
    engage.set(DATABASE_URL="postgresql://me:database-pass@127.0.0.1:1/engage", TELEGRAM_BOT_TOKEN=TOKEN)
    ended = engage(command)
    assert ended.code == 1
    assert "engage doctor" in ended.err
    assert "Traceback" not in ended.err
    assert "database-pass" not in ended.err


def test_the_doctor_prints_a_line_each_and_fails_when_something_is_wrong(engage: Engage) -> None:
    ended = engage("doctor")
    assert ended.code == 1
    assert all(line.startswith(("✓ ok: ", "✗ problem: ")) for line in ended.out.splitlines())


def test_a_refused_token_is_wrong_configuration(engage: Engage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(_settings: Settings) -> None:
        raise ExceptionGroup("parts", [SetupFault("invalid_auth")])

    monkeypatch.setattr(app, "run", refused)
    engage.set(TELEGRAM_BOT_TOKEN=TOKEN)
    ended = engage("run")
    assert ended.code == 2
    assert "invalid_auth" in ended.err
    assert "Traceback" not in ended.err


def test_a_crash_leaves_a_traceback_without_the_token(engage: Engage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def crash(settings: Settings) -> None:
        assert settings.telegram_bot_token is not None
        raise RuntimeError(f"GET /bot{settings.telegram_bot_token.get_secret_value()}/getMe")

    monkeypatch.setattr(app, "run", crash)
    engage.set(TELEGRAM_BOT_TOKEN=TOKEN)
    ended = engage("run")
    assert ended.code == 1
    assert "RuntimeError: GET /bot[removed]/getMe" in ended.err


def test_a_conversation_is_drawn(engage: Engage) -> None:
    ended = engage("flow", "show", "join")
    assert ended.code == 0
    assert ended.out.startswith("flowchart")


def test_an_unknown_conversation_names_those_there_are(engage: Engage) -> None:
    ended = engage("flow", "show", "jion")
    assert ended.code == 2
    assert "join" in ended.err


@pytest.mark.parametrize(("problems", "code"), [([], 0), (["join.role: missing in fr"], 1)])
def test_checking_conversations_fails_when_one_is_wrong(
    engage: Engage, monkeypatch: pytest.MonkeyPatch, problems: list[str], code: int
) -> None:
    monkeypatch.setattr(diagram, "lint", lambda _flows: problems)
    ended = engage("flow", "lint")
    assert ended.code == code
    assert all(problem in ended.out for problem in problems)


def test_a_catalogue_file_is_taken_in(engage: Engage, bare_database_url: str) -> None:
    engage.set(DATABASE_URL=bare_database_url)
    engage("migrate")
    Path("goals.csv").write_text("code,title_en,source,mark\nB,Finance the transition,https://example.org/b,V\n")
    ended = engage("catalogue", "import", "goals.csv")
    assert (ended.code, ended.err) == (0, "")
    assert asyncio.run(titles(bare_database_url)) == ["Finance the transition"]


def test_a_catalogue_file_with_a_mistake_is_explained(engage: Engage) -> None:
    Path("goals.csv").write_text("code,title_en,source,mark\nZ9,A title,https://example.org/b,V\n")
    ended = engage("catalogue", "import", "goals.csv")
    assert ended.code == 1
    assert "Z9" in ended.err
    assert "Traceback" not in ended.err


def test_a_catalogue_needs_a_migrated_database(engage: Engage) -> None:
    Path("goals.csv").write_text("code,title_en,source,mark\nB,A title,https://example.org/b,V\n")
    ended = engage("catalogue", "import", "goals.csv")
    assert ended.code == 1
    assert "engage migrate" in ended.err


def test_a_demo_on_a_port_in_use_says_so(engage: Engage) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        ended = engage("demo", "--port", str(other.getsockname()[1]))
    assert ended.code == 1
    assert "--port 0" in ended.err
    assert "Traceback" not in ended.err


async def execute(url: str, statement: str) -> None:
    database = open_database(url)
    async with database.begin() as connection:
        await connection.execute(text(statement))
    await database.dispose()


async def titles(url: str) -> list[str]:
    database = open_database(url)
    async with database.connect() as connection:
        cells = await catalogue.cells(connection)
    await database.dispose()
    return [cell.value for cell in cells if cell.field == "title"]
