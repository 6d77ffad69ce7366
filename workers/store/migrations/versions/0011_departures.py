"""Browsers whose user's app was uninstalled: their open page says what happened."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011_departures"
down_revision = "0010_lapsed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "departures",
        sa.Column("id_hash", sa.LargeBinary(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "left_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id_hash", "company_id", "user_id", name=op.f("pk_departures")),
    )


def downgrade() -> None:
    op.drop_table("departures")
