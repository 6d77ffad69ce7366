"""Tests of a draft, and the number that a rep gets them on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017_tests"
down_revision = "0016_quiet_hours"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("test_of", sa.Uuid()))
    op.create_index(
        "ix_batches_test_of",
        "batches",
        ["test_of"],
        postgresql_where=sa.text("test_of IS NOT NULL"),
    )
    for name in ("phone", "test_number"):
        op.add_column(
            "installations", sa.Column(name, sa.Text(), server_default="", nullable=False)
        )


def downgrade() -> None:
    for name in ("test_number", "phone"):
        op.drop_column("installations", name)
    # a test is nobody's draft: without the column it would look like a text of its own
    op.execute("UPDATE batches SET canceled_at = now() WHERE test_of IS NOT NULL")
    op.drop_index("ix_batches_test_of", "batches")
    op.drop_column("batches", "test_of")
