"""`engage delphi analyse` from the outside: its output, its problems, and how little it costs when not given."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import cli
from tests.logged import logging_restored

ROUND_2 = """panellist,group,soil,water
p1,farmers,7,2
p2,farmers,8,1
p3,farmers,9,U
p4,science,7,8
p5,science,8,9
p6,science,6,
p7,science,9,9
"""
ROUND_1 = "panellist,soil,water\np1,3,2\np2,4,1\np3,5,5\np4,6,8\np5,4,9\np6,5,5\np7,2,9\np8,1,1\n"


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def engage(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ended:
    with logging_restored(), pytest.raises(SystemExit) as end:
        cli.main(["delphi", "analyse", *arguments])
    out, err = capsys.readouterr()
    assert "Traceback" not in out + err
    return Ended(int(end.value.code or 0), out, err)


@pytest.fixture
def rounds(tmp_path: Path) -> tuple[str, str]:
    """The current round, and the one before, as files."""
    current, previous = tmp_path / "round2.csv", tmp_path / "round1.csv"
    current.write_text(ROUND_2)
    previous.write_text(ROUND_1)
    return str(current), str(previous)


def test_json_of_two_rounds(capsys: pytest.CaptureFixture[str], rounds: tuple[str, str]) -> None:
    current, previous = rounds
    ended = engage(capsys, current, "--scale", "1-9", "--previous", previous, "--quantiles", "6", "--json")
    assert (ended.code, ended.err) == (0, "")
    found = json.loads(ended.out)
    soil, water = found["items"]["soil"], found["items"]["water"]
    assert found["settings"]["quantiles"] == 6
    assert (soil["n"], soil["median"], soil["q1"], soil["q3"], soil["comet"]) == (7, 8, 7, 9, "in")
    assert (water["unable"], water["missing"], set(water["groups"])) == (1, 1, {"farmers", "science"})
    # All seven rose: two of the 128 assignments of signs are as far from the middle.
    assert soil["stability"]["wilcoxon"]["p"] == 2 / 128
    assert (soil["stability"]["mcnemar"]["b"], soil["stability"]["mcnemar"]["c"]) == (0, 6)
    assert water["stability"]["wilcoxon"]["p"] is None
    assert "only 0 changed" in water["stability"]["wilcoxon"]["reason"]["p"]


def test_a_table_to_read(capsys: pytest.CaptureFixture[str], rounds: tuple[str, str]) -> None:
    current, previous = rounds
    ended = engage(capsys, current, "--scale", "1-9", "--previous", previous)
    assert (ended.code, ended.err) == (0, "")
    for shown in ("soil", "farmers", "COMET", "Kendall's W", "net change", "polarised_thirds", "a test needs 6: water"):
        assert shown in ended.out
    assert "1 who answered the round before did not answer this one." in ended.out


def test_a_table_of_another_scale_says_what_does_not_transfer(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "r.csv").write_text("panellist,a\np1,4\np2,5\n")
    ended = engage(capsys, str(tmp_path / "r.csv"), "--scale", "1-5")
    assert ended.code == 0
    assert "do not transfer to 1-5" in ended.out


def test_a_group_column_by_another_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for name in ("now", "before"):
        (tmp_path / f"{name}.csv").write_text("panellist,country,a\np1,France,7\np2,Peru,8\n")
    options = ("--scale", "1-9", "--group-column", "country", "--previous", str(tmp_path / "before.csv"), "--json")
    ended = engage(capsys, str(tmp_path / "now.csv"), *options)
    assert set(json.loads(ended.out)["items"]["a"]["groups"]) == {"France", "Peru"}


def test_problems_of_both_files_are_told_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "now.csv").write_text("panellist,a,b\np1,77,x\np1,7,7\n")
    (tmp_path / "before.csv").write_text("who,a\np1,7\n")
    files = (str(tmp_path / "now.csv"), "--previous", str(tmp_path / "before.csv"))
    ended = engage(capsys, *files, "--scale", "1-9", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert [line.split(": ")[0] for line in ended.err.splitlines()] == [
        "now.csv, row 2, a",
        "now.csv, row 2, b",
        "now.csv, panellist",
        "before.csv, row 1",
    ]


def test_wrong_options_and_missing_files_are_told_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    ended = engage(capsys, str(tmp_path / "none.csv"), "--scale", "nine", "--quantiles", "5")
    assert ended.code == 2
    assert [line.split(": ")[0] for line in ended.err.splitlines()[:2]] == ["--scale", "--quantiles"]
    assert "none.csv: cannot be read" in ended.err


def test_other_commands_do_not_pay_for_the_method() -> None:
    """numpy and scipy take most of a second to import."""
    check = (
        "import sys, bot.delphi.command; sys.exit(bool({'numpy', 'scipy', 'bot.delphi.analysis'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
