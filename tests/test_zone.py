"""Time zones as people say them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from babel import Locale

from bot.flows.zone import candidates, city, is_zone, offset
from bot.locales import LANGUAGES


@pytest.mark.parametrize(
    ("written", "zone"),
    [
        ("Paris", "Europe/Paris"),
        ("  parís ", "Europe/Paris"),
        ("Montpellier, France", "Europe/Paris"),
        ("La Havane", "America/Havana"),
        ("Le Caire", "Africa/Cairo"),
        ("new york", "America/New_York"),
        ("New Delhi", "Asia/Kolkata"),
        ("Kenya", "Africa/Nairobi"),
        ("Inde", "Asia/Kolkata"),
        ("Asia/Tokyo", "Asia/Tokyo"),
        ("Sao P", "America/Sao_Paulo"),
        ("UTC", "Etc/UTC"),
        ("+0", "Etc/UTC"),
        ("+2", "Etc/GMT-2"),
        ("UTC-5", "Etc/GMT+5"),
        ("gmt −3", "Etc/GMT+3"),
        ("+5:30", "Asia/Kolkata"),
        ("UTC+0545", "Asia/Kathmandu"),
    ],
)
def test_one_zone_is_meant(written: str, zone: str) -> None:
    assert candidates(written) == (zone,)


@pytest.mark.parametrize(
    ("written", "some"),
    [
        ("Brésil", ("America/Sao_Paulo", "America/Noronha")),
        ("USA", ("America/New_York", "America/Los_Angeles", "Pacific/Honolulu")),
        ("CST", ("America/Chicago", "Asia/Shanghai")),
        ("España", ("Europe/Madrid", "Atlantic/Canary")),
    ],
)
def test_several_zones_may_be_meant(written: str, some: tuple[str, ...]) -> None:
    assert candidates(written)[0] == some[0]
    assert set(some) < set(candidates(written)) or set(some) == set(candidates(written))


@pytest.mark.parametrize("written", ["", "?", "qwertz", "+15", "-13", "+10:30", "+2:99", "12", "x" * 10_000])
def test_no_zone_is_meant(written: str) -> None:
    assert candidates(written) == ()


@pytest.mark.parametrize("hours", range(-12, 15))
def test_an_offset_is_as_far_ahead_as_it_says(hours: int) -> None:
    (zone,) = candidates(f"UTC{hours:+d}")
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    ahead = noon.astimezone(ZoneInfo(zone)).utcoffset()
    assert ahead is not None
    assert ahead.total_seconds() == hours * 3600
    assert city(zone, "en") == offset(zone, noon) == (f"UTC{hours:+d}".replace("-", "−") if hours else "UTC")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_city_and_every_country_is_understood_in_every_language(language: str) -> None:
    cities = {about["city"] for about in Locale(language).time_zones.values() if about.get("city")}
    unknown = {name for name in cities if not candidates(str(name))}
    # CLDR names zones that the database has dropped since; no more than a few.
    assert len(unknown) < 12, unknown
    for name in cities - unknown:
        assert all(is_zone(zone) for zone in candidates(str(name))), name


def test_every_zone_has_a_name() -> None:
    assert all(city(zone, language) for zone in available_timezones() for language in LANGUAGES)
