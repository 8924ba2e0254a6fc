"""Countries as people write them, in any of our languages, stored as ISO 3166 codes. Names are CLDR's."""

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale

from bot.flows.flow import Misfit
from bot.flows.typed import folded
from bot.locales import LANGUAGES

if TYPE_CHECKING:
    from bot.flows.turn import Turn

# Names in everyday use that CLDR lists only as variants or not at all.
_EVERYDAY = {
    "uk": "GB",
    "usa": "US",
    "england": "GB",
    "holland": "NL",
    "ivory coast": "CI",
    "drc": "CD",
    "rdc": "CD",
}
_ARTICLES = ("the", "la", "le", "les", "el", "los", "las")


def read(turn: "Turn", written: str) -> str:
    """The country's code. Raises `Misfit`, with what may have been meant."""
    key = _key(written)
    by_name = _codes()
    if key in by_name:
        return by_name[key]
    close = [by_name[name] for name in get_close_matches(key, by_name, n=6, cutoff=0.72)]
    suggestions = list(dict.fromkeys(close))[:3]
    if not suggestions:
        raise Misfit("country.unknown")
    raise Misfit("country.meant", names=", ".join(show(turn, code) for code in suggestions))


def find(written: str) -> str:
    """The country's code, or empty when the words are no country's name."""
    return _codes().get(_key(written), "")


def show(turn: "Turn", code: str) -> str:
    """The country's name in the reader's language."""
    return name(code, turn.language)


def name(code: str, language: str) -> str:
    """The country's name in a language."""
    return str(Locale(language).territories.get(code, code))


@cache
def _codes() -> dict[str, str]:
    """Codes by folded name, in all languages, and by the code itself."""
    codes: dict[str, str] = {}
    for language in LANGUAGES:
        for code, title in Locale(language).territories.items():
            # Two letters are countries; three digits are regions such as the world or Africa. ZZ and its like are
            # CLDR's own inventions.
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"):
                codes[_key(str(title))] = code
                codes.setdefault(code.casefold(), code)
    return codes | _EVERYDAY


def _key(text: str) -> str:
    """As it is compared: folded, without articles."""
    words = folded(text.replace(".", "")).split()
    # An article says nothing, unless it is all there is: LA is a country.
    return " ".join([word for word in words if word not in _ARTICLES] or words)
