"""Texts that a company keeps, and what a draft's text was before it was replaced."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_saved_texts"
down_revision = "0013_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("set_aside", sa.Text()))
    op.create_table(
        "saved_texts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("saved_by", sa.BigInteger(), nullable=False),
        sa.Column(
            "saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_texts")),
    )
    op.create_index("uq_saved_texts_name", "saved_texts", ["company_id", "name"], unique=True)


def downgrade() -> None:
    op.drop_table("saved_texts")
    op.drop_column("batches", "set_aside")
