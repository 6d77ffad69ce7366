"""The tables of others' limits: Pipedrive's calls and tokens, and parts a second of an account."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Date, Integer, Table, Text, func, text

from workers.store.columns import at, metadata

pipedrive_pace = Table(
    "pipedrive_pace",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", BigInteger, primary_key=True, autoincrement=False),
    Column("calls", Integer, nullable=False, server_default=text("20")),  # of ours in two seconds
    at("free_at", default=True),  # when every call so far has had its turn
)

pipedrive_budgets = Table(
    "pipedrive_budgets",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Date, nullable=False, server_default=func.current_date()),  # UTC
    Column("used", Integer, nullable=False, server_default=text("0")),  # by us, that day
    Column("tokens_a_day", BigInteger),  # null = not told yet
    Column("tokens_left", BigInteger),
    at("told_at"),  # when Pipedrive said so
    at("asked_at", default=True),  # when a call last went
)

part_leases = Table(
    "part_leases",
    metadata,
    Column("account_sid", Text, primary_key=True),
    at("free_at", default=True),  # when what was leased last has had its time
)
