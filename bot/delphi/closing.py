"""A round closes: from everybody's answers to its outcome, and to what the protocol makes of each item."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.delphi import agreement, change, concordance, consensus, spread, stability, tallies
from bot.delphi.agreement import Metric, Weights
from bot.delphi.analysis import Item as Described
from bot.delphi.analysis import Settings, describe
from bot.delphi.consensus import Verdict
from bot.delphi.disclosure import shown_cells
from bot.delphi.distribution import Distribution, histograms
from bot.delphi.feedback import feedback_numbers
from bot.delphi.outcome import (
    Agreement,
    Decision,
    GroupResult,
    ItemOutcome,
    Outcome,
    RamFigures,
    Rated,
    Stability,
    Why,
)
from bot.delphi.protocol import (
    AgreeItem,
    ChoiceItem,
    Consensus,
    NumberItem,
    OpenItem,
    Protocol,
    RankingItem,
    Retire,
    ScaleItem,
    Stopping,
)
from bot.delphi.quantile import Q1, Q3, median, quantile
from bot.delphi.ram import Ram, ram
from bot.delphi.refused import Refused, attempt
from bot.delphi.responses import group_responses, leavers, response
from bot.delphi.round_table import Column, RoundTable
from bot.delphi.rules import flips, in_three_words
from bot.delphi.scale import Rule, Scale, Zone
from bot.delphi.table import Table
from bot.delphi.tallies import as_float, concordance_of

SHARE_NEEDED = {Rule.COMET: consensus.COMET_MAJORITY, Rule.THREE_BANDS: consensus.KEEP_FROM}
NOT_ASKED_BEFORE = Refused("it was not in the round before")

Changes = dict[str, change.Stability | Refused]


def outcome_of(
    protocol: Protocol, number: int, table: RoundTable, previous: tuple[int, RoundTable] | None = None
) -> Outcome:
    """What came of round `number`; `previous` is the last round of ratings before it, with its number.

    Items are compared with the same version of them. Raises Refused for a rating off its scale.
    """
    groups = _Groups.of(protocol, table)
    by_scale = _by_scale(protocol, table)
    since = _changes(protocol, table, previous[1]) if previous else {}
    rated = {
        outcome.code: outcome
        for scale, columns in by_scale.items()
        for outcome in _rated_items(protocol, number, scale, columns, groups, since)
    }
    return Outcome(
        round=number,
        items=tuple(rated.get(column.code) or _other_item(protocol, column, groups) for column in table.columns),
        agreement=tuple(_agreement(protocol, scale, columns) for scale, columns in by_scale.items()),
        response=response(table),
        groups=group_responses(table, protocol.smallest_group),
        leavers=leavers(protocol, table, previous[1]) if previous else None,
        compared_with=previous[0] if previous else None,
    )


def verdict_of(rated: Distribution, rule: Consensus, protocol: Protocol) -> Verdict | Refused:
    """What the protocol's rule says of these ratings, or why it says nothing."""
    found: object
    match rule.rule:
        case Rule.AGREEMENT_SHARE:
            found = attempt(consensus.agreement, rated, rule.threshold)
        case Rule.COMET:
            found = attempt(consensus.comet, rated)
        case Rule.THREE_BANDS:
            found = attempt(consensus.three_bands, rated)
        case Rule.MEDIAN_IQR:
            found = attempt(consensus.median_iqr, rated, protocol.quantiles)
        case Rule.RAM:
            by_ram = attempt(ram, rated, protocol.quantiles, rule.disagreement, rule.halfway)
            found = by_ram.verdict if isinstance(by_ram, Ram) else by_ram
    return found if isinstance(found, Refused) else in_three_words(found)  # type: ignore[arg-type]  # any rule's enum


def settings_of(protocol: Protocol, scale: Scale) -> Settings:
    """What the protocol fixes for the analysis of items on this scale."""
    rule = protocol.consensus
    return Settings(
        scale=scale,
        quantiles=protocol.quantiles,
        disagreement=rule.disagreement,
        halfway=rule.halfway,
        threshold=rule.threshold,
        smallest_group=protocol.smallest_group,
    )


def decision(rated: Rated, change: Stability | None, stopping: Stopping, number: int) -> Decision:
    """Whether an item comes back, by the protocol's rule for consensus, its stability, and what the protocol retires.

    Agreement or dissent closes an item once it is stable, agreement also before where the protocol says so; never
    before the least number of rounds.
    """
    if rated.verdict is None:
        return Decision(stays=True, why=Why.NO_RULE)
    agreed = rated.verdict is not Verdict.NONE
    settled = (change is not None and change.stable) or (agreed and stopping.close_unstable)
    if not settled:
        if change is None:
            return Decision(stays=True, why=Why.NOT_COMPARED)
        return Decision(stays=True, why=Why.AGREED_UNSTABLE if agreed else Why.DISSENT_UNSTABLE)
    if number < stopping.least_rounds:
        return Decision(stays=True, why=Why.TOO_EARLY)
    reason = {Verdict.IN: Retire.AGREED_IN, Verdict.OUT: Retire.AGREED_OUT, Verdict.NONE: Retire.STABLE_DISSENT}
    retire = reason[rated.verdict]
    if retire not in stopping.retire:
        return Decision(stays=True, why=Why.KEPT)
    return Decision(stays=False, why=Why(retire.value))


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """The groups of a table, in the protocol's order, those in none last; `of` numbers each panellist's."""

    names: tuple[str, ...]
    member: NDArray[np.int64]
    smallest: int

    @classmethod
    def of(cls, protocol: Protocol, table: RoundTable) -> "_Groups":
        present = set(table.groups)
        names = [group.id for group in protocol.groups if group.id in present]
        names += sorted(present - set(names) - {""}) + ([""] if "" in present else [])
        numbers = {name: place for place, name in enumerate(names)}
        member = np.array([numbers[group] for group in table.groups], dtype=np.int64)
        # One group alone says nothing that the whole does not.
        return cls(tuple(names) if len(names) > 1 else (), member, protocol.smallest_group)


def _by_scale(protocol: Protocol, table: RoundTable) -> dict[Scale, list[Column]]:
    columns: dict[Scale, list[Column]] = {}
    for column in table.columns:
        if scale := protocol.scale_of(column.item):
            columns.setdefault(scale, []).append(column)
    return columns


def _rated_items(
    protocol: Protocol, number: int, scale: Scale, columns: Sequence[Column], groups: _Groups, since: Changes
) -> Iterator[ItemOutcome]:
    ratings = np.stack([column.ratings() for column in columns], axis=1)
    member = groups.member if groups.names else None
    numbers = feedback_numbers(ratings, scale, member, groups.smallest, protocol.quantiles)
    settings = settings_of(protocol, scale)
    for place, column in enumerate(columns):
        by_group = [Distribution(scale, tuple(heads.tolist())) for heads in numbers.group_heads[:, place]]
        shown = numbers.group_shown[:, place].tolist()
        seen = [group for group, is_shown in zip(by_group, shown, strict=True) if is_shown]
        item = describe(ratings[:, place], settings, seen)
        rated = _rated(Distribution(scale, tuple(numbers.heads[place].tolist())), item, protocol)
        change = _stability(since.get(column.name, NOT_ASKED_BEFORE), rated, protocol)
        yield ItemOutcome(
            code=column.code,
            version=column.version,
            kind=column.item.kind,
            n=item.n,
            unable=item.unable,
            missing=item.missing,
            rated=rated,
            stability=change,
            groups=tuple(
                _group_result(name, group, protocol) if is_shown else GroupResult(group=name, shown=False)
                for name, group, is_shown in zip(groups.names, by_group, shown, strict=True)
            ),
            decision=decision(rated, change, protocol.stopping, number),
        )


def _rated(whole: Distribution, item: Described, protocol: Protocol) -> Rated:
    rule = protocol.consensus
    verdict = verdict_of(whole, rule, protocol)
    share = rule.threshold if rule.rule is Rule.AGREEMENT_SHARE else SHARE_NEEDED.get(rule.rule)
    by_ram = item.ram
    return Rated(
        scale=whole.scale,
        heads=whole.heads,
        in_zone=(whole.in_zone(Zone.LOW), whole.in_zone(Zone.MID), whole.in_zone(Zone.HIGH)),
        mean=as_float(item.mean),
        sd=as_float(item.sd),
        cv=as_float(item.cv),
        q1=as_float(item.q1),
        median=as_float(item.median),
        q3=as_float(item.q3),
        iqr=as_float(item.iqr),
        madm=as_float(item.madm),
        agreement=None if isinstance(item.agreement_share, Refused) else item.agreement_share,
        needed=consensus.at_least(whole.n, share) if share is not None and whole.n else None,
        verdict=None if isinstance(verdict, Refused) else verdict,
        rules={name: None if isinstance(said, Refused) else str(said) for name, said in item.rules.items()},
        depends_on_rule=flips(item.rules.values()),
        ram=None
        if isinstance(by_ram, Refused)
        else RamFigures(
            p30=float(by_ram.p30),
            p70=float(by_ram.p70),
            ipr=float(by_ram.ipr),
            ipras=float(by_ram.ipras),
            disagreement_index=float(by_ram.disagreement_index),
            disagrees=by_ram.disagrees,
        ),
        van_der_eijk_a=as_float(item.van_der_eijk_a),
        polarization=as_float(item.polarization),
        tastle_wierman=as_float(item.tastle_wierman),
        leik_d=as_float(item.leik_d),
        flags=item.flags,
    )


def _group_result(name: str, group: Distribution, protocol: Protocol) -> GroupResult:
    values, kind = group.ratings(), protocol.quantiles
    verdict = verdict_of(group, protocol.consensus, protocol)
    return GroupResult(
        group=name,
        shown=True,
        n=group.n,
        heads=group.heads,
        in_zone=tuple(group.in_zone(zone) for zone in Zone),
        mean=spread.mean(values),
        q1=float(quantile(values, Q1, kind)),
        median=float(median(values)),
        q3=float(quantile(values, Q3, kind)),
        verdict=None if isinstance(verdict, Refused) else verdict,
    )


def _changes(protocol: Protocol, table: RoundTable, previous: RoundTable) -> Changes:
    """By name of the item's version; tests are adjusted over all items, whatever their scales."""
    before = _by_scale(protocol, previous)
    found: Changes = {}
    for scale, columns in _by_scale(protocol, table).items():
        now = _as_table(table, columns)
        earlier = _as_table(previous, before.get(scale, []))
        found |= change.changes(now, earlier, scale, protocol.consensus.threshold)
    return change.adjusted(found)


def _as_table(table: RoundTable, columns: Sequence[Column]) -> Table:
    empty = np.empty((len(table.panellists), 0), dtype=np.int16)
    ratings = np.stack([column.ratings() for column in columns], axis=1) if columns else empty
    return Table(table.panellists, tuple(column.name for column in columns), ratings)


def _stability(found: change.Stability | Refused, rated: Rated, protocol: Protocol) -> Stability | None:
    if isinstance(found, Refused):
        return None
    stable = found.net_change < protocol.stopping.net_change
    agreed = rated.verdict in {Verdict.IN, Verdict.OUT}
    return Stability(
        n=found.n,
        changed=found.changed,
        up=found.up,
        down=found.down,
        net_change=found.net_change,
        stable=stable,
        cell=stability.cell(agreed, stable),
        cv_change=as_float(found.cv_change),
        wilcoxon_t_plus=found.wilcoxon.t_plus,
        wilcoxon_t_minus=found.wilcoxon.t_minus,
        wilcoxon_method=found.wilcoxon.method,
        wilcoxon_p=as_float(found.wilcoxon.p),
        wilcoxon_adjusted=as_float(found.wilcoxon_holm),
        mcnemar_left=found.mcnemar.b,
        mcnemar_came=found.mcnemar.c,
        mcnemar_mid_p=as_float(found.mcnemar.mid_p),
        mcnemar_adjusted=as_float(found.mcnemar_holm),
        spearman=as_float(found.spearman),
    )


def _other_item(protocol: Protocol, column: Column, groups: _Groups) -> ItemOutcome:
    """An item that is no rating. No rule retires it; an open question has been asked, and that is all."""
    item = column.item
    assert not isinstance(item, ScaleItem | AgreeItem)
    given = np.array([answer is not None for answer in column.answers], dtype=np.bool_) & ~column.unable
    answers = [answer for answer in column.answers if answer is not None]
    is_open = isinstance(item, OpenItem)
    return ItemOutcome(
        code=column.code,
        version=column.version,
        kind=item.kind,
        n=len(answers),
        unable=int(column.unable.sum()),
        missing=len(column.answers) - len(answers) - int(column.unable.sum()),
        chosen=tallies.chosen(item, answers) if isinstance(item, ChoiceItem) else None,
        ranked=tallies.ranked(item, answers) if isinstance(item, RankingItem) else None,
        measured=tallies.measured(answers, protocol.quantiles) if isinstance(item, NumberItem) else None,
        groups=_other_groups(protocol, column, given, groups),
        decision=Decision(stays=not is_open, why=Why.ASKED_ONCE if is_open else Why.NO_RULE),
    )


def _other_groups(
    protocol: Protocol, column: Column, given: NDArray[np.bool_], groups: _Groups
) -> tuple[GroupResult, ...]:
    item = column.item
    assert not isinstance(item, ScaleItem | AgreeItem)
    members = [np.flatnonzero(given & (groups.member == place)).tolist() for place in range(len(groups.names))]
    if not members:
        return ()
    shown = shown_cells(np.array([[len(rows)] for rows in members]), groups.smallest)[:, 0].tolist()
    answers = [[answer for row in rows if (answer := column.answers[row]) is not None] for rows in members]
    return tuple(
        tallies.group_result(name, item, given_by, protocol.quantiles)
        if is_shown
        else GroupResult(group=name, shown=False)
        for name, given_by, is_shown in zip(groups.names, answers, shown, strict=True)
    )


def _agreement(protocol: Protocol, scale: Scale, columns: Sequence[Column]) -> Agreement:
    ratings = np.stack([column.ratings() for column in columns], axis=1)
    heads = histograms(ratings, scale)
    settings = settings_of(protocol, scale)
    w = None
    if protocol.missing == "listwise":
        rng = np.random.default_rng(settings.seed)
        w = attempt(concordance.kendall_w, concordance.complete_raters(ratings), rng)
    return Agreement(
        scale=scale,
        items=len(columns),
        kendall_w=concordance_of(w),
        alpha={
            metric.value: as_float(attempt(agreement.krippendorff_alpha, heads, scale, metric)) for metric in Metric
        },
        gwet_ac1=as_float(attempt(agreement.gwet_ac, heads, Weights.IDENTITY)),
        gwet_ac2=as_float(attempt(agreement.gwet_ac, heads, settings.weights)),
        fleiss_kappa=as_float(attempt(agreement.fleiss_kappa, heads)),
    )
