"""The organizations of a selection while all people are read to find theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015_selected_records"
down_revision = "0014_saved_texts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "selected_records",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("has_people", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "record_id", name=op.f("pk_selected_records")),
    )


def downgrade() -> None:
    op.drop_table("selected_records")
