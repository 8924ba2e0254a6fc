"""Figures that surprise: outside the range that is expected, or far from last time. They are asked about, not refused:
what surprises us may be good news."""

from decimal import Decimal
from typing import Literal

from bot.progress.indicator import Indicator

Surprise = Literal["above", "below", "jump", "fell"]

# So many times as much as last time, or as little.
JUMP = 5
# Where few things are counted, many times as many is still few.
FEW = 20


def surprise(indicator: Indicator, amount: Decimal, last: Decimal | None) -> Surprise | None:
    """Why this figure has to be asked about: `above` or `below` the indicator's range, a total so far that `fell`, or a
    `jump` in either direction since the `last` one; None when it does not surprise."""
    if indicator.plausible_to is not None and amount > indicator.plausible_to:
        return "above"
    if indicator.plausible_from is not None and amount < indicator.plausible_from:
        return "below"
    if last is None or last <= 0:
        return None
    if indicator.cumulative and indicator.adds_up and amount < last:
        return "fell"
    low, high = sorted((amount, last))
    is_many = indicator.kind != "count" or high >= FEW
    return "jump" if is_many and low > 0 and high >= JUMP * low else None
