"""`engage indicators …` from the outside."""

from pathlib import Path

import pytest

from bot import cli
from bot.settings import KNOWN
from tests.logged import logging_restored

TREES = """\
- code: trees
  name: {en: Trees planted}
  kind: count
  target: {2030: 300}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, with nothing of ours in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in KNOWN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


def engage(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with logging_restored(), pytest.raises(SystemExit) as end:
        cli.main(arguments)
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return int(end.value.code or 0), out, err


def test_a_file_is_taken_in_and_listed(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch, bare_database_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", bare_database_url)
    file = folder / "indicators.yaml"
    file.write_text(TREES)
    code, _, err = engage(capsys, "indicators", "import", str(file))
    assert code == 1
    assert "engage migrate" in err
    engage(capsys, "migrate")
    assert engage(capsys, "indicators", "list")[1].startswith("There are no indicators yet")
    assert engage(capsys, "indicators", "import", str(file)) == (0, "Took 1 indicators from indicators.yaml.\n", "")
    file.write_text(TREES.replace("300", "400"))
    engage(capsys, "indicators", "import", str(file))
    listed = engage(capsys, "indicators", "list")[1]
    assert "Trees planted" in listed
    assert "2030: 400" in listed
    assert "300" not in listed


def test_a_file_with_mistakes_is_explained(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    file = folder / "indicators.yaml"
    file.write_text(TREES.replace("count", "number"))
    code, _, err = engage(capsys, "indicators", "import", str(file))
    assert code == 1
    assert "indicators.yaml, line 1, kind: says number: use one of area, carbon, count" in err


def test_what_was_reported_is_written_into_a_file(
    capsys: pytest.CaptureFixture[str], folder: Path, monkeypatch: pytest.MonkeyPatch, bare_database_url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", bare_database_url)
    code, _, err = engage(capsys, "progress", "export", "figures.csv")
    assert (code, "`engage migrate` makes them" in err) == (1, True)
    assert engage(capsys, "migrate")[0] == 0
    for name in ("figures.csv", "figures.xlsx"):
        assert engage(capsys, "progress", "export", name)[:2] == (0, f"Wrote 0 figures of 0 reports to {name}.\n")
    assert (folder / "figures.csv").read_text(encoding="utf-8-sig").startswith("coalition,kind,facility,")
    assert (folder / "figures.xlsx").read_bytes().startswith(b"PK")
    code, _, err = engage(capsys, "progress", "export", "figures.ods")
    assert (code, "figures.ods ends in neither .xlsx nor .csv" in err) == (2, True)
    code, _, err = engage(capsys, "progress", "export", "figures.csv", "--language", "it")
    assert (code, "not in it" in err) == (2, True)
