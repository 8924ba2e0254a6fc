"""The tables. Instants are stored in UTC and come back aware; JSON columns hold plain lists and objects."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An aware datetime. SQLite keeps no zone, so what is stored is always UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# SQLite numbers rows by itself only when the key is exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")

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

conversations = Table(
    "conversations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("participant_id", Id, ForeignKey("participants.id", ondelete="CASCADE"), nullable=False),
    Column("flow", Text, nullable=False),
    Column("flow_version", Integer, nullable=False),
    # What the flow is about when one person may hold several of its kind (`membership 7`); else empty.
    Column("subject", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("answers", JSON, nullable=False),
    Column("history", JSON, nullable=False),
    # The values behind the buttons of the screen as it was drawn: a token names one by its place.
    Column("drawn", JSON, nullable=False),
    Column("rev", Integer, nullable=False),
    # Answers in a row that did not fit the question.
    Column("misses", Integer, nullable=False),
    # The outbox row of the message that shows the current question.
    Column("screen_id", BigInteger),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("participant_id", "flow", "subject"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("received_at", Instant, nullable=False, index=True),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    Column("author_id", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    # draft, waiting (for a second secretary), scheduled, sending, paused, done, cancelled
    Column("state", Text, nullable=False),
    # As `bot.outreach.audience` reads it: and / or / not over filters.
    Column("audience", JSON, nullable=False),
    # Words by language; the button's label by language and where it leads.
    Column("texts", JSON, nullable=False),
    Column("button", JSON, nullable=False),
    Column("picture", Text, nullable=False, server_default=""),
    # At an instant, or at this local time of each reader.
    Column("begins_at", Instant),
    Column("local_time", Text, nullable=False, server_default=""),
    Column("approved_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant),
)

# What came of a call: who opened what its button leads to, and who went through with it.
campaign_marks = Table(
    "campaign_marks",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("participant_id", Id, ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("at", Instant, nullable=False),
)

# Every occasion on which somebody was written to unasked. The key makes it happen once.
occasions = Table(
    "occasions",
    metadata,
    Column("key", Text, primary_key=True),
    Column("participant_id", Id, ForeignKey("participants.id", ondelete="CASCADE"), nullable=False),
    Column("topic", Text, nullable=False),
    Column("subject", Text, nullable=False),
    # The local day it belongs to, as `2026-11-22`.
    Column("day", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_occasions_participant_id_topic", "participant_id", "topic"),
)

snoozes = Table(
    "snoozes",
    metadata,
    Column("participant_id", Id, ForeignKey("participants.id", ondelete="CASCADE"), primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("until", Instant, nullable=False),
)

# Two accounts becoming one person. Codes are kept as hashes only.
links = Table(
    "links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
    Column("code_hash", Text, nullable=False, index=True),
    # open, entered (the other side has it and both are asked), used, refused
    Column("state", Text, nullable=False),
    Column("shown_in_public", Boolean, nullable=False, server_default=text("false")),
    Column("other_account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE")),
    # The code back, when the first one was shown in public.
    Column("back_hash", Text, nullable=False, server_default=""),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("confirmed", JSON, nullable=False, server_default="[]"),
    Column("expires_at", Instant, nullable=False),
)

# One worker at a time sends for a sender, so that its rates hold across processes.
sender_leases = Table(
    "sender_leases",
    metadata,
    Column("sender", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", Instant, nullable=False),
    # What is wrong with its set-up, in the platform's code; empty when nothing is.
    Column("fault", Text, nullable=False, server_default=""),
    Column("fault_told", Boolean, nullable=False, server_default=text("false")),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("dedupe_key", Text, unique=True),
    Column("sender", Text, nullable=False),
    Column("account_id", Id, ForeignKey("accounts.id", ondelete="CASCADE")),
    Column("chat", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("payload", Text, nullable=False),
    # What the message is about (`membership 7`), so that it can be found and edited when that changes.
    Column("subject", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    # An earlier attempt's outcome was never learnt, so this message may have arrived twice.
    Column("uncertain", Boolean, nullable=False, server_default=text("false")),
    Column("not_before", Instant, nullable=False),
    Column("lease_until", Instant),
    Column("message_id", Text, nullable=False, server_default=""),
    Column("error", Text, nullable=False, server_default=""),
    # A call for engagement: its message is composed when it is sent, in this language, so the payload is empty.
    Column("campaign_id", Id, ForeignKey("campaigns.id")),
    Column("language", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    # What is due is found without looking at what is not: a campaign may wait for days.
    Index(
        "ix_outbox_waiting",
        "sender",
        "lane",
        "not_before",
        "id",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
    Index(
        "ix_outbox_campaign",
        "campaign_id",
        "state",
        sqlite_where=text("campaign_id IS NOT NULL"),
        postgresql_where=text("campaign_id IS NOT NULL"),
    ),
    Index(
        "ix_outbox_subject",
        "subject",
        sqlite_where=text("subject <> ''"),
        postgresql_where=text("subject <> ''"),
    ),
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
