"""Pictures and documents: ours to show, and people's own to keep."""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, Integer, LargeBinary, Table, Text, text

from storage.schema.base import Id, Instant, metadata

files = Table(
    "files",
    metadata,
    Column("id", Id, primary_key=True),
    # What it is about (`campaign 12`, `report 7`), so that it goes when that goes.
    Column("subject", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    # What a picture shows, in words.
    Column("alt", Text, nullable=False, server_default=""),
    Column("sha256", Text, nullable=False, server_default=""),
    # Where it is to be fetched from: sender and the platform's id of it.
    Column("source_sender", Text, nullable=False, server_default=""),
    Column("source_id", Text, nullable=False, server_default=""),
    # What each sender calls it, once uploaded: it is not uploaded again.
    Column("uploaded", JSON, nullable=False, server_default="{}"),
    # Who sent it; it goes when they do.
    Column("participant_id", Id, ForeignKey("participants.id", ondelete="CASCADE"), index=True),
    # When to fetch it, and how often that was tried; null when there is nothing (more) to fetch.
    Column("fetch_at", Instant),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    # Null until it has been fetched from the platform where somebody sent it. It stands last, because SQLite reads a
    # row's columns from the first to the one it wants.
    Column("content", LargeBinary),
    Index("ix_files_subject", "subject"),
    Index(
        "ix_files_fetch_at",
        "fetch_at",
        sqlite_where=text("fetch_at IS NOT NULL"),
        postgresql_where=text("fetch_at IS NOT NULL"),
    ),
    # The number of a file that is gone is never another file's: senders remember by it what they have uploaded.
    sqlite_autoincrement=True,
)
