"""`engage study …`: nothing half taken, everything wrong at once, and a report of what has closed."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage import studies, timetable
from storage.database import open_database
from storage.migrate import migrate
from tests.logged import logging_restored
from tests.test_cli import Engage

EXAMPLE = Path(__file__).parents[1] / "docs" / "example-study.yaml"
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as `engage migrate` leaves it."""
    path = tmp_path_factory.mktemp("migrated") / "engage.db"

    async def apply() -> None:
        engine = open_database(f"sqlite:///{path}")
        await migrate(engine)
        await engine.dispose()

    asyncio.run(apply())
    return path


@pytest.fixture
def engage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], migrated: Path
) -> Iterator[Engage]:
    """The command line beside a migrated database, on the day that the example was written."""
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(migrated, tmp_path / "engage.db")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'engage.db'}")
    monkeypatch.setattr("bot.clock.system_clock", lambda: NOW)
    with logging_restored():
        yield Engage(monkeypatch, capsys)


def test_a_definition_is_checked_kept_published_and_written_out_again(engage: Engage, tmp_path: Path) -> None:
    checked = engage("study", "check", str(EXAMPLE))
    assert (checked.code, checked.err) == (0, "")
    assert "It can be published." in checked.out
    assert engage("study", "status").out == "There is no study.\n"
    assert "kept as a draft" in engage("study", "import", str(EXAMPLE)).out
    assert "kept as a draft" in engage("study", "import", str(EXAMPLE)).out
    assert "It is published" in engage("study", "import", "--publish", str(EXAMPLE)).out
    again = engage("study", "import", str(EXAMPLE))
    assert (again.code, "was published already" in again.err) == (1, True)
    status = engage("study", "status", "soilcarbon").out
    assert status.startswith("soilcarbon: published\nprotocol: ")
    assert "round 0: proposed, 2027-01-11 09:00 to 2027-01-25 00:00 UTC" in status
    assert engage("study", "export", "soilcarbon", "--to", "again.yaml").code == 0
    assert engage("study", "check", str(tmp_path / "again.yaml")).out == checked.out


def test_of_a_definition_with_a_mistake_nothing_is_taken(engage: Engage, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(EXAMPLE.read_text().replace("id: A2", "id: A1").replace("75 %", "40 %"))
    for command in ("check", "import"):
        ended = engage("study", command, str(broken))
        assert ended.code == 1
        assert "A1 is used twice: give one of them another id (lines" in ended.out + ended.err
        assert "a threshold of 40 % decides nothing" in ended.out + ended.err
    assert engage("study", "status").out == "There is no study.\n"
    assert engage("study", "check", "nowhere.yaml").code == 2


def test_a_study_is_closed_and_reported(engage: Engage, tmp_path: Path) -> None:
    engage("study", "import", "--publish", str(EXAMPLE))
    nothing = engage("study", "report", "soilcarbon", "--to", "report")
    assert (nothing.code, nothing.err) == (1, "No round of soilcarbon has closed yet: there is nothing to report.\n")
    asyncio.run(_open_first_round(tmp_path))
    ended = engage("study", "close", "soilcarbon", "--reason", "It was settled.", "--yes")
    assert ended.out.endswith("`engage study report soilcarbon --to FOLDER` writes its report.\n"), ended
    assert "soilcarbon: closed, because: It was settled." in engage("study", "status", "soilcarbon").out
    assert engage("study", "report", "soilcarbon", "--to", "report", "--language", "fr").code == 0
    assert {"report.docx", "data.csv", "protocol.json", "recompute.py"} <= {
        path.name for path in (tmp_path / "report").iterdir()
    }
    assert engage("study", "status", "nothing").code == 2
    sealed = engage("study", "seal", "soilcarbon", "--yes")
    assert "Afterwards nobody can say whose an answer is" in sealed.out
    assert "soilcarbon: sealed" in engage("study", "status", "soilcarbon").out
    assert engage("study", "report", "soilcarbon", "--to", "again").code == 0


async def _open_first_round(folder: Path) -> None:
    engine = open_database(f"sqlite:///{folder / 'engage.db'}")
    async with engine.begin() as connection:
        study = await studies.by_code(connection, "soilcarbon")
        assert study is not None
        first = (await studies.rounds(connection, study.id))[0]
        assert await timetable.open_round(connection, first.id, NOW + timedelta(days=60))
    await engine.dispose()
