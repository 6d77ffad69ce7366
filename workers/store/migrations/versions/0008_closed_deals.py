"""How many won and lost deals a batch of open ones leaves out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_closed_deals"
down_revision = "0007_hashed_suppressions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("batches", sa.Column("won", sa.Integer()))
    op.add_column("batches", sa.Column("lost", sa.Integer()))
    more: sa.Column[bool] = sa.Column(
        "more_closed", sa.Boolean(), server_default=sa.text("false"), nullable=False
    )
    op.add_column("batches", more)


def downgrade() -> None:
    for name in ("won", "lost", "more_closed"):
        op.drop_column("batches", name)
