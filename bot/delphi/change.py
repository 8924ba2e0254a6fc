"""What changed on each item between two rounds, among the panellists who rated it in both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from bot.delphi import consensus, spread, stability
from bot.delphi.distribution import Distribution, Ratings
from bot.delphi.refused import Refused, attempt
from bot.delphi.scale import Scale, Zone
from bot.delphi.stability import Cell, McNemar, Wilcoxon
from bot.delphi.table import Table

ONE_OF_SEVERAL = Refused("there is no test to adjust")


@dataclass(frozen=True, slots=True)
class Stability:
    """Change of one item among the `n` who rated it twice.

    `changed` = `up` + `down` of them rated differently. `net_change` is a share of n, `cv_change` the later coefficient
    of variation less the earlier. The two `holm` are p-values adjusted for all items that were tested.
    """

    n: int
    changed: int
    up: int
    down: int
    net_change: Fraction
    stable: bool
    cv_change: float | Refused
    wilcoxon: Wilcoxon
    wilcoxon_holm: float | Refused
    mcnemar: McNemar
    mcnemar_holm: float | Refused
    spearman: float | Refused
    cell: Cell


def changes(table: Table, previous: Table, scale: Scale, threshold: Fraction) -> dict[str, Stability | Refused]:
    """The change of each item of `table`; an item counts as agreed from the threshold, among all who rated it now.

    Panellists and items are matched by name. Raises Refused for a rating off the scale.
    """
    row_before = {name: row for row, name in enumerate(previous.panellists)}
    here = [row for row, name in enumerate(table.panellists) if name in row_before]
    there = [row_before[table.panellists[row]] for row in here]
    found: dict[str, Stability | Refused] = {}
    for item in table.items:
        if item in previous.items:
            now = table.column(item)
            found[item] = attempt(_change, previous.column(item)[there], now[here], now, scale, threshold)
        else:
            found[item] = Refused("it was not in the round before")
    return adjusted(found)


def _change(before: Ratings, after: Ratings, now: Ratings, scale: Scale, threshold: Fraction) -> Stability:
    both = (before >= 0) & (after >= 0)
    if not both.any():
        raise Refused("nobody rated it in both rounds")
    before, after = before[both], after[both]
    net_change = stability.net_change(Distribution.of(before, scale), Distribution.of(after, scale))
    agreed = consensus.agreement(Distribution.of(now, scale), threshold) is not consensus.Verdict.NONE
    stable = stability.is_stable(net_change)
    up, down = int((after > before).sum()), int((after < before).sum())
    return Stability(
        n=len(before),
        changed=up + down,
        up=up,
        down=down,
        net_change=net_change,
        stable=stable,
        cv_change=attempt(lambda: spread.cv(after) - spread.cv(before)),
        wilcoxon=stability.wilcoxon(before, after),
        wilcoxon_holm=ONE_OF_SEVERAL,
        mcnemar=stability.mcnemar_of_zone(before, after, scale.zone(Zone.HIGH)),
        mcnemar_holm=ONE_OF_SEVERAL,
        spearman=attempt(stability.spearman, before, after),
        cell=stability.cell(agreed, stable),
    )


def adjusted(found: dict[str, Stability | Refused]) -> dict[str, Stability | Refused]:
    """The same with Holm's p-values over all of these items: once more where items of several scales come together."""
    compared = {item: change for item, change in found.items() if isinstance(change, Stability)}
    by_wilcoxon = _holm([change.wilcoxon.p for change in compared.values()])
    by_mcnemar = _holm([change.mcnemar.mid_p for change in compared.values()])
    return found | {
        item: replace(change, wilcoxon_holm=rank_p, mcnemar_holm=mid_p)
        for (item, change), rank_p, mid_p in zip(compared.items(), by_wilcoxon, by_mcnemar, strict=True)
    }


def _holm(p_values: Sequence[float | Refused]) -> list[float | Refused]:
    """The p-values adjusted among those that there are; the others keep their reason."""
    adjusted = iter(stability.holm([p for p in p_values if not isinstance(p, Refused)]))
    return [p if isinstance(p, Refused) else next(adjusted) for p in p_values]
