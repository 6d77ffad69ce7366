"""The attempts to text people, their receipts, and what numbers taught."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001_attempts"
down_revision = "0001_batches"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looks", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("worker", sa.Text(), server_default="", nullable=False),
        sa.Column("sid", sa.Text(), nullable=True),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('sending', 'unconfirmed', 'not_sent', 'accepted', 'sent', 'canceled', 'failed', 'undelivered', 'delivered', 'read')",
            name=op.f("ck_attempts_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(
        "ix_attempts_batch_sending",
        "attempts",
        ["batch_id"],
        unique=False,
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "ix_attempts_look",
        "attempts",
        ["next_look_at"],
        unique=False,
        postgresql_where=sa.text("next_look_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_attempts_recipient_id"), "attempts", ["recipient_id"], unique=False)
    op.create_index(
        "ix_attempts_sending",
        "attempts",
        ["claimed_until"],
        unique=False,
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_index(
        "uq_attempts_sid",
        "attempts",
        ["sid"],
        unique=True,
        postgresql_where=sa.text("sid IS NOT NULL"),
    )
    op.create_table(
        "known_numbers",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "learned_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("company_id", "channel", "number", name=op.f("pk_known_numbers")),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("error_code", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), server_default="callback", nullable=False),
        sa.Column("carrier_time", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "received_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
    )
    op.create_index(op.f("ix_receipts_attempt_id"), "receipts", ["attempt_id"], unique=False)
    op.create_index("uq_receipts_once", "receipts", ["sid", "status", "error_code"], unique=True)
    op.create_table(
        "texted",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "texted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("company_id", "channel", "number", name=op.f("pk_texted")),
    )


def downgrade() -> None:
    op.drop_table("texted")
    op.drop_index("uq_receipts_once", table_name="receipts")
    op.drop_index(op.f("ix_receipts_attempt_id"), table_name="receipts")
    op.drop_table("receipts")
    op.drop_table("known_numbers")
    op.drop_index(
        "uq_attempts_sid", table_name="attempts", postgresql_where=sa.text("sid IS NOT NULL")
    )
    op.drop_index(
        "ix_attempts_sending", table_name="attempts", postgresql_where=sa.text("state = 'sending'")
    )
    op.drop_index(op.f("ix_attempts_recipient_id"), table_name="attempts")
    op.drop_index(
        "ix_attempts_look",
        table_name="attempts",
        postgresql_where=sa.text("next_look_at IS NOT NULL"),
    )
    op.drop_index(
        "ix_attempts_batch_sending",
        table_name="attempts",
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.drop_table("attempts")
