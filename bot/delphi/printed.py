"""An analysis as tables to read in a terminal: plain English for moderators and developers."""

from collections.abc import Iterable
from fractions import Fraction

from rich.console import Console
from rich.table import Table

from bot.delphi.analysis import Analysis, Item
from bot.delphi.change import Stability
from bot.delphi.concordance import KendallW
from bot.delphi.ram import Ram
from bot.delphi.refused import Refused
from bot.delphi.rules import flips

NARROWEST = 110


def show(analysis: Analysis) -> None:
    """Prints everything; what is not valid is a dash, with the reasons below."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=max(console.width, NARROWEST))
    console.print(_where(analysis))
    console.print(_consensus(analysis))
    if any(isinstance(item.stability, Stability) for item in analysis.items.values()):
        console.print(_stability(analysis))
    console.print(_panel(analysis))
    for line in (*_remarks(analysis), *_reasons(analysis)):
        console.print(line)


def _table(title: str, texts: Iterable[str], numbers: Iterable[str]) -> Table:
    table = Table(title=title, title_justify="left")
    for text in texts:
        table.add_column(text, overflow="fold")
    for number in numbers:
        table.add_column(number, justify="right")
    return table


def _where(analysis: Analysis) -> Table:
    settings = analysis.settings
    title = f"Ratings on {settings.scale}, quantiles of type {settings.quantiles}"
    numbers = ("n", "unable", "missing", "mean", "sd", "cv", "median", "q1", "q3", "iqr", "madm")
    table = _table(title, ["item"], numbers)
    for name, item in _with_groups(analysis):
        counts = (str(count) for count in (item.n, item.unable, item.missing))
        figures = (item.mean, item.sd, item.cv, item.median, item.q1, item.q3, item.iqr, item.madm)
        table.add_row(name, *counts, *(_figure(figure) for figure in figures))
    return table


def _consensus(analysis: Analysis) -> Table:
    table = _table("Consensus and polarisation", ["item"], ["low", "mid", "high", "DI", "A"])
    for text in ("COMET", "RAM", "flags"):
        table.add_column(text)
    for name, item in _with_groups(analysis):
        shares = item.shares
        parts = ("-",) * 3 if isinstance(shares, Refused) else map(_percent, (shares.low, shares.mid, shares.high))
        index, verdict = ("-", "-") if isinstance(item.ram, Refused) else _ram(item.ram)
        comet = "-" if isinstance(item.comet, Refused) else str(item.comet)
        table.add_row(name, *parts, index, _figure(item.van_der_eijk_a), comet, verdict, ", ".join(item.flags))
    return table


def _stability(analysis: Analysis) -> Table:
    numbers = ("n", "up", "down", "net change", "T+", "T-", "Wilcoxon p", "Holm", "McNemar mid-p", "Spearman")
    table = _table("Since the round before, among those who rated the item in both", ["item"], numbers)
    table.add_column("cell")
    for name, item in analysis.items.items():
        change = item.stability
        if not isinstance(change, Stability):
            continue
        test = change.wilcoxon
        figures = (test.t_plus, test.t_minus, test.p, change.wilcoxon_holm, change.mcnemar.mid_p, change.spearman)
        counts = (str(change.n), str(change.up), str(change.down), _percent(change.net_change))
        table.add_row(name, *counts, *(_figure(figure) for figure in figures), change.cell.replace("_", " + "))
    return table


def _panel(analysis: Analysis) -> Table:
    panel = analysis.panel
    table = _table("Agreement over all items", ["coefficient"], ["value"])
    table.add_column("")
    w = panel.kendall_w
    if isinstance(w, KendallW):
        details = (
            f"chi² = {w.chi2:.2f}, df {w.df}, p = {_figure(w.p)} ({w.method}), {w.n_raters} raters, {w.n_items} items"
        )
        table.add_row("Kendall's W", _figure(w.w), details)
    else:
        table.add_row("Kendall's W", "-", "")
    for metric, alpha in panel.krippendorff_alpha.items():
        table.add_row(f"Krippendorff's alpha, {metric}", _figure(alpha), "")
    table.add_row("Gwet's AC1", _figure(panel.gwet_ac1), "")
    table.add_row("Gwet's AC2", _figure(panel.gwet_ac2), f"{analysis.settings.weights} weights")
    table.add_row("Fleiss' kappa", _figure(panel.fleiss_kappa), "")
    return table


def _remarks(analysis: Analysis) -> Iterable[str]:
    who = analysis.participation.current
    yield f"{who.completed} of {who.invited} rows are complete, {who.partial} partial, {who.silent} empty."
    yield f"Disagreement in RAM is by {analysis.settings.disagreement.upper()}."
    hanging = [name for name, item in analysis.items.items() if flips(item.rules.values())]
    if hanging:
        yield f"The verdict depends on the rule for: {', '.join(hanging)}."
    leavers = analysis.participation.leavers
    if leavers is not None:
        yield f"{leavers.left} who answered the round before did not answer this one."
        if leavers.minority_view_on:
            yield f"Most of them held a minority view on: {', '.join(leavers.minority_view_on)}."


def _reasons(analysis: Analysis) -> Iterable[str]:
    """Why there are dashes: each reason once, with where it holds."""
    where: dict[str, list[str]] = {}
    for name, item in analysis.items.items():
        change = item.stability
        tested = (change.wilcoxon.p, change.mcnemar.mid_p, change.spearman) if isinstance(change, Stability) else ()
        for figure in (item.mean, item.sd, item.cv, item.comet, item.ram, item.van_der_eijk_a, change, *tested):
            if isinstance(figure, Refused) and name not in where.setdefault(figure.reason, []):
                where[figure.reason].append(name)
    panel = analysis.panel
    for figure in (panel.kendall_w, *panel.krippendorff_alpha.values(), panel.gwet_ac1, panel.fleiss_kappa):
        if isinstance(figure, Refused) and "the panel" not in where.setdefault(figure.reason, []):
            where[figure.reason].append("the panel")
    for reason, names in where.items():
        shown = "every item" if len(names) == len(analysis.items) > 1 else ", ".join(names)
        yield f"-  {reason}: {shown}"


def _with_groups(analysis: Analysis) -> Iterable[tuple[str, Item]]:
    for name, item in analysis.items.items():
        yield name, item
        for group, of_group in (item.groups or {}).items():
            yield f"  {group}", of_group


def _ram(result: Ram) -> tuple[str, str]:
    return _figure(result.disagreement_index), str(result.verdict)


def _percent(share: Fraction) -> str:
    """One decimal, cut off and not rounded, so that nothing looks as if it had reached a threshold."""
    return f"{int(share * 1000) / 10:.1f} %"


def _figure(figure: float | Fraction | Refused) -> str:
    if isinstance(figure, Refused):
        return "-"
    return "< 0.001" if 0 < figure < Fraction(1, 1000) else f"{float(figure):.3f}".rstrip("0").rstrip(".")
