"""Who waits for their morning is counted without a look at everybody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030_deferred"
down_revision = "0029_fewer_indexes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_recipients_deferred",
        "recipients",
        ["batch_id", "not_before"],
        postgresql_where=sa.text("state = 'ready' AND not_before IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_recipients_deferred", table_name="recipients")
