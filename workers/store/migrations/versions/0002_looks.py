"""Waits that grow, what stops a batch again, and who looked when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001_attempts"
branch_labels = None
depends_on = None

OPEN = sa.text("confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL")


def upgrade() -> None:
    op.add_column(
        "batches",
        sa.Column("resolve_tries", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.add_column("batches", sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True))
    # By the end of their time: old batches are not walked through at every look.
    op.create_index("ix_batches_sendable", "batches", ["send_by"], postgresql_where=OPEN)
    op.drop_index("ix_batches_runnable", table_name="batches", postgresql_where=OPEN)
    op.create_table(
        "looks",
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column(
            "looked_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("who", name=op.f("pk_looks")),
    )


def downgrade() -> None:
    op.drop_table("looks")
    op.create_index("ix_batches_runnable", "batches", ["served_at"], postgresql_where=OPEN)
    op.drop_index("ix_batches_sendable", table_name="batches", postgresql_where=OPEN)
    op.drop_column("batches", "resumed_at")
    op.drop_column("batches", "resolve_tries")
