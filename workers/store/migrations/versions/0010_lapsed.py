"""Grants that lapsed before this version begin their days now: nobody was told of an end before."""

from __future__ import annotations

from alembic import op

revision = "0010_lapsed"
down_revision = "0009_ask_participants"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE installations SET refreshed_at = now() WHERE reauth_required")


def downgrade() -> None:
    """Nothing to take back: the column means what it meant."""
