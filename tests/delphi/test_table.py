"""A table of ratings is read as a whole, or refused with everything that is wrong with it."""

import pytest

from bot.delphi.distribution import MISSING, UNABLE
from bot.delphi.scale import NINE_POINTS
from bot.delphi.table import TableErrors, read_table

GOOD = "panellist,group,a,b\np1,farmers,7,U\np2,science,,1\n"


def problems_of(text: str | bytes, group_column: str = "group", group_required: bool = False) -> list[str]:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(TableErrors) as refused:
        read_table(content, NINE_POINTS, "r.csv", group_column, group_required)
    return [str(problem) for problem in refused.value.problems]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.replace(",", ";").encode(),
        GOOD.replace(",", "\t").encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("p2", "\n,,,\n p2 ").replace("U", "u").replace("7", "7.0").encode(),
    ],
)
def test_a_table_is_read_however_a_spreadsheet_writes_it(content: bytes) -> None:
    table = read_table(content, NINE_POINTS, "r.csv")
    assert (table.panellists, table.items, table.groups) == (("p1", "p2"), ("a", "b"), ("farmers", "science"))
    assert table.ratings.tolist() == [[7, UNABLE], [MISSING, 1]]
    assert table.column("b").tolist() == [UNABLE, 1]


def test_groups_are_not_needed() -> None:
    assert read_table(b"panellist,a\np1,7\n", NINE_POINTS, "r.csv").groups is None


def test_the_group_column_can_have_another_name() -> None:
    table = read_table(b"country,panellist,a\nFrance,p1,7\n,p2,8\n", NINE_POINTS, "r.csv", "country", True)
    assert (table.groups, table.items) == (("France", ""), ("a",))
    both = read_table(b"panellist,group,country,a\np1,farmers,Peru,7\n", NINE_POINTS, "r.csv", "country", True)
    assert (both.groups, both.items) == (("Peru",), ("a",))


def test_all_problems_are_told_at_once_with_row_and_column() -> None:
    text = "panellist,group,a,b,b,\np1,x,10,7,7,\n,x,seven,7,7,\np1,x,7\np1,x,-1,7.5,7,\n"
    problems = problems_of(text)
    assert [problem.split(": ")[0] for problem in problems] == [
        "r.csv, row 1, b",
        "r.csv, row 1",
        "r.csv, row 2, a",
        "r.csv, row 3, panellist",
        "r.csv, row 3, a",
        "r.csv, row 4",
        "r.csv, row 5, a",
        "r.csv, row 5, b",
        "r.csv, panellist",
    ]
    assert "'10' is none of 1-9" in problems[2]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("panellist,a\n", "has no panellist"),
        ("panellist,group\np1,x\n", "has no item"),
        ("person,a\np1,7\n", "has no column panellist"),
        ('panellist,a\n"p1,7\n', "is no CSV from here on"),
        ("panellist,a\np1,é\n".encode("latin-1"), "is not in UTF-8"),
    ],
)
def test_what_is_no_table_is_refused(text: str | bytes, problem: str) -> None:
    assert any(problem in each for each in problems_of(text))


def test_a_group_column_that_was_asked_for_has_to_be_there() -> None:
    assert "has no column country" in problems_of("panellist,a\np1,7\n", "country", group_required=True)[0]


def test_the_row_of_a_problem_is_that_of_the_file() -> None:
    assert problems_of('panellist,a\n\n"p\n1",7\np2,x\n')[0].startswith("r.csv, row 5, a: 'x'")
