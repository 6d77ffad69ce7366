"""How many texts a company sent a day, and which attempts count in which day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021_daily_texts"
down_revision = "0020_account_facts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "daily_texts",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("granted", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("company_id", "day", name=op.f("pk_daily_texts")),
    )
    op.add_column("attempts", sa.Column("cap_day", sa.Date()))


def downgrade() -> None:
    op.drop_column("attempts", "cap_day")
    op.drop_table("daily_texts")
