"""What may be answered to an item of a study: read from a button or from words, and said again in the reader's words.

Pure. A value is stored as JSON: a whole number on a scale, a number, an option, a list of options (in order for a
ranking), words; None is "unable to score".
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from babel.numbers import format_decimal

from bot.delphi.protocol import (
    AGREE_POINTS,
    AgreeItem,
    ChoiceItem,
    Item,
    NumberItem,
    Option,
    Protocol,
    RankingItem,
    in_language,
)
from bot.flows import flow
from bot.flows.flow import Misfit
from bot.flows.typed import choose, folded
from bot.locales import Words
from bot.progress.numerals import numerals

Value = int | float | str | list[str] | None

# A scale with more points than this is typed: its digits would fill a phone.
MOST_DIGITS = 11
UNABLE = "u"
LONGEST = 2000
_YEARS = range(1000, 3000)


@dataclass(frozen=True, slots=True)
class Choosing:
    """What a button stands for: an answer to `keep`, or an order to go on with, given so far as `ordered`."""

    keep: bool
    value: Value = None
    ordered: tuple[int, ...] = ()


def is_tapped(item: Item, protocol: Protocol) -> bool:
    """Whether the item is answered by buttons; else by typing."""
    scale = protocol.scale_of(item)
    return scale.points <= MOST_DIGITS if scale else isinstance(item, ChoiceItem | RankingItem)


def ranks(item: RankingItem) -> int:
    """How many of its options are put in order."""
    return min(item.most or len(item.options), len(item.options))


def from_button(item: Item, protocol: Protocol, move: str, before: Value) -> Choosing | None:
    """What a button's move stands for; None when it is no move of this item. Raises `Misfit` for one option too many.

    `7` is a point, `u` unable, `o2` the third option, `a2` and `d2` that option added to several or dropped from them,
    `r20` the options ranked so far, by their places in base 36.
    """
    if move == UNABLE:
        return Choosing(True) if item.unable else None
    scale = protocol.scale_of(item)
    if scale is not None:
        return Choosing(True, int(move)) if move.isdecimal() and int(move) in scale.values else None
    if isinstance(item, RankingItem) and move[:1] == "r":
        return _ranked(item, move[1:])
    if isinstance(item, ChoiceItem) and move[:1] in ("o", "a", "d"):
        option = _option(item.options, move[1:])
        if option is None:
            return None
        if move[0] == "o":
            return Choosing(True, option.id)
        chosen = [one for one in before if one != option.id] if isinstance(before, list) else []
        if move[0] == "a":
            chosen.append(option.id)
        if len(chosen) > item.most:
            raise Misfit("answer.too_many", most=item.most)
        return Choosing(True, [one.id for one in item.options if one.id in chosen])
    return None


def read(item: Item, protocol: Protocol, written: str, words: Words) -> Value:
    """What somebody typed. Raises `Misfit`, which says what would fit."""
    if item.unable and folded(written) == folded(words.plain("rate.unable")):
        return None
    scale = protocol.scale_of(item)
    if isinstance(item, AgreeItem):
        labels = [flow.Option(str(point), words.plain(f"agree.{point}")) for point in AGREE_POINTS.values]
        return int(choose(labels, written))
    if scale is not None:
        if not written.strip().isdecimal() or int(written) not in scale.values:
            raise Misfit("answer.off_scale", written=written.strip()[:20], low=scale.low, high=scale.high)
        return int(written)
    match item:
        case ChoiceItem():
            return _typed_choice(item, written, words)
        case RankingItem():
            return _typed_ranking(item, written, words)
        case NumberItem():
            return _bounded(item, _number(written, words.language, whole=item.measure == "year"), words)
    return written.strip()[:LONGEST]


def show(item: Item, value: Value, words: Words) -> str:
    """An answer as its reader knows it."""
    if value is None:
        return words.plain("rate.unable")
    match item:
        case AgreeItem():
            return words.plain(f"agree.{value}")
        case ChoiceItem():
            chosen = value if isinstance(value, list) else [value]
            return ", ".join(_label(item.options, str(id), words) for id in chosen) or words.plain("screen.skipped")
        case RankingItem():
            placed = enumerate(value if isinstance(value, list) else [], 1)
            return ", ".join(f"{place}. {_label(item.options, id, words)}" for place, id in placed)
        case NumberItem():
            return show_number(item, Decimal(str(value)), words)
    return str(value)


def show_number(item: NumberItem, number: Decimal, words: Words) -> str:
    """A number with its unit: 2035, `35 %`, `1,200 EUR`, `12 t/ha`."""
    if item.measure == "year":
        return f"{number:.0f}"
    written = format_decimal(number.quantize(Decimal("0.01")).normalize(), locale=words.language)
    unit = "%" if item.measure == "percent" else item.currency or in_language(item.unit, words.language)
    return f"{written} {unit}".rstrip()


def _typed_choice(item: ChoiceItem, written: str, words: Words) -> Value:
    if item.most == 1:
        return choose(_labelled(item.options, words), written)
    chosen = {choose(_labelled(item.options, words), part) for part in _parts(written)}
    if len(chosen) > item.most:
        raise Misfit("answer.too_many", most=item.most)
    return [option.id for option in item.options if option.id in chosen]


def _typed_ranking(item: RankingItem, written: str, words: Words) -> Value:
    order = list(dict.fromkeys(choose(_labelled(item.options, words), part) for part in _parts(written)))
    left = [option.id for option in item.options if option.id not in order]
    if len(left) == 1 and ranks(item) == len(item.options):
        order += left
    if len(order) != ranks(item):
        raise Misfit("answer.rank_all", n=ranks(item))
    return order


def _parts(written: str) -> list[str]:
    return [part for part in re.split("[,;>]", written) if part.strip()]


def _labelled(options: list[Option], words: Words) -> list[flow.Option]:
    return [flow.Option(option.id, in_language(option.text, words.language)) for option in options]


def _label(options: list[Option], id: str, words: Words) -> str:
    return next((in_language(option.text, words.language) for option in options if option.id == id), id)


def _option(options: list[Option], place: str) -> Option | None:
    return options[int(place)] if place.isdecimal() and int(place) < len(options) else None


def _ranked(item: RankingItem, order: str) -> Choosing | None:
    try:
        places = tuple(int(place, 36) for place in order)
    except ValueError:
        return None
    if len(set(places)) != len(places) or any(place >= len(item.options) for place in places):
        return None
    left = [place for place in range(len(item.options)) if place not in places]
    if len(left) == 1 and ranks(item) == len(item.options):
        # What is left over has the last place.
        places += (left[0],)
    if len(places) < ranks(item):
        return Choosing(False, ordered=places)
    return Choosing(True, [item.options[place].id for place in places])


def _number(written: str, language: str, *, whole: bool) -> Decimal:
    """The one number that the words hold. Raises `Misfit` where there is none or it can be read in two ways."""
    found = numerals(written, language)
    readings = found[0].values(language) if len(found) == 1 else ()
    if whole:
        readings = tuple(number for number in readings if number in _YEARS)
    if not readings:
        raise Misfit("answer.no_year" if whole else "answer.no_number")
    if len(readings) > 1:
        one, other, *_ = (format_decimal(number, group_separator=False, locale=language) for number in readings)
        raise Misfit("answer.two_readings", one=one, other=other)
    return readings[0]


def _bounded(item: NumberItem, number: Decimal, words: Words) -> int | float:
    bounds = [(item.least, "answer.too_small", number.__lt__), (item.most, "answer.too_large", number.__gt__)]
    for bound, text, beyond in bounds:
        if bound is not None and beyond(Decimal(str(bound))):
            raise Misfit(text, bound=show_number(item, Decimal(str(bound)), words))
    return int(number) if number % 1 == 0 else float(number)
