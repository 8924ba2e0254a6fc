"""The whole of a table of ratings: every item, the panel, and what changed since the round before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

import numpy as np

from bot.delphi import agreement, concordance, consensus, polarization, spread
from bot.delphi.agreement import Metric, Weights
from bot.delphi.change import Stability, changes
from bot.delphi.concordance import KendallW
from bot.delphi.disclosure import SMALLEST_GROUP
from bot.delphi.distribution import MISSING, UNABLE, Distribution, Ratings, histograms
from bot.delphi.participation import Response, attrition, response
from bot.delphi.polarization import Flag, flags
from bot.delphi.quantile import Q1, Q3, QuantileType, median, quantile
from bot.delphi.ram import Disagreement, Halfway, Ram, ram
from bot.delphi.refused import Refused, attempt
from bot.delphi.rules import verdicts
from bot.delphi.scale import Scale, Zone
from bot.delphi.table import Table


@dataclass(frozen=True, slots=True)
class Settings:
    """What a protocol fixes beforehand; `threshold` says what counts as agreed in the four cells."""

    scale: Scale
    quantiles: QuantileType = QuantileType.R
    disagreement: Disagreement = Disagreement.IPRAS
    halfway: Halfway = Halfway.UNCERTAIN
    threshold: Fraction = consensus.USUAL_THRESHOLD
    weights: Weights = Weights.QUADRATIC
    smallest_group: int = SMALLEST_GROUP
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Shares:
    low: Fraction
    mid: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class Item:
    """One item, in points of the scale where nothing else is said. None is what was not asked for."""

    n: int
    unable: int
    missing: int
    mean: float | Refused
    sd: float | Refused
    cv: float | Refused
    median: Fraction | Refused
    q1: Fraction | Refused
    q3: Fraction | Refused
    iqr: Fraction | Refused
    madm: float | Refused
    shares: Shares | Refused
    distribution: dict[str, int]
    comet: consensus.Verdict | Refused
    agreement_share: Fraction | Refused
    rules: dict[str, StrEnum | Refused]
    ram: Ram | Refused
    van_der_eijk_a: Fraction | Refused
    polarization: Fraction | Refused
    tastle_wierman: float | Refused
    leik_d: Fraction | Refused
    flags: tuple[Flag, ...]
    groups: dict[str, "Item"] | None = None
    stability: Stability | Refused | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """Agreement over all items."""

    kendall_w: KendallW | Refused
    krippendorff_alpha: dict[str, float | Refused]
    gwet_ac1: float | Refused
    gwet_ac2: float | Refused
    fleiss_kappa: float | Refused


@dataclass(frozen=True, slots=True)
class View:
    """How some of the panel rated an item."""

    n: int
    mean: float | Refused
    median: Fraction | Refused
    agreement_share: Fraction | Refused


@dataclass(frozen=True, slots=True)
class Leavers:
    """Who answered the round before and not this one; how they and the others rated its items.

    `minority_view_on` names the items where most of those who left held a minority view.
    """

    left: int
    minority_view_on: tuple[str, ...]
    items: dict[str, dict[str, View]]


@dataclass(frozen=True, slots=True)
class Participation:
    """The rows of each file are taken for those who were invited."""

    current: Response
    previous: Response | None = None
    leavers: Leavers | None = None


@dataclass(frozen=True, slots=True)
class Analysis:
    settings: Settings
    items: dict[str, Item]
    panel: Panel
    participation: Participation


def analyse(table: Table, settings: Settings, previous: Table | None = None) -> Analysis:
    """Everything that can be said of a table with a panellist and an item at least, and of its change since `previous`.

    Raises Refused for a rating off the scale.
    """
    items = {item: _item_with_groups(table, item, settings) for item in table.items}
    if previous is not None:
        since = changes(table, previous, settings.scale, settings.threshold)
        items = {item: replace(described, stability=since[item]) for item, described in items.items()}
    return Analysis(settings, items, _panel(table.ratings, settings), _participation(table, previous, settings.scale))


def describe(ratings: Ratings, settings: Settings, groups: Sequence[Distribution] = ()) -> Item:
    """One item from its ratings, shape (panellists,); the medians of `groups` are compared for the flags."""
    rated = Distribution.of(ratings, settings.scale)
    values, kind = rated.ratings(), settings.quantiles
    by_ram = attempt(ram, rated, kind, settings.disagreement, settings.halfway)
    return Item(
        n=rated.n,
        unable=int((ratings == UNABLE).sum()),
        missing=int((ratings == MISSING).sum()),
        mean=attempt(spread.mean, values),
        sd=attempt(spread.sd, values),
        cv=attempt(spread.cv, values),
        median=attempt(median, values),
        q1=attempt(quantile, values, Q1, kind),
        q3=attempt(quantile, values, Q3, kind),
        iqr=attempt(spread.iqr, values, kind),
        madm=attempt(spread.madm, values),
        shares=attempt(lambda: Shares(*(rated.share(zone) for zone in Zone))),
        distribution={str(value): heads for value, heads in zip(rated.scale.values, rated.heads, strict=True)},
        comet=attempt(consensus.comet, rated),
        agreement_share=attempt(consensus.agreement_share, rated),
        rules=verdicts(rated, kind, settings.halfway),
        ram=by_ram,
        van_der_eijk_a=attempt(polarization.van_der_eijk_a, rated),
        polarization=attempt(polarization.polarization, rated),
        tastle_wierman=attempt(polarization.tastle_wierman, rated),
        leik_d=attempt(polarization.leik_d, rated),
        flags=flags(rated, isinstance(by_ram, Ram) and by_ram.disagrees, groups),
    )


def _item_with_groups(table: Table, item: str, settings: Settings) -> Item:
    ratings = table.column(item)
    if table.groups is None:
        return describe(ratings, settings)
    groups = np.array(table.groups)
    by_group = {name: ratings[groups == name] for name in sorted(set(table.groups) - {""})}
    counted = [Distribution.of(of_group, settings.scale) for of_group in by_group.values()]
    return replace(
        describe(ratings, settings, [group for group in counted if group.n >= settings.smallest_group]),
        groups={name: describe(of_group, settings) for name, of_group in by_group.items()},
    )


def _panel(ratings: Ratings, settings: Settings) -> Panel:
    heads = histograms(ratings, settings.scale)
    rng = np.random.default_rng(settings.seed)
    return Panel(
        kendall_w=attempt(concordance.kendall_w, concordance.complete_raters(ratings), rng),
        krippendorff_alpha={
            metric: attempt(agreement.krippendorff_alpha, heads, settings.scale, metric) for metric in Metric
        },
        gwet_ac1=attempt(agreement.gwet_ac, heads, Weights.IDENTITY),
        gwet_ac2=attempt(agreement.gwet_ac, heads, settings.weights),
        fleiss_kappa=attempt(agreement.fleiss_kappa, heads),
    )


def _participation(table: Table, previous: Table | None, scale: Scale) -> Participation:
    current = response(table.ratings)
    if previous is None:
        return Participation(current)
    answered = (table.ratings != MISSING).any(axis=1)
    still_here = {name for name, has_answered in zip(table.panellists, answered, strict=True) if has_answered}
    answered_before = (previous.ratings != MISSING).any(axis=1)
    left = np.array([name not in still_here for name in previous.panellists]) & answered_before
    compared = dict(zip(previous.items, attrition(previous.ratings, left, scale), strict=True))
    leavers = Leavers(
        left=int(left.sum()),
        minority_view_on=tuple(item for item, each in compared.items() if each.alarm),
        items={item: {"stayed": _view(each.stayed), "left": _view(each.left)} for item, each in compared.items()},
    )
    return Participation(current, response(previous.ratings), leavers)


def _view(rated: Distribution) -> View:
    values = rated.ratings()
    share = attempt(consensus.agreement_share, rated)
    return View(rated.n, attempt(spread.mean, values), attempt(median, values), share)
