"""How many records a batch was made of, and what became of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

COUNTED = ("records", "contactless", "missing", "shared")


def upgrade() -> None:
    for name in COUNTED:
        column = sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)
        op.add_column("batches", column)


def downgrade() -> None:
    for name in COUNTED:
        op.drop_column("batches", name)
