"""A restored database is noticed, and holds its texts until it is known who has theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018_restored"
down_revision = "0017_tests"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "incarnation",
        sa.Column("only", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("known", sa.Text(), nullable=False),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("only", name=op.f("pk_incarnation")),
    )
    op.add_column("batches", sa.Column("restored_look_at", sa.DateTime(timezone=True)))
    op.add_column(
        "batches",
        sa.Column("restored_cursor", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
    )
    op.create_index(
        "ix_batches_held",
        "batches",
        ["restored_look_at"],
        postgresql_where=sa.text("pause_reason = 'restored'"),
    )


def downgrade() -> None:
    op.drop_index("ix_batches_held", "batches")
    op.drop_column("batches", "restored_cursor")
    op.drop_column("batches", "restored_look_at")
    op.drop_table("incarnation")
