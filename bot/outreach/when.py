"""Dates and times as people write them, in their own zone. Pure.

The day stands before the month, as it is written in French, Spanish and the Initiative's English; a date that begins
with the year is taken as ISO has it.
"""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.locales import Words
from bot.outreach.schedule import at_wall

_ISO = r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})"
_DAY_FIRST = r"(?P<d>\d{1,2})[./](?P<m>\d{1,2})(?:[./](?P<y>\d{4})|\.)?"
_TIME = r"(?P<hour>\d{1,2})(?:[:hH.](?P<minute>\d{2})?)?(?:\s*(?P<half>[ap])\.?m\.?)?"
_FORMS = tuple(
    re.compile(rf"(?:{day})?(?:[\sT,]*(?:at|à|a las|às)?\s*{_TIME})?", re.IGNORECASE) for day in (_ISO, _DAY_FIRST)
)
_WORD = re.compile(r"(?P<word>[^\W\d]+(?:’[^\W\d]+)?)(?:[\s,]+(?:at|à|a las)?\s*(?P<rest>.+))?", re.IGNORECASE)


class NotATime(ValueError):
    """What was written is no date and time."""


def read_instant(written: str, zone: ZoneInfo, now: datetime, words: Words) -> datetime:
    """The instant, in UTC, of `23.11.2026 14:30`, `2026-11-23 14:30`, `23/11 9h`, `tomorrow 9:00` or `14:30` (today). A
    date without a year is the next such date. It may have passed. Raises NotATime."""
    today = now.astimezone(zone).date()
    text = " ".join(written.replace("'", "’").split())
    if named := _WORD.fullmatch(text):
        text = named["rest"] or ""
        day: date | None = _named_day(named["word"], today, words)
    else:
        day = None
    for form in _FORMS:
        if (found := form.fullmatch(text)) and found["hour"]:
            if day is None:
                day = _day(found, today)
            elif found["d"]:
                break
            return at_wall(datetime.combine(day, _time(found)), zone)
    raise NotATime(written)


def read_day(written: str, zone: ZoneInfo, now: datetime, words: Words) -> date:
    """The day of `23.11.2026`, `2026-11-23`, `23/11`, `tomorrow`. Raises NotATime."""
    today = now.astimezone(zone).date()
    text = " ".join(written.replace("'", "’").split())
    if (named := _WORD.fullmatch(text)) and not named["rest"]:
        return _named_day(named["word"], today, words)
    for form in _FORMS:
        if (found := form.fullmatch(text)) and found["d"] and not found["hour"]:
            return _day(found, today)
    raise NotATime(written)


def _named_day(word: str, today: date, words: Words) -> date:
    for name, ahead in (("call.today", 0), ("call.tomorrow", 1)):
        if word.casefold() in (alias.strip() for alias in words.plain(name).split(",")):
            return today + timedelta(days=ahead)
    raise NotATime(word)


def _day(found: re.Match[str], today: date) -> date:
    if not found["d"]:
        return today
    try:
        day = date(int(found["y"] or today.year), int(found["m"]), int(found["d"]))
        return day if found["y"] or day >= today else day.replace(year=today.year + 1)
    except ValueError:
        raise NotATime(found[0]) from None


def _time(found: re.Match[str]) -> time:
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    if half := found["half"]:
        if not 1 <= hour <= 12:
            raise NotATime(found[0])
        hour = hour % 12 + (12 if half in "pP" else 0)
    try:
        return time(hour, minute)
    except ValueError:
        raise NotATime(found[0]) from None
