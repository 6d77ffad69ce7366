"""What somebody at a company should look at, each once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027_alerts"
down_revision = "0026_bills"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("company_id", "what", "about", name=op.f("pk_alerts")),
    )


def downgrade() -> None:
    op.drop_table("alerts")
