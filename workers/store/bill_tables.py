"""The tables of what texts did cost."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Numeric, Table, Text, Uuid, text

from workers.store.columns import at, metadata

#: What Twilio said a text cost: once, and exact. Rows of their own, so that receipts that move
#: attempts and prices that come later never wait for each other; by SID, so that a price follows
#: a text that turns out to be another attempt's.
charges = Table(
    "charges",
    metadata,
    Column("sid", Text, primary_key=True),
    Column("amount", Numeric, nullable=False),
    Column("currency", Text, nullable=False),
    at("told_at", default=True),
)

#: When the prices of a batch's texts are asked for next.
bills = Table(
    "bills",
    metadata,
    Column("batch_id", Uuid, primary_key=True),
    Column("company_id", BigInteger, nullable=False),
    at("opened_at", default=True),
    at("settled_at"),
    at("due_at"),  # null = not any more, unless the batch moves past `seq`
    Column("seq", BigInteger, nullable=False, server_default=text("0")),
    Column("trouble", Text, nullable=False, server_default=""),  # domain.bill.Trouble
    Index("ix_bills_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
