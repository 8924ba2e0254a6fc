"""Everything that was answered in a round, as a table of panellists and items."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.panels import IN_ROUND
from storage.schema import answers, pseudonyms, round_items, study_items, study_rounds


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """An item's answers, one per panellist of the table in its order. `values` holds None where there is none, and
    where `unable` is true."""

    item_id: int
    code: str
    version: int
    item: dict[str, Any]
    values: list[Any]
    unable: list[bool]
    why_changed: list[str]


@dataclass(frozen=True, slots=True, eq=False)
class RoundTable:
    """Everything that was answered in a round. Panellists are the codes, sorted, of all who were asked in it or had
    left before it; `withdrew` says who had left by its end. All lists over panellists have the same order and length,
    those in `columns` too."""

    round_id: int
    number: int
    panellists: list[str]
    groups: list[str]
    withdrew: list[bool]
    columns: list[Column]


_OF_STUDY = and_(pseudonyms.c.study_id == study_rounds.c.study_id, pseudonyms.c.first_round <= study_rounds.c.number)
_left: ColumnElement[bool] = func.coalesce(
    pseudonyms.c.withdrew & (pseudonyms.c.last_round <= study_rounds.c.number), False
)


async def table(connection: AsyncConnection, round_id: int) -> RoundTable:
    """Everything that was answered in a round. Raises LookupError where there is no such round."""
    number = (
        await connection.execute(select(study_rounds.c.number).where(study_rounds.c.id == round_id))
    ).scalar_one_or_none()
    if number is None:
        raise LookupError(f"no round {round_id}")
    people = (
        await connection.execute(
            select(pseudonyms.c.id, pseudonyms.c.code, pseudonyms.c.group, _left)
            .join_from(study_rounds, pseudonyms, or_(IN_ROUND, and_(_OF_STUDY, _left)))
            .where(study_rounds.c.id == round_id)
            .order_by(pseudonyms.c.code)
        )
    ).all()
    place = {row[0]: index for index, row in enumerate(people)}
    items = await connection.execute(
        select(study_items.c.id, study_items.c.code, study_items.c.version, study_items.c.item)
        .join_from(round_items, study_items)
        .where(round_items.c.round_id == round_id)
        .order_by(round_items.c.position, study_items.c.id)
    )
    size = len(people)
    columns = {row[0]: Column(*row, [None] * size, [False] * size, [""] * size) for row in items}
    rows = await connection.execute(
        select(
            answers.c.item_id, answers.c.pseudonym_id, answers.c.value, answers.c.unable, answers.c.why_changed
        ).where(answers.c.round_id == round_id)
    )
    for item_id, pseudonym_id, value, unable, why in rows:
        column, at = columns.get(item_id), place.get(pseudonym_id)
        if column is not None and at is not None:
            column.values[at], column.unable[at], column.why_changed[at] = value, unable, why
    return RoundTable(
        round_id,
        number,
        [row[1] for row in people],
        [row[2] for row in people],
        [bool(row[3]) for row in people],
        list(columns.values()),
    )
