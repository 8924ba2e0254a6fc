"""Where a panel that is just answering moves apart. Pure.

For moderators, who see questions and never who rated what: only questions are named that enough have rated, and only
people are compared who rated the same version in both rounds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from bot.delphi.distribution import Distribution
from bot.delphi.polarization import BOTH_ENDS_FROM, polarization
from bot.delphi.protocol import Protocol
from bot.delphi.round_table import Column, RoundTable
from bot.delphi.scale import Scale, Zone

# Smaller differences come and go with every answer.
RISE = Fraction(5, 100)


@dataclass(frozen=True, slots=True)
class Rise:
    """A question on which `n` people are further apart than before: polarization (0 to 1) then and now."""

    code: str
    n: int
    before: Fraction
    now: Fraction


@dataclass(frozen=True, slots=True)
class Split:
    """A question with both ends of its scale held: of `n`, so many in the lowest third and in the highest."""

    code: str
    n: int
    low: int
    high: int


def rising(protocol: Protocol, table: RoundTable, before: RoundTable) -> list[Rise]:
    """Where dissent rises by `RISE` or more among those who have rated a question in both rounds, the steepest rise
    first. Nothing of questions that fewer than the protocol's smallest group have rated twice."""
    earlier = {(column.code, column.version): column for column in before.columns}
    found = []
    for column in table.columns:
        scale, same = protocol.scale_of(column.item), earlier.get((column.code, column.version))
        if scale is None or scale.points < 3 or same is None:
            continue
        then, now = _pairs(table.panellists, column, before.panellists, same)
        if len(now) < protocol.smallest_group:
            continue
        rise = Rise(column.code, len(now), polarization(_of(then, scale)), polarization(_of(now, scale)))
        if rise.now - rise.before >= RISE:
            found.append(rise)
    return sorted(found, key=lambda one: (one.before - one.now, one.code))


def split(protocol: Protocol, table: RoundTable) -> list[Split]:
    """Where both outer thirds of the scale hold 15 % or more so far, the most even split first."""
    found = []
    for column in table.columns:
        scale = protocol.scale_of(column.item)
        ratings = [value for value in column.answers if isinstance(value, int)]
        if scale is None or len(ratings) < protocol.smallest_group:
            continue
        rated = _of(ratings, scale)
        if min(rated.share(Zone.LOW), rated.share(Zone.HIGH)) >= BOTH_ENDS_FROM:
            found.append(Split(column.code, rated.n, rated.in_zone(Zone.LOW), rated.in_zone(Zone.HIGH)))
    return sorted(found, key=lambda one: (-Fraction(min(one.low, one.high), one.n), one.code))


def _pairs(
    people: Sequence[str], column: Column, people_before: Sequence[str], before: Column
) -> tuple[list[int], list[int]]:
    """What those who rated both times said then, and what they say now."""
    said = {code: value for code, value in zip(people_before, before.answers, strict=True) if isinstance(value, int)}
    both = [
        (said[code], value)
        for code, value in zip(people, column.answers, strict=True)
        if code in said and isinstance(value, int)
    ]
    return [then for then, _ in both], [now for _, now in both]


def _of(ratings: Sequence[int], scale: Scale) -> Distribution:
    return Distribution(scale, tuple(ratings.count(point) for point in scale.values))
