"""Batches as they are made and read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from workers.domain.action import LinkAction, selection_from_json, selection_to_json
from workers.domain.batch import Counts, Life
from workers.ports.reading import BatchView
from workers.store.counting import COUNTS, CountsBySeq, counts_of
from workers.store.database import Connection, Pool, Row, one, rows

CREATE = """
WITH mine AS (
  INSERT INTO links (key, batch_id) VALUES (%(key)s, %(id)s)
  ON CONFLICT (key) DO UPDATE SET batch_id = excluded.batch_id, created_at = now()
    WHERE links.created_at < now() - %(reusable_after)s::interval
  RETURNING batch_id
), made AS (
  INSERT INTO batches (id, company_id, user_id, channel, resource, view, selection)
  SELECT batch_id, %(company_id)s, %(user_id)s, %(channel)s, %(resource)s, %(view)s, %(selection)s
  FROM mine
)
SELECT batch_id FROM mine
"""

BY_KEY = "SELECT batch_id FROM links WHERE key = %(key)s"

EXISTING = (
    BY_KEY
    + """ AND (%(reusable_after)s::interval IS NULL
  OR created_at >= now() - %(reusable_after)s::interval)"""
)

AGAIN = """
INSERT INTO batches (id, company_id, user_id, channel, resource, view, selection, whole_deals)
SELECT %(new)s, company_id, user_id, channel, resource, view, selection, whole_deals
FROM batches WHERE id = %(id)s
"""

DRAFTS_SINCE = """
SELECT count(*) AS n FROM batches
WHERE company_id = %(company_id)s AND user_id = %(user_id)s AND created_at > now() - %(ago)s
  AND test_of IS NULL AND channel <> 'history'
"""

VIEW = """
SELECT b.*, b.xmin::text AS version, now() AS now, c.name AS company_name, c.domain AS company_domain,
  coalesce(nullif(c.chosen_country, ''), c.country) AS country,
  coalesce(c.ask_participants, true) AS ask_participants,
  coalesce(i.user_name, '') AS user_name, coalesce(i.timezone, 'UTC') AS timezone,
  coalesce(p.user_name, '') AS paused_by_name, coalesce(x.user_name, '') AS canceled_by_name
FROM batches b
LEFT JOIN companies c ON c.company_id = b.company_id
LEFT JOIN installations i ON i.company_id = b.company_id AND i.user_id = b.user_id
LEFT JOIN installations p ON p.company_id = b.company_id AND p.user_id = b.paused_by
LEFT JOIN installations x ON x.company_id = b.company_id AND x.user_id = b.canceled_by
"""

#: Life is made of columns of the same names.
LIFE = tuple(Life.__dataclass_fields__)
COPIED = [
    "id",
    "company_id",
    "user_id",
    "user_name",
    "timezone",
    "channel",
    "resource",
    "view",
    "source_name",
    "total",
    "revision",
    "body",
    "set_aside",
    "follows",
    "seq",
    "now",
    "version",
    "confirmed_revision",
    "confirmed_people",
    "pause_code",
    "paused_by_name",
    "canceled_by_name",
    "tokens_used",
    "organizations",
    "records",
    "contactless",
    "missing",
    "shared",
    "whole_deals",
    "won",
    "lost",
    "more_closed",
    "ask_participants",
]


def life_of(row: Row) -> Life:
    """The phase facts of a batch's row."""
    return Life(**{name: row[name] for name in LIFE})


def view_of(row: Row, counts: Counts) -> BatchView:
    """A batch's row and counts as the rest of the app reads them."""
    copied: dict[str, Any] = {name: row[name] for name in COPIED}
    return BatchView(
        **copied,
        company_name=row["company_name"] or "",
        company_domain=row["company_domain"] or "",
        country=row["country"] or "",
        selection=selection_from_json(row["selection"]),
        life=life_of(row),
        counts=counts,
    )


#: Tests of drafts, and questions what people were sent, are batches that no list and no page shows.
SHOWN = "b.test_of IS NULL AND b.channel <> 'history'"


async def read_view(
    connection: Connection, batch_id: UUID, counted: CountsBySeq, *, which: str = SHOWN
) -> BatchView | None:
    """One batch with its counts; the caller's transaction makes it one snapshot."""
    row = await one(connection, f"{VIEW} WHERE b.id = %(id)s AND {which}", id=batch_id)
    if row is None:
        return None
    return view_of(row, await counted.of(connection, batch_id, row["seq"]))


SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"


class PgBatches:
    """Makes and reads batches."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counted = CountsBySeq()

    async def create(
        self, batch_id: UUID, action: LinkAction, *, key: bytes, reusable_after: timedelta | None
    ) -> UUID:
        async with self._pool.connection() as connection:
            made = await one(
                connection,
                CREATE,
                key=key,
                id=batch_id,
                reusable_after=reusable_after,
                company_id=action.company_id,
                user_id=action.user_id,
                channel=action.action,
                resource=action.resource,
                view=action.view,
                selection=Jsonb(selection_to_json(action.selection)),
            ) or await one(connection, BY_KEY, key=key)
        assert made is not None  # links are never deleted while their key is in use
        found: UUID = made["batch_id"]
        return found

    async def existing(self, key: bytes, *, reusable_after: timedelta | None) -> UUID | None:
        async with self._pool.connection() as connection:
            found = await one(connection, EXISTING, key=key, reusable_after=reusable_after)
        return found["batch_id"] if found else None

    async def again(self, batch_id: UUID, new_id: UUID) -> UUID:
        async with self._pool.connection() as connection:
            await one(connection, AGAIN + "RETURNING id", id=batch_id, new=new_id)
        return new_id

    async def drafts_since(self, company_id: int, user_id: int, ago: timedelta) -> int:
        async with self._pool.connection() as connection:
            found = await one(
                connection, DRAFTS_SINCE, company_id=company_id, user_id=user_id, ago=ago
            )
        return int(found["n"]) if found else 0

    async def view(self, batch_id: UUID) -> BatchView | None:
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(SNAPSHOT)
            return await read_view(connection, batch_id, self._counted)

    async def mine(self, company_id: int, user_id: int, *, limit: int = 50) -> Sequence[BatchView]:
        return await self._list(
            "WHERE b.company_id = %(company_id)s AND b.user_id = %(user_id)s",
            company_id=company_id,
            user_id=user_id,
            limit=limit,
        )

    async def of_company(self, company_id: int, *, limit: int = 50) -> Sequence[BatchView]:
        return await self._list(
            "WHERE b.company_id = %(company_id)s", company_id=company_id, limit=limit
        )

    async def _list(self, where: str, **params: object) -> Sequence[BatchView]:
        sql = f"{VIEW} {where} AND {SHOWN} ORDER BY b.created_at DESC, b.id DESC LIMIT %(limit)s"
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(SNAPSHOT)
            found = await rows(connection, sql, **params)
            counted = await rows(connection, COUNTS, ids=[row["id"] for row in found])
        return [
            view_of(row, counts_of([c for c in counted if c["batch_id"] == row["id"]]))
            for row in found
        ]
