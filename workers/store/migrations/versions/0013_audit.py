"""Who said STOP, who added them and who looked at a number: the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013_audit"
down_revision = "0012_rules"
branch_labels = None
depends_on = None


def _text(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=sa.text(f"'{default}'"), nullable=False)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("user_id", sa.BigInteger()),
        sa.Column("what", sa.Text(), nullable=False),
        _text("channel"),
        _text("number"),
        sa.Column("recipient_id", sa.BigInteger()),
        _text("why"),
        sa.Column("message_sid", sa.Text()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(
        "uq_audit_reply",
        "audit",
        ["company_id", "message_sid"],
        unique=True,
        postgresql_where=sa.text("message_sid IS NOT NULL"),
    )
    op.create_index(op.f("ix_audit_company_id_number_id"), "audit", ["company_id", "number", "id"])
    op.add_column("known_numbers", _text("source", "provider"))
    op.add_column("known_numbers", sa.Column("told_by", sa.BigInteger()))
    op.create_index(op.f("ix_company_accounts_account_sid"), "company_accounts", ["account_sid"])


def downgrade() -> None:
    op.drop_index(op.f("ix_company_accounts_account_sid"), table_name="company_accounts")
    op.drop_column("known_numbers", "told_by")
    op.drop_column("known_numbers", "source")
    op.drop_table("audit")
