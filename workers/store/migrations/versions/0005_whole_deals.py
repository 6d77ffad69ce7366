"""Whether everybody on a batch's deals is texted, not only their contacts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column: sa.Column[bool] = sa.Column(
        "whole_deals", sa.Boolean(), server_default=sa.text("false"), nullable=False
    )
    op.add_column("batches", column)


def downgrade() -> None:
    op.drop_column("batches", "whole_deals")
