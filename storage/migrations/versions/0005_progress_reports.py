"""Progress reports."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "indicators",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.JSON(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), server_default="", nullable=False),
        sa.Column("cumulative", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("requires", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("plausible_from", sa.Numeric(precision=24, scale=6), nullable=True),
        sa.Column("plausible_to", sa.Numeric(precision=24, scale=6), nullable=True),
        sa.Column("facility", sa.Text(), server_default="", nullable=False),
        sa.Column("objective", sa.Text(), server_default="", nullable=False),
        sa.Column("targets", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("mark", sa.Text(), server_default="", nullable=False),
        sa.Column("position", sa.Integer(), server_default="0", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_indicators")),
    )
    op.create_table(
        "obligations",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("coalition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("every", sa.Text(), nullable=False),
        sa.Column("due_days", sa.Integer(), nullable=False),
        sa.Column("from_period", sa.Text(), nullable=False),
        sa.Column("lead_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("deputy_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("indicators", sa.JSON(), server_default="[]", nullable=False),
        sa.Column("until_period", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["coalition_id"], ["coalitions.id"], name=op.f("fk_obligations_coalition_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["deputy_id"], ["participants.id"], name=op.f("fk_obligations_deputy_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["lead_id"], ["participants.id"], name=op.f("fk_obligations_lead_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligations")),
        sa.UniqueConstraint("coalition_id", name=op.f("uq_obligations_coalition_id")),
    )
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("coalition_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("milestones", sa.Text(), server_default="", nullable=False),
        sa.Column("help", sa.Text(), server_default="", nullable=False),
        sa.Column("help_state", sa.Text(), server_default="", nullable=False),
        sa.Column("help_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("submitted_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["coalition_id"], ["coalitions.id"], name=op.f("fk_reports_coalition_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["corrected_by"], ["participants.id"], name=op.f("fk_reports_corrected_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["help_by"], ["participants.id"], name=op.f("fk_reports_help_by"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["participants.id"], name=op.f("fk_reports_submitted_by"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("coalition_id", "period", name=op.f("uq_reports_coalition_id_period")),
    )
    op.create_table(
        "report_history",
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("milestones", sa.Text(), nullable=False),
        sa.Column("help", sa.Text(), nullable=False),
        sa.Column("given_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["given_by"], ["participants.id"], name=op.f("fk_report_history_given_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_history_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("report_id", "revision", name=op.f("pk_report_history")),
    )
    op.create_table(
        "report_values",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("amount", sa.Numeric(precision=24, scale=6), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("currency", sa.Text(), server_default="", nullable=False),
        sa.Column("details", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("given_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["given_by"], ["participants.id"], name=op.f("fk_report_values_given_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["indicator"], ["indicators.code"], name=op.f("fk_report_values_indicator")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_report_values_report_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_values")),
        sa.UniqueConstraint(
            "report_id",
            "indicator",
            "revision",
            "currency",
            name=op.f("uq_report_values_report_id_indicator_revision_currency"),
        ),
    )
    with op.batch_alter_table("report_values", schema=None) as batch_op:
        batch_op.create_index("ix_report_values_indicator", ["indicator"], unique=False)
    op.create_table(
        "digests",
        sa.Column("place_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("month", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_digests_place_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_digests")),
    )
