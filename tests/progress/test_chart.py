"""The picture of progress: as wide as a phone, whatever it has to show."""

import struct
import threading
from decimal import Decimal

import pytest

from bot.delphi.report import charts
from bot.progress.chart import MOST_PANELS, Panel, Point, Target, picture

POINTS = (
    Point("Q1\n2026", "3/3", Decimal(800), "800", "800"),
    Point("Q2", "2/3"),
    Point("Q3", "3/3", Decimal("1234567.5"), "1,234,567.5", "1.2M"),
)
BELOW = (Point("Q1", "", Decimal("-0.4"), "-0.4", "-0.4"), Point("Q2", "", Decimal("0.3"), "0.3", "0.3"))
TARGETS = (Target(Decimal(2_000_000), "Target for 2030: 2,000,000"), Target(Decimal(10) ** 9, "Target for 2050: $1bn$"))


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def test_it_is_as_wide_as_a_phone_and_higher_with_every_panel() -> None:
    line = Panel("Land under improved management (ha), total so far", POINTS, True, "no figure", TARGETS)
    bars = Panel("Events $held$ in each period", POINTS, False, "no figure")
    level = Panel("Carbon", BELOW, True, "no figure")
    heights = []
    for number in (1, 2, 3):
        width, height = size(picture("Soil Regeneration", [line, bars, level][:number], "A note"))
        assert width == 1080
        heights.append(height)
    assert heights == sorted(set(heights))


def test_more_panels_than_fit_on_a_phone_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    parts: list[int] = []
    monkeypatch.setattr(charts.Drawing, "__init__", lambda _self, *inches: parts.append(len(inches)))
    monkeypatch.setattr("bot.progress.chart._draw", lambda *_: None)
    monkeypatch.setattr(charts.Drawing, "part", lambda *_: None)
    monkeypatch.setattr(charts.Drawing, "png", lambda *_: b"")
    picture("Many", [Panel("One", BELOW, True, "–")] * (MOST_PANELS + 3))
    assert parts == [MOST_PANELS]


def test_nothing_at_all_and_figures_that_are_zero_can_be_drawn() -> None:
    nothing = Panel("Events", (Point("Q1"),), False, "no figure")
    zero = Panel(
        "Events", (Point("Q1", "", Decimal(), "0", "0"), Point("Q2", "", Decimal(), "0", "0")), False, "no figure"
    )
    assert size(picture("Quiet", [nothing, zero]))[0] == 1080


def test_a_picture_waits_for_one_that_is_being_drawn() -> None:
    panel = Panel("Carbon", BELOW, True, "–")
    done = threading.Event()

    def draw() -> None:
        picture("One", [panel])
        done.set()

    drawing = threading.Thread(target=draw, daemon=True)
    with charts.drawing_alone:
        drawing.start()
        assert not done.wait(0.05)
    assert done.wait(20)
    drawing.join(20)
