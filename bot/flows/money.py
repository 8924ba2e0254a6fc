"""An amount with its currency, as people write it: `5000 EUR`, `€ 2 500`, `1,2 M USD`, `3k euros`.

Stored as `5000.00 EUR`. What can be read in two ways, like `1.200`, is asked about and never guessed.
"""

import re
from collections.abc import Collection, Sequence
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.numbers import format_currency, get_currency_name

from bot.flows.flow import Misfit, Option, Unsure
from bot.locales import LANGUAGES
from bot.progress.numerals import Numeral, numerals

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
}
# The francs of West and of Central Africa have one name.
_CFA = ("XOF", "XAF")
_CFA_NAMES = frozenset(("f cfa", "fcfa", "cfa", "f.cfa", "franc cfa", "francs cfa", "cfa franc", "cfa francs"))
_CFA_NAMES |= frozenset(("franco cfa", "francos cfa"))
# Spanish is spoken where it is the sign of pesos.
_PESOS = ("es", "$")
_LONGEST_NAME = 5
_FILLERS = frozenset(("de", "d", "of", "en", "in"))


def read(turn: "Turn", written: str, usual: Collection[str] = ()) -> str:
    """The amount and its currency. Raises `Misfit` when either is missing, `Unsure` when it can be read in several ways
    or when there is more around it, like "about". Of currencies with one name, one of the `usual` ones is meant."""
    found = numerals(written, turn.language)
    if not found or any(not one.values(turn.language) for one in found):
        raise Misfit("money.unreadable")
    named = [_beside(one) for one in found]
    currencies = tuple(dict.fromkeys(code for codes, _ in named for code in codes))
    if not currencies:
        unknown = " ".join(_words(found[-1].after))
        raise Misfit("money.unknown_currency", name=unknown) if unknown else Misfit("money.no_currency")
    if any(len(codes) > 1 for codes, _ in named) and set(currencies) <= set(_CFA):
        currencies = tuple(code for code in currencies if code in usual) or currencies
    elif len(currencies) > 1:
        raise Misfit("money.several_currencies")
    meant = [
        amount
        for one in found
        for amount in one.values(turn.language)
        if 0 < amount < _LARGEST and amount == round(amount, 2)
    ]
    if not meant:
        raise Misfit("money.not_positive")
    readings = [f"{amount:.2f} {currency}" for amount in meant for currency in currencies]
    is_bare = (turn.language, "".join(_words(found[0].before + found[0].after))) == _PESOS and "USD" not in usual
    doubt = _doubt(found, turn.language, currencies, is_bare or any(others for _, others in named))
    if doubt == "figure.doubt_words":
        first = show(turn, readings[0])
        yes = Option(readings[0], turn.words.plain("figure.yes_reading", value=first))
        raise Unsure(doubt, [yes], written=written, value=first)
    if doubt:
        raise Unsure(doubt, [Option(one, show(turn, one)) for one in readings], written=written)
    return readings[0]


def _doubt(found: Sequence[Numeral], language: str, currencies: Sequence[str], has_more: bool) -> str:
    """The catalogue entry that asks, or nothing."""
    if len(found) > 1:
        return "figure.doubt_several"
    if len(found[0].values(language)) > 1:
        return "money.ambiguous"
    if len(currencies) > 1:
        return "money.which_franc"
    return "figure.doubt_words" if has_more else ""


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


def _beside(numeral: Numeral) -> tuple[tuple[str, ...], list[str]]:
    """The currencies that the words beside a number can mean, and the other words."""
    before, after = _words(numeral.before), _words(numeral.after)
    codes: list[str] = []
    for length in range(min(_LONGEST_NAME, len(before)), 0, -1):
        if known := _currencies(" ".join(before[-length:])):
            codes += known
            before = before[:-length]
            break
    for length in range(min(_LONGEST_NAME, len(after)), 0, -1):
        if known := _currencies(" ".join(after[:length])):
            codes += known
            after = after[length:]
            break
    return tuple(codes), [word for word in (*before, *after) if word.casefold() not in _FILLERS]


def _words(text: str) -> list[str]:
    """Without what may stand between a number and its currency, as in `2 millions d'euros`."""
    tidy = re.sub(r"^(de |d['’])", "", text.strip(" \u00a0\u202f.,;:"))
    return [bare for word in tidy.split() if (bare := word.strip(".,;:()"))]


def _currencies(name: str) -> tuple[str, ...]:
    if name.casefold() in _CFA_NAMES:
        return _CFA
    code = _SYMBOLS.get(name.upper()) or _names().get(name.casefold())
    return (code,) if code else ()


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
    names |= {"dólar": "USD", "pounds": "GBP", "livres": "GBP", "libras": "GBP"}
    return names
