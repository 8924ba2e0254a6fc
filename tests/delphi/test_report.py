"""A report: its numbers are computed again by the script that comes with it, and nothing in it leads to people."""

import csv
import importlib.util
import io
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from docx import Document
from openpyxl import load_workbook

from bot.delphi.protocol import Protocol, ScaleItem
from bot.delphi.report import recompute, tables
from bot.delphi.report.data import (
    MERGED,
    Amendment,
    ItemVersion,
    Proposal,
    Published,
    Round,
    StudyData,
    Text,
    merged_groups,
    publish,
)
from bot.delphi.report.making import as_zip, build_report
from bot.delphi.report.wording import percent
from bot.delphi.round_table import RoundTable
from bot.locales import load
from tests.delphi.studies import EVERY_KIND, SOIL, drawn, protocol

OPENED = datetime(2027, 1, 11, 9, tzinfo=UTC)
MADE = datetime(2027, 5, 1, tzinfo=UTC)
SEATS = [{"account": "telegram:4711", "group": "public"}]
WORDS = load()


def closed_study(study: Protocol, people: int, seed: int, rounds: int = 3, rehearsal: bool = False) -> StudyData:
    """A study as it is in the tables at its end, with everything that a report tells of."""
    before: RoundTable | None = None
    closed = []
    for number in range(1, rounds + 1):
        before = drawn(study, people, seed + number, before=before)
        why = ["others", "unsaid", *[""] * (people - 2)][:people] if number > 1 else ()
        columns = tuple(replace(column, why=why) for column in before.columns[:1]) + before.columns[1:]
        table = replace(before, columns=columns, waiting={"farmers": 2}, declined={"public": 1})
        opened = OPENED + timedelta(days=30 * number)
        closed.append(Round(number, "", "", opened, opened + timedelta(days=14), table))
    reworded = SOIL.model_copy(update={"text": {"en": "Carbon is measured to 50 cm."}})
    lineage = ({"how": "reworded", "item": "A1", "version": 1},)
    return StudyData(
        protocol=study,
        published=study,
        rehearsal=rehearsal,
        published_at=OPENED,
        closed_at=OPENED + timedelta(days=120),
        sealed_at=None,
        stop_reason="most_rounds",
        rounds=tuple(closed),
        items=(
            *(ItemVersion(item.id, 1, item, "protocol", (), "active", "", None) for item in study.items),
            ItemVersion("A1", 2, reworded, "panel", lineage, "retired", "agreed_in", 2),
        ),
        amendments=(
            Amendment(OPENED, "round 2 closes", "2027-02-28T18:30:00", "2027-03-06T00:00:00", "Floods", "abc"),
        ),
        comments=(Text(1, "A1", 1, "=1+1 is what it costs"), Text(2, "A1", 1, "Deeper is better")),
        open_answers=(Text(1, "E1", 1, "Biodiversity"),),
        proposals=(Proposal("Add biochar", "accepted", "", "C9"), Proposal("Add gold", "declined", "Off topic", "")),
    )


def files_of(published: Published) -> dict[str, bytes]:
    """Those that the script reads."""
    return {
        "numbers.csv": tables.numbers_csv(tables.numbers(published.outcomes)),
        "data.csv": tables.data_csv(published),
        "panel.csv": tables.panel_csv(published),
        "rounds.json": tables.rounds_json(published),
        "protocol.json": published.study.protocol.canonical(),
    }


def put(files: Mapping[str, bytes], folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    study = closed_study(protocol(panel=SEATS), 14, seed=3, rehearsal=True)
    return build_report(study, WORDS["en"], Random(1), MADE)


def sheets(content: bytes) -> dict[str, list[tuple[Any, ...]]]:
    book = load_workbook(io.BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


@pytest.fixture
def again(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, in this process."""
    monkeypatch.setattr(sys, "argv", ["recompute.py"])
    return recompute


CONFIGURATIONS: list[tuple[int, int, dict[str, Any]]] = [
    (31, 0, {}),
    (64, 14, {"quantiles": 6}),
    (12, 5, {"consensus": {"rule": "comet"}, "quantiles": 2}),
    (9, 2, {"consensus": {"rule": "ram", "disagreement": "classical", "halfway": "up"}}),
    (33, 3, {"scale": "1-5", "consensus": {"rule": "median_iqr"}, "quantiles": 6}),
    (20, 2, {"scale": "1-7", "consensus": {"rule": "three_bands"}, "missing": "available", "smallest_group": 3}),
    (17, 1, {"scale": "0-10", "consensus": {"threshold": "67%"}, "stopping": {"net_change": "20%", "least_rounds": 1}}),
    (1, 0, {}),
]


@pytest.mark.parametrize(("people", "more", "settings"), CONFIGURATIONS)
def test_an_independent_script_computes_every_number_again(
    people: int,
    more: int,
    settings: dict[str, Any],
    tmp_path: Path,
    again: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    items = [*(ScaleItem(id=f"S{number}", text={"en": "x"}) for number in range(more)), *EVERY_KIND]
    published = publish(closed_study(protocol(items, **settings), people, seed=people), Random(people))
    monkeypatch.setattr(sys, "argv", ["recompute.py", str(put(files_of(published), tmp_path))])
    assert again.main() == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("All ")


def test_the_script_stands_alone_and_notices_a_single_changed_answer(made: dict[str, bytes], tmp_path: Path) -> None:
    folder = put(made, tmp_path)

    def run() -> subprocess.CompletedProcess[str]:
        # Without the project on its path, as on its reader's machine.
        command = [sys.executable, "-I", str(folder / "recompute.py")]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, cwd=tmp_path)

    agreed = run()
    assert agreed.returncode == 0, agreed.stdout + agreed.stderr
    assert protocol().hash() in agreed.stdout
    data = made["data.csv"].decode("utf-8-sig").splitlines()
    place = next(row for row, line in enumerate(data) if ",A1,1,9" in line)
    data[place] = data[place].replace(",A1,1,9", ",A1,1,8")
    (folder / "data.csv").write_text("\n".join(data), encoding="utf-8")
    changed = run()
    assert changed.returncode == 1
    assert "A1 1 rated.mean: published" in changed.stdout
    (folder / "panel.csv").unlink()
    assert run().returncode == 2


def test_what_floating_point_leaves_behind_decides_no_digit(again: ModuleType) -> None:
    # An exact p of 309/1024, once with dust on it: nine digits end where a 5 alone is left.
    exact, dusty = 309 / 1024, 309 / 1024 + 5e-17
    assert exact != dusty
    for write in (tables.written, again.written):
        assert write("wilcoxon_p", exact) == write("wilcoxon_p", dusty) == "0.301757813"
        assert write("alpha", 2e-17) == "0"
        assert write("wilcoxon_p", 2e-17) == "2e-17"
        assert write("median", 6.0) == "6"


def test_the_script_shares_nothing_with_the_program() -> None:
    source = Path(recompute.__file__).read_text(encoding="utf-8")
    imported = [line for line in source.splitlines() if line.strip().startswith(("import ", "from "))]
    foreign = [line for line in imported if "bot" in line or "scipy" in line]
    assert not foreign
    assert importlib.util.find_spec("bot.delphi.report.recompute") is not None


def test_the_document_and_the_workbook_say_what_the_numbers_say(made: dict[str, bytes]) -> None:
    rows = csv.DictReader(io.StringIO(made["numbers.csv"].decode("utf-8-sig")))
    numbers = {(row["round"], row["item"], row["group"], row["figure"]): row["value"] for row in rows}
    document = Document(io.BytesIO(made["report.docx"]))
    said = "Round 2, why 2 ratings moved to another third of the scale or out of the middle half, as said by a tap: "
    assert any(each.text.startswith(said) for each in document.paragraphs)
    assert "others" in {row["why"] for row in csv.DictReader(io.StringIO(made["data.csv"].decode("utf-8-sig")))}
    heading = ["Item", "Wording", "Round", "n", "Median"]
    results = next(table for table in document.tables if [c.text for c in table.rows[0].cells[:5]] == heading)
    in_document = [[cell.text for cell in row.cells] for row in results.rows[1:]]
    assert len(in_document) == len(EVERY_KIND)
    for name, _, number, n, median, _, share, heads, *_ in in_document:
        code = name.split()[0]
        assert n == numbers[number, code, "", "n"]
        if (expected := numbers.get((number, code, "", "rated.median"))) is not None:
            assert float(median) == float(expected)
            agreeing = int(numbers[number, code, "", "rated.in_zone.2"])
            assert heads.startswith(f"{agreeing} of {n}; ")
            assert share == percent(Fraction(agreeing, int(n)), "en")
    for place, *cells in sheets(made["numbers.xlsx"])["Spread"][3:]:
        number, n, mean = cells[:3]
        code = str(place).split()[0]
        assert n == int(numbers[str(number), code, "", "n"])
        assert mean == pytest.approx(float(numbers[str(number), code, "", "rated.mean"]))


def test_a_rehearsal_is_marked_on_every_page_sheet_and_picture(made: dict[str, bytes]) -> None:
    mark = "REHEARSAL"
    document = Document(io.BytesIO(made["report.docx"]))
    assert len(document.sections) > 1
    assert all(mark in section.header.paragraphs[0].text for section in document.sections)
    for rows in sheets(made["numbers.xlsx"]).values():
        assert str(rows[0][0]).startswith(mark)
    with zipfile.ZipFile(io.BytesIO(made["report.docx"])) as parts:
        body = parts.read("word/document.xml").decode()
    alts = [part.split('"')[0] for part in body.split('descr="')[1:]]
    assert len(alts) == len([name for name in made if name.startswith("charts/")])
    assert all(alt.lower().startswith("rehearsal") for alt in alts)


def test_nothing_in_the_files_leads_to_a_panellist(made: dict[str, bytes]) -> None:
    assert not [name for name, content in made.items() if b"telegram:4711" in content]
    panel = list(csv.DictReader(io.StringIO(made["panel.csv"].decode("utf-8-sig"))))
    assert not {row["panellist"] for row in panel} & {f"P{number}" for number in range(14)}
    # Groups of 5, 5 and 4: the small one is merged, and with it the next one, or the total would tell.
    assert {row["group"] for row in panel} == {MERGED, "science"}
    comments = made["comments.csv"].decode("utf-8-sig").splitlines()
    assert comments[0] == "round,item,version,words"
    # A spreadsheet must not take words for a formula.
    assert "1,A1,1,'=1+1 is what it costs" in comments


def test_another_draw_changes_pseudonyms_and_no_number() -> None:
    study = closed_study(protocol([SOIL]), 9, seed=3, rounds=2)
    one, same = (build_report(study, WORDS["en"], Random(1), MADE) for _ in range(2))
    other = files_of(publish(study, Random(2)))
    assert one == same
    assert one["data.csv"] != other["data.csv"]
    assert one["numbers.csv"] == other["numbers.csv"]


def test_groups_that_are_too_small_are_merged_until_they_are_large_enough() -> None:
    assert set(merged_groups(closed_study(protocol(), 30, seed=1)).values()) == {"farmers", "science", "public"}
    assert sorted(merged_groups(closed_study(protocol(), 14, seed=1)).values()).count(MERGED) == 2
    assert set(merged_groups(closed_study(protocol(), 7, seed=1)).values()) == {""}


@pytest.mark.parametrize("language", ["fr", "es"])
def test_a_report_is_in_the_language_asked_for(language: str) -> None:
    study = closed_study(protocol([SOIL]), 6, seed=2, rounds=2)
    files = build_report(study, WORDS[language], Random(1), MADE)
    document = Document(io.BytesIO(files["report.docx"]))
    words = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert {"fr": "rapport d’une étude Delphi", "es": "informe de un estudio Delphi"}[language] in words
    assert SOIL.text[language] in words  # type: ignore[index]  # a Language
    assert "paper." not in words
    with zipfile.ZipFile(io.BytesIO(as_zip(files, "soil"))) as archive:
        assert set(archive.namelist()) == {f"soil/{name}" for name in files}
