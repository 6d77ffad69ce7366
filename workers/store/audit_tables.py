"""The table of what people did that must be answered for: who, when, what, why."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Identity, Index, Table, Text, text

from workers.store.columns import at, metadata

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("company_id", BigInteger, nullable=False),
    at("at", default=True),
    Column("user_id", BigInteger),  # null: the person themself, or Twilio
    Column("what", Text, nullable=False),  # opted_out | opted_in | lifted | revealed
    Column("channel", Text, nullable=False, server_default=""),
    Column("number", Text, nullable=False, server_default=""),  # E.164, whom it is about
    Column("recipient_id", BigInteger),
    Column("why", Text, nullable=False, server_default=""),  # keyword, Twilio's code or a note
    Column("message_sid", Text),  # the reply that said it: told twice, it counts once
    Index(
        "uq_audit_reply",
        "company_id",
        "message_sid",
        unique=True,
        postgresql_where=text("message_sid IS NOT NULL"),
    ),
    Index(None, "company_id", "number", "id"),
)
