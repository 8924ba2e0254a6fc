"""Words and numbers as the reader's language writes them. The words come from a catalogue that is passed in."""

from datetime import datetime, time, timedelta
from fractions import Fraction
from typing import Protocol

NO_FIGURE = "–"
DECIMAL_COMMA = {"fr", "es"}
NARROW_SPACE = "\u202f"


class Words(Protocol):
    """A language's texts by id, as `bot.locales` has them."""

    @property
    def language(self) -> str: ...

    def plain(self, text: str, /, **values: object) -> str:
        """The text with this id, with its placeholders filled in."""
        ...


def figure(value: float | Fraction | None, language: str, digits: int = 2) -> str:
    """A number to at most so many decimals, without zeros at its end; a dash for none."""
    if value is None:
        return NO_FIGURE
    if isinstance(value, int):
        return str(value)
    written = f"{float(value):.{digits}f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    written = "0" if written == "-0" else written
    return written.replace("-", "−").replace(".", "," if language in DECIMAL_COMMA else ".")


def p_value(value: float | None, language: str) -> str:
    """A probability to three decimals, or that it is below them."""
    if value is not None and value < 0.001:
        return f"<{NARROW_SPACE}{figure(0.001, language, 3)}"
    return figure(value, language, 3)


def percent(share: Fraction | None, language: str) -> str:
    """Per cent with one decimal, cut off and not rounded, so that nothing looks as if it had reached a threshold."""
    if share is None:
        return NO_FIGURE
    tenths = int(abs(share) * 1000)
    return f"{figure(tenths / 10, language, 1)}{'' if language == 'en' else NARROW_SPACE}%"


def wall(value: object) -> str:
    """What an amendment changed: a wall time as `2027-01-24 24:00`, the end of a day being of that day; else as it
    is."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return str(value)
    if at.time() == time():
        return f"{at - timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{at:%Y-%m-%d %H:%M}"


def day(at: datetime | None) -> str:
    """An instant to the minute, in UTC, as `2027-01-11 09:00 UTC`; a dash for none."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else NO_FIGURE
