"""What is said, to one and to many."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint, text

from storage.schema.base import Id, Instant, metadata

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
    # Channels and groups that it goes to as well: rows of `places`.
    Column("places", JSON, nullable=False, server_default="[]"),
    # At an instant, or at this wall time of each reader (`2026-11-23T09:00`); at once when there is neither.
    Column("begins_at", Instant),
    Column("local_time", Text, nullable=False, server_default=""),
    Column("approved_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("created_at", Instant, nullable=False),
    # When its rows were made: nobody is written to in the first minute after it.
    Column("confirmed_at", Instant),
    Column("ended_at", Instant),
)

# Channels and groups that the bot is in, for calls that go to all of them.
places = Table(
    "places",
    metadata,
    Column("id", Id, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("chat", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    # Whether the bot is still in it.
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("seen_at", Instant, nullable=False),
    UniqueConstraint("sender", "chat"),
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
    # When a message of the bulk lane came to its end.
    Column("ended_at", Instant),
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
