"""The table of companies' own Twilio accounts; what else they choose lies in `companies`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from workers.store.columns import at, metadata

company_accounts = Table(
    "company_accounts",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    # sends | choosing (verified, without a sender yet) | former (its texts may still be heard of)
    Column("role", Text, primary_key=True),
    Column("account_sid", Text, primary_key=True),
    Column("username", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False),  # sealed, bound to company and account
    Column("messaging_service_sid", Text, nullable=False, server_default=""),
    Column("sender", Text, nullable=False, server_default=""),
    Column("offered", JSONB, nullable=False, server_default=text("'{}'")),  # senders to choose from
    Column("connected_by", BigInteger, nullable=False),
    at("verified_at", default=True),
    at("changed_at", default=True),
    Index(
        "uq_company_accounts_role",
        "company_id",
        "role",
        unique=True,
        postgresql_where=text("role <> 'former'"),
    ),
)
