"""The tables of companies' Twilio accounts, what those cost, saved texts, and alerts."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    Double,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
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
    Column("parts_a_second", Double, nullable=False, server_default="0"),  # 0 = what is usual
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
    Index(None, "account_sid"),
)

#: Texts that everyone at the company may use again.
saved_texts = Table(
    "saved_texts",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("company_id", BigInteger, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("saved_by", BigInteger, nullable=False),
    at("saved_at", default=True),
    Index("uq_saved_texts_name", "company_id", "name", unique=True),
)

#: What Twilio said of an account's prices and senders, and when it is asked next.
account_facts = Table(
    "account_facts",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("about", Text, primary_key=True),  # price EE | pool MG…
    Column("company_id", BigInteger, nullable=False),  # whose login asks
    Column("known", JSONB),  # domain.cost.tariff_to_json, domain.senders.pool_to_json
    at("wanted_at", default=True),
    at("due_at", default=True),
    Index(None, "due_at"),
)

#: The texts of a company with a daily cap; a row is its lock while people are claimed.
daily_texts = Table(
    "daily_texts",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, primary_key=True),  # in the zone of the company's rules
    Column("texts", Integer, nullable=False),
    Column("granted", Integer, nullable=False),  # to the last who asked
)

#: What somebody at the company should look at, each once.
alerts = Table(
    "alerts",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("what", Text, primary_key=True),  # daily_cap_reached | numbers_in_a_row
    Column("about", Text, primary_key=True),  # the day, or the batch
    Column("size", Integer, nullable=False),
    at("at", default=True),
)
