"""Time zones as people say them: a city, a country, an abbreviation, or what is ahead of UTC. Stored as IANA names.

Cities are those of the IANA database with CLDR's names in our languages, and some large ones that share another's
zone. Several zones may be meant (`Brazil`, `CST`); then the person is asked which.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.core import get_global
from pydantic import BaseModel

from bot.flows.flow import Beginning, Ending, Flow, Misfit, Option, PickOne, Write
from bot.flows.joining import country
from bot.flows.turn import Turn
from bot.flows.typed import folded
from bot.locales import LANGUAGES

# Large cities, and homes of organisations that work with the Initiative, whose zone has another city's name.
_MORE_CITIES = {
    "Africa/Cairo": "alexandria",
    "Africa/Casablanca": "rabat, marrakech, marrakesh",
    "Africa/Johannesburg": "cape town, le cap, ciudad del cabo, pretoria, durban",
    "Africa/Lagos": "abuja, ibadan, kano",
    "Africa/Douala": "yaounde",
    "Africa/Dar_es_Salaam": "dodoma, arusha",
    "Africa/Abidjan": "yamoussoukro",
    "America/Argentina/Buenos_Aires": "la plata, rosario",
    "America/Bogota": "medellin, cali, barranquilla",
    "America/Guayaquil": "quito",
    "America/La_Paz": "santa cruz de la sierra",
    "America/Los_Angeles": "san francisco, seattle, san diego, sacramento",
    "America/Mexico_City": "guadalajara, puebla",
    "America/New_York": "washington, boston, philadelphia, atlanta, miami",
    "America/Chicago": "houston, dallas",
    "America/Sao_Paulo": "rio de janeiro, rio, brasilia",
    "America/Toronto": "ottawa, montreal, quebec",
    "Asia/Almaty": "astana",
    "Asia/Ho_Chi_Minh": "hanoi, saigon",
    "Asia/Jerusalem": "tel aviv",
    "Asia/Karachi": "islamabad, lahore",
    "Asia/Kolkata": "mumbai, bombay, delhi, new delhi, nouvelle delhi, nueva delhi, bangalore, bengaluru, chennai",
    "Asia/Shanghai": "beijing, pekin, guangzhou, shenzhen",
    "Asia/Tokyo": "osaka, kyoto",
    "Australia/Sydney": "canberra",
    "Europe/Berlin": "bonn, munich, munchen, hamburg, hambourg, hamburgo, frankfurt, francfort, cologne, koln, colonia",
    "Europe/Istanbul": "ankara",
    "Europe/London": "edinburgh, manchester",
    "Europe/Madrid": "barcelona, barcelone, valencia, valence, seville, sevilla",
    "Europe/Paris": "montpellier, lyon, marseille, toulouse, bordeaux, nantes, strasbourg, lille",
    "Europe/Rome": "milan, milano, naples, napoli, turin",
    "Europe/Zurich": "geneva, geneve, ginebra, bern, berne, berna",
    "Pacific/Auckland": "wellington",
}
# Abbreviations name offsets in several parts of the world; the zones that each may stand for.
_ABBREVIATIONS = {
    "gmt": ("Africa/Abidjan", "Europe/London"),
    "wet": ("Europe/Lisbon",),
    "cet": ("Europe/Paris", "Africa/Algiers"),
    "cest": ("Europe/Paris",),
    "hec": ("Europe/Paris",),
    "eet": ("Europe/Athens", "Africa/Cairo", "Africa/Tripoli"),
    "wat": ("Africa/Lagos",),
    "cat": ("Africa/Maputo",),
    "eat": ("Africa/Nairobi",),
    "sast": ("Africa/Johannesburg",),
    "ist": ("Asia/Kolkata", "Europe/Dublin", "Asia/Jerusalem"),
    "bst": ("Europe/London", "Asia/Dhaka"),
    "jst": ("Asia/Tokyo",),
    "cst": ("America/Chicago", "America/Costa_Rica", "America/Havana", "Asia/Shanghai"),
    "est": ("America/New_York", "America/Panama", "Australia/Sydney"),
    "mst": ("America/Denver", "America/Phoenix"),
    "pst": ("America/Los_Angeles", "Asia/Manila"),
    "brt": ("America/Sao_Paulo",),
    "art": ("America/Argentina/Buenos_Aires",),
}
# Offsets that are not whole hours, where a place keeps them all year.
_BROKEN_OFFSETS = {
    -570: "Pacific/Marquesas",
    210: "Asia/Tehran",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    525: "Australia/Eucla",
    570: "Australia/Darwin",
}
_OFFSET = re.compile(r"(?:utc|gmt|z)?\s*([+−–-])\s*(\d{1,2})(?:[:.h]?([0-5]\d))?\s*h?", re.IGNORECASE)
# Zones that run alike are told apart by their offsets in both halves of one year.
_HALVES = (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC))
_LONGEST = 100


@cache
def is_zone(name: str) -> bool:
    """Whether this is the name of a zone that we know."""
    return name in available_timezones()


def candidates(written: str) -> tuple[str, ...]:
    """The zones that the words may name, the likeliest first; none when they name none."""
    if match := _OFFSET.fullmatch(written.strip()):
        minutes = (int(match[2]) * 60 + int(match[3] or 0)) * (1 if match[1] == "+" else -1)
        return _by_offset(minutes)
    if is_zone(written.strip()) and "/" in written:
        return (written.strip(),)
    key = folded(written[:_LONGEST])
    if key in ("utc", "z", "gmt 0", "utc 0"):
        return ("Etc/UTC",)
    # `Montpellier, France`: the city says more than its country.
    parts = [written, *written.split(",")] if "," in written else [written]
    for part in parts:
        if zone := _cities().get(folded(part)):
            return (zone,)
    if key in _ABBREVIATIONS:
        return _ABBREVIATIONS[key]
    for part in parts:
        if code := country.find(part):
            return _of_country(code)
    beginning = [zone for name, zone in _cities().items() if len(key) > 3 and name.startswith(key)]
    return tuple(dict.fromkeys(beginning))


def city(zone: str, language: str) -> str:
    """The zone as people know it: its city in a language, or `UTC+2`."""
    if zone.startswith("Etc/"):
        offset = ZoneInfo(zone).utcoffset(_HALVES[0]) or timedelta()
        return f"UTC{_signed(offset)}" if offset else "UTC"
    return _names(language).get(zone) or _last_part(zone)


def offset(zone: str, now: datetime) -> str:
    """How far the zone is ahead of UTC now, as `UTC+05:30`."""
    ahead = now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    return f"UTC{_signed(ahead)}" if ahead else "UTC"


def local(zone: str, now: datetime) -> datetime:
    """The wall time there; in UTC where no zone is known."""
    return now.astimezone(ZoneInfo(zone) if is_zone(zone) else UTC)


def clock(wall: datetime) -> str:
    """A wall time as a clock of 24 hours shows it, which every language of ours reads the same."""
    return f"{wall.hour}:{wall.minute:02}"


def _by_offset(minutes: int) -> tuple[str, ...]:
    if minutes in _BROKEN_OFFSETS:
        return (_BROKEN_OFFSETS[minutes],)
    hours, rest = divmod(minutes, 60)
    if rest or not -12 <= hours <= 14:
        return ()
    # POSIX counts westwards: what is two hours ahead of UTC is called Etc/GMT-2.
    return (f"Etc/GMT{-hours:+d}" if hours else "Etc/UTC",)


def _of_country(code: str) -> tuple[str, ...]:
    """A country's zones, those of large cities first, one of those that run alike."""
    found: dict[tuple[timedelta | None, ...], str] = {}
    for zone in sorted(_table().get(code, ()), key=lambda zone: zone not in _MORE_CITIES):
        found.setdefault(tuple(half.astimezone(ZoneInfo(zone)).utcoffset() for half in _HALVES), zone)
    return tuple(found.values())


@cache
def _table() -> dict[str, tuple[str, ...]]:
    """Zones by country, as the IANA database lists them."""
    zones: dict[str, tuple[str, ...]] = {}
    for line in (files("tzdata.zoneinfo") / "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            zones[code] = (*zones.get(code, ()), zone)
    return zones


@cache
def _cities() -> dict[str, str]:
    """Zones by folded name of a city, in all languages."""
    cities: dict[str, str] = {}
    for zones in _table().values():
        for zone in zones:
            cities.setdefault(folded(_last_part(zone)), zone)
    for language in LANGUAGES:
        for zone, name in _names(language).items():
            cities.setdefault(folded(name), zone)
    for zone, names in _MORE_CITIES.items():
        cities |= {name.strip(): zone for name in names.split(",")}
    return cities


@cache
def _names(language: str) -> dict[str, str]:
    """CLDR's names of the cities by zone; CLDR keeps some zones under names that they had before."""
    known = {zone for zones in _table().values() for zone in zones}
    renamed = get_global("zone_aliases")
    names = {}
    for zone, about in Locale(language).time_zones.items():
        current = zone if zone in known else renamed.get(zone, zone)
        if current in known and (name := about.get("city")):
            names[current] = str(name)
    return names


def _last_part(zone: str) -> str:
    return zone.rpartition("/")[2].replace("_", " ")


def _signed(ahead: timedelta) -> str:
    minutes = round(ahead.total_seconds() / 60)
    sign = "+" if minutes >= 0 else "−"
    hours, rest = divmod(abs(minutes), 60)
    return f"{sign}{hours}:{rest:02}" if rest else f"{sign}{hours}"


class Zone(BaseModel):
    """Where somebody lives, for the hours of their day."""

    place: str | None = None
    which: str | None = None


def _read(turn: Turn, written: str) -> str:
    """The zone; the words as written when they name several. Raises `Misfit`, with what may have been meant."""
    if found := candidates(written):
        return found[0] if len(found) == 1 else written[:_LONGEST]
    close = get_close_matches(folded(written[:_LONGEST]), _cities(), n=3, cutoff=0.75)
    if not close:
        raise Misfit("zone.unknown")
    meant = dict.fromkeys(city(_cities()[name], turn.language) for name in close)
    raise Misfit("zone.meant", names=", ".join(meant))


def _show(turn: Turn, place: str) -> str:
    return city(place, turn.language) if is_zone(place) else place


async def _which(turn: Turn, answers: Zone) -> Sequence[Option]:
    return [
        Option(zone, f"{city(zone, turn.language)} ({offset(zone, turn.now)})")
        for zone in candidates(answers.place or "")
    ]


async def _begin(_turn: Turn, _argument: str) -> Beginning:
    return Beginning({})


async def _finish(turn: Turn, answers: Zone) -> Ending:
    zone = answers.which or answers.place or ""
    turn.person.zone = zone
    done = "zone.done_fixed" if zone.startswith("Etc/") else "zone.done"
    time = clock(local(zone, turn.now))
    return Ending(
        turn.words(done, city=city(zone, turn.language), time=time),
        (("start.settings", "settings"),),
    )


ZONE: Flow[Zone] = Flow(
    name="zone",
    version=1,
    answers=Zone,
    steps=(
        Write(id="place", resets=("which",), read=_read, show=_show),
        PickOne(id="which", when=lambda a: a.place is not None and not is_zone(a.place), options=_which),
    ),
    begin=_begin,
    finish=_finish,
    review=False,
)

FLOWS: tuple[Flow[Any], ...] = (ZONE,)
