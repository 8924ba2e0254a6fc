"""What surprises is asked about; what does not is taken."""

from decimal import Decimal

import pytest

from bot.progress.indicator import Indicator, Kind
from bot.progress.plausible import surprise


@pytest.mark.parametrize(
    ("kind", "cumulative", "amount", "last", "why"),
    [
        ("area", True, "12000", "1200", "jump"),
        ("area", True, "5999", "1200", None),
        ("area", False, "200", "1200", "jump"),
        ("area", True, "1199", "1200", "fell"),
        ("area", False, "1199", "1200", None),
        ("area", True, "1200", None, None),
        # Where few things are counted, five times as many are still few.
        ("count", False, "10", "2", None),
        ("count", False, "20", "2", "jump"),
        ("area", False, "0", "1200", None),
        ("area", False, "5", "0", None),
        ("area", False, "20001", "20000", "above"),
        ("area", False, "-1", None, "below"),
        ("carbon", True, "0.1", "0.4", None),
    ],
)
def test_a_figure_that_surprises(kind: Kind, cumulative: bool, amount: str, last: str | None, why: str | None) -> None:
    indicator = Indicator(
        code="x",
        name={"en": "X"},
        kind=kind,
        cumulative=cumulative,
        plausible_from=Decimal(0),
        plausible_to=Decimal(20_000),
    )
    assert surprise(indicator, Decimal(amount), None if last is None else Decimal(last)) == why
