"""An amount with its currency, as people write it: `5000 EUR`, `€ 2 500`, `1,2 M USD`, `3k euros`.

Stored as `5000.00 EUR`. What can be read in two ways, like `1.200`, is asked about and never guessed.
"""

import re
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale
from babel.numbers import format_currency, get_currency_name

from bot.flows.flow import Misfit
from bot.locales import LANGUAGES

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
_SCALES = {
    "k": 3,
    "m": 6,
    "mio": 6,
    "thousand": 3,
    "mille": 3,
    "mil": 3,
    "million": 6,
    "millions": 6,
    "millón": 6,
    "millon": 6,
    "millones": 6,
}
# Everything that people put between groups of three digits.
_SPACES = " \u00a0\u202f\u2009'’"
_NUMBER = re.compile(rf"\d[\d{_SPACES}.,]*\d|\d")


def read(_turn: "Turn", written: str) -> str:
    """The amount and its currency. Raises `Misfit` when either is missing or the amount can be read in two ways."""
    match = _NUMBER.search(written)
    if not match or re.search(r"\d", written[match.end() :]):
        raise Misfit("money.unreadable")
    if written[: match.start()].rstrip().endswith(("-", "−", "–")):
        raise Misfit("money.not_positive")
    currency, exponent = _words(written[: match.start()], written[match.end() :])
    amount = _number(match[0]).scaleb(exponent)
    if amount <= 0 or amount >= _LARGEST or amount != amount.quantize(Decimal("0.01")):
        raise Misfit("money.not_positive")
    return f"{amount:.2f} {currency}"


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


def _words(before: str, after: str) -> tuple[str, int]:
    """The currency and the power of ten that stand around the number."""
    exponent = 0
    scale = re.match(r"\s*([A-Za-zó]+)\b", after)
    if scale and scale[1].casefold() in _SCALES:
        exponent = _SCALES[scale[1].casefold()]
        after = after[scale.end() :]
    named = [name for name in (_tidy(before), _tidy(after)) if name]
    if not named:
        raise Misfit("money.no_currency")
    if len(named) > 1 or (code := _currency(named[0])) is None:
        raise Misfit("money.unknown_currency")
    return code, exponent


def _number(written: str) -> Decimal:
    """The value of digits with separators, when there is only one it can have."""
    digits = "".join(c for c in written if c not in _SPACES)
    if any(c in _SPACES for c in written) and not re.fullmatch(
        rf"\d{{1,3}}([{_SPACES}]\d{{3}})+([.,]\d{{1,2}})?", written
    ):
        raise Misfit("money.unreadable")
    marks = [c for c in digits if c in ".,"]
    if not marks:
        return Decimal(digits)
    last = marks[-1]
    whole, _, rest = digits.rpartition(last)
    if len(set(marks)) == 2:
        other = "." if last == "," else ","
        if marks.count(last) == 1 and re.fullmatch(rf"\d{{1,3}}(\{other}\d{{3}})+", whole) and len(rest) <= 2:
            return Decimal(whole.replace(other, "") + "." + rest)
        raise Misfit("money.unreadable")
    if len(marks) > 1:
        if re.fullmatch(rf"\d{{1,3}}(\{last}\d{{3}})+", digits):
            return Decimal(digits.replace(last, ""))
        raise Misfit("money.unreadable")
    if len(rest) == 3 and 1 <= len(whole) <= 3 and whole != "0" and not any(c in _SPACES for c in written):
        small = digits.rstrip("0").rstrip(last)
        raise Misfit("money.ambiguous", written=written, small=small, large=f"{int(whole + rest)}")
    return Decimal(whole + "." + rest)


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
