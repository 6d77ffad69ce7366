"""How far the database is: the broker remembers it, so that a copy of the disk is noticed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025_marks"
down_revision = "0024_sender_speed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "incarnation",
        sa.Column("mark", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("incarnation", "mark")
