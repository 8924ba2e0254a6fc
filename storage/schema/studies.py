"""Delphi studies. Who is on a panel and what was answered are kept apart: answers hang on a pseudonym, and
`panel_links` between the two can be destroyed."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.schema.base import Id, Instant, metadata

studies = Table(
    "studies",
    metadata,
    Column("id", Id, primary_key=True),
    # Its short name in commands and links.
    Column("code", Text, nullable=False, unique=True),
    # draft, published, running, closed, sealed
    Column("state", Text, nullable=False),
    # As `bot.delphi.protocol` reads it, with all amendments, and its hash.
    Column("protocol", JSON, nullable=False),
    Column("protocol_hash", Text, nullable=False, server_default=""),
    # As it was when it was published: frozen.
    Column("published", JSON(none_as_null=True)),
    Column("rehearsal", Boolean, nullable=False, server_default=text("false")),
    Column("created_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("created_at", Instant, nullable=False),
    Column("published_at", Instant),
    Column("closed_at", Instant),
    Column("sealed_at", Instant),
    # Why it ended: a rule of the protocol, or the moderator's words.
    Column("stop_reason", Text, nullable=False, server_default=""),
)

amendments = Table(
    "amendments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("study_id", Id, ForeignKey("studies.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    # What was changed (`closes_at round 2`), from what, to what, and why.
    Column("what", Text, nullable=False),
    Column("before", JSON),
    Column("after", JSON),
    Column("reason", Text, nullable=False, server_default=""),
    Column("protocol_hash", Text, nullable=False),
)

study_rounds = Table(
    "study_rounds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("study_id", Id, ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
    # 0 is the round of open proposals.
    Column("number", Integer, nullable=False),
    # planned, proposed (its items are chosen and shown to the moderator), open, closed, dropped (never opened)
    Column("state", Text, nullable=False),
    # Wall times without a zone: a round opens and closes by each panellist's calendar, and ends with the last zone.
    Column("opens", Text, nullable=False),
    Column("closes", Text, nullable=False),
    # The instants that these come to for the panel as it is.
    Column("opens_at", Instant, nullable=False),
    Column("closes_at", Instant, nullable=False),
    Column("opened_at", Instant),
    Column("closed_at", Instant),
    # What came of it: the numbers of each item as they were when it closed.
    Column("outcome", JSON(none_as_null=True)),
    UniqueConstraint("study_id", "number"),
    Index("ix_study_rounds_state", "state", "closes_at"),
)

# A version of an item. What is asked never changes: other words are another version.
study_items = Table(
    "study_items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("study_id", Id, ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
    Column("code", Text, nullable=False),
    Column("version", Integer, nullable=False, server_default="1"),
    # As `bot.delphi.protocol.Item` has it: kind, words by language, scale, options, unit.
    Column("item", JSON, nullable=False),
    # protocol, panel (somebody proposed it)
    Column("origin", Text, nullable=False, server_default="protocol"),
    # What it was made from: [{"how": "reworded" | "merged" | "split", "item": "B3", "version": 1}].
    Column("lineage", JSON, nullable=False, server_default="[]"),
    # active, or retired with the verdict and the round that retired it.
    Column("state", Text, nullable=False, server_default="active"),
    Column("verdict", Text, nullable=False, server_default=""),
    Column("retired_round", Integer),
    Column("position", Integer, nullable=False),
    UniqueConstraint("study_id", "code", "version"),
)

round_items = Table(
    "round_items",
    metadata,
    Column("round_id", Id, ForeignKey("study_rounds.id", ondelete="CASCADE"), primary_key=True),
    Column("item_id", Id, ForeignKey("study_items.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, nullable=False),
)

panellists = Table(
    "panellists",
    metadata,
    Column("id", Id, primary_key=True),
    Column("study_id", Id, ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
    Column("participant_id", Id, ForeignKey("participants.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("group", Text, nullable=False, server_default=""),
    # invited, consented, declined, withdrawn
    Column("state", Text, nullable=False),
    Column("invited_at", Instant, nullable=False),
    Column("consented_at", Instant),
    Column("withdrawn_at", Instant),
    # Whether the practice item was seen or passed over.
    Column("practised", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("study_id", "participant_id"),
)

pseudonyms = Table(
    "pseudonyms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("study_id", Id, ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
    # As the moderator and the data file see it: `P-7K4QX2`. Drawn at random.
    Column("code", Text, nullable=False),
    Column("group", Text, nullable=False, server_default=""),
    # The first and the last round that they are asked in, and whether that is the last one because they withdrew.
    Column("first_round", Integer, nullable=False, server_default="0"),
    Column("last_round", Integer),
    Column("withdrew", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("study_id", "code"),
)

# Who is behind a pseudonym. To seal a study is to empty this, and what else would give it away.
panel_links = Table(
    "panel_links",
    metadata,
    Column("panellist_id", Id, ForeignKey("panellists.id", ondelete="CASCADE"), primary_key=True),
    Column("pseudonym_id", Id, ForeignKey("pseudonyms.id", ondelete="CASCADE"), nullable=False, unique=True),
)

answers = Table(
    "answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("round_id", Id, ForeignKey("study_rounds.id", ondelete="CASCADE"), nullable=False),
    Column("item_id", Id, ForeignKey("study_items.id", ondelete="CASCADE"), nullable=False),
    Column("pseudonym_id", Id, ForeignKey("pseudonyms.id", ondelete="CASCADE"), nullable=False),
    # A number, an option, a list of options in order, or words. Null where they were unable to score, or have only
    # commented so far.
    Column("value", JSON(none_as_null=True)),
    Column("unable", Boolean, nullable=False, server_default=text("false")),
    # Why it was changed since the round before, by a tap: new_argument, others, time, mistake, other, unsaid.
    Column("why_changed", Text, nullable=False, server_default=""),
    Column("comment", Text, nullable=False, server_default=""),
    Column("comment_language", Text, nullable=False, server_default=""),
    # As it is shown to others: scrubbed of names. waiting, shown, hidden
    Column("comment_state", Text, nullable=False, server_default="waiting"),
    Column("comment_shown", Text, nullable=False, server_default=""),
    # First and last saved; destroyed when the study is sealed.
    Column("first_at", Instant),
    Column("saved_at", Instant),
    UniqueConstraint("round_id", "item_id", "pseudonym_id"),
    Index("ix_answers_pseudonym_id", "pseudonym_id", "round_id"),
)

# What panellists propose in round 0, and what the moderator makes of it.
proposals = Table(
    "proposals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("round_id", Id, ForeignKey("study_rounds.id", ondelete="CASCADE"), nullable=False, index=True),
    # The open question that it answers.
    Column("item_id", Id, ForeignKey("study_items.id", ondelete="CASCADE"), nullable=False),
    Column("pseudonym_id", Id, ForeignKey("pseudonyms.id", ondelete="SET NULL")),
    Column("words", Text, nullable=False),
    Column("language", Text, nullable=False, server_default=""),
    # waiting, accepted, merged, declined
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    # The item that it became, or was merged into.
    Column("became_id", Id, ForeignKey("study_items.id", ondelete="SET NULL")),
    Column("at", Instant),
    Column("decided_at", Instant),
)

# What happened in a study, for its report: never who answered what.
study_log = Table(
    "study_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("study_id", Id, ForeignKey("studies.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", Instant, nullable=False),
    Column("what", Text, nullable=False),
    Column("detail", JSON, nullable=False, server_default="{}"),
)
