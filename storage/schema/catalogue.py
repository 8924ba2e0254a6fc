"""What the secretariat filled in of the catalogue."""

from sqlalchemy import Column, Table, Text

from storage.schema.base import metadata

catalogue_rows = Table(
    "catalogue_rows",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("language", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("mark", Text, nullable=False),
)
