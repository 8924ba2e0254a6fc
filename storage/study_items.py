"""The items of a study, in versions: what is asked never changes, other words are another version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import round_items, study_items


@dataclass(frozen=True, slots=True)
class Item:
    """`item` is what `bot.delphi.protocol.read_item` reads. `lineage` says what it was made from:
    `[{"how": "reworded" | "merged" | "split", "item": "B3", "version": 1}]`. `state` is active, retired (with the
    verdict and the round that retired it) or replaced (by another version, or what it was merged into)."""

    id: int
    study_id: int
    code: str
    version: int
    item: dict[str, Any]
    origin: str
    lineage: list[dict[str, Any]]
    state: str
    verdict: str
    retired_round: int | None
    position: int


_ITEM: Select[Any] = select(
    study_items.c.id,
    study_items.c.study_id,
    study_items.c.code,
    study_items.c.version,
    study_items.c.item,
    study_items.c.origin,
    study_items.c.lineage,
    study_items.c.state,
    study_items.c.verdict,
    study_items.c.retired_round,
    study_items.c.position,
)


async def put_down(connection: AsyncConnection, study_id: int, items: Sequence[Mapping[str, Any]]) -> list[int]:
    """The protocol's items, in their order; their ids."""
    return [await add(connection, study_id, item["id"], item) for item in items]


async def add(
    connection: AsyncConnection,
    study_id: int,
    code: str,
    item: Mapping[str, Any],
    *,
    origin: str = "protocol",
    lineage: Sequence[Mapping[str, Any]] = (),
) -> int:
    """An item, or the next version of the item that has this code; its id. Only its words are kept here: which round
    asks it, and what becomes of what it was made from, is for `ask` and `replace`."""
    same = study_items.c.study_id == study_id
    versions = select(func.max(study_items.c.version)).where(same, study_items.c.code == code)
    earlier = (await connection.execute(versions)).scalar_one()
    places = select(func.coalesce(func.max(study_items.c.position), 0)).where(same)
    if earlier is not None:
        places = select(func.max(study_items.c.position)).where(same, study_items.c.code == code)
    place = int((await connection.execute(places)).scalar_one())
    made = await connection.execute(
        insert(study_items)
        .values(
            study_id=study_id,
            code=code,
            version=1 if earlier is None else earlier + 1,
            item=dict(item),
            origin=origin,
            lineage=[dict(each) for each in lineage],
            position=place + 1 if earlier is None else place,
        )
        .returning(study_items.c.id)
    )
    return int(made.scalar_one())


async def all_of(connection: AsyncConnection, study_id: int) -> list[Item]:
    """Every version of every item, in the study's order."""
    rows = await connection.execute(
        _ITEM.where(study_items.c.study_id == study_id).order_by(
            study_items.c.position, study_items.c.code, study_items.c.version
        )
    )
    return [Item(*row) for row in rows]


async def by_id(connection: AsyncConnection, id: int) -> Item | None:
    """One version of an item."""
    row = (await connection.execute(_ITEM.where(study_items.c.id == id))).first()
    return Item(*row) if row else None


async def of_round(connection: AsyncConnection, round_id: int) -> list[Item]:
    """What a round asks, in its order."""
    rows = await connection.execute(
        _ITEM.join_from(study_items, round_items)
        .where(round_items.c.round_id == round_id)
        .order_by(round_items.c.position, study_items.c.id)
    )
    return [Item(*row) for row in rows]


async def ask(connection: AsyncConnection, round_id: int, item_ids: Sequence[int]) -> None:
    """What a round asks, in this order, in the place of what it was to ask. Only for rounds that have not opened."""
    await connection.execute(delete(round_items).where(round_items.c.round_id == round_id))
    if item_ids:
        await connection.execute(
            insert(round_items),
            [{"round_id": round_id, "item_id": id, "position": place} for place, id in enumerate(item_ids, 1)],
        )


async def retire(connection: AsyncConnection, item_id: int, verdict: str, round_number: int) -> None:
    """It does not come back: `verdict` is `bot.delphi.protocol.Retire` or a moderator's decision."""
    await connection.execute(
        update(study_items)
        .where(study_items.c.id == item_id)
        .values(state="retired", verdict=verdict, retired_round=round_number)
    )


async def revive(connection: AsyncConnection, item_id: int) -> None:
    """The moderator asks it once more after all."""
    await connection.execute(
        update(study_items).where(study_items.c.id == item_id).values(state="active", verdict="", retired_round=None)
    )


async def replace(connection: AsyncConnection, item_id: int) -> None:
    """Another version, or what it was merged into or split, takes its place."""
    await connection.execute(update(study_items).where(study_items.c.id == item_id).values(state="replaced"))
