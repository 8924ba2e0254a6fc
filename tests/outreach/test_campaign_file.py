"""A call in a file: read as a person writes it, and everything that is wrong with it told at once."""

import textwrap
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.locales import load
from bot.outreach.campaign_file import FileErrors, read_file
from bot.outreach.when import NotATime, read_day, read_instant

WORDS = load()
PARIS = ZoneInfo("Europe/Paris")
# A Sunday, 14:30 in Paris.
NOW = datetime(2026, 11, 22, 13, 30, tzinfo=UTC)

WHOLE = """
title: Soil
texts:
  en: "*Come!* Soil Regeneration looks for you."
  fr: "*Venez !*"
button:
  target: join global-4
  labels: {en: Join, fr: Participer}
picture: {file: soil.png, alt: A field}
audience:
  any:
    - all: [{organisation_type: [civil_society, research]}, {facility: [global-4]}]
    - generation: [senior]
places: [3]
when: {at: 2026-11-23 09:00:00, zone: Europe/Paris}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "call.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_call_is_read_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "soil.png").write_bytes(b"png")
    call = read_file(written(tmp_path, WHOLE))
    assert call.picture == tmp_path / "soil.png"
    assert call.alt == "A field"
    assert call.draft.begins_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    assert call.draft.texts["fr"] == "*Venez !*"
    assert call.draft.button == {"target": "join global-4", "labels": {"en": "Join", "fr": "Participer"}}
    assert call.draft.places == (3,)


def test_a_short_call_goes_out_at_once_or_at_a_local_time(tmp_path: Path) -> None:
    short = "title: A\ntexts: {en: B}\naudience: {all: []}\n"
    assert read_file(written(tmp_path, short)).draft.begins_at is None
    local = read_file(written(tmp_path, f"{short}when: {{local: 2026-11-23 09:00}}\n")).draft
    assert (local.begins_at, local.local_time) == (None, "2026-11-23T09:00")


def test_the_call_of_the_docs_is_one(tmp_path: Path) -> None:
    lines = (Path(__file__).parents[2] / "docs" / "calls.md").read_text("utf-8").splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("    title:"))
    (tmp_path / "soil.png").write_bytes(b"png")
    call = read_file(written(tmp_path, textwrap.dedent("\n".join(lines[first:]))))
    assert call.draft.local_time == "2026-11-23T09:00"
    assert call.draft.button["target"] == "join global-4"


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("[1, 2]", "call.yaml", "holds no call"),
        ("title: [", "call.yaml", "is no YAML"),
        ("title: A\ntexts: {en: B}\nwhenn: now", "whenn", "is nothing that a call has"),
        ("texts: {en: B}", "title", "is missing"),
        ("title: A\ntexts: {en: B}\npicture: {file: none.png}", "picture.file", "there is no file none.png"),
        ("title: A\ntexts: {en: B}\nwhen: {}", "when", "says either"),
        ("title: A\ntexts: {en: B}\nwhen: {at: soon}", "when.at", "soon is no date and time"),
        ("title: A\ntexts: {en: B}\nwhen: {at: 2026-11-23 09:00, zone: Paris}", "when.zone", "Paris is no time zone"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, place: str, what: str) -> None:
    with pytest.raises(FileErrors) as raised:
        read_file(written(tmp_path, text))
    assert any(found == place and said.startswith(what) for found, said in raised.value.problems), raised.value.problems


def test_all_of_it_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileErrors) as raised:
        read_file(written(tmp_path, "texts: {en: 1}\nplaces: x\nbutton: {labels: {}}"))
    assert {place for place, _ in raised.value.problems} == {"title", "texts.en", "places", "button.target"}


@pytest.mark.parametrize(
    ("language", "said", "at"),
    [
        ("en", "2026-11-23 09:00", "2026-11-23T08:00"),
        ("en", "23.11.2026, 9:05", "2026-11-23T08:05"),
        ("en", "23/11 9pm", "2026-11-23T20:00"),
        ("en", "21/11 9:00", "2027-11-21T08:00"),
        ("en", "tomorrow at 9:00", "2026-11-23T08:00"),
        ("en", "16:30", "2026-11-22T15:30"),
        ("fr", "demain à 9h", "2026-11-23T08:00"),
        ("fr", "aujourd'hui 18h30", "2026-11-22T17:30"),
        ("es", "mañana a las 9:00", "2026-11-23T08:00"),
        ("es", "Hoy 18:00", "2026-11-22T17:00"),
        # What a clock change skips is the next instant that there is.
        ("en", "2027-03-28 02:30", "2027-03-28T01:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(language: str, said: str, at: str) -> None:
    assert read_instant(said, PARIS, NOW, WORDS[language]).isoformat()[:16] == at


@pytest.mark.parametrize(
    "said", ["", "soon", "9:75", "31.02.2026 9:00", "25:00", "2026-11-23", "13pm", "tomorrow 23/11 9:00"]
)
def test_what_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(NotATime):
        read_instant(said, PARIS, NOW, WORDS["en"])


@pytest.mark.parametrize(
    ("said", "day"),
    [("tomorrow", date(2026, 11, 23)), ("2026-12-01", date(2026, 12, 1)), ("1.12.", date(2026, 12, 1))],
)
def test_a_day_is_read(said: str, day: date) -> None:
    assert read_day(said, PARIS, NOW, WORDS["en"]) == day
    with pytest.raises(NotATime):
        read_day(f"{said} 9:00", PARIS, NOW, WORDS["en"])
