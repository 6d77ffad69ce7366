"""The table of a selection's organizations, kept only while their people are found."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, Table, Text, Uuid, text

from workers.store.columns import metadata

selected_records = Table(
    "selected_records",
    metadata,
    Column("batch_id", Uuid, primary_key=True),
    Column("record_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),  # in the order of the list
    Column("title", Text, nullable=False),
    Column("has_people", Boolean, nullable=False, server_default=text("false")),
)
