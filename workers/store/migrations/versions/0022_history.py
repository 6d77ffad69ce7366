"""Whose history somebody asked for: ids only, for a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022_history"
down_revision = "0021_daily_texts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "history_questions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("person_ids", sa.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column(
            "asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_questions")),
    )
    op.create_index(
        op.f("ix_history_questions_company_id_user_id_asked_at"),
        "history_questions",
        ["company_id", "user_id", "asked_at"],
    )


def downgrade() -> None:
    op.drop_table("history_questions")
