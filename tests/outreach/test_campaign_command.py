"""`engage campaign …`, as an operator uses it: with a database in a file and a call in another."""

import asyncio
import csv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import update
from typer.testing import CliRunner, Result

from bot.campaign import commands
from storage.database import open_database
from storage.migrate import migrate
from storage.schema import outbox
from tests.outreach.town import Town

Run = Callable[..., Result]
CALL = "title: =Soil\ntexts: {en: Come!}\nbutton: {target: join global-4}\naudience: {all: []}\n"


@pytest.fixture
def url(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path}/engage.db"
    asyncio.run(_prepare(address))
    return address


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("DATABASE_URL", url)

    def invoke(*arguments: str, **more: object) -> Result:
        return CliRunner().invoke(commands, arguments, **more)  # type: ignore[arg-type]  # what is typed on request

    return invoke


async def _prepare(address: str) -> None:
    database = open_database(address)
    await migrate(database)
    async with database.begin() as connection:
        town = Town(connection)
        await town.person("Ann", "telegram:1")
        await town.person("Ben", "slack:T01/U2")
        await town.person("Cai", "telegram:3", reachable=False)
    await database.dispose()


async def _fail(address: str) -> None:
    database = open_database(address)
    async with database.begin() as connection:
        failed = update(outbox).where(outbox.c.state == "waiting").values(state="failed", error="=1+1")
        await connection.execute(failed)
    await database.dispose()


def test_a_call_from_the_file_to_the_report(run: Run, url: str, tmp_path: Path) -> None:
    file = tmp_path / "call.yaml"
    file.write_text(CALL)
    created = run("create", str(file))
    assert created.exit_code == 0, created.output
    assert "Call 1 is kept as a draft." in created.output
    assert "Everybody who has given their agreement." in created.output
    assert "This reaches 2 people: 1 in Slack, 1 on Telegram.\n1 person cannot be reached." in created.output
    assert "Note: texts.fr: There is no text in French" in created.output
    assert "scheduled" in run("create", str(file), "--confirm", "--yes").output
    assert "=Soil" in run("list").output
    shown = run("show", "2").output
    assert "Button: the form to join Soil Regeneration" in shown
    assert "1 of 3 done" in shown

    assert "paused" in run("pause", "2").output
    assert "scheduled" in run("resume", "2").output
    asyncio.run(_fail(url))
    assert run("watch", "2").exit_code == 0
    assert "2 messages are tried again" in run("retry", "2").output
    assert "cancelled" in run("cancel", "2").output
    again = run("cancel", "2")
    assert again.exit_code == 1
    assert "not possible any more" in again.output

    book = tmp_path / "report.xlsx"
    assert "3 messages are in" in run("report", "2", "--to", str(book)).output
    sheets = load_workbook(book)
    summary = {row[0]: row[1] for row in sheets["Summary"].iter_rows(values_only=True)}
    assert (summary["Call"], summary["Not sent"], summary["Cannot be reached"]) == ("=Soil", 2, 1)
    with zipfile.ZipFile(book) as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name)], "no formula"
    table = tmp_path / "report.csv"
    run("report", "2", "--to", str(table))
    rows = list(csv.DictReader(table.read_text("utf-8-sig").splitlines()))
    assert {row["Account"]: row["State"] for row in rows} == {
        "telegram:1": "Not sent",
        "slack:T01/U2": "Not sent",
        "telegram:3": "Cannot be reached",
    }


def test_what_is_wrong_is_told_at_once_and_the_draft_is_kept(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "call.yaml"
    wrong = "title: A\ntexts: {fr: B}\nbutton: {target: erase}\naudience: {langage: fr}\nwhen: {at: 2020-01-01 09:00}\n"
    file.write_text(wrong)
    created = run("create", str(file))
    assert created.exit_code == 1
    for told in (
        "button.target: A button cannot lead to “erase”.",
        "audience: I know no condition “langage”. Did you mean “language”?",
        "when: That time has passed.",
        "call 1 stays a draft",
    ):
        assert told in created.output
    assert "draft" in run("list").output
    refused = run("create", str(tmp_path / "none.yaml"))
    assert (refused.exit_code, "cannot be read" in refused.output) == (1, True)
    assert run("report", "1", "--to", "x.pdf").exit_code == 2
    missing = run("show", "9")
    assert (missing.exit_code, "This call is not there any more." in missing.output) == (1, True)


def test_four_eyes_hold_for_the_terminal_too(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOUR_EYES", "true")
    file = tmp_path / "call.yaml"
    file.write_text(CALL)
    assert "waiting for approval" in run("create", str(file), "--confirm", input="y\n").output


def test_a_database_that_is_not_ready_is_said_so(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    empty = run("list")
    assert (empty.exit_code, "engage migrate" in empty.output) == (1, True)
