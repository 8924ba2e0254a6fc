"""The flow of the panel through the rounds, as a picture: who was asked, who answered, who was lost where."""

from typing import TYPE_CHECKING

from bot.delphi.outcome import Response
from bot.delphi.report.charts import DOTS_PER_INCH, FAINT, INK, Picture, drawing_alone, png_of, write
from bot.delphi.report.data import Published
from bot.delphi.report.names import Names

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 6.0
ROW = 1.15


def panel_flow(published: Published, names: Names, mark: str) -> Picture:
    """A box per round with who answered, and beside it who did not."""
    # Imported here: only drawing needs it, and it takes half a second.
    from matplotlib.figure import Figure

    outcomes = published.outcomes
    rows = len(outcomes)
    height = ROW * rows + 0.35
    figure = Figure(figsize=(WIDTH, height), dpi=DOTS_PER_INCH)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, height)
    if mark:
        write(axes, 0.1, height - 0.08, mark, size=8, va="top")
    alt = [mark] if mark else []
    for row, outcome in enumerate(outcomes):
        middle = height - 0.3 - ROW * (row + 0.5)
        told = outcome.response
        _box(axes, 0.15, middle, 3.1, _answered(names, outcome.round, told), strong=True)
        _box(axes, 3.75, middle, 2.1, _lost(names, told))
        axes.annotate("", (3.75, middle), (3.25, middle), arrowprops={"arrowstyle": "->", "color": INK})
        if row < rows - 1:
            below = middle - ROW
            axes.annotate("", (1.7, below + 0.42), (1.7, middle - 0.42), arrowprops={"arrowstyle": "->", "color": INK})
        alt.append(f"{_answered(names, outcome.round, told)} {_lost(names, told)}".replace("\n", " "))
    with drawing_alone:
        return Picture(png_of(figure), " ".join(alt))


def _answered(names: Names, number: int, told: Response) -> str:
    return names("flow.answered", round=number, invited=told.invited, everything=told.everything, part=told.part)


def _lost(names: Names, told: Response) -> str:
    return names("flow.lost", silent=told.silent, withdrawn=told.withdrawn, declined=told.declined)


def _box(axes: "Axes", left: float, middle: float, width: float, words: str, *, strong: bool = False) -> None:
    edge, line = (INK, 1.2) if strong else (FAINT, 0.8)
    at = [left + width / 2]
    axes.bar(at, [0.84], width=width, bottom=middle - 0.42, facecolor="white", edgecolor=edge, linewidth=line)
    write(axes, left + 0.12, middle, words, size=8.5, va="center", linespacing=1.45)
