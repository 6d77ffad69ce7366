"""What a company says that its sender sends a second."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024_sender_speed"
down_revision = "0023_part_leases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "company_accounts",
        sa.Column("parts_a_second", sa.Double(), server_default="0", nullable=False),
    )


def downgrade() -> None:
    op.drop_column("company_accounts", "parts_a_second")
