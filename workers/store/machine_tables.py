"""Tables about the machinery itself: which database this is, and who looked at it last."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Table, Text, text

from workers.store.columns import at, metadata

#: The one row that says which PostgreSQL the last texts were written to.
incarnation = Table(
    "incarnation",
    metadata,
    Column("only", Boolean, primary_key=True, server_default=text("true")),
    Column("known", Text, nullable=False),
    at("since", default=True),
    # counts on once a second; the broker remembers it, so that a copy of the disk is noticed
    Column("mark", BigInteger, nullable=False, server_default=text("0")),
)

#: When who looked last, for those who watch over us.
looks = Table(
    "looks",
    metadata,
    Column("who", Text, primary_key=True),  # sender | watch
    at("looked_at", default=True),
)
