"""The figures behind /metrics, each from one short query over an index."""

from __future__ import annotations

import time
from uuid import UUID

from workers.ports.figures import Figures, Who
from workers.store.claims_sql import OPEN
from workers.store.database import Pool, one, rows, write
from workers.store.finding_sql import UNRESOLVED

LOOKED = """
INSERT INTO looks (who) VALUES (%(who)s) ON CONFLICT (who) DO UPDATE SET looked_at = now()
"""

LOOKS = "SELECT who, extract(epoch FROM now() - looked_at)::float AS age FROM looks"

AGES = f"""
SELECT
  (SELECT extract(epoch FROM now() - min(greatest(b.not_before, first.since)))
   FROM batches b CROSS JOIN LATERAL (
     SELECT greatest(changed_at, not_before) AS since FROM recipients
     WHERE batch_id = b.id AND state = 'ready' AND coalesce(not_before, '-infinity') <= now()
     ORDER BY id LIMIT 1) first
   WHERE {OPEN} AND coalesce(waits_until, '-infinity') <= now())::float AS runnable,
  (SELECT extract(epoch FROM now() - min(started_at)) FROM attempts
   WHERE state = 'sending')::float AS sending,
  (SELECT extract(epoch FROM now() - min(greatest(created_at, resolve_until, resolve_not_before)))
   FROM batches WHERE {UNRESOLVED})::float AS resolve
"""

#: Attempts' ids begin with their time, so the primary key finds the last hour's.
ATTEMPTS = "SELECT state, count(*) AS n FROM attempts WHERE id >= %(since)s GROUP BY state"

HOUR = 3_600


class PgFigures:
    """Reads and keeps the figures."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def looked(self, who: Who) -> None:
        async with self._pool.connection() as connection:
            await write(connection, LOOKED, who=who)

    async def read(self) -> Figures:
        async with self._pool.connection() as connection:
            ages = await one(connection, AGES)
            looks = await rows(connection, LOOKS)
            attempts = await rows(connection, ATTEMPTS, since=first_id_of(time.time() - HOUR))
        assert ages is not None
        return Figures(
            oldest_runnable=ages["runnable"] or 0.0,
            oldest_sending=ages["sending"] or 0.0,
            oldest_resolve=ages["resolve"] or 0.0,
            looks={row["who"]: row["age"] for row in looks},
            attempts={row["state"]: row["n"] for row in attempts},
        )


def first_id_of(seconds: float) -> UUID:
    """The smallest uuid7 of that moment (RFC 9562 §5.7: 48 bits of milliseconds come first)."""
    return UUID(int=int(seconds * 1000) << 80)
