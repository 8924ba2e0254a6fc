"""A year of quarterly reports by six coalitions, on both platforms, in three languages and two currencies.

Every figure that people see afterwards is compared with tables that were added up by hand.
"""

import csv
import io
from collections.abc import AsyncIterator

import openpyxl
import pytest

from bot.flows.progress import picture as progress_picture
from bot.flows.progress.picture import Drawn
from bot.locales import load
from storage import files, people
from tests.scenarios.year_of_reports import live_through, spaced, year_of_reports
from tests.stage import Stage

# Added up by hand, by quarter: Ada + Bea + Cam. In the second quarter Cam's 1,000 ha are carried on.
REGENERATION_LAND = ["2100 (3/3)", "2500 (2/3)", "2950 (3/3)", "3850 (3/3)"]
REGENERATION_EVENTS = ["3 (3/3)", "5 (2/3)", "3 (3/3)", "7 (3/3)"]
REGENERATION_EUR = ["8000 (3/3)", "– (2/3)", "6500.5 (3/3)", "2000 (3/3)"]
REGENERATION_USD = ["4000 (3/3)", "1000 (2/3)", "– (3/3)", "2500 (3/3)"]
# All six: 2+0+1+5+4+1, 3+2+4+3+1, 1+2+0+6+2+1, 4+1+2+3+5+1.
EVENTS_OF_ALL = ["13 (6/6)", "13 (5/6)", "12 (6/6)", "16 (6/6)"]


@pytest.fixture
async def scene(database_url: str) -> AsyncIterator[Stage]:
    async with year_of_reports(database_url) as opened:
        yield opened


async def test_a_year_of_six_coalitions_adds_up_everywhere(scene: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[str, Drawn] = {}
    keep = progress_picture.keep

    async def note(turn: object, shown: Drawn, about: str) -> object:
        drawn[about] = shown
        return await keep(turn, shown, about)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(progress_picture, "keep", note)
    year = await live_through(scene)
    await _members_see_their_own(scene, year)
    await _everybody_sees_the_sums(scene, year, drawn)
    await _the_secretariat_sees_all_and_exports_it(scene, year)


async def _members_see_their_own(scene: Stage, year: int) -> None:
    ada = scene.telegram("ada")
    await ada.say("/progress")
    ada.sees("My coalitions:", f"1. Soil Regeneration: On track (Q4 {year})")
    await ada.tap("1")
    card = spaced(ada.last.text)
    assert f"Land under improved management: 2,000 ha, up from 1,400 ha in Q3 {year}" in card
    assert f"Awareness events held: 4, up from 1 in Q3 {year}" in card
    assert f"Funds mobilised: 1,000.00 EUR, down from 2,500.50 EUR in Q3 {year}" in card
    await ada.tap(f"Q3 {year}")
    card = spaced(ada.last.text)
    assert f"Land under improved management: 1,400 ha, up from 1,200 ha in Q2 {year}" in card
    assert f"Reported by Ada on October 10, {year}. Corrected 1 time, by Ada on October 10, {year}." in card

    cam = scene.telegram("cam")
    await cam.say("/progress")
    await cam.tap("1")
    card = spaced(cam.last.text)
    assert f"Terres sous gestion améliorée : 1 250 ha, en hausse (1 100 ha pour T3 {year})" in card
    assert f"Encore à rendre : T2 {year}, en retard, c’était pour le 30 juillet {year}." in card

    flo = scene.telegram("flo")
    await flo.say("/progress 1")
    assert "Los informes de esa coalición están abiertos a sus miembros." in flo.last.text
    gil = scene.telegram("gil")
    await gil.say("/progress")
    await gil.tap("1")
    assert f"Rapport de Gil, du 12 janvier {year + 1}." in spaced(gil.last.text)


async def _everybody_sees_the_sums(scene: Stage, year: int, drawn: dict[str, Drawn]) -> None:
    bea = scene.slack("bea")
    await bea.say("/progress")
    await bea.tap("Por mecanismo")
    place = next(line[0] for line in bea.last.text.splitlines() if "Soil Regeneration" in line)
    await bea.tap(place)
    sums = spaced(bea.last.text)
    for line in (
        f"Tierras con manejo mejorado, en total hasta {year}: 3 850 ha",
        f"Eventos de sensibilización en {year}: 18",
        f"Fondos movilizados en {year}: 16.500,50 EUR; 7.500,00 USD",
        "De 3 de 3 coaliciones que deben informar. Han llegado 11 de 12 informes.",
    ):
        assert line in sums, sums
    # The target is that of C1, which another facility serves.
    assert "Meta" not in sums
    await bea.tap("En imagen")
    assert bea.last.pictures == 1
    shown = drawn["global-4-es"]
    assert plotted(shown) == [REGENERATION_LAND, REGENERATION_EVENTS, REGENERATION_EUR, REGENERATION_USD]
    assert [panel.heading for panel in shown.panels][2:] == [
        "Fondos movilizados (EUR), en cada período",
        "Fondos movilizados (USD), en cada período",
    ]
    land = f"Tierras con manejo mejorado (ha), total hasta la fecha: T1 {year} (3/3): 2 100; T2 (2/3): 2 500; T3 (3/3)"
    assert land in spaced(progress_picture.said(shown, load()["es"]))
    assert land in spaced(bea.messages)

    eva = scene.slack("eva")
    await eva.say("/progress C1")
    sums = spaced(eva.last.text)
    for line in (
        f"Événements de sensibilisation, {year} : 54",
        "De 6 coalitions sur 6 qui doivent faire rapport. 23 rapports sur 24 sont arrivés.",
        "Cible pour 2030 : 10 par an. Soit 540 % de cette cible.",
        "Cible pour 2050 : 50 par an. Soit 108 % de cette cible.",
    ):
        assert line in sums, sums
    await eva.tap("En image")
    assert plotted(drawn["C1-fr"]) == [EVENTS_OF_ALL]

    dan = scene.slack("dan")
    await dan.say("/progress core-3")
    dan.sees("Awareness events held in", ": 14", "Target for 2030: 10 a year. This is 140% of it.")
    await dan.say("/progress")
    await dan.tap("1")
    assert "Funds mobilised: 750 EUR; 250 USD" in spaced(dan.last.text)


def plotted(shown: Drawn) -> list[list[str]]:
    """Each panel's figures with the coverage below them, as the tables of this file have them."""
    return [
        [
            f"{'–' if point.value is None else f'{point.value.normalize():f}'} ({point.rests_on})"
            for point in panel.points
        ]
        for panel in shown.panels
    ]


async def _the_secretariat_sees_all_and_exports_it(scene: Stage, year: int) -> None:
    tom = scene.telegram("tom")
    await tom.say("/progress")
    tom.sees("1 report is late.")
    await tom.tap("All coalitions")
    tom.sees("6 coalitions owe reports.", "On track: 6", f"3. Soil Regeneration: On track (Q4 {year})")
    await tom.say("/progress")
    await tom.tap("Export")
    assert tom.last.files[0].endswith(".xlsx")
    book = openpyxl.load_workbook(io.BytesIO(await _exported(scene)))
    figures = [dict(zip(_header(book["Figures"]), row, strict=True)) for row in _rows(book["Figures"])]
    # 24 reports on three indicators, and twice Dan's second currency.
    assert len(figures) == 24 * 3 + 2
    added: dict[str, float] = {}
    for row in figures:
        key = f"{row['indicator']} {row['currency'] or ''}".strip()
        if row["reported_as"] == "added":
            added[key] = added.get(key, 0) + float(str(row["amount"] or 0))
    # EUR: Ada 8500.50, Cam 8000, Dan 1750, Eva and Gil 1500. USD: Bea 7500, Dan 2750, Flo 3000.
    assert added == {
        "events_held": 54,
        "funds_mobilised": 0,
        "funds_mobilised EUR": 19750.5,
        "funds_mobilised USD": 13250,
    }
    missing = [(row["coalition"], row["period"]) for row in figures if row["state"] == "missing"]
    assert missing == [("Sols Vivants", f"{year}-Q2")] * 3
    corrected = {
        (row["coalition"], row["period"], row["indicator"]): row["earlier"] for row in figures if row["earlier"]
    }
    assert corrected == {
        ("Soil Regeneration", f"{year}-Q3", "land_area"): f"1500 (Ada, {year}-10-10)",
        ("Réseau Sensibilisation", f"{year}-Q1", "events_held"): f"3 (Eva, {year}-04-10)",
    }
    givers = {row["period"]: row["given_by"] for row in figures if row["coalition"] == "Réseau Sensibilisation"}
    assert [givers[f"{year}-Q{n}"] for n in (1, 2, 3, 4)] == ["Eva", "Eva", "Gil", "Gil"]
    states = [row[5] for row in _rows(book["Reports"])]
    assert (states.count("in_time"), states.count("late"), states.count("missing")) == (22, 1, 1)
    trace = [dict(zip(_header(book["Corrections"]), row, strict=True)) for row in _rows(book["Corrections"])]
    assert [[one[name] for name in ("about", "version", "amount", "given_by", "became")] for one in trace] == [
        ["events_held", 0, 3, "Eva", "4"],
        ["land_area", 0, 1500, "Ada", "1400"],
    ]
    assert [(one["corrected_by"], str(one["corrected_at"])[:10]) for one in trace] == [
        ("Eva", f"{year}-04-10"),
        ("Ada", f"{year}-10-10"),
    ]

    await tom.tap("As a plain table (.csv)")
    assert tom.last.files[0].endswith(".csv")
    table = list(csv.DictReader(io.StringIO((await _exported(scene)).decode("utf-8-sig"))))
    assert len(table) == len(figures)
    totals = [
        row["amount"] for row in table if row["coalition"] == "Soil Regeneration" and row["indicator"] == "land_area"
    ]
    assert totals == ["800", "1200", "1400", "2000"]


async def _exported(scene: Stage) -> bytes:
    async with scene.app.database.connect() as connection:
        tom = await people.by_accounts(connection, [f"telegram:{scene.world.people['tom'].telegram}"])
        (kept,) = await files.of(connection, f"progress export {tom[0].id}")
        content = await files.content(connection, kept.id)
    assert content is not None
    return content


def _header(sheet: object) -> list[str]:
    return [cell.value for cell in sheet[1]]  # type: ignore[index]  # openpyxl says less than it gives


def _rows(sheet: object) -> list[tuple[object, ...]]:
    return list(sheet.iter_rows(min_row=2, values_only=True))  # type: ignore[attr-defined]  # see above
