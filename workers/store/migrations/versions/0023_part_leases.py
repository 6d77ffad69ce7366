"""One row per Twilio account: until when its parts a second are leased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023_part_leases"
down_revision = "0022_history"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "part_leases",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column(
            "free_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("account_sid", name=op.f("pk_part_leases")),
    )


def downgrade() -> None:
    op.drop_table("part_leases")
