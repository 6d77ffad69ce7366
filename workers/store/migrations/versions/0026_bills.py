"""What texts did cost: a price for each, and when a batch's prices are asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026_bills"
down_revision = "0025_marks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "charges",
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column(
            "told_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_charges")),
    )
    op.create_table(
        "bills",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("seq", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_bills")),
    )
    op.create_index(
        "ix_bills_due", "bills", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.create_index(
        "ix_batches_begun",
        "batches",
        ["send_by"],
        postgresql_where=sa.text("first_claim_at IS NOT NULL AND test_of IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_batches_begun", table_name="batches")
    op.drop_table("bills")
    op.drop_table("charges")
