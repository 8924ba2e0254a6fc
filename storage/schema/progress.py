"""Progress: what is counted, who reports when, and what they reported."""

from sqlalchemy import (
    JSON,
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

indicators = Table(
    "indicators",
    metadata,
    Column("code", Text, primary_key=True),
    # Words by language.
    Column("name", JSON, nullable=False),
    # count, area, money, percentage, carbon, yes_no, text
    Column("kind", Text, nullable=False),
    Column("unit", Text, nullable=False, server_default=""),
    # Reported as the total so far (true) or as what was added in the period.
    Column("cumulative", Boolean, nullable=False, server_default=text("false")),
    # What has to be told with a figure: method, depth, baseline_year, verification.
    Column("requires", JSON, nullable=False, server_default="[]"),
    Column("plausible_from", Numeric(24, 6)),
    Column("plausible_to", Numeric(24, 6)),
    Column("facility", Text, nullable=False, server_default=""),
    Column("objective", Text, nullable=False, server_default=""),
    # {"2030": "30", "2050": "50"}, as decimal strings.
    Column("targets", JSON, nullable=False, server_default="{}"),
    # Where it comes from; `ours` is marked as such wherever it is shown.
    Column("source", Text, nullable=False, server_default=""),
    Column("mark", Text, nullable=False, server_default=""),
    Column("position", Integer, nullable=False, server_default="0"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)

# Which coalition owes reports, how often, and who writes them.
obligations = Table(
    "obligations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("coalition_id", Id, ForeignKey("coalitions.id", ondelete="CASCADE"), nullable=False, unique=True),
    # monthly, quarterly, yearly
    Column("every", Text, nullable=False),
    # So many days after a period's end its report is due.
    Column("due_days", Integer, nullable=False),
    # The first period that is owed, as `2026-Q3`, `2026-07` or `2026`.
    Column("from_period", Text, nullable=False),
    Column("lead_id", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("deputy_id", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    # Codes of the indicators that this coalition reports on.
    Column("indicators", JSON, nullable=False, server_default="[]"),
    # The last period owed, once the coalition has closed.
    Column("until_period", Text, nullable=False, server_default=""),
)

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("coalition_id", Id, ForeignKey("coalitions.id", ondelete="CASCADE"), nullable=False),
    Column("period", Text, nullable=False),
    # on_track, at_risk, off_track
    Column("status", Text, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    Column("milestones", Text, nullable=False, server_default=""),
    Column("help", Text, nullable=False, server_default=""),
    # open, taken (by `help_by`), answered: what became of a request for help.
    Column("help_state", Text, nullable=False, server_default=""),
    Column("help_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("submitted_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("submitted_at", Instant, nullable=False),
    Column("corrected_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("corrected_at", Instant),
    # How often it was corrected.
    Column("revision", Integer, nullable=False, server_default="0"),
    UniqueConstraint("coalition_id", "period"),
)

# What a report said before a correction; its own row holds what it says now.
report_history = Table(
    "report_history",
    metadata,
    Column("report_id", Id, ForeignKey("reports.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("status", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("milestones", Text, nullable=False),
    Column("help", Text, nullable=False),
    Column("given_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("given_at", Instant, nullable=False),
)

# Every figure ever given: a correction is a further row, and those with the highest revision count. There is a row
# for each currency that an amount was given in.
report_values = Table(
    "report_values",
    metadata,
    Column("id", Id, primary_key=True),
    Column("report_id", Id, ForeignKey("reports.id", ondelete="CASCADE"), nullable=False),
    Column("indicator", Text, ForeignKey("indicators.code"), nullable=False),
    Column("revision", Integer, nullable=False, server_default="0"),
    # Exactly one of these says something: an amount, or words (also yes and no). Neither is "nothing to report".
    Column("amount", Numeric(24, 6)),
    Column("words", Text, nullable=False, server_default=""),
    Column("currency", Text, nullable=False, server_default=""),
    # {"method": …, "depth": …, "baseline_year": …, "verification": …}
    Column("details", JSON, nullable=False, server_default="{}"),
    Column("given_by", Id, ForeignKey("participants.id", ondelete="SET NULL")),
    Column("given_at", Instant, nullable=False),
    UniqueConstraint("report_id", "indicator", "revision", "currency"),
    Index("ix_report_values_indicator", "indicator"),
)

# Channels and groups that the monthly digest goes to.
digests = Table(
    "digests",
    metadata,
    Column("place_id", Id, ForeignKey("places.id", ondelete="CASCADE"), primary_key=True),
    # The month of the last one that went there, as `2026-09`.
    Column("month", Text, nullable=False, server_default=""),
)
