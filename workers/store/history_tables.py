"""Where processes before the questions that are batches keep whose history somebody asked for.

Nothing is written here any more; what such a process writes is gone after a day.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, BigInteger, Column, Index, Table, Uuid

from workers.store.columns import at, metadata

history_questions = Table(
    "history_questions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("company_id", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("person_ids", ARRAY(BigInteger), nullable=False),
    at("asked_at", default=True),
    Index(None, "company_id", "user_id", "asked_at"),
)
