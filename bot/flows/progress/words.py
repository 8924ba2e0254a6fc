"""Progress in words: a coalition's figures with how they changed, and sums with what they rest on."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from bot.catalogue.catalogue import Catalogue
from bot.chat.markup import Markup, join
from bot.flows import describe, money
from bot.flows.progress.figures import amount, period_name, with_unit
from bot.locales import Words
from bot.progress.definition import OURS
from bot.progress.indicator import Indicator
from bot.progress.period import Period
from bot.progress.rollup import Coverage, Entry, Rollup, Trend
from storage.progress import Report

NO_AMOUNT = Decimal()


def amounts(indicator: Indicator, by_currency: Mapping[str, Decimal], language: str) -> str:
    """`1,200 ha`, or `5,000.00 EUR; 3,000.00 USD`."""
    if indicator.kind == "money":
        return "; ".join(money.shown(value, currency, language) for currency, value in sorted(by_currency.items()))
    return with_unit(indicator, by_currency.get("", NO_AMOUNT), language)


def value(indicator: Indicator, entry: Entry, words: Words) -> str:
    """What an entry says."""
    if entry.amounts:
        return amounts(indicator, entry.amounts, words.language)
    if not entry.words:
        return words.plain("figure.nothing")
    return words.plain(f"figure.{entry.words}") if indicator.kind == "yes_no" else describe.shortened(entry.words)


def trend(indicator: Indicator, found: Trend, period: Period, words: Words) -> Markup:
    """`Land: 1,200 ha, up from 800 ha in Q2 2026`; a figure older than `period` says from when it is."""
    latest, before = found.latest, found.before
    said = value(indicator, latest, words)
    if latest.period != period:
        said = words.plain("progress.from", value=said, period=period_name(latest.period, words.language))
    name = indicator.title(words.language)
    if before is None or indicator.kind == "text":
        return words("progress.figure", name=name, value=said)
    since = period_name(before.period, words.language)
    was = value(indicator, before, words)
    return words(f"progress.{_direction(latest, before)}", name=name, value=said, before=was, period=since)


def _direction(latest: Entry, before: Entry) -> str:
    if latest.amounts == before.amounts and latest.words == before.words:
        return "same"
    if len(latest.amounts) == 1 and latest.amounts.keys() == before.amounts.keys():
        (now,), (then,) = latest.amounts.values(), before.amounts.values()
        return "up" if now > then else "down"
    # Several currencies, or yes after no, are neither more nor less.
    return "changed"


def sums(rolled: Sequence[Rollup], words: Words, catalogue: Catalogue, served: str = "") -> Markup:
    """Each indicator's sum, what it rests on, and its targets; what all rest on alike is said once, before them.

    `served` is the facility that is looked at: the target of an objective that another one serves has no place there.
    """
    rests_on = {one.coverage for one in rolled}
    alike = coverage(rests_on.pop(), words) if len(rests_on) == 1 and len(rolled) > 1 else ()
    lines = [
        join(
            [
                _sum_line(one, words),
                () if alike else coverage(one.coverage, words),
                *(_targets(one, words) if _belongs(one.indicator, catalogue, served) else ()),
            ]
        )
        for one in rolled
    ]
    return join([alike, *lines], "\n\n")


def _sum_line(rolled: Rollup, words: Words) -> Markup:
    indicator = rolled.indicator
    label = "level" if not indicator.adds_up else "total" if indicator.cumulative else "added"
    period, name = period_name(rolled.window, words.language), indicator.title(words.language)
    return words(f"progress.sum_{label}", name=name, period=period, value=_sum(rolled, words))


def _targets(rolled: Rollup, words: Words) -> list[Markup]:
    return [target(rolled, year, goal, words) for year, goal in sorted(rolled.indicator.targets.items())]


def _sum(rolled: Rollup, words: Words) -> str:
    indicator = rolled.indicator
    if not rolled.coverage.counted:
        # Nobody has said that there was nothing, either.
        return words.plain("progress.no_figure")
    if indicator.kind == "yes_no":
        return words.plain("progress.yes_of", yes=rolled.yes, n=rolled.coverage.counted)
    if not indicator.adds_up:
        if not rolled.levels:
            return words.plain("figure.nothing")
        low, high = (with_unit(indicator, one, words.language) for one in (rolled.levels[0], rolled.levels[-1]))
        return low if low == high else words.plain("progress.range", low=low, high=high)
    return amounts(indicator, rolled.totals, words.language) if rolled.totals else words.plain("figure.nothing")


def _belongs(indicator: Indicator, catalogue: Catalogue, served: str) -> bool:
    if not served or indicator.facility == served:
        return True
    return indicator.objective in {one.code for one in catalogue.objectives_of(served)}


def coverage(rests_on: Coverage, words: Words) -> Markup:
    """`From 4 of 6 coalitions that owe a report. 14 of 18 reports are in.`"""
    parts = [words.count("progress.coverage", rests_on.coalitions, counted=rests_on.counted)]
    if rests_on.reports < rests_on.owed and rests_on.owed > rests_on.coalitions:
        parts.append(words.count("progress.reports_in", rests_on.owed, reports=rests_on.reports))
    if rests_on.earlier:
        parts.append(words.count("progress.earlier", rests_on.earlier))
    return join(parts, " ")


def target(rolled: Rollup, year: str, goal: Decimal, words: Words) -> Markup:
    """`Target for 2030: 30 a year. This is 40% of it.`; no share where the two do not compare."""
    said = target_label(rolled.indicator, year, goal, words)
    share = rolled.share_of(goal)
    if share is None:
        return words("progress.target", target=said)
    return words("progress.target_share", target=said, share=with_share(share, words))


def target_label(indicator: Indicator, year: str, goal: Decimal, words: Words) -> str:
    """`Target for 2030: 30 a year`."""
    kind = "yearly" if indicator.adds_up and not indicator.cumulative else "level"
    shown = amount(goal, words.language) if indicator.kind == "money" else with_unit(indicator, goal, words.language)
    return words.plain(f"progress.target_{kind}", year=year, goal=shown)


def with_share(share: int, words: Words) -> str:
    """`40%`, as each language writes it."""
    return f"{share}%" if words.language == "en" else f"{share}\u00a0%"


def ours(indicators: Sequence[Indicator], words: Words) -> Markup:
    """Says that indicators are not the Initiative's own, where one is not."""
    return words("progress.ours") if any(one.mark == OURS for one in indicators) else ()


def line(words: Words, place: int, title: str, report: Report | None) -> Markup:
    """`1. Soil Regeneration: On track (Q3 2026)`."""
    if report is None:
        return words("progress.line_none", place=place, title=title)
    status = words.plain(f"report.status.{report.status}")
    period = period_name(Period.parse(report.period), words.language)
    return words("progress.line", place=place, title=title, status=status, period=period)
