"""What a company chooses for itself, and its own Twilio account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ONE_OF_A_ROLE = sa.text("role <> 'former'")


def upgrade() -> None:
    for column in (
        sa.Column("chosen_country", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "ask_participants", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
        sa.Column(
            "support_users",
            postgresql.ARRAY(sa.BigInteger()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    ):
        op.add_column("companies", column)
    op.create_table(
        "company_accounts",
        sa.Column("company_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("secrets", sa.LargeBinary(), nullable=False),
        sa.Column("messaging_service_sid", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "offered",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("connected_by", sa.BigInteger(), nullable=False),
        sa.Column(
            "verified_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint(
            "company_id", "role", "account_sid", name=op.f("pk_company_accounts")
        ),
    )
    op.create_index(
        "uq_company_accounts_role",
        "company_accounts",
        ["company_id", "role"],
        unique=True,
        postgresql_where=ONE_OF_A_ROLE,
    )


def downgrade() -> None:
    op.drop_index(
        "uq_company_accounts_role", table_name="company_accounts", postgresql_where=ONE_OF_A_ROLE
    )
    op.drop_table("company_accounts")
    for name in ("support_users", "ask_participants", "chosen_country"):
        op.drop_column("companies", name)
