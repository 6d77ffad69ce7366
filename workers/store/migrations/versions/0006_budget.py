"""What calls to Pipedrive may cost: a pace per installation, tokens per company and day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def _now(name: str) -> sa.Column[object]:
    kind = sa.DateTime(timezone=True)
    return sa.Column(name, kind, server_default=sa.text("now()"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "pipedrive_pace",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("calls", sa.Integer(), server_default=sa.text("20"), nullable=False),
        _now("free_at"),
        sa.PrimaryKeyConstraint("company_id", "user_id", name=op.f("pk_pipedrive_pace")),
    )
    op.create_table(
        "pipedrive_budgets",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), server_default=sa.text("CURRENT_DATE"), nullable=False),
        sa.Column("used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("tokens_a_day", sa.BigInteger()),
        sa.Column("tokens_left", sa.BigInteger()),
        sa.Column("told_at", sa.DateTime(timezone=True)),
        _now("asked_at"),
        sa.PrimaryKeyConstraint("company_id", name=op.f("pk_pipedrive_budgets")),
    )


def downgrade() -> None:
    op.drop_table("pipedrive_budgets")
    op.drop_table("pipedrive_pace")
