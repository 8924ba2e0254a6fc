"""A country is found under its name in any of our languages, as people type it."""

from types import SimpleNamespace
from typing import cast

import pytest
from babel import Locale

from bot.flows.flow import Misfit
from bot.flows.joining import country
from bot.flows.turn import Turn
from bot.locales import LANGUAGES

NOT_COUNTRIES = {"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"}


def reader(language: str = "en") -> Turn:
    """Countries ask a turn for its language and nothing else."""
    return cast(Turn, SimpleNamespace(language=language))


def countries(language: str) -> dict[str, str]:
    """CLDR's names by code."""
    named = Locale(language).territories.items()
    return {str(code): str(name) for code, name in named if len(code) == 2 and code not in NOT_COUNTRIES}


def refusal(written: str, language: str = "en") -> tuple[str, object]:
    with pytest.raises(Misfit) as misfit:
        country.read(reader(language), written)
    return misfit.value.text, misfit.value.values.get("names")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_country_is_read_back_from_its_name(language: str) -> None:
    names = countries(language)
    assert len(names) > 240
    for also in LANGUAGES:
        turn = reader(also)
        assert {code: country.read(turn, name) for code, name in names.items()} == {code: code for code in names}


def test_every_country_is_read_back_from_its_code() -> None:
    for code in countries("en"):
        assert country.read(reader(), code) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("kenya", "KE"),
        ("  KENYA. ", "KE"),
        ("ke", "KE"),
        ("perou", "PE"),
        ("Pérou", "PE"),
        ("espana", "ES"),
        ("cote d'ivoire", "CI"),
        ("Côte d’Ivoire", "CI"),
        ("the Gambia", "GM"),
        ("La Réunion", "RE"),
        ("les Comores", "KM"),
        ("los Países Bajos", "NL"),
        ("UK", "GB"),
        ("usa", "US"),
        ("u.s.a.", "US"),
        ("DRC", "CD"),
        ("RDC", "CD"),
        ("Ivory Coast", "CI"),
        ("Guinea Bissau", "GW"),
        ("Niger", "NE"),
        ("Georgia", "GE"),
    ],
)
def test_as_people_write_it(written: str, code: str) -> None:
    assert country.read(reader(), written) == code


@pytest.mark.parametrize(
    ("written", "language", "meant"),
    [
        ("Kenia ya", "en", "Kenya"),
        ("Frnace", "en", "France"),
        ("Colmbia", "es", "Colombia"),
        ("Allemange", "fr", "Allemagne"),
        ("Germny", "fr", "Allemagne"),
    ],
)
def test_a_slip_of_the_pen_is_offered_in_the_readers_language(written: str, language: str, meant: str) -> None:
    text, names = refusal(written, language)
    assert text == "country.meant"
    assert meant in str(names).split(", ")
    assert len(str(names).split(", ")) <= 3


@pytest.mark.parametrize("written", ["", "?", "my garden", "12", "Atlantis and beyond"])
def test_what_is_no_country_is_not_guessed(written: str) -> None:
    assert refusal(written) == ("country.unknown", None)


@pytest.mark.parametrize("written", ["Europe", "World", "ZZ", "EU", "Unknown Region"])
def test_regions_are_no_countries(written: str) -> None:
    assert refusal(written)[0].startswith("country.")


@pytest.mark.parametrize(
    ("language", "name"), [("en", "Côte d’Ivoire"), ("fr", "Côte d’Ivoire"), ("es", "Côte d’Ivoire")]
)
def test_it_is_shown_in_the_readers_language(language: str, name: str) -> None:
    assert country.show(reader(language), "CI") == name
    assert country.show(reader(language), "DE") == {"en": "Germany", "fr": "Allemagne", "es": "Alemania"}[language]
