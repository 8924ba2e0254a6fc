"""When a round opens and closes, as the reader's own calendar and clock have it."""

from datetime import datetime, time, timedelta

from babel.dates import format_skeleton

from bot.flows import zone
from bot.locales import Words


def moment(instant: datetime, place: str, words: Words) -> str:
    """`January 24, 23:59 (your time)`; in UTC, and saying so, where the reader's zone is not known. The end of a day is
    24:00 of that day and not 0:00 of the next."""
    wall = zone.local(place, instant)
    clock = zone.clock(wall)
    if wall.time() == time():
        wall, clock = wall - timedelta(minutes=1), "24:00"
    whose = "time.yours" if zone.is_zone(place) else "time.utc"
    return words.plain(whose, date=date(wall, words), time=clock)


def date(wall: datetime, words: Words) -> str:
    """Day and month as the language writes them: January 24, `24 janvier`, `1er février`."""
    written = str(format_skeleton("MMMMd", wall, locale=words.language))
    return f"1er{written[1:]}" if words.language == "fr" and wall.day == 1 else written


def local_date(instant: datetime, place: str, words: Words) -> str:
    """The reader's day on which the instant lies."""
    return date(zone.local(place, instant), words)
