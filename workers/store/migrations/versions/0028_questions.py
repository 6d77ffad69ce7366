"""What people were sent is asked by a batch that is never sent: whoever it was asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0028_questions"
down_revision = "0027_alerts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(
        op.f("ck_batches_never_sent"), "batches", "channel <> 'history' OR confirmed_at IS NULL"
    )
    op.create_index(
        "ix_batches_asked",
        "batches",
        ["created_at"],
        postgresql_where=sa.text("channel = 'history'"),
    )


def downgrade() -> None:
    op.drop_index("ix_batches_asked", table_name="batches")
    op.drop_constraint(op.f("ck_batches_never_sent"), "batches", type_="check")
