"""A company that was forgotten keeps its opt-outs as hashes, and says so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_hashed_suppressions"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "companies",
        sa.Column(
            "suppressions_hashed", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )


def downgrade() -> None:
    op.drop_column("companies", "suppressions_hashed")
