"""Progress as a picture for a phone: a panel for each indicator, read by position, shape and figures, never by colour.

It shares the look of the pictures of studies, and the lock around drawing, which a process can do but once at a time.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from bot.delphi.report.charts import FAINT, HATCHES, HIGH, INK, NORMAL, SMALL, Drawing, drawing_alone, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LETTERS_PER_LINE = 38
MOST_PANELS = 6
# In inches: what is drawn, the figures above and below it, a line of the heading, a target's line, and what `Drawing`
# keeps around each part.
PLOT, FIGURE, HEADING, TARGET, AROUND = 0.95, 0.2, 0.17, 0.15, 0.62
# A target far above everything reached so far would flatten what there is to see; it is named all the same.
FARTHEST_TARGET = Decimal("2.5")
# More figures than these side by side would run into each other.
MOST_FULL, LONGEST_FULL = 4, 9


@dataclass(frozen=True, slots=True)
class Point:
    """One period: its label, and the figure as it is written in full and in short, without its unit. Without a value
    there was none. `rests_on` stands below the label, such as `2/3`."""

    label: str
    rests_on: str = ""
    value: Decimal | None = None
    full: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A figure to be reached, and how it is called."""

    value: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One indicator in one unit or currency, the oldest period first. `is_total`: each figure holds those before it,
    and a line joins them; otherwise each is a bar. `gap` is what stands where there is no figure."""

    heading: str
    points: tuple[Point, ...]
    is_total: bool
    gap: str
    targets: tuple[Target, ...] = ()


def picture(title: str, panels: Sequence[Panel], note: str = "") -> bytes:
    """A PNG of up to six panels below each other.

    It takes some 0.2 s of CPU for each: not for the event loop.
    """
    shown = panels[:MOST_PANELS]
    drawing = Drawing(*(_inches(panel) + AROUND for panel in shown))
    for number, panel in enumerate(shown):
        _draw(drawing.part(number), panel)
    with drawing_alone:
        return drawing.png(title, note)


def _draw(axes: "Axes", panel: Panel) -> None:
    places = [x for x, point in enumerate(panel.points) if point.value is not None]
    values = [point.value for point in panel.points if point.value is not None]
    most, least = max([*values, Decimal()]), min([*values, Decimal()])
    near = [one for one in panel.targets if most < one.value <= most * FARTHEST_TARGET]
    top = max([most, *(one.value for one in near)])
    span = float(top - least) or 1.0
    (_line if panel.is_total else _bars)(axes, places, [float(value) for value in values])
    for target in near:
        axes.axhline(float(target.value), color=INK, linewidth=1.1, linestyle=(0, (4, 3)), zorder=2)
    for x, point in enumerate(panel.points):
        if point.value is None:
            write(axes, x, 0.04 * span, panel.gap, size=SMALL, ha="center", va="bottom", rotation=90)
    _figures(axes, panel, places)
    axes.axhline(0, color=FAINT, linewidth=0.8, zorder=1)
    axes.spines["bottom"].set_visible(False)
    axes.set_xticks(range(len(panel.points)), [_tick(point) for point in panel.points], fontsize=SMALL)
    axes.set_xlim(-0.6, len(panel.points) - 0.4)
    low = float(least) - (FIGURE / PLOT * span if least < 0 else 0)
    axes.set_ylim(low, float(least) + span * (_inches(panel) - (FIGURE if least < 0 else 0)) / PLOT)
    _heading(axes, panel, near)


def _tick(point: Point) -> str:
    return "\n".join(filter(None, (point.label, point.rests_on)))


def _inches(panel: Panel) -> float:
    """How high the panel is, without what is kept around it."""
    below = FIGURE if any(point.value is not None and point.value < 0 for point in panel.points) else 0
    return below + PLOT + FIGURE + TARGET * len(panel.targets) + HEADING * len(_lines(panel))


def _lines(panel: Panel) -> list[str]:
    return textwrap.wrap(panel.heading, LETTERS_PER_LINE, max_lines=2, placeholder=" …")


def _heading(axes: "Axes", panel: Panel, near: Sequence[Target]) -> None:
    """The panel's name, and its targets; those that are drawn have the mark of their line."""
    lines, inches = _lines(panel), _inches(panel)
    write(axes, 0, 1 + 0.06 / inches, "\n".join(lines), transform=axes.transAxes, va="top", weight="bold")
    for row, target in enumerate(panel.targets):
        mark = "- - " if target in near else ""
        at = 1 - (HEADING * len(lines) + TARGET * row - 0.03) / inches
        write(axes, 0, at, f"{mark}{target.label}", transform=axes.transAxes, va="top", size=SMALL)


def _line(axes: "Axes", places: Sequence[int], values: Sequence[float]) -> None:
    """Points joined where one follows the other; a gap stays a gap."""
    for at in range(1, len(places)):
        if places[at] == places[at - 1] + 1:
            axes.plot(places[at - 1 : at + 1], values[at - 1 : at + 1], color=INK, linewidth=2, zorder=3)
    ring: dict[str, Any] = {"color": "white", "markeredgecolor": INK, "markeredgewidth": 1.6}
    axes.plot(places, values, linestyle="none", marker="o", markersize=6, zorder=4, **ring)


def _bars(axes: "Axes", places: Sequence[int], values: Sequence[float]) -> None:
    axes.bar(places, values, width=0.66, color=HIGH, hatch=HATCHES[HIGH], edgecolor=FAINT, linewidth=0.6, zorder=3)


def _figures(axes: "Axes", panel: Panel, places: Sequence[int]) -> None:
    """Every figure at its point, the last one in full unless it would run into others."""
    points = panel.points
    in_full = len(points) <= MOST_FULL and all(len(point.full) <= LONGEST_FULL for point in points)
    for x in places:
        point = points[x]
        assert point.value is not None, "only points with a value are told"
        is_last, below = x == places[-1], point.value < 0
        axes.annotate(
            point.full if in_full or (is_last and len(point.full) <= LONGEST_FULL) else point.short,
            (x, float(point.value)),
            xytext=(0, -5 if below else 5),
            textcoords="offset points",
            color=INK,
            size=NORMAL if is_last else SMALL,
            weight="bold" if is_last else "normal",
            ha="center",
            va="top" if below else "bottom",
            zorder=5,
            parse_math=False,
        )
