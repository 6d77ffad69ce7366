"""What Twilio said of an account's prices and senders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020_account_facts"
down_revision = "0019_follow_ups"
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column[object]:
    kind = sa.DateTime(timezone=True)
    return sa.Column(name, kind, server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "account_facts",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("known", postgresql.JSONB()),
        _now("wanted_at"),
        _now("due_at"),
        sa.PrimaryKeyConstraint("account_sid", "about", name=op.f("pk_account_facts")),
    )
    op.create_index("ix_account_facts_due_at", "account_facts", ["due_at"])


def downgrade() -> None:
    op.drop_table("account_facts")
