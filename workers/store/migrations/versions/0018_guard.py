"""The guard knows which text a number got last, and for whom a rep said yes all the same."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018_guard"
down_revision = "0018_restored"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "recipients",
        sa.Column("override", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("texted", sa.Column("body_hash", sa.LargeBinary()))


def downgrade() -> None:
    op.drop_column("texted", "body_hash")
    op.drop_column("recipients", "override")
