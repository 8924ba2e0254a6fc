"""The picture of one item's answers, for a phone: read by shape, hatching and labels, never by colour alone."""

import io
import textwrap
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.delphi.outcome import Chosen, GroupResult, ItemOutcome, Measured, Ranked, Rated
from bot.delphi.protocol import AgreeItem, ChoiceItem, Ends, Item, NumberItem, Protocol, RankingItem, in_language
from bot.delphi.report.wording import Words, figure
from bot.delphi.scale import Zone

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 3.6
DOTS_PER_INCH = 300
"""1,080 dots over 3.6 inches: on a screen of 360 points, 10 points of type stay 10."""

INK, FAINT = "#1c2b2a", "#8a9694"
LOW, MID, HIGH = "#e8b89a", "#e3e3df", "#7fb8a4"
OWN = "#12355b"
HATCHES = {LOW: "\\\\\\", MID: "", HIGH: "///"}
SMALL, NORMAL, LARGE = 8, 9.5, 11
LETTERS_PER_LINE = 37

drawing_alone = threading.Lock()
"""Fonts are shared by all figures of a process, and drawing is not safe in several threads."""

Own = int | float | str | Sequence[str] | None
"""The reader's own answer; None without one."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG, and what it shows in words."""

    png: bytes
    alt: str


def item_picture(
    outcome: ItemOutcome, asked: Item, protocol: Protocol, words: Words, *, own: Own = None, rehearsal: bool = False
) -> Picture | None:
    """How the panel answered an item, with the reader's own answer marked; None for an open question.

    It takes some 0.3 s of CPU: not for the event loop.
    """
    outcome = _with_names(outcome, protocol, words)
    # Held together by spaces that do not break: bars without n say nothing.
    title = f"{outcome.code}  {in_language(asked.text, words.language)} (n\u00a0=\u00a0{outcome.n})"
    if outcome.rated is not None:
        drawing, alt = _rated(outcome, outcome.rated, asked, words, own, protocol.ends_of(asked))
    elif outcome.chosen is not None and isinstance(asked, ChoiceItem):
        drawing, alt = _chosen(outcome, outcome.chosen, asked, words, own)
    elif outcome.ranked is not None and isinstance(asked, RankingItem):
        drawing, alt = _ranked(outcome, outcome.ranked, asked, words)
    elif outcome.measured is not None and isinstance(asked, NumberItem):
        drawing, alt = _measured(outcome, outcome.measured, asked, words, own)
    else:
        return None
    mark = words.plain("chart.rehearsal") if rehearsal else ""
    with drawing_alone:
        return Picture(drawing.png(title, mark), " ".join(filter(None, [mark, alt])))


def _with_names(outcome: ItemOutcome, protocol: Protocol, words: Words) -> ItemOutcome:
    """The groups called as people know them."""
    names = {group.id: in_language(group.name, words.language) for group in protocol.groups}
    named = [each.model_copy(update={"group": names.get(each.group, each.group)}) for each in outcome.groups]
    return outcome.model_copy(update={"groups": tuple(named)})


class Drawing:
    """A figure of stacked parts, each as high as it needs; text is never read as a formula."""

    def __init__(self, *inches: float) -> None:
        self._inches = inches
        # Imported here: only drawing needs it, and it takes half a second.
        from matplotlib.figure import Figure

        self._figure = Figure(dpi=DOTS_PER_INCH)
        self._parts = [self._figure.add_axes((0, 0, 1, 1)) for _ in inches]
        self._margins = [(0.06, 0.03)] * len(inches)
        for part in self._parts:
            part.tick_params(length=0, labelsize=NORMAL, colors=INK)
            for side in ("top", "right", "left"):
                part.spines[side].set_visible(False)
            part.spines["bottom"].set_color(FAINT)
            part.set_yticks([])

    def part(self, number: int, left: float = 0.05) -> "Axes":
        """One of the parts; `left` is the share of the width kept for labels beside it."""
        self._margins[number] = (left, 0.04)
        return self._parts[number]

    def png(self, title: str, mark: str) -> bytes:
        """Puts the title above the parts, in as many lines as it takes, and draws."""
        lines = textwrap.wrap(title, LETTERS_PER_LINE, max_lines=5, placeholder=" …")
        above = 0.2 * len(lines) + 0.12 + (0.22 if mark else 0)
        height = above + sum(self._inches)
        self._figure.set_size_inches(WIDTH, height)
        top = height - above
        for axes, inches, (left, right) in zip(self._parts, self._inches, self._margins, strict=True):
            # Of each part some is kept below for its labels.
            axes.set_position((left, (top - inches + 0.42) / height, 1 - left - right, (inches - 0.62) / height))
            top -= inches
        write(self._figure, 0.03, 1 - 0.07 / height, "\n".join(lines), size=LARGE, va="top", weight="bold")
        if mark:
            at = 1 - (0.1 + 0.2 * len(lines)) / height
            box = {"boxstyle": "square,pad=0.25", "facecolor": "white", "edgecolor": INK, "linewidth": 0.8}
            write(self._figure, 0.04, at, mark, size=SMALL, va="top", bbox=box)
        return png_of(self._figure)


def png_of(figure: "Figure") -> bytes:
    """The same bytes for the same figure; hold `drawing_alone` around it."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=DOTS_PER_INCH, facecolor="white", metadata={"Software": None})
    return drawn.getvalue()


def write(on: "Axes | Figure", x: float, y: float, text: str, **style: object) -> None:
    """Words at a place; a dollar sign is a dollar sign."""
    settings: dict[str, object] = {"color": INK, "size": NORMAL, "parse_math": False} | style
    on.text(x, y, text, **settings)  # type: ignore[arg-type]  # any text property


def bar(on: "Axes", x: float, height: float, colour: str, *, width: float = 0.82, own: bool = False) -> None:
    """A bar of a zone, by colour and by hatching; the reader's own has a strong edge."""
    on.bar(
        [x],
        [height],
        width=width,
        color=colour,
        hatch=HATCHES[colour],
        edgecolor=OWN if own else FAINT,
        linewidth=2 if own else 0.6,
        zorder=3,
    )


def _rated(
    outcome: ItemOutcome, rated: Rated, asked: Item, words: Words, own: Own, ends: Ends | None
) -> tuple[Drawing, str]:
    groups = [group for group in outcome.groups if group.shown and group.n]
    drawing = Drawing(2.25, *([0.72 + 0.3 * len(groups)] if groups else []))
    axes = drawing.part(0)
    scale, most = rated.scale, max(*rated.heads, 1)
    colours = {point: colour for zone, colour in zip(Zone, (LOW, MID, HIGH), strict=True) for point in scale.zone(zone)}
    for point, heads in zip(scale.values, rated.heads, strict=True):
        is_own = own == point
        bar(axes, point, heads, colours[point], own=is_own)
        label = f"{words.plain('chart.you')}\n{heads}" if is_own else str(heads) if heads else ""
        write(axes, point, heads + most * 0.03, label, ha="center", va="bottom", weight="bold" if is_own else "normal")
    axes.set_xticks(list(scale.values))
    axes.set_xlim(scale.low - 0.6, scale.high + 0.6)
    _middle(axes, rated.q1, rated.median, rated.q3, most, words)
    if labels := _end_labels(asked, ends, words):
        for x, text, side in ((scale.low - 0.5, labels[0], "left"), (scale.high + 0.5, labels[1], "right")):
            write(axes, x, -0.17, text, size=SMALL, ha=side, va="top", transform=axes.get_xaxis_transform())
    if groups:
        _groups(drawing.part(1, 0.36), groups, rated.scale.low, rated.scale.high, words)
    return drawing, _alt_of_ratings(outcome, rated, groups, words, own)


def _middle(axes: "Axes", q1: float | None, median: float | None, q3: float | None, most: float, words: Words) -> None:
    """The middle half of the panel as a bracket above the bars, and the median as a diamond on it."""
    axes.set_ylim(0, most * 1.75)
    if q1 is None or median is None or q3 is None:
        return
    height = most * 1.42
    axes.plot([q1, q3], [height, height], color=INK, linewidth=2.2, solid_capstyle="butt", zorder=4)
    for end in (q1, q3):
        axes.plot([end, end], [height - most * 0.05, height + most * 0.05], color=INK, linewidth=1.4, zorder=4)
    axes.plot([median], [height], marker="D", markersize=6, color="white", markeredgecolor=INK, zorder=5)
    text = words.plain("chart.middle", median=figure(median, words.language))
    left, right = axes.get_xlim()
    # Beside the middle of the picture a long label would be cut off.
    share = (median - left) / (right - left) if right > left else 0.5
    side = "left" if share < 0.35 else "right" if share > 0.65 else "center"
    at = {"left": left, "right": right, "center": median}[side]
    write(axes, at, height + most * 0.1, text, size=SMALL, ha=side, va="bottom")


def _groups(axes: "Axes", groups: Sequence[GroupResult], low: float, high: float, words: Words) -> None:
    """A line for each group: its middle half and its median."""
    for row, group in enumerate(reversed(groups)):
        if group.q1 is None or group.median is None or group.q3 is None:
            continue
        axes.plot([low, high], [row, row], color=MID, linewidth=0.8, zorder=1)
        axes.plot([group.q1, group.q3], [row, row], color=INK, linewidth=2.2, zorder=3)
        axes.plot([group.median], [row], marker="D", markersize=5.5, color="white", markeredgecolor=INK, zorder=4)
        name = words.plain("chart.group", group=textwrap.shorten(group.group or "–", 15, placeholder="…"), n=group.n)
        at = axes.get_yaxis_transform()
        write(axes, -0.03, row, name, size=SMALL, ha="right", va="center", transform=at)
    axes.set_ylim(-0.6, len(groups) - 0.4)
    axes.set_xlim(low - 0.6, high + 0.6)
    if float(low).is_integer() and high - low <= 10:
        axes.set_xticks(range(int(low), int(high) + 1))
    else:
        _few_ticks(axes, words)


def _few_ticks(axes: "Axes", words: Words) -> None:
    """Numbers with a unit are long: a few of them, written out as the language does."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: figure(value, words.language)))


def _chosen(outcome: ItemOutcome, chosen: Chosen, asked: ChoiceItem, words: Words, own: Own) -> tuple[Drawing, str]:
    names = {option.id: in_language(option.text, words.language) for option in asked.options}
    mine = {own} if isinstance(own, str) else set(own) if isinstance(own, Sequence) else set()
    drawing = Drawing(0.75 + 0.42 * len(names))
    axes = drawing.part(0)
    most = max(*chosen.counts.values(), 1)
    _rows(
        axes,
        [(names[option], count, str(count), option in mine) for option, count in chosen.counts.items()],
        most,
        words,
    )
    listed = "; ".join(words.plain("chart.alt_count", what=names[option], n=n) for option, n in chosen.counts.items())
    return drawing, words.plain("chart.alt_chosen", item=outcome.code, n=outcome.n, counts=listed)


def _ranked(outcome: ItemOutcome, ranked: Ranked, asked: RankingItem, words: Words) -> tuple[Drawing, str]:
    names = {option.id: in_language(option.text, words.language) for option in asked.options}
    drawing = Drawing(0.75 + 0.42 * max(1, len(ranked.order)))
    worst = len(names)
    means = [(names[option], ranked.mean_ranks[option]) for option in ranked.order]
    # The foremost has the longest bar.
    rows = [
        (f"{place}. {name}", worst + 1 - mean, words.plain("chart.rank", rank=figure(mean, words.language, 1)), False)
        for place, (name, mean) in enumerate(means, start=1)
    ]
    _rows(drawing.part(0), rows, worst, words)
    listed = "; ".join(
        words.plain("chart.alt_rank", what=name, rank=figure(mean, words.language, 1)) for name, mean in means
    )
    return drawing, words.plain("chart.alt_ranked", item=outcome.code, n=outcome.n, ranks=listed)


def _rows(axes: "Axes", rows: Sequence[tuple[str, float, str, bool]], most: float, words: Words) -> None:
    """Bars that lie, each with its words above it and its figure at its end."""
    for place, (name, length, label, is_own) in enumerate(reversed(rows)):
        axes.barh(
            [place],
            [length],
            height=0.36,
            color=HIGH,
            hatch=HATCHES[HIGH],
            edgecolor=OWN if is_own else FAINT,
            linewidth=2 if is_own else 0.6,
        )
        mine = f"  ◂ {words.plain('chart.you')}" if is_own else ""
        weight = "bold" if is_own else "normal"
        write(axes, length + most * 0.02, place, f"{label}{mine}", va="center", weight=weight)
        name = textwrap.shorten(name, LETTERS_PER_LINE + 11, placeholder=" …")
        write(axes, 0, place + 0.24, name, size=SMALL, va="bottom", weight=weight)
    axes.set_ylim(-0.4, len(rows) - 0.3)
    axes.set_xlim(0, most * 1.38)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)


def _measured(
    outcome: ItemOutcome, measured: Measured, asked: NumberItem, words: Words, own: Own
) -> tuple[Drawing, str]:
    groups = [group for group in outcome.groups if group.shown and group.n]
    drawing = Drawing(2.25, *([0.72 + 0.3 * len(groups)] if groups else []))
    axes = drawing.part(0)
    edges, most = measured.edges, max(*measured.bins, 1, 1)
    for left, right, heads in zip(edges, edges[1:], measured.bins, strict=False):
        wide = right - left or 1
        is_own = isinstance(own, int | float) and (left <= own < right or own == right == edges[-1])
        bar(axes, (left + right) / 2, heads, HIGH, width=wide * 0.94, own=is_own)
        label = f"{words.plain('chart.you')}\n{heads}" if is_own else str(heads) if heads else ""
        write(axes, (left + right) / 2, heads + most * 0.03, label, ha="center", va="bottom")
    _few_ticks(axes, words)
    _middle(axes, measured.q1, measured.median, measured.q3, most, words)
    unit = in_language(asked.unit, words.language) or asked.currency or ("%" if asked.measure == "percent" else "")
    write(axes, 1, -0.17, unit, size=SMALL, ha="right", va="top", transform=axes.transAxes)
    if groups:
        low, high = axes.get_xlim()
        _groups(drawing.part(1, 0.36), groups, low, high, words)
    figures = {
        name: f"{figure(value, words.language)} {unit}".strip()
        for name, value in (("q1", measured.q1), ("median", measured.median), ("q3", measured.q3))
    }
    return drawing, words.plain("chart.alt_measured", item=outcome.code, n=outcome.n, **figures)


def _end_labels(asked: Item, ends: Ends | None, words: Words) -> tuple[str, str] | None:
    if isinstance(asked, AgreeItem):
        return words.plain("chart.disagree"), words.plain("chart.agree")
    if ends is None:
        return None
    low, high = in_language(ends.low, words.language), in_language(ends.high, words.language)
    return textwrap.shorten(low, 28, placeholder="…"), textwrap.shorten(high, 28, placeholder="…")


def _alt_of_ratings(outcome: ItemOutcome, rated: Rated, groups: Sequence[GroupResult], words: Words, own: Own) -> str:
    language = words.language
    counts = ", ".join(
        words.plain("chart.alt_count", what=point, n=heads)
        for point, heads in zip(rated.scale.values, rated.heads, strict=True)
        if heads
    )
    said = [words.plain("chart.alt_rated", item=outcome.code, n=outcome.n, counts=counts)]
    if rated.median is not None:
        q1, median, q3 = (figure(value, language) for value in (rated.q1, rated.median, rated.q3))
        said.append(words.plain("chart.alt_middle", median=median, q1=q1, q3=q3))
    said += [
        words.plain("chart.alt_group", group=group.group or "–", n=group.n, median=figure(group.median, language))
        for group in groups
    ]
    if isinstance(own, int):
        said.append(words.plain("chart.alt_own", own=own))
    return " ".join(said)
