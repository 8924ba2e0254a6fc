"""Who answered a round of any kinds of items, by group, and whether those who left thought differently."""

from fractions import Fraction

import numpy as np

from bot.delphi.disclosure import shown_cells
from bot.delphi.outcome import GroupResponse, Leavers, Response
from bot.delphi.participation import attrition
from bot.delphi.protocol import Protocol
from bot.delphi.round_table import Mask, RoundTable


def response(table: RoundTable) -> Response:
    """Who of the whole panel answered."""
    return _response(table, answered(table), np.ones(len(table.panellists), dtype=np.bool_))


def group_responses(table: RoundTable, smallest: int) -> tuple[GroupResponse, ...]:
    """The response of each group, in the order of their names; nothing where there is one group at most."""
    names = sorted({*table.groups, *table.waiting, *table.declined})
    if len(names) < 2:
        return ()
    member_of, given = np.array(table.groups, dtype=object), answered(table)
    counted = [_response(table, given, np.asarray(member_of == name, dtype=np.bool_), name) for name in names]
    shown = shown_cells(np.array([[each.invited] for each in counted]), smallest)[:, 0].tolist()
    return tuple(
        GroupResponse(group=name, response=each if is_shown else None)
        for name, each, is_shown in zip(names, counted, shown, strict=True)
    )


def leavers(protocol: Protocol, table: RoundTable, previous: RoundTable) -> Leavers:
    """Who answered the round before and nothing in this one, and where most of them had held a minority view; not where
    of fewer than the protocol's minimum, since others know who left."""
    still_here = {table.panellists[row] for row in np.flatnonzero(answered(table).any(axis=1)).tolist()}
    answered_before = answered(previous).any(axis=1)
    left = np.array([name not in still_here for name in previous.panellists], dtype=np.bool_) & answered_before
    apart = []
    for column in previous.columns if int(left.sum()) >= protocol.smallest_group else ():
        scale = protocol.scale_of(column.item)
        if scale and attrition(column.ratings().reshape(-1, 1), left, scale)[0].alarm:
            apart.append(column.code)
    return Leavers(left=int(left.sum()), minority_view_on=tuple(apart))


def answered(table: RoundTable) -> Mask:
    """Who answered what, shape (panellists, items)."""
    if not table.columns:
        return np.zeros((len(table.panellists), 0), dtype=np.bool_)
    return np.stack([column.has_answer() for column in table.columns], axis=1)


def _response(table: RoundTable, given: Mask, members: Mask, group: str | None = None) -> Response:
    """Counts these `members`, shape (panellists,), and who never joined: of this group, or of all."""
    of_members = given[members]
    whole = int(of_members.all(axis=1).sum()) if of_members.shape[1] else 0
    some = int(of_members.any(axis=1).sum())
    nothing = ~of_members.any(axis=1)
    withdrawn = int((nothing & table.withdrawn[members]).sum())
    waiting, declined = (
        sum(counts.values()) if group is None else counts.get(group, 0) for counts in (table.waiting, table.declined)
    )
    invited = len(of_members) + waiting + declined
    return Response(
        invited=invited,
        everything=whole,
        part=some - whole,
        silent=int(nothing.sum()) - withdrawn + waiting,
        withdrawn=withdrawn,
        declined=declined,
        rate=Fraction(some, invited) if invited else None,
        completion=Fraction(whole, invited) if invited else None,
    )
