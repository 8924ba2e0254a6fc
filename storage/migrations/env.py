"""Runs the migrations over the connection that storage/migrate.py hands in, inside its transaction."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from storage.schema import Instant, metadata


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Writes our own column type as the plain one it stands for: a migration must outlive today's code."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


connection: Connection | None = context.config.attributes.get("connection")
if connection is None:
    raise RuntimeError("run by `engage migrate`; `python -m storage.draft` makes a new revision")

context.configure(
    connection=connection,
    target_metadata=metadata,
    # SQLite cannot alter most things of a table: there, Alembic copies it.
    render_as_batch=True,
    render_item=render_item,
)
context.run_migrations()
