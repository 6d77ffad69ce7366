"""The tables of numbers: who was texted last, and what is known of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from workers.store.columns import at, metadata

#: Who was texted last on a number: one text per number within the guard time.
texted = Table(
    "texted",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("recipient_id", BigInteger, nullable=False),
    Column("body_hash", LargeBinary),
    at("texted_at", default=True),
)

#: What is known of a number, by itself or as a hash: no texts for landlines, none after STOP.
known_numbers = Table(
    "known_numbers",
    metadata,
    Column("company_id", BigInteger, primary_key=True, autoincrement=False),
    Column("channel", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("reason", Text, nullable=False),  # opted_out | landline
    Column("code", Text, nullable=False, server_default=""),  # Twilio's, or a reply's keyword
    Column("source", Text, nullable=False, server_default="provider"),  # provider | reply | person
    Column("told_by", BigInteger),  # the user who added them
    at("learned_at", default=True),
)
