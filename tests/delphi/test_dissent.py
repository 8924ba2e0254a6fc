"""Where a panel moves apart, as moderators see it while a round is open."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

import numpy as np

from bot.delphi.dissent import rising, split
from bot.delphi.protocol import OpenItem, Protocol, ScaleItem
from bot.delphi.round_table import Column, RoundTable

ITEMS = [ScaleItem(id="A1", text={"en": "Mulch"}), ScaleItem(id="A2", text={"en": "Hedges"})]


def protocol(smallest: int = 5) -> Protocol:
    return Protocol.model_validate(
        {
            "study": "soil",
            "title": {"en": "Soils"},
            "introduction": {"en": "Soils."},
            "items": [*ITEMS, OpenItem(id="E1", text={"en": "Why?"})],
            "rounds": [{"opens": datetime(2027, 1, 11), "closes": datetime(2027, 1, 24)}],  # noqa: DTZ001 - wall times
            "smallest_group": smallest,
        }
    )


def table(first: Sequence[int | None], second: Sequence[int | None] = (), *, version: int = 1) -> RoundTable:
    people = tuple(f"P-{place}" for place in range(len(first)))
    nobody = np.zeros(len(people), dtype=np.bool_)
    columns = [Column("A1", version, ITEMS[0], first, nobody)]
    if second:
        columns.append(Column("A2", 1, ITEMS[1], second, nobody))
    return RoundTable(people, ("",) * len(people), tuple(columns), nobody)


def test_dissent_rises_where_those_who_rated_twice_are_further_apart() -> None:
    before = table([5, 5, 5, 5, 5, 5], [1, 9, 1, 9, 1, 9])
    (rise,) = rising(protocol(), table([1, 1, 1, 9, 9, 9], [5, 5, 5, 5, 5, 5]), before)
    assert (rise.code, rise.n, rise.before, rise.now) == ("A1", 6, Fraction(0), Fraction(1))


def test_who_has_not_answered_yet_makes_no_difference() -> None:
    """Three agree and three do not; those three have not come back yet."""
    before = table([9, 9, 9, 9, 9, 1, 1, 1])
    assert rising(protocol(), table([9, 9, 9, 9, 9, None, None, None]), before) == []
    assert rising(protocol(), table([9, 9, 9, 1, 1, None, None, None]), before) != []


def test_nothing_is_said_of_few_people_or_of_another_version() -> None:
    before, now = table([5, 5, 5, 5, None]), table([1, 9, 1, 9, 1])
    assert rising(protocol(), now, before) == []
    assert rising(protocol(smallest=4), now, before) != []
    apart = table([1, 9, 1, 9, 1, 9], version=2)
    assert rising(protocol(), apart, table([5, 5, 5, 5, 5, 5])) == []


def test_a_panel_is_divided_where_both_ends_of_the_scale_are_held() -> None:
    found = split(protocol(), table([1, 2, 9, 9, 5, 5], [9, 9, 9, 9, 9, 1]))
    assert [(one.code, one.n, one.low, one.high) for one in found] == [("A1", 6, 2, 2), ("A2", 6, 1, 5)]
    assert split(protocol(), table([1, 1, 9, 9])) == []
    assert split(protocol(), table([1, None, 9, 9, 9, 9, 9, 9, 9])) == []
