"""A link action signs in, but proves nothing for the settings: only Pipedrive's own page does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0031_proved"
down_revision = "0030_deferred"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("session_identities", sa.Column("proved_at", sa.TIMESTAMP(timezone=True)))


def downgrade() -> None:
    op.drop_column("session_identities", "proved_at")
