"""The picture of what was reported: which panels it has, and the same in words.

`panels_of` and `sums_of` are what is drawn; `said` says it. Drawing takes a thread.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_compact_decimal

from bot.chat.messages import File
from bot.flows.progress.data import Gathered
from bot.flows.progress.figures import amount, period_name
from bot.flows.progress.words import target_label
from bot.flows.turn import Turn
from bot.locales import Words
from bot.progress.chart import Panel, Point, Target, picture
from bot.progress.indicator import Indicator
from bot.progress.period import Period
from bot.progress.rollup import Entry, Rollup, coarsest, roll_up, windows
from storage import files

MOST_POINTS = 8
PNG = "image/png"


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn, before it is: the first `MOST_PANELS` of the panels. All of them are told in words."""

    title: str
    panels: tuple[Panel, ...]
    note: str


def drawn(gathered: Gathered, title: str, words: Words) -> Drawn:
    """The last periods of these coalitions, as long as the longest that one of them reports on. Of several coalitions
    each period says how many of those that owe a report are in its figure."""
    several = len(gathered.obligations) > 1
    shown, told = _periods(gathered), gathered.by_indicator
    numbers = [one for one in gathered.indicators if one.is_number]
    panels = [panel for one in numbers for panel in _panels(gathered, one, told.get(one.code, ()), shown, words)]
    note = words.plain("progress.chart_note") if several else ""
    return Drawn(title, tuple(panels), note)


def said(shown: Drawn, words: Words) -> str:
    """The picture in words: every figure of every panel."""
    sentences = [shown.title]
    for panel in shown.panels:
        sentences.append(words.plain("progress.figure", name=panel.heading, value=figures_of(panel, words)))
        sentences += [target.label for target in panel.targets]
    return ". ".join(filter(None, [*sentences, shown.note.rstrip(".")])) + "."


def figures_of(panel: Panel, words: Words) -> str:
    """`Q1 2026: 800; Q2: 1,200`; of several coalitions `Q1 2026 (2/3): 800`."""
    said = []
    for point in panel.points:
        period = " ".join(point.label.split())
        value = panel.gap if point.value is None else point.full
        if point.rests_on:
            said.append(words.plain("progress.point_of", period=period, share=point.rests_on, value=value))
        else:
            said.append(words.plain("progress.point", period=period, value=value))
    return "; ".join(said)


async def keep(turn: Turn, shown: Drawn, about: str) -> File:
    """Draw it, and put it where messages find it; the same picture is kept once."""
    content = await asyncio.to_thread(picture, shown.title, shown.panels, shown.note)
    connection = await turn.connection()
    name, alt = f"{about}.png", said(shown, turn.words)
    id = await files.keep(
        connection,
        name=name,
        media_type=PNG,
        content=content,
        alt=alt,
        subject=f"progress {about}",
        now=turn.now,
    )
    return File(id, name, "picture", alt)


def _periods(gathered: Gathered) -> list[Period]:
    """The last eight at most, from the first on that anything is known of."""
    known = gathered.periods
    if not known:
        return []
    every = coarsest(known)
    first = Period.around(known[0].start, every)
    last = Period.around(max(one.end for one in known), every)
    return [one for one in windows(last, MOST_POINTS) if one.start >= first.start]


def _panels(
    gathered: Gathered, indicator: Indicator, told: Sequence[Entry], shown: Sequence[Period], words: Words
) -> list[Panel]:
    """One for each currency, or one; none where nothing was ever said."""
    rolled = [roll_up(indicator, one, told, gathered.debts) for one in shown]
    several = len(gathered.obligations) > 1
    if not indicator.adds_up and several:
        # What makes no sum has no one figure for several coalitions.
        return []
    currencies = sorted({currency for one in rolled for currency in one.totals})
    if not indicator.adds_up:
        currencies = [""] if any(one.levels for one in rolled) else []
    return [_panel(indicator, currency, rolled, words, several=several) for currency in currencies]


def _panel(indicator: Indicator, currency: str, rolled: Sequence[Rollup], words: Words, *, several: bool) -> Panel:
    name = indicator.title(words.language)
    unit = currency or indicator.unit
    kind = "level" if not indicator.adds_up else "total" if indicator.cumulative else "added"
    heading = words.plain(f"progress.panel_{kind}", name=f"{name} ({unit})" if unit else name)
    targets = tuple(
        Target(goal, target_label(indicator, year, goal, words))
        for year, goal in sorted(indicator.targets.items())
        if all(one.share_of(goal) is not None for one in rolled)
    )
    points = tuple(_point(one, place, currency, words, several=several) for place, one in enumerate(rolled))
    gap = words.plain("progress.no_figure")
    return Panel(heading, points, indicator.cumulative or not indicator.adds_up, gap, targets)


def _point(rolled: Rollup, place: int, currency: str, words: Words, *, several: bool) -> Point:
    label, coverage = _label(rolled.window, place, words.language), rolled.coverage
    rests_on = f"{coverage.counted - coverage.earlier}/{coverage.coalitions}" if several else ""
    value = _value(rolled, currency, several=several)
    if value is None:
        return Point(label, rests_on)
    compact = format_compact_decimal(value, locale=words.language, fraction_digits=1)
    full = amount(value, words.language)
    return Point(label, rests_on, value, full, full if abs(value) < 1000 else str(compact))


def _value(rolled: Rollup, currency: str, *, several: bool) -> Decimal | None:
    """A coalition that did not report on the period has no figure there, also of what is carried on."""
    if not rolled.coverage.reports and not (several and rolled.coverage.counted):
        return None
    if rolled.indicator.adds_up:
        return rolled.totals.get(currency)
    return rolled.levels[-1] if rolled.levels else None


def _label(period: Period, place: int, language: str) -> str:
    """`Q1` with its year below it at the first one and wherever a year begins."""
    if period.every == "yearly":
        return str(period.start.year)
    short = str(format_date(period.start, "QQQ" if period.every == "quarterly" else "LLL", locale=language))
    return f"{short}\n{period.start.year}" if place == 0 or period.start.month == 1 else short


def up_to(name: str, gathered: Gathered, words: Words) -> str:
    """A title: what is looked at, and up to when."""
    shown = _periods(gathered)
    if not shown:
        return name
    return words.plain("progress.chart_title", name=name, period=period_name(shown[-1], words.language))
