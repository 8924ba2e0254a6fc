"""What the secretariat filled into the catalogue: one value a row, with its source and its mark."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.schema import catalogue_rows

COLUMNS = ("kind", "code", "language", "field", "value", "source", "mark")


async def cells(connection: AsyncConnection) -> Sequence[Any]:
    """Every row, with the columns of `COLUMNS`, in a stable order."""
    rows = await connection.execute(
        select(*(catalogue_rows.c[name] for name in COLUMNS)).order_by(
            catalogue_rows.c.code, catalogue_rows.c.field, catalogue_rows.c.language
        )
    )
    return rows.all()


async def store(connection: AsyncConnection, rows: Iterable[Sequence[str]]) -> None:
    """Add or replace rows; an inference (mark I) never replaces what a source states."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    for row in rows:
        statement = insert(catalogue_rows).values(dict(zip(COLUMNS, row, strict=True)))
        stated = statement.excluded
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=["kind", "code", "language", "field"],
                set_={"value": stated.value, "source": stated.source, "mark": stated.mark},
                where=(stated.mark != "I") | (catalogue_rows.c.mark == "I"),
            )
        )
