"""An import takes a whole file or nothing, says all that is wrong at once, and never erases."""

import csv
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import astuple
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from pydantic import ValidationError

from bot.catalogue.catalogue import Catalogue, load, merge
from bot.catalogue.importing import COLUMNS, read_rows
from bot.catalogue.problems import CatalogueErrors
from bot.catalogue.rows import FIELDS_OF, LANGUAGES, Cell, Fact, Row, kind_of, rows_of

BASE = load()
DOCS = Path(__file__).parents[2] / "docs" / "catalogue.md"
Table = list[dict[str, object]]


def as_yaml(path: Path, table: Table) -> Path:
    path = path / "rows.yaml"
    path.write_text(yaml.safe_dump(table, allow_unicode=True, sort_keys=False), "utf-8")
    return path


def as_csv(path: Path, table: Table) -> Path:
    path = path / "rows.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in table for key in row)), delimiter=";")
        writer.writeheader()
        writer.writerows(table)
    return path


def as_xlsx(path: Path, table: Table) -> Path:
    path = path / "rows.xlsx"
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    columns = list(dict.fromkeys(key for row in table for key in row))
    sheet.append(columns)
    for row in table:
        sheet.append([row.get(column) for column in columns])
    workbook.save(path)
    return path


every_format = pytest.mark.parametrize("write", [as_yaml, as_csv, as_xlsx])


def problems(path: Path) -> list[str]:
    with pytest.raises(CatalogueErrors) as raised:
        read_rows(path)
    return [str(problem) for problem in raised.value.problems]


@every_format
def test_rows_fill_in_what_is_blank(write: Callable[[Path, Table], Path], tmp_path: Path) -> None:
    path = write(
        tmp_path,
        [
            {
                "code": "B",
                "title_en": "Placeholder",
                "title_fr": "Texte d’essai, 50 %",
                "mark": "V",
                "source": "p. 1",
            },
            {"code": "Core III", "title_fr": "Essai", "mark": "official", "source": "p. 2"},
            {"code": "e2", "title_es": "Prueba", "facility": "Global 7", "mark": "p", "source": "p. 3"},
        ],
    )
    filled = merge(BASE, read_rows(path))
    title = filled.goal("B").title("fr")
    assert title is not None
    assert title.model_dump() == {
        "text": "Texte d’essai, 50 %",
        "language": "fr",
        "mark": "V",
        "source": "p. 1",
    }
    assert filled.facility("core-3").title("fr").text == "Essai"
    assert filled.facility("core-3").title("en").text == "Advocacy & Awareness"
    (objective,) = filled.objectives("E")
    assert objective.code == "E2"
    assert [objective.code for objective in filled.objectives_of("global-7")] == ["E2"]
    assert (only := objective.title("en")) is not None
    assert (only.text, only.language) == ("Prueba", "es")


@every_format
def test_all_problems_are_told_at_once_with_their_place(write: Callable[[Path, Table], Path], tmp_path: Path) -> None:
    path = write(
        tmp_path,
        [
            {"code": "G1", "title_en": "x", "facility": "core-9", "mark": "Z", "source": "p. 1"},
            {"code": "A7", "title_en": "x", "mark": "V", "source": ""},
            {"code": "B", "kind": "objective", "label_en": "x", "mark": "", "source": "p. 1"},
            {"code": "B2", "label_en": "x" * 76, "facility_mark": "P"},
            {"code": "B3", "title_en": "one", "mark": "V", "source": "p. 1"},
            {"code": "B3", "title_en": "another", "mark": "V", "source": "p. 1"},
            {"code": "B4", "facility": "core", "facility_mark": "sure", "source": "p. 1"},
            {"code": "C", "titel": "x"},
        ],
    )
    told = problems(path)
    found = sorted(re.sub(r"^rows\.\w+, (line \d+|sheet Sheet, row \d+), ", "", problem) for problem in told)
    patterns = [
        r"code: “A7” is no code of the catalogue: use core-1 .*",
        r"code: “G1” is no code of the catalogue: use core-1 .*",
        r"facility: “core-9” is no facility: use core-1 .*",
        r"facility_mark: marks a blank: .*",
        r"facility_mark: “sure” is no mark: use V .*",
        r"kind: says objective, but B is of kind goal: .*",
        r"label_en: is for objectives, and B is none: leave it blank",
        r"label_en: is longer than 75 characters: shorten it",
        r"mark: is blank: say V .*",
        r"mark: is blank: say V .*",
        r"mark: “Z” is no mark: use V .*",
        r"source: is blank: say where .*",
        r"source: is blank: say where .*",
        r"titel: is no column of the catalogue: use code, .*",
        r"title_en: says something else about B3 than .* does: keep one",
    ]
    assert len(found) == len(patterns), found
    for problem, pattern in zip(found, patterns, strict=True):
        assert re.fullmatch(pattern, problem)


@pytest.mark.parametrize(("write", "place"), [(as_yaml, "line 4"), (as_csv, "line 3"), (as_xlsx, "sheet Sheet, row 3")])
def test_a_problem_is_found_where_it_says(write: Callable[[Path, Table], Path], place: str, tmp_path: Path) -> None:
    path = write(tmp_path, [{"code": "A", "title_en": None, "mark": ""}, {"code": "Q", "title_en": "", "mark": ""}])
    (problem,) = problems(path)
    assert problem.startswith(f"{path.name}, {place}, code: “Q” is no code")


def test_a_line_of_csv_is_counted_past_texts_of_several_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text('code,title_en,mark,source\nB,"one\ntwo",V,p. 1\nQ,,,\n', "utf-8")
    assert [problem.partition(", code")[0] for problem in problems(path)] == ["rows.csv, line 4"]


def test_a_text_over_several_lines_becomes_one_line(tmp_path: Path) -> None:
    path = as_xlsx(tmp_path, [{"code": "B", "title_en": " one\n two ", "mark": "V", "source": "p. 1"}])
    assert [fact.value for row in read_rows(path) for fact in row.facts] == ["one two"]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("rows.docx", b"", "rows.docx: is none of .yaml, .csv and .xlsx: save it as one"),
        ("rows.csv", "code,title_fr\nB,été\n".encode("latin-1"), "rows.csv: is not in UTF-8"),
        ("rows.csv", b"title_en\nx\n", "rows.csv, line 1: has no column `code`"),
        ("rows.csv", b"code,mark,source\nB,V,a, b\n", "rows.csv, line 2: has a cell under no heading"),
        ("rows.csv", b'code,source\nB,"a\n', "rows.csv, line 2: is not valid CSV"),
        ("rows.csv", b"code,code\nB,B\n", "rows.csv, line 1, code: is there twice"),
        ("rows.csv", b"code,mark,source\nB,V,a\x07b\n", "rows.csv, line 2, source: holds a control"),
        ("rows.yaml", b"", "rows.yaml: has no list of rows"),
        ("rows.yaml", b"code: B\n", "rows.yaml: has no list of rows"),
        ("rows.yaml", b"- code: B\n- [", "rows.yaml, line 2: is not valid YAML"),
        ("rows.yaml", b"[" * 5000, "rows.yaml: is not valid YAML"),
        ("rows.yaml", b"- B\n", "rows.yaml, line 1: is not a row"),
        ("rows.yaml", b"- code: B\n  title: x\n", "rows.yaml, line 2, title: is no column of"),
        ("rows.yaml", b"- {code: B, mark: V,\n  mark: P}", "rows.yaml, line 2, mark: is there twice"),
        ("rows.yaml", b"- code: B\n  source: [a]\n", "rows.yaml, line 2, source: holds a list"),
        ("rows.yaml", b"- mark: V\n  source: s\n", "rows.yaml, line 1, code: is blank"),
        ("rows.xlsx", b"no workbook", "rows.xlsx: is not an Excel workbook"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert [problem[: len(told)] for problem in problems(tmp_path / name)] == [told]


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    assert problems(tmp_path / "rows.csv") == ["rows.csv: cannot be read: No such file or directory"]


def test_a_damaged_workbook_says_so(tmp_path: Path) -> None:
    path = as_xlsx(tmp_path, [{"code": "B", "title_en": "x", "mark": "V", "source": "p. 1"}])
    whole = path.read_bytes()
    with ZipFile(path, "w") as damaged, ZipFile(BytesIO(whole)) as workbook:
        for name in workbook.namelist():
            content = workbook.read(name)
            damaged.writestr(name, content[: len(content) // 2] if "sheet1" in name else content)
    told = "rows.xlsx: is not an Excel workbook, or a damaged one: save it again as .xlsx"
    assert problems(path) == [told]
    path.write_bytes(whole[: len(whole) // 2])
    assert problems(path) == [told]


def test_formulas_numbers_and_every_sheet_of_a_workbook_are_looked_at(tmp_path: Path) -> None:
    workbook = Workbook()
    first = workbook.worksheets[0]
    first.append(["code", "title_en", "mark", "source"])
    first.append(["B", "=A1", "V", "p. 1"])
    second = workbook.create_sheet("Goals")
    second.append(["Code", "Title EN", "Mark", "Source"])
    second.append(["C", 2030, "V", "p. 1"])
    workbook.create_sheet("Empty")
    workbook.save(tmp_path / "rows.xlsx")
    assert problems(tmp_path / "rows.xlsx") == [
        "rows.xlsx, sheet Sheet, row 2: holds the formula or error =A1: paste its text instead",
        "rows.xlsx, sheet Goals, row 2, title_en: holds a number or a date: write it as text",
    ]


@every_format
def test_a_line_with_nothing_but_its_code_is_passed_over(write: Callable[[Path, Table], Path], tmp_path: Path) -> None:
    path = write(tmp_path, [{"code": "B2", "kind": "objective", "title_en": None, "mark": "", "source": ""}])
    assert read_rows(path) == []


def test_an_objective_can_be_named_before_its_title_is_known(tmp_path: Path) -> None:
    path = as_yaml(tmp_path, [{"code": "B2", "mark": "V", "source": "p. 1"}])
    objective = merge(BASE, read_rows(path)).objective("B2")
    assert (objective.title("en"), objective.sources) == (None, ("p. 1",))


def test_words_of_yaml_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "rows.yaml"
    path.write_text("- {code: B, title_en: No, title_fr: ~, title_es: '~', mark: V, source: 2020-06-01}\n", "utf-8")
    (row,) = read_rows(path)
    assert [(fact.language, fact.value, fact.source) for fact in row.facts] == [
        ("en", "No", "2020-06-01"),
        ("es", "~", "2020-06-01"),
    ]


def test_an_inferred_link_is_confirmed_by_a_row(tmp_path: Path) -> None:
    path = as_yaml(tmp_path, [{"code": "C2", "facility": "global-4", "facility_mark": "V", "source": "p. 1"}])
    objective = merge(BASE, read_rows(path)).objective("C2")
    assert (objective.facility, objective.inferred_facility) == ("global-4", None)


def test_an_inference_replaces_nothing_that_is_stated_and_is_not_shown() -> None:
    guess = Fact(field="title", language="en", value="guess", source="s", mark="I")
    filled = merge(BASE, [Row(code="A", facts=(guess,)), Row(code="B", facts=(guess,))])
    assert filled.goal("A") == BASE.goal("A")
    assert filled.goal("B").title("en") is None


def test_the_plan_has_24_objectives_and_no_more() -> None:
    title = Fact(field="title", language="en", value="x", source="s", mark="V")
    rows = [Row(code=f"{goal}{digit}", facts=(title,)) for goal in "EF" for digit in range(1, 7)]
    assert len(merge(BASE, rows).all_objectives) == 24
    with pytest.raises(CatalogueErrors, match=r"24 objectives and these rows would make it 25.*new here: .*F9"):
        merge(BASE, [*rows, Row(code="F9", facts=(title,))])


@pytest.mark.parametrize("kind", ["yaml", "csv"])
def test_the_examples_of_the_documentation_can_be_imported(kind: str, tmp_path: Path) -> None:
    (example,) = re.findall(rf"```{kind}\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    path = tmp_path / f"example.{kind}"
    path.write_text(example, "utf-8")
    filled = merge(BASE, read_rows(path))
    assert filled.goal("B").title("fr") is not None
    assert filled.objective("B1").facility == "global-3"


def test_the_documentation_names_every_column() -> None:
    text = DOCS.read_text("utf-8")
    in_ranges = {column for column in COLUMNS if column.startswith("target_20")}
    assert [column for column in COLUMNS if column not in in_ranges and f"`{column}`" not in text] == []


# What any file could state: known rows and some of the objectives that were not found.
CODES = [entry.code for entry in BASE.entries] + ["B2", "D2", "E1", "E2", "F1"]
TEXTS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=20)


@st.composite
def facts_about(draw: st.DrawFn, code: str) -> Fact:
    field = draw(st.sampled_from([field for field in FIELDS_OF[kind_of(code)] if field != "code"]))
    mark = draw(st.sampled_from(["V", "P", "I"]))
    if field == "facility":
        value = draw(st.sampled_from(["core", "global", "core-1", "global-8"]))
        return Fact.model_validate({"field": field, "value": value, "source": draw(TEXTS), "mark": mark})
    return Fact.model_validate(
        {
            "field": field,
            "language": draw(st.sampled_from(LANGUAGES)),
            "value": draw(TEXTS),
            "source": draw(TEXTS),
            "mark": mark,
        }
    )


def rows_about(code: str) -> st.SearchStrategy[Row]:
    facts = st.lists(facts_about(code), max_size=5, unique_by=lambda fact: fact.place)
    return facts.map(lambda found: Row(code=code, facts=tuple(found)))


ROWS = st.lists(st.sampled_from(CODES).flatmap(rows_about), max_size=8)


def places(catalogue: Catalogue) -> dict[tuple[str, str, str], Fact]:
    return {(entry.code, *fact.place): fact for entry in catalogue.entries for fact in entry.facts}


@given(ROWS)
def test_merging_the_same_rows_again_changes_nothing(rows: list[Row]) -> None:
    once = merge(BASE, rows)
    assert merge(once, rows) == once


@given(ROWS)
def test_what_rows_do_not_name_stays_and_nothing_is_erased(rows: list[Row]) -> None:
    before, after = places(BASE), places(merge(BASE, rows))
    named = {(row.code, *fact.place) for row in rows for fact in row.facts}
    assert set(before) <= set(after)
    assert {place: after[place] for place in set(before) - named} == {
        place: fact for place, fact in before.items() if place not in named
    }


@given(ROWS)
def test_rows_come_back_from_their_cells(rows: list[Row]) -> None:
    by_code = list({row.code: row for row in rows if row.facts}.values())
    cells = [cell for row in by_code for cell in row.cells()]
    assert rows_of(Cell(*astuple(cell)) for cell in cells) == by_code
    assert merge(BASE, rows_of(cells)) == merge(BASE, by_code)


@pytest.mark.parametrize(
    "cell",
    [
        Cell("goal", "B", "en", "label", "x", "s", "V"),
        Cell("goal", "B", "", "title", "x", "s", "V"),
        Cell("goal", "B", "en", "title", "x", "", "V"),
        Cell("goal", "B", "en", "title", "x", "s", "X"),
        Cell("objective", "B1", "", "facility", "core-9", "s", "V"),
        Cell("objective", "A9", "en", "title", "x", "s", "V"),
    ],
    ids=lambda cell: "-".join(astuple(cell)),
)
def test_a_stored_cell_that_no_row_can_hold_is_refused(cell: Cell) -> None:
    with pytest.raises(ValidationError):
        rows_of([cell])


@settings(max_examples=50)
@given(st.dictionaries(st.sampled_from(COLUMNS[2:14]), TEXTS, min_size=1), st.sampled_from(["A1", "C2", "E1"]))
def test_blank_cells_of_a_file_never_erase(
    tmp_path_factory: pytest.TempPathFactory, filled: dict[str, str], code: str
) -> None:
    row: dict[str, object] = {column: filled.get(column, "") for column in COLUMNS}
    path = as_csv(tmp_path_factory.mktemp("import"), [row | {"code": code, "mark": "V", "source": "s"}])
    before, after = places(BASE), places(merge(BASE, read_rows(path)))
    changed = {place for place in after if before.get(place) != after[place]}
    assert {(place[1], place[2]) for place in changed} == {(column[:-3], column[-2:]) for column in filled}
    assert {"_".join(place[1:]): after[place].value for place in changed} == filled
    assert set(before) <= set(after)


@settings(max_examples=100)
@given(st.binary(max_size=60) | st.text(alphabet="- :{}[]\"'&*!|>\n\tcode,title_en;BA1", max_size=60).map(str.encode))
def test_no_file_breaks_the_import(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("import")
    for suffix in ("yaml", "csv", "xlsx"):
        path = folder / f"rows.{suffix}"
        path.write_bytes(content)
        with suppress(CatalogueErrors):
            read_rows(path)
