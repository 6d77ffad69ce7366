"""Reps are offered everybody on a deal unless their company says no; until now nobody could."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_ask_participants"
down_revision = "0008_closed_deals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.alter_column("companies", "ask_participants", server_default=sa.text("true"))
    op.execute("UPDATE companies SET ask_participants = true")


def downgrade() -> None:
    op.alter_column("companies", "ask_participants", server_default=sa.text("false"))
