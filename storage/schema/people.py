"""People, their accounts, what they belong to."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.schema.base import Id, Instant, metadata

participants = Table(
    "participants",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("zone", Text, nullable=False, server_default=""),
    Column("consent_version", Integer, nullable=False, server_default="0"),
    Column("consented_at", Instant),
    Column("generation", Text, nullable=False, server_default=""),
    Column("engagement", Text, nullable=False, server_default=""),
    # When this person may be written to without having asked: local hours, at most 24.
    Column("daytime_from", Integer, nullable=False, server_default="9"),
    Column("daytime_to", Integer, nullable=False, server_default="19"),
    Column("paused_until", Instant),
    # Several things on one day become one message; those who do not want that get the most urgent one.
    Column("digest", Boolean, nullable=False, server_default=text("true")),
    # Topics that this person does not want to be reminded of.
    Column("stopped_topics", JSON, nullable=False, server_default="[]"),
    # Which account to write to first; else the one that wrote last. No foreign key: the two tables would need each
    # other.
    Column("preferred_account_id", BigInteger),
    # The conversation that takes what this person says next. No foreign key: the two tables would need each other.
    Column("conversation_id", BigInteger),
    Column("created_at", Instant, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("participant_id", Id, ForeignKey("participants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("platform", Text, nullable=False),
    Column("chat", Text, nullable=False, server_default=""),
    Column("name", Text, nullable=False, server_default=""),
    Column("handle", Text, nullable=False, server_default=""),
    # What the platform says of the person; their own choice (participants) comes before it.
    Column("language", Text, nullable=False, server_default=""),
    Column("zone", Text, nullable=False, server_default=""),
    Column("reachable", Boolean, nullable=False, server_default=text("true")),
    Column("seen_at", Instant, nullable=False),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    # The name as it is compared: case folded, one space between words.
    Column("name_key", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("country", Text, nullable=False),
    # What its people say of it; the secretariat confirms it when it decides on a request.
    Column("status", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    UniqueConstraint("name_key", "country"),
)

coalitions = Table(
    "coalitions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("facility", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("aim", Text, nullable=False, server_default=""),
    Column("objectives", JSON, nullable=False),
    Column("state", Text, nullable=False),
    Column("proposed_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("created_at", Instant, nullable=False),
    Index("ix_coalitions_facility_state", "facility", "state"),
)

memberships = Table(
    "memberships",
    metadata,
    Column("id", Id, primary_key=True),
    Column("participant_id", Id, ForeignKey("participants.id", ondelete="CASCADE"), nullable=False),
    # Where the request came from, and so where its answer goes.
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="SET NULL")),
    Column("organisation_id", Id, ForeignKey("organisations.id")),
    Column("coalition_id", Id, ForeignKey("coalitions.id"), nullable=False),
    Column("role", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("requested_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("ended_at", Instant),
    Index("ix_memberships_coalition_id_state", "coalition_id", "state"),
    # One living membership per person and coalition; past ones stay as history.
    Index(
        "uq_memberships_living",
        "participant_id",
        "coalition_id",
        unique=True,
        sqlite_where=text("state IN ('pending', 'approved')"),
        postgresql_where=text("state IN ('pending', 'approved')"),
    ),
)

pledges = Table(
    "pledges",
    metadata,
    Column("id", Id, primary_key=True),
    Column("membership_id", Id, ForeignKey("memberships.id", ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount", Numeric(18, 2)),
    Column("currency", Text, nullable=False, server_default=""),
    UniqueConstraint("membership_id", "kind"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor_id", BigInteger),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
)
