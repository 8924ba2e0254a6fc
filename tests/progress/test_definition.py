"""Indicators from files: all problems at once, each with its place and its remedy."""

from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.catalogue.catalogue import load
from bot.catalogue.problems import CatalogueErrors
from bot.progress.definition import OURS, read_indicators, starting_set
from bot.progress.indicator import Indicator

FACILITIES, OBJECTIVES = ("global-4", "core-1"), ("C1", "A2", "C3", "D3")

WRONG = """\
- code: Land Area
  name: {fr: Terres}
  kind: surface
  plausible: {from: 100, to: 10}
- code: events
  name: {en: Events}
  kind: text
  target: {2030: many}
  requires: method, weather
  objective: Z9
  cumulative: perhaps
- code: events
  name: {en: Again}
  kind: count
  colour: green
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "indicators.yaml"
    path.write_text(text)
    return path


def test_the_starting_set_is_ours_and_serves_what_the_catalogue_has() -> None:
    catalogue = load()
    facilities = [one.code for one in catalogue.all_facilities]
    objectives = [one.code for one in catalogue.all_objectives]
    found = {one.code: one for one in starting_set(facilities, objectives)}
    assert {one.mark for one in found.values()} == {OURS}
    assert all(one.source and set(one.name) == {"en", "fr", "es"} for one in found.values())
    # Only what the Strategic Plan says is a target.
    assert {code: dict(one.targets) for code, one in found.items() if one.targets} == {
        "events_held": {"2030": Decimal(10), "2050": Decimal(50)},
        "projects_supported": {"2030": Decimal(30)},
        "institutions_contacted": {"2030": Decimal(80)},
    }
    assert found["soil_carbon"].requires == ("method", "depth", "baseline_year", "verification")


def test_every_problem_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(CatalogueErrors) as errors:
        read_indicators(written(tmp_path, WRONG), FACILITIES, OBJECTIVES)
    told = [(problem.place, problem.column) for problem in errors.value.problems]
    assert set(told) == {
        ("line 15", "colour"),
        ("line 1", "code"),
        ("line 1", "name_en"),
        ("line 1", "kind"),
        ("line 1", "plausible_to"),
        ("line 5", "target_2030"),
        ("line 5", "requires"),
        ("line 5", "objective"),
        ("line 5", "cumulative"),
        ("line 12", "code"),
    }
    said = str(errors.value)
    assert "use one of area, carbon, count, money, percentage, text, yes_no" in said
    assert "says weather: use method, depth, baseline_year, verification" in said
    assert "is no column of an indicator file: use code, " in said


def test_a_workbook_says_the_same_as_yaml(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Code", "Name en", "Kind", "Cumulative", "Plausible to", "Target 2030", "Facility"])
    sheet.append(["trees", "Trees planted", "count", True, 5000, 300, "global-4"])
    book.save(tmp_path / "indicators.xlsx")
    text = """\
- code: trees
  name: {en: Trees planted}
  kind: count
  cumulative: "yes"
  plausible: {to: 5000}
  target: {2030: 300}
  facility: global-4
"""
    found = read_indicators(tmp_path / "indicators.xlsx", FACILITIES, OBJECTIVES)
    assert found == read_indicators(written(tmp_path, text), FACILITIES, OBJECTIVES)
    assert found == [
        Indicator(
            code="trees",
            name={"en": "Trees planted"},
            kind="count",
            cumulative=True,
            plausible_to=Decimal(5000),
            targets={"2030": Decimal(300)},
            facility="global-4",
        )
    ]
    assert Indicator.read(found[0].row()) == found[0]


def test_a_file_without_indicators_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(CatalogueErrors, match="holds no indicators"):
        read_indicators(written(tmp_path, "[]"), FACILITIES, OBJECTIVES)
