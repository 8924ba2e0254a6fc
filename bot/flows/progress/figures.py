"""Figures of reports in words, and read from what people write.

As an answer, a figure is its amount (`1200`), its amounts with their currencies (`5000.00 EUR; 3000.00 USD`), `yes` or
`no`, or words; an empty answer is nothing to report.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_compact_decimal, format_decimal

from bot.flows import money
from bot.flows.flow import Misfit, Option, Unsure
from bot.flows.turn import Turn
from bot.flows.typed import folded
from bot.locales import Words
from bot.progress.indicator import Indicator
from bot.progress.numbers import Ambiguous, Misread, Value, read_number
from bot.progress.numerals import numerals
from bot.progress.period import Period
from bot.progress.plausible import surprise
from storage.progress import Figure, Given

LONGEST_WORDS = 300
# What stands between two amounts of money; a comma between digits belongs to an amount.
_BETWEEN = re.compile(r"\s*(?:;|\+|&|\n|(?<=[^\d\s]),\s|,\s(?=[^\d\s])|\b(?:and|et|y|plus|más)\b)\s*", re.IGNORECASE)
_NARROW_SPACE = "\u202f"


def amount(value: Decimal, language: str) -> str:
    """`1,200.5` in English, `1 200,5` in French and Spanish."""
    written = str(format_decimal(value, locale=language, decimal_quantization=False))
    # A full stop between thousands could be read in two ways; a space, which Spanish has as well, cannot.
    return written.replace(".", _NARROW_SPACE) if language == "es" else written


def with_unit(indicator: Indicator, value: Decimal, language: str) -> str:
    """`1,200 ha`, or `50%` as each language writes it."""
    number = amount(value, language)
    if indicator.kind == "percentage" and language == "en":
        return f"{number}%"
    return f"{number}\u00a0{indicator.unit}" if indicator.unit else number


def shown(indicator: Indicator, answer: str, words: Words) -> str:
    """An answer as its reader knows it."""
    if not answer:
        return words.plain("figure.nothing")
    if indicator.kind == "money":
        return "; ".join(money.shown(*money.parse(one), words.language) for one in answer.split("; "))
    if indicator.kind == "yes_no":
        return words.plain(f"figure.{answer}")
    return with_unit(indicator, Decimal(answer), words.language) if indicator.is_number else answer


def shown_figures(indicator: Indicator, figures: Sequence[Figure], words: Words) -> str:
    """The figures of one report about one indicator as their reader knows them."""
    return shown(indicator, answer_of(indicator, figures), words)


def answer_of(indicator: Indicator, figures: Sequence[Figure]) -> str:
    """The answer that these figures of one report were given with."""
    mine = [one for one in figures if one.indicator == indicator.code]
    amounts = [one for one in mine if one.amount is not None]
    if not amounts:
        return mine[0].words if mine else ""
    if indicator.kind == "money":
        return "; ".join(f"{one.amount:.2f} {one.currency}" for one in amounts)
    return _plain(amounts[0].amount or Decimal())


def given(indicator: Indicator, answer: str, details: dict[str, str]) -> list[Given]:
    """What an answer puts into the tables."""
    if indicator.kind == "money" and answer:
        parts = [money.parse(one) for one in answer.split("; ")]
        return [Given(indicator.code, value, currency=currency, details=details) for value, currency in parts]
    if indicator.is_number and answer:
        return [Given(indicator.code, Decimal(answer), details=details)]
    return [Given(indicator.code, words=answer, details=details)]


def period_name(period: Period, language: str) -> str:
    """`July 2026`, `Q3 2026`, `T3 2026` (French and Spanish), `2026`."""
    pattern = {"monthly": "LLLL y", "quarterly": "QQQ y", "yearly": "y"}[period.every]
    return str(format_date(period.start, pattern, locale=language))


def day(of: date, language: str) -> str:
    """`30 October 2026`, as each language writes it."""
    return str(format_date(of, "long", locale=language))


def reader(indicator: Indicator, last: str) -> Callable[[Turn, str], str]:
    """Reads what somebody writes about this indicator, who answered `last` the time before (empty: nothing)."""

    def read(turn: Turn, written: str) -> str:
        if folded(written) in _listed(turn.words, "figure.same_words") and last:
            return last
        if folded(written) in _listed(turn.words, "figure.nothing_words"):
            return ""
        if indicator.kind == "money":
            return _money(turn, indicator, written, last)
        return _number(turn, indicator, written, last) if indicator.is_number else _told(written)

    return read


def _told(written: str) -> str:
    if len(written) > LONGEST_WORDS:
        raise Misfit("write.too_long", longest=LONGEST_WORDS, length=len(written))
    return written


def _number(turn: Turn, indicator: Indicator, written: str, last: str) -> str:
    names = frozenset(folded(indicator.title(turn.language)).split())
    match read_number(written, indicator.kind, turn.language, indicator.plausible, names):
        case Misread(reason):
            unit = "figure.unit_of" if indicator.unit else "figure.no_unit"
            raise Misfit(f"figure.not_{reason}", unit_words=turn.words.plain(unit, unit=indicator.unit))
        case Ambiguous(readings, doubt):
            said = [with_unit(indicator, value, turn.language) for value in readings]
            ask = "words" if doubt == "marks" and len(readings) == 1 else doubt
            raise Unsure(
                f"figure.doubt_{ask}",
                [Option(_plain(v), _reading(turn, v, text, len(said))) for v, text in zip(readings, said, strict=True)],
                value=said[0],
            )
        case Value(value):
            _ask_if_surprising(turn, indicator, value, Decimal(last) if last else None, _plain(value))
            return _plain(value)


def _reading(turn: Turn, value: Decimal, text: str, choices: int) -> str:
    """A reading's button: `Yes, 12 ha`, or among others `1,200 ha (1.2 thousand)` beside `1.2 ha`."""
    if choices == 1:
        return _yes(turn, text)
    if abs(value) < 1000:
        return text
    compact = format_compact_decimal(value, format_type="long", locale=turn.language, fraction_digits=3)
    return f"{text} ({compact})"


def _yes(turn: Turn, text: str) -> str:
    """`Yes, 12 ha`; without the figure, which the question names, where a phone would cut it off."""
    label = turn.words.plain("figure.yes_reading", value=text)
    return label if len(label) <= turn.limits.comfortable_label else turn.words.plain("figure.is_right")


def _money(turn: Turn, indicator: Indicator, written: str, last: str) -> str:
    """One amount or several, each with its currency; those in one currency are one."""
    nothing = (value == 0 for one in numerals(written) for value in one.values() or (1,))
    if next(nothing, False) and all(nothing) and not (indicator.cumulative and last):
        return ""
    before = {currency: value for value, currency in map(money.parse, last.split("; "))} if last else {}
    parts = [part for part in _BETWEEN.split(written) if part]
    if len(parts) < 2:
        read = [money.read(turn, written, before)]
    else:
        try:
            read = [money.read(turn, part, before) for part in parts]
        except Unsure as unsure:
            # Several amounts leave no room for a button for each reading of one.
            raise Misfit("figure.not_one_doubt", written=unsure.values["written"]) from None
    total: dict[str, Decimal] = {}
    for value, currency in map(money.parse, read):
        total[currency] = total.get(currency, Decimal()) + value
    answer = "; ".join(f"{value:.2f} {currency}" for currency, value in sorted(total.items()))
    for currency, value in total.items():
        _ask_if_surprising(turn, indicator, value, before.get(currency), answer, currency)
    return answer


def _ask_if_surprising(
    turn: Turn, indicator: Indicator, value: Decimal, last: Decimal | None, answer: str, currency: str = ""
) -> None:
    why = surprise(indicator, value, last)
    if why is None:
        return

    def said(one: Decimal) -> str:
        return money.shown(one, currency, turn.language) if currency else with_unit(indicator, one, turn.language)

    label = _yes(turn, shown(indicator, answer, turn.words))
    compared = said(last) if last is not None else ""
    raise Unsure(f"figure.doubt_{why}", [Option(answer, label)], value=said(value), last=compared)


def _listed(words: Words, text: str) -> set[str]:
    return {folded(one) for one in words.plain(text).split(",")}


def _plain(value: Decimal) -> str:
    """Digits without an exponent and without zeros that say nothing."""
    return f"{value.normalize():f}" if value else "0"
