"""An amount with its currency, as people write it: `5000 EUR`, `€ 2 500`, `1,2 M USD`, `3k euros`.

Stored as `5000.00 EUR`. What can be read in two ways, like `1.200`, is asked about and never guessed.
"""

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.numbers import format_currency, get_currency_name

from bot.flows.flow import Misfit, Option, Unsure
from bot.locales import LANGUAGES
from bot.progress.numerals import numerals

if TYPE_CHECKING:
    from bot.flows.turn import Turn

_LARGEST = Decimal(10) ** 13
_SYMBOLS = {
    "€": "EUR",
    "£": "GBP",
    "$": "USD",
    "US$": "USD",
    "¥": "JPY",
    "₹": "INR",
    "F CFA": "XOF",
    "FCFA": "XOF",
}


def read(turn: "Turn", written: str) -> str:
    """The amount and its currency. Raises `Misfit` when either is missing, `Unsure` when the amount can be read in two
    ways."""
    found = numerals(written)
    values = found[0].values() if len(found) == 1 else ()
    if not values:
        raise Misfit("money.unreadable")
    currency = _one_currency(found[0].before, found[0].after)
    meant = [amount for amount in values if 0 < amount < _LARGEST and amount == round(amount, 2)]
    if not meant:
        raise Misfit("money.not_positive")
    readings = [f"{amount:.2f} {currency}" for amount in meant]
    if len(values) > 1:
        raise Unsure("money.ambiguous", [Option(one, show(turn, one)) for one in readings], written=written)
    return readings[0]


def show(turn: "Turn", stored: str) -> str:
    """The amount as the reader's language writes it."""
    amount, currency = parse(stored)
    return shown(amount, currency, turn.language)


def shown(amount: Decimal, currency: str, language: str) -> str:
    """For instance `1 200 EUR` in French and `1,200.00 EUR` in English: `1,200` alone could be read in two ways."""

    def written(pattern: str) -> str:
        return str(format_currency(amount, currency, pattern, locale=language, currency_digits=False))

    whole = written("#,##0 ¤¤")
    return written("#,##0.00 ¤¤") if amount % 1 or re.search("[.,]", whole) else whole


def parse(stored: str) -> tuple[Decimal, str]:
    """The parts of what `read` stored."""
    amount, currency = stored.split()
    return Decimal(amount), currency


def _one_currency(before: str, after: str) -> str:
    """The currency that stands before or after the number."""
    named = [name for name in (_tidy(before), _tidy(after)) if name]
    if not named:
        raise Misfit("money.no_currency")
    if len(named) > 1 or (code := _currency(named[0])) is None:
        raise Misfit("money.unknown_currency")
    return code


def _currency(name: str) -> str | None:
    return _SYMBOLS.get(name.upper()) or _names().get(name.casefold())


def _tidy(text: str) -> str:
    """Without what may stand between a number and its currency, as in `2 millions d'euros`."""
    return re.sub(r"^(de |d['’])", "", text.strip(" \u00a0\u202f.,;:~≈"))


@cache
def _names() -> dict[str, str]:
    """Currency codes by code and by name, singular and plural, in all languages."""
    names: dict[str, str] = {}
    for language in LANGUAGES:
        locale = Locale(language)
        for code, name in locale.currencies.items():
            names[code.casefold()] = code
            names[str(name).casefold()] = code
            names |= {get_currency_name(code, n, locale).casefold(): code for n in (1, 2)}
    # What people say in place of CLDR's full names.
    names |= {
        "euros": "EUR",
        "euro": "EUR",
        "dollar": "USD",
        "dollars": "USD",
        "dólares": "USD",
        "dolares": "USD",
    }
    names |= {"dólar": "USD", "pounds": "GBP", "livres": "GBP", "libras": "GBP", "cfa": "XOF"}
    return names
