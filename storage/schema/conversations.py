"""What is being talked about, and what was heard."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, ForeignKey, Integer, Table, Text, UniqueConstraint, text

from storage.schema.base import Id, Instant, metadata

inbox = Table(
    "inbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("received_at", Instant, nullable=False, index=True),
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
    # The call for engagement that led here. No foreign key: a call that is gone has nothing to be counted for.
    Column("campaign_id", BigInteger),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("participant_id", "flow", "subject"),
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
