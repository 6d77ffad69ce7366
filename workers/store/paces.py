"""How fast a batch's people got their texts lately, and who waits for their turn."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from uuid import UUID

from workers.domain.finish import FEWEST, Pace, Queued
from workers.store.database import Pool, one, rows
from workers.store.together import Together

PACE = """
SELECT count(*) AS people, coalesce(extract(epoch FROM max(changed_at) - min(changed_at)), 0) AS seconds
FROM (SELECT changed_at FROM recipients WHERE batch_id = %(id)s AND state = ANY(%(states)s)
  ORDER BY seq DESC, id DESC LIMIT 200) AS lately
"""

#: Twilio queues for ten hours (twilio.md §5): whoever was handed over earlier waits no more. Indexes
#: answer each count; people's own rows are not looked at.
QUEUE = """
SELECT b.id AS batch_id, b.body, waiting.there, waiting.here
FROM batches b CROSS JOIN LATERAL (SELECT
  (SELECT count(*) FROM recipients WHERE batch_id = b.id AND state IN ('sending', 'accepted')) AS there,
  CASE WHEN b.paused_at IS NULL AND b.canceled_at IS NULL AND b.send_by > now() THEN
    (SELECT count(*) FROM recipients WHERE batch_id = b.id AND state = 'ready')
    - (SELECT count(*) FROM recipients WHERE batch_id = b.id AND state = 'ready' AND not_before > now())
  ELSE 0 END AS here) waiting
WHERE b.company_id = %(company_id)s AND b.confirmed_at > now() - interval '10 hours'
  AND waiting.there + waiting.here > 0
"""

#: Many look at drafts at once, and minutes are told.
FRESH_SECONDS, MOST_KNOWN = 2.0, 500

#: Some networks never confirm delivery: there, whoever's text left counts.
_THROUGH, _LEFT = ("delivered", "read", "undelivered"), ("sent",)


class PgPaces:
    """Reads paces."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._queues: dict[int, tuple[float, Sequence[Queued]]] = {}  # until when, by company
        self._together = Together(self._read)

    async def pace_of(self, batch_id: UUID) -> Pace:
        through = await self._pace(batch_id, _THROUGH)
        return through if through.people >= FEWEST else await self._pace(batch_id, _LEFT)

    async def queue(self, company_id: int) -> Sequence[Queued]:
        known = self._known(company_id)
        return await self._together.get(company_id) or [] if known is None else known

    def _known(self, company_id: int) -> Sequence[Queued] | None:
        until, known = self._queues.get(company_id, (0.0, ()))
        return known if time.monotonic() < until else None

    async def _read(self, companies: Sequence[int]) -> Mapping[int, Sequence[Queued]]:
        if len(self._queues) >= MOST_KNOWN:
            self._queues.clear()
        for company_id in companies:
            if self._known(company_id) is not None:  # read while these were asking
                continue
            async with self._pool.connection() as connection:
                found = await rows(connection, QUEUE, company_id=company_id)
            queue = [Queued(**row) for row in found]
            self._queues[company_id] = (time.monotonic() + FRESH_SECONDS, queue)
        return {company_id: self._queues[company_id][1] for company_id in companies}

    async def _pace(self, batch_id: UUID, states: Sequence[str]) -> Pace:
        async with self._pool.connection() as connection:
            found = await one(connection, PACE, id=batch_id, states=list(states))
        return Pace(found["people"], float(found["seconds"])) if found else Pace(0, 0)
