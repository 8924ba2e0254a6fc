"""Numbers as people write them: `1 200 ha`, `1.2k`, `12 mil`, `3,5 %`, `1'200`.

What a text means beyond doubt is a `Value`. What it may mean is `Ambiguous`, for the person to be asked; nothing is
guessed. What it cannot mean is `Misread`, with the reason.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from bot.progress.indicator import Kind
from bot.progress.numerals import Numeral, numerals

Doubt = Literal["marks", "several", "unit", "words"]
Reason = Literal["none", "shape", "unit", "negative", "over_100", "whole", "large", "precise"]


@dataclass(frozen=True, slots=True)
class Value:
    """The one thing that a text means."""

    amount: Decimal


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """What a text may mean, and why it has to be asked about: the `marks` between its digits (or the word behind them)
    can be read in several ways, it holds `several` numbers, it is in another `unit` and was converted, or there are
    further `words`, like "about"."""

    readings: tuple[Decimal, ...]
    doubt: Doubt


@dataclass(frozen=True, slots=True)
class Misread:
    """Why a text is no figure of the kind that was asked for."""

    reason: Reason


# More would not come back from every database as they were written.
_LARGEST = Decimal(10) ** 12
_DIGITS, _DECIMALS = 15, 6
# A change of the stock of carbon may be a loss.
_MAY_BE_NEGATIVE = ("carbon",)

# Each with the kind it measures and what one of it is in the kind's own unit. All are exact: an acre is the
# international one, 4046.8564224 m². Longer ones come first, since they hold the shorter ones.
_UNITS: tuple[tuple[Kind | None, Decimal, str], ...] = (
    ("carbon", Decimal(1), r"(?:t|mg|tonnes?) ?c ?(?:/ ?ha|ha⁻¹)"),
    ("carbon", Decimal(1), r"tonnes? of carbon per hectare|tonnes? de carbone par hectare"),
    ("carbon", Decimal(1), r"toneladas? de carbono por hect[aá]rea"),
    ("area", Decimal(100), r"km²|sq\.? ?km|square kilomet(?:re|er)s?|kil?om[eè]tres? carr[eé]s?"),
    ("area", Decimal(100), r"kil[oó]metros? cuadrados?"),
    ("area", Decimal("0.0001"), r"m²|sq\.? ?m|square met(?:re|er)s?|m[eè]tres? carr[eé]s?|metros? cuadrados?"),
    ("area", Decimal("0.40468564224"), r"acres?"),
    ("area", Decimal(1), r"has?|hectares?|hect[aá]reas?|hm²"),
    ("percentage", Decimal(1), r"%|per ?cent|pour ?cent|por ?ciento|pct"),
    ("percentage", Decimal("0.1"), r"‰"),
    ("money", Decimal(1), r"[€$£¥₹]|eur|usd|gbp|xof|f ?cfa|euros?|dollars?|d[oó]lar(?:es)?"),
    (None, Decimal(1), r"t(?:onnes?|oneladas?|ons?)?(?: ?co₂e?)?(?: ?/ ?ha)?|kg|km|m"),
)
_MEASURES = [(kind, one, re.compile(rf"(?<!\w)(?:{pattern})(?!\w)")) for kind, one, pattern in _UNITS]
_HAS_UNIT: tuple[Kind, ...] = ("area", "percentage", "carbon")
_WORD = re.compile(r"[^\W_]+|[^\w\s.,;:!?]")
_FILLERS = frozenset(("de", "d", "of", "’", "'", "des", "du", "en", "in"))


def anything(_amount: Decimal) -> bool:
    """The expectation of somebody who expects nothing."""
    return True


def read_number(
    written: str,
    kind: Kind,
    language: str = "",
    expected: Callable[[Decimal], bool] = anything,
    names: Collection[str] = (),
) -> Value | Ambiguous | Misread:
    """What the text means as a figure of this kind (all but money, which has its currency with it).

    `expected` says of an amount whether it is a likely one, and decides between two readings; `names` are words, in
    lower case, that may stand beside the number without being asked about, like "people" where people are counted.
    """
    found = numerals(written, language)
    if not found:
        return Misread("none")
    if any(not one.values(language) for one in found):
        return Misread("shape")
    around = " ".join(" ".join(part for one in found for part in (one.before, one.after)).casefold().split())
    measures, rest = _measures(around)
    others = [word for word in _WORD.findall(rest) if word not in _FILLERS and word not in names]
    if any(measure != kind for measure, _ in measures) or len(set(measures)) > 1:
        return Misread("unit")
    if kind in _HAS_UNIT and not measures and others and _WORD.search(found[-1].after):
        return Misread("unit")
    factor = measures[0][1] if measures else Decimal(1)
    readings = [tuple(_converted(value, factor) for value in one.values(language)) for one in found]
    every = tuple(dict.fromkeys(value for each in readings for value in _likely(each, kind, expected)))
    wrong = [_wrong(value, kind) for value in every]
    if all(wrong):
        return Misread(wrong[0] or "shape")
    possible = tuple(value for value, reason in zip(every, wrong, strict=True) if reason is None)
    # What is too large or too fine for us was perhaps meant all the same.
    is_clear = sum(reason in (None, "large", "precise") for reason in wrong) == 1
    doubt = _doubt(found, is_clear and not found[0].is_unusual(language), factor != 1, bool(others))
    return Ambiguous(possible, doubt) if doubt else Value(possible[0])


def _measures(around: str) -> tuple[list[tuple[Kind | None, Decimal]], str]:
    """The units that the words name, and the other words."""
    measures = []
    for kind, one, pattern in _MEASURES:
        around, times = pattern.subn(" ", around)
        measures += [(kind, one)] if times else []
    return measures, around


def _likely(readings: tuple[Decimal, ...], kind: Kind, expected: Callable[[Decimal], bool]) -> tuple[Decimal, ...]:
    """Those of several readings that can be meant: whole numbers where things are counted, expected ones if any is."""
    if len(readings) > 1:
        for is_likely in (lambda value: kind != "count" or value == value.to_integral_value(), expected):
            readings = tuple(value for value in readings if is_likely(value)) or readings
    return readings


def _wrong(amount: Decimal, kind: Kind) -> Reason | None:
    if amount < 0 and kind not in _MAY_BE_NEGATIVE:
        return "negative"
    if kind == "percentage" and amount > 100:
        return "over_100"
    if kind == "count" and amount != amount.to_integral_value():
        return "whole"
    if abs(amount) >= _LARGEST:
        return "large"
    _, digits, exponent = amount.as_tuple()
    if len(digits) > _DIGITS or not isinstance(exponent, int) or -exponent > _DECIMALS:
        return "precise"
    return None


def _doubt(found: list[Numeral], is_clear: bool, is_converted: bool, has_more: bool) -> Doubt | None:
    def doubts() -> Iterator[Doubt]:
        if len(found) > 1:
            yield "several"
        if not is_clear:
            yield "marks"
        if is_converted:
            yield "unit"
        if has_more:
            yield "words"

    return next(doubts(), None)


def _converted(amount: Decimal, factor: Decimal) -> Decimal:
    """In the kind's own unit, without zeros that say nothing and without an exponent."""
    amount = amount if factor == 1 else round(amount * factor, _DECIMALS)
    return Decimal(f"{amount.normalize():f}") if amount else Decimal()
