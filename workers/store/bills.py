"""What texts did cost, and when it is asked for next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from workers.domain.bill import FREE, Bill, Charge, Trouble
from workers.ports.bills import Due, Unpriced
from workers.store.database import Connection, Pool, Row, again, one, rows, write

#: A retry or a text from before a restore moves a batch whose bill was closed: it is opened again.
OPEN = """
INSERT INTO bills (batch_id, company_id, due_at)
SELECT b.id, b.company_id, now() FROM batches b LEFT JOIN bills l ON l.batch_id = b.id
WHERE b.first_claim_at IS NOT NULL AND b.test_of IS NULL AND b.send_by > now() - interval '3 days'
  AND (l.batch_id IS NULL OR (l.due_at IS NULL AND l.seq <> b.seq))
ORDER BY b.id
ON CONFLICT (batch_id) DO UPDATE SET due_at = now(), opened_at = now(), settled_at = NULL, trouble = ''
  WHERE bills.due_at IS NULL
"""

DUE = """
UPDATE bills l SET due_at = now() + interval '15 minutes'
FROM (SELECT batch_id FROM bills WHERE due_at <= now() ORDER BY due_at LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED) due
WHERE l.batch_id = due.batch_id
RETURNING l.batch_id, l.opened_at, l.settled_at
"""

UNPRICED = """
SELECT a.company_id, a.account_sid, a.sender, count(*) AS texts,
  min(a.started_at AT TIME ZONE 'UTC')::date AS first_day,
  max(a.started_at AT TIME ZONE 'UTC')::date AS last_day, array_agg(DISTINCT a.batch_id) AS batch_ids
FROM recipients r JOIN attempts a ON a.recipient_id = r.id
LEFT JOIN charges c ON c.sid = a.sid
WHERE r.batch_id = ANY(%(ids)s) AND a.sid IS NOT NULL AND c.sid IS NULL
  AND a.state <> ALL(%(free)s)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

#: The account's SID too: what another account says of our texts is not believed.
KEEP = """
WITH ours AS (
  SELECT a.batch_id, told.*
  FROM unnest(%(sids)s::text[], %(amounts)s::numeric[], %(currencies)s::text[])
    AS told (sid, amount, currency)
  JOIN attempts a ON a.sid = told.sid AND a.account_sid = %(account_sid)s
), kept AS (
  INSERT INTO charges (sid, amount, currency) SELECT sid, amount, currency FROM ours ORDER BY sid
  ON CONFLICT (sid) DO NOTHING RETURNING sid
)
SELECT batch_id FROM ours JOIN kept USING (sid)
"""
LOCK_BATCHES = "SELECT id FROM batches WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"
NEXT_SEQ = "UPDATE batches SET seq = seq + 1 WHERE id = ANY(%(ids)s)"

PLAN = """
UPDATE bills SET seq = %(seq)s, settled_at = %(settled_at)s, due_at = %(next_at)s, trouble = %(trouble)s
WHERE batch_id = %(batch_id)s
"""

KNOWN = (
    "SELECT settled_at, due_at IS NOT NULL AS is_open, trouble FROM bills WHERE batch_id = %(id)s"
)
SUMS = """
SELECT c.currency, sum(c.amount) AS amount, count(*) AS texts
FROM recipients r JOIN attempts a ON a.recipient_id = r.id
LEFT JOIN charges c ON c.sid = a.sid
WHERE r.batch_id = %(id)s AND a.sid IS NOT NULL
  AND (c.sid IS NOT NULL OR a.state <> ALL(%(free)s))
GROUP BY 1 ORDER BY 1
"""

#: What the tries for one recipient `r` cost, by currency.
COST_OF_ROW = """(SELECT jsonb_object_agg(currency, amount) FROM (
  SELECT c.currency, sum(c.amount)::text AS amount
  FROM attempts t JOIN charges c ON c.sid = t.sid WHERE t.recipient_id = r.id GROUP BY 1) AS cost)"""


class PgBills:
    """Fulfils `ports.bills.Bills`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._summed: dict[UUID, tuple[int, list[Row]]] = {}  # whatever changes it raises `seq`

    async def open_new(self) -> int:
        async with self._pool.connection() as connection:
            return await write(connection, OPEN)

    async def due(self, *, limit: int = 20) -> Sequence[Due]:
        async with self._pool.connection() as connection:
            return [Due(**row) for row in await rows(connection, DUE, limit=limit)]

    async def unpriced(self, batch_ids: Sequence[UUID]) -> Sequence[Unpriced]:
        async with self._pool.connection() as connection:
            found = await rows(connection, UNPRICED, ids=list(batch_ids), free=list(FREE))
        return [Unpriced(**{**row, "batch_ids": tuple(row["batch_ids"])}) for row in found]

    @again
    async def keep(self, account_sid: str, charges: Sequence[Charge]) -> Sequence[UUID]:
        if not charges:
            return []
        told = {
            "sids": [one_.sid for one_ in charges],
            "amounts": [one_.amount for one_ in charges],
            "currencies": [one_.currency for one_ in charges],
        }
        async with self._pool.connection() as connection, connection.transaction():
            kept = await rows(connection, KEEP, account_sid=account_sid, **told)
            batches = sorted({row["batch_id"] for row in kept})
            if batches:  # pages learn of it as of any other news
                await rows(connection, LOCK_BATCHES, ids=batches)
                await write(connection, NEXT_SEQ, ids=batches)
        return [row["batch_id"] for row in kept]

    async def plan(
        self,
        due: Due,
        *,
        seq: int,
        settled_at: datetime | None,
        next_at: datetime | None,
        trouble: Trouble = "",
    ) -> None:
        given = {"seq": seq, "settled_at": settled_at, "next_at": next_at, "trouble": trouble}
        async with self._pool.connection() as connection:
            await write(connection, PLAN, batch_id=due.batch_id, **given)

    async def of(self, batch_id: UUID, *, seq: int) -> Bill | None:
        async with self._pool.connection() as connection:
            known = await one(connection, KNOWN, id=batch_id)
            if known is None:
                return None
            if known["settled_at"] is None:
                return Bill(0, 0, is_open=known["is_open"])
            found = await self._sums(connection, batch_id, seq)
        totals: Mapping[str, Decimal] = {
            row["currency"]: row["amount"] for row in found if row["currency"]
        }
        priced = sum(row["texts"] for row in found if row["currency"])
        return Bill(sum(row["texts"] for row in found), priced, totals, **known)

    async def _sums(self, connection: Connection, batch_id: UUID, seq: int) -> list[Row]:
        known = self._summed.get(batch_id)
        if known is not None and known[0] == seq:
            return known[1]
        found = await rows(connection, SUMS, id=batch_id, free=list(FREE))
        if len(self._summed) >= 500:
            self._summed.clear()
        self._summed[batch_id] = seq, found
        return found
