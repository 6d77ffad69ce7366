"""Quiet hours: where people are, when it is day there, and batches that wait for it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016_quiet_hours"
down_revision = "0015_selected_records"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("recipients", sa.Column("zones", sa.Text(), server_default="", nullable=False))
    op.add_column("recipients", sa.Column("not_before", sa.DateTime(timezone=True)))
    op.add_column("batches", sa.Column("waits_until", sa.DateTime(timezone=True)))
    op.add_column("batches", sa.Column("waits_for", sa.Text()))


def downgrade() -> None:
    op.drop_column("batches", "waits_for")
    op.drop_column("batches", "waits_until")
    op.drop_column("recipients", "not_before")
    op.drop_column("recipients", "zones")
