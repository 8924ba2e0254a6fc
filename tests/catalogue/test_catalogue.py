"""The catalogue says what was found, word for word, and nothing else."""

from pathlib import Path

import pytest
import yaml

from bot.catalogue.catalogue import OBJECTIVES_IN_PLAN, PACKAGE_FILES, Catalogue, Wording, load
from bot.catalogue.rows import Row

# The table of the project's paper of facts, as it stands there.
OBJECTIVES = """\
| A1 | NDCs | Ensure Soil Health (SH) and Soil Organic Carbon (SOC) are vital components of Nationally Determined Contributions (NDCs) | Core |
| A2 | Project Development | Support the development and implementation of numerous innovative projects on Soil Health (SH) and Soil Organic Carbon (SOC) | Global 1 |
| A3 | Share Experiences | Facilitate an active multi-stakeholder exchange on innovations and success stories | Core |
| A4 | Stakeholder Interaction | Facilitate a regional stakeholder exchange to initiate evidence-based transformative programs for on-the-ground action | Core |
| A5 | Carbon markets | Improve the transparency, accessibility, and configuration of carbon market mechanisms | Global 2 |
| A6 | Conceptual Framework | Develop a conceptual framework illustrating the interrelations between the driving factors of Soil Health (SH), Soil Organic Carbon (SOC), and carbon balance in Agriculture, Forestry, and Other Land Use (AFOLU) systems | Core III |
| B1 | Investment Plans | Encourage the development and implementation of investment plans reflecting the targets set out in the NDCs | Global 3 (I) |
| C1 | Advocacy & Awareness | Increase the awareness of all stakeholders regarding the decisive role of Soil Health (SH) in tackling climate change and improving food security | Core III |
| C2 | Urge Soil Regeneration | Ensure that production is based on the principles of agroecology | Global 4 (I) |
| C3 | Increased investments | Boost investments in Soil Health (SH) and Soil Organic Carbon (SOC) | — |
| D1 | Collaborative Platform | Provide a digital collaborative platform, including regional portals | Global 5 |
| D3 | Youth & Seniors | Foster the engagement of youth and seniors in the transition to agroecology for Soil Health (SH) and climate | Global 6 (I) |
"""  # noqa: E501 (the lines are those of the table)
FOUND = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in OBJECTIVES.splitlines()]

CORE = (
    "I Strategy · II Governance & Administration · III Advocacy & Awareness · "
    "IV Networking & Collaboration · V Partnerships & Alliances · VI Cross-Cutting Actions"
)
GLOBAL = (
    "1 Project Development · 2 Carbon Market · 3 Responsible Investment Plans · 4 Soil Regeneration · "
    "5 Extended Collaborative Platform · 6 Mobilize Youth & Seniors · 7 Soil Monitoring System · "
    "8 Impact Assessment"
)

TARGETS = {
    ("A2", 2030): ["call + advice support", "≥ 30 projects a year"],
    ("C1", 2030): ["≥ 10 awareness events a year"],
    ("C1", 2050): ["≥ 50", "events a year"],
    ("C2", 2030): ["50 % of value-chain actors have adopted agroecology and sustainable land management"],
    ("C2", 2050): ["100 %"],
    ("C3", 2030): ["top 80 institutions reached"],
    ("D1", 2030): ["platform at the five regional levels"],
    ("D3", 2030): ["partners have active partnerships with regional youth and senior networks"],
    ("D3", 2050): ["in all regions"],
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def text(wording: Wording | None) -> str:
    assert wording is not None
    return wording.text


def test_the_objectives_are_those_that_were_found(catalogue: Catalogue) -> None:
    listed = [objective.code for goal in catalogue.goals() for objective in catalogue.objectives(goal.code)]
    assert listed == [code for code, *_ in FOUND]
    assert len(listed) == 12 < OBJECTIVES_IN_PLAN == 24


@pytest.mark.parametrize(("code", "label", "title", "_facility"), FOUND)
def test_labels_and_titles_are_the_published_words(
    catalogue: Catalogue, code: str, label: str, title: str, _facility: str
) -> None:
    objective = catalogue.objective(code)
    assert (text(objective.label("en")), text(objective.title("en"))) == (label, title)
    assert {fact.mark for fact in objective.facts if fact.field in {"label", "title"}} == {"V"}


@pytest.mark.parametrize(("code", "_label", "_title", "facility"), FOUND)
def test_a_link_to_a_facility_is_stated_inferred_or_blank_as_it_was_found(
    catalogue: Catalogue, code: str, _label: str, _title: str, facility: str
) -> None:
    objective = catalogue.objective(code)
    named, inferred = facility.removesuffix(" (I)"), facility.endswith(" (I)")
    stated = objective.inferred_facility if inferred else objective.facility
    if named in {"Core", "—"}:
        assert stated is None
    else:
        assert stated is not None
        of = catalogue.facility(stated)
        assert f"{of.kind.capitalize()} {of.numeral}" == named
    kind = None if inferred or named == "—" else named.split()[0].lower()
    assert objective.facility_kind == kind
    assert (objective.facility is None) or not inferred


def test_a_facility_lists_the_objectives_that_are_stated_and_none_that_is_inferred(
    catalogue: Catalogue,
) -> None:
    served = {
        facility.code: [objective.code for objective in catalogue.objectives_of(facility.code)]
        for facility in (*catalogue.facilities("core"), *catalogue.facilities("global"))
    }
    assert {code: objectives for code, objectives in served.items() if objectives} == {
        "core-3": ["A6", "C1"],
        "global-1": ["A2"],
        "global-2": ["A5"],
        "global-5": ["D1"],
    }


@pytest.mark.parametrize(("code", "year"), [(code, year) for code, *_ in FOUND for year in (2030, 2050)])
def test_targets_are_paraphrases_of_what_was_found_and_blank_elsewhere(
    catalogue: Catalogue, code: str, year: int
) -> None:
    target = catalogue.objective(code).target(2030 if year == 2030 else 2050, "en")
    if (code, year) not in TARGETS:
        assert target is None
        return
    assert target is not None
    assert target.mark == "P"
    for words in TARGETS[code, year]:
        assert words in target.text.replace(target.text[0], target.text[0].lower(), 1)


@pytest.mark.parametrize(("kind", "names"), [("core", CORE), ("global", GLOBAL)])
def test_facilities_have_the_published_names_and_numerals(catalogue: Catalogue, kind: str, names: str) -> None:
    facilities = catalogue.facilities("core" if kind == "core" else "global")
    assert " · ".join(f"{facility.numeral} {facility.title('en').text}" for facility in facilities) == names
    assert [facility.code for facility in facilities] == [f"{kind}-{n}" for n in range(1, len(facilities) + 1)]
    assert {facility.title("en").mark for facility in facilities} == {"V"}


def test_goals_have_no_title_but_a(catalogue: Catalogue) -> None:
    titles = {goal.code: goal.title("en") for goal in catalogue.goals()}
    assert "".join(titles) == "ABCDEF"
    assert text(titles.pop("A")) == "Inception & Conceptualization"
    assert set(titles.values()) == {None}


def test_a_title_that_was_found_in_english_only_comes_with_its_language(catalogue: Catalogue) -> None:
    for language in ("fr", "es"):
        title = catalogue.facility("core-1").title(language)
        assert (title.text, title.language) == ("Strategy", "en")


def test_what_is_known_has_its_source(catalogue: Catalogue) -> None:
    assert len(catalogue.entries) == 6 + 8 + 6 + 12
    assert all(entry.sources for entry in catalogue.entries)


@pytest.mark.parametrize("path", PACKAGE_FILES, ids=lambda path: path.name)
def test_every_row_of_the_files_says_its_kind_its_source_and_its_mark(path: Path) -> None:
    rows = yaml.safe_load(path.read_text("utf-8"))
    assert rows
    for row in rows:
        assert row["source"]
        assert row["mark"] in {"V", "P"}
        assert row["kind"] in {"core", "global", "goal", "objective"}


def test_a_code_that_is_not_there_is_a_key_error(catalogue: Catalogue) -> None:
    for look_up in (catalogue.facility, catalogue.goal, catalogue.objective):
        with pytest.raises(KeyError, match="core-9"):
            look_up("core-9")
    assert catalogue.objectives("E") == ()


def test_the_catalogue_cannot_be_changed(catalogue: Catalogue) -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(catalogue, "all_goals", ())  # noqa: B010 (a plain assignment is already refused by mypy)
    with pytest.raises(ValueError, match="frozen"):
        setattr(catalogue.goal("A"), "code", "Z")  # noqa: B010 (as above)


def test_a_row_holds_no_code_that_the_catalogue_does_not_know() -> None:
    for code in ("core-7", "global-0", "G", "A7", "G1", "B0", "a1", ""):
        with pytest.raises(ValueError, match="code"):
            Row(code=code, facts=())
