"""A text to some people of an earlier one, and who went along into it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019_follow_ups"
down_revision = "0018_guard"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("follows", sa.Uuid()))
    op.create_index(
        "ix_batches_follows",
        "batches",
        ["follows"],
        postgresql_where=sa.text("follows IS NOT NULL"),
    )
    op.add_column("recipients", sa.Column("moved_to", sa.Uuid()))


def downgrade() -> None:
    op.drop_column("recipients", "moved_to")
    op.drop_index("ix_batches_follows", table_name="batches")
    op.drop_column("batches", "follows")
