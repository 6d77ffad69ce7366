"""The batches and their people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_batches"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sa.Text(), server_default="sms", nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("view", sa.Text(), nullable=False),
        sa.Column("selection", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("source_name", sa.Text(), server_default="", nullable=False),
        sa.Column("listed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.Column("pages", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("resolve_lease", sa.Uuid(), nullable=True),
        sa.Column("resolve_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolve_wait_reason", sa.Text(), nullable=True),
        sa.Column("tokens_used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refused_reason", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("body", sa.Text(), server_default="", nullable=False),
        sa.Column("organizations", sa.Text(), server_default="unread", nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_revision", sa.Integer(), nullable=True),
        sa.Column("confirmed_people", sa.Integer(), nullable=True),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("send_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_claim_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proven_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("back_off_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_by", sa.BigInteger(), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("pause_code", sa.Text(), nullable=True),
        sa.Column("canceled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("canceled_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
    )
    op.create_index(
        op.f("ix_batches_company_id_user_id_created_at"),
        "batches",
        ["company_id", "user_id", "created_at"],
        unique=False,
    )
    op.create_index(
        "ix_batches_runnable",
        "batches",
        ["served_at"],
        unique=False,
        postgresql_where=sa.text(
            "confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL"
        ),
    )
    op.create_index(
        "ix_batches_unresolved",
        "batches",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text(
            "(resolved_at IS NULL OR organizations = 'wanted') AND refused_reason IS NULL"
            " AND canceled_at IS NULL"
        ),
    )
    op.create_table(
        "links",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_links")),
    )
    op.create_index(op.f("ix_links_batch_id"), "links", ["batch_id"], unique=False)
    op.create_table(
        "recipients",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "fields",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "numbers",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("looking", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'ready', 'skipped', 'sending', 'unconfirmed', 'accepted', 'sent', 'delivered', 'read', 'undelivered', 'failed', 'canceled')",
            name=op.f("ck_recipients_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recipients")),
    )
    op.create_index(
        "ix_recipients_batch_seq", "recipients", ["batch_id", "seq", "id"], unique=False
    )
    op.create_index(
        "ix_recipients_batch_state", "recipients", ["batch_id", "state", "id"], unique=False
    )
    op.create_index(
        "ix_recipients_number",
        "recipients",
        ["number"],
        unique=False,
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_index(
        "ix_recipients_person",
        "recipients",
        ["person_id"],
        unique=False,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "uq_recipients_number",
        "recipients",
        ["batch_id", "number"],
        unique=True,
        postgresql_where=sa.text("number IS NOT NULL AND state NOT IN ('skipped', 'canceled')"),
    )
    op.create_index(
        "uq_recipients_person",
        "recipients",
        ["batch_id", "person_id"],
        unique=True,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_recipients_person",
        table_name="recipients",
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_recipients_number",
        table_name="recipients",
        postgresql_where=sa.text("number IS NOT NULL AND state NOT IN ('skipped', 'canceled')"),
    )
    op.drop_index(
        "ix_recipients_person",
        table_name="recipients",
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_recipients_number",
        table_name="recipients",
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.drop_index("ix_recipients_batch_state", table_name="recipients")
    op.drop_index("ix_recipients_batch_seq", table_name="recipients")
    op.drop_table("recipients")
    op.drop_index(op.f("ix_links_batch_id"), table_name="links")
    op.drop_table("links")
    op.drop_index(
        "ix_batches_unresolved",
        table_name="batches",
        postgresql_where=sa.text(
            "(resolved_at IS NULL OR organizations = 'wanted') AND refused_reason IS NULL"
            " AND canceled_at IS NULL"
        ),
    )
    op.drop_index(
        "ix_batches_runnable",
        table_name="batches",
        postgresql_where=sa.text(
            "confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL"
        ),
    )
    op.drop_index(op.f("ix_batches_company_id_user_id_created_at"), table_name="batches")
    op.drop_table("batches")
