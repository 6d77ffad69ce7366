"""Where a draft's people are, who else of the company texts them, and what the rep says to that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from workers.domain.delivery import Cause, State, sources
from workers.domain.reason import Reason
from workers.domain.rules import Rules
from workers.ports.rails import IN_A_ROW, Choice, Crossing, Just
from workers.store.caps import USED
from workers.store.database import Pool, again, one, rows, write
from workers.store.releasing import IN_VAIN

ZONES = """
SELECT zones, count(*) AS people FROM recipients WHERE batch_id = %(id)s AND state = 'ready'
GROUP BY zones
"""

BLOCKS = """
SELECT coalesce(sum(people), 0)::int AS people
FROM (SELECT count(*) AS people FROM recipients WHERE batch_id = %(id)s AND state = 'ready'
  GROUP BY left(number, -3) HAVING count(*) >= %(least)s) AS blocks
"""

#: Only texts of the last day or of the guard's hours, or still to come, are laid beside the draft:
#: years of a company's texts to the same people must not slow a page. A claim stamps `served_at`.
HITS = f"""
WITH near AS MATERIALIZED (
  SELECT b.id, b.user_id, b.body, b.canceled_at
  FROM batches b JOIN batches d ON d.id = %(id)s
  WHERE b.company_id = d.company_id AND b.channel = d.channel AND b.id <> d.id
    AND b.confirmed_at IS NOT NULL AND b.test_of IS NULL
    AND (b.served_at > now() - greatest(make_interval(hours => %(hours)s), interval '24 hours')
      OR EXISTS (
        SELECT FROM recipients WHERE batch_id = b.id AND state IN ('ready', 'sending')))
), mine AS MATERIALIZED (
  SELECT r.id, r.number, r.batch_id, b.company_id, b.channel, b.body
  FROM recipients r JOIN batches b ON b.id = r.batch_id
  WHERE r.batch_id = %(id)s AND r.state = 'ready' AND NOT r.override AND b.confirmed_at IS NULL
), others AS MATERIALIZED (
  SELECT m.id, m.number, m.body, o.id AS other_id, o.state, o.attempt_id, n.user_id,
    n.body AS other_body, n.canceled_at
  FROM near n JOIN recipients o ON o.batch_id = n.id JOIN mine m ON m.number = o.number
), hits AS (
  SELECT o.id, 1 AS rank, 'texted' AS kind, o.user_id, a.started_at AS at
  FROM others o JOIN attempts a ON a.recipient_id = o.other_id AND a.number = o.number
  WHERE a.started_at > now() - make_interval(hours => %(hours)s) AND a.state NOT IN {IN_VAIN}
  UNION ALL
  SELECT m.id, 1, 'texted', b.user_id, t.texted_at
  FROM mine m JOIN texted t USING (company_id, channel, number)
  JOIN recipients o ON o.id = t.recipient_id JOIN batches b ON b.id = o.batch_id
  -- whoever could not be reached was not texted
  WHERE t.texted_at > now() - make_interval(hours => %(hours)s) AND o.batch_id <> m.batch_id
    AND o.state NOT IN ('failed', 'undelivered')
  UNION ALL
  SELECT o.id, 2, 'same', o.user_id, a.started_at FROM others o JOIN attempts a ON a.id = o.attempt_id
  WHERE o.body <> '' AND o.other_body = o.body AND a.started_at > now() - interval '24 hours'
    AND o.state NOT IN ('failed', 'undelivered', 'ready', 'canceled')
  UNION ALL
  SELECT id, 3, 'running', user_id, NULL FROM others
  WHERE state IN ('ready', 'sending') AND canceled_at IS NULL
)
SELECT DISTINCT ON (id) id, kind, user_id, at FROM hits ORDER BY id, rank, at DESC
"""

CROSSINGS = f"""
SELECT kind, found.user_id, coalesce(i.user_name, '') AS user_name, count(*) AS people, max(at) AS at
FROM ({HITS}) AS found JOIN batches b ON b.id = %(id)s
LEFT JOIN installations i ON i.company_id = b.company_id AND i.user_id = found.user_id
GROUP BY 1, 2, 3 ORDER BY people DESC, kind, user_id
"""

#: Whom the claim refuses for its guard alone: nobody is asked about them, as no answer helps. Where
#: the company texted nobody just now, no number is looked up.
JUST = """
SELECT count(*) AS people, max(t.texted_at) + make_interval(secs => %(guard)s) AS until
FROM recipients r JOIN batches b ON b.id = r.batch_id
JOIN texted t ON t.company_id = b.company_id AND t.channel = b.channel AND t.number = r.number
JOIN recipients o ON o.id = t.recipient_id AND o.batch_id <> r.batch_id
WHERE r.batch_id = %(id)s AND r.state = 'ready'
  AND t.texted_at > now() - make_interval(secs => %(guard)s)
  AND (r.override OR %(hours)s = 0 OR o.state IN ('failed', 'undelivered'))
  AND EXISTS (SELECT FROM batches near JOIN batches d ON d.id = %(id)s
    WHERE near.company_id = d.company_id AND near.id <> d.id
      AND near.served_at > now() - make_interval(secs => %(guard)s))
"""

LOCK = "SELECT id FROM recipients WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"

EDIT = """
UPDATE batches SET revision = revision + 1, seq = seq + 1
WHERE id = %(id)s AND revision = %(revision)s AND confirmed_at IS NULL AND canceled_at IS NULL
  AND refused_reason IS NULL
RETURNING revision, seq
"""

LEAVE_OUT = """
UPDATE recipients r SET state = 'skipped', reason = new.reason, seq = %(seq)s, changed_at = now()
FROM unnest(%(ids)s::bigint[], %(reasons)s::text[]) AS new (id, reason)
WHERE r.id = new.id AND r.state = ANY(%(sources)s)
"""

TEXT = """
UPDATE recipients SET override = true, seq = %(seq)s, changed_at = now()
WHERE id = ANY(%(ids)s) AND state = 'ready'
"""

MOST_KNOWN = 500

_REASONS = {
    "texted": Reason.TEXTED_RECENTLY,
    "same": Reason.SAME_TEXT,
    "running": Reason.IN_ANOTHER,
}


class PgGuarding:
    """Reads what stands in the way, and writes what a rep says to it."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._in_a_row: dict[UUID, tuple[int, int]] = {}  # the batch's seq, and the people

    async def zones(self, batch_id: UUID) -> Mapping[str, int]:
        async with self._pool.connection() as connection:
            found = await rows(connection, ZONES, id=batch_id)
        return {row["zones"]: row["people"] for row in found}

    async def texts_of(self, company_id: int, day: date) -> int:
        async with self._pool.connection() as connection:
            row = await one(connection, USED, company_id=company_id, day=day)
        return row["texts"] if row else 0

    async def in_a_row(self, batch_id: UUID, *, seq: int) -> int:
        known = self._in_a_row.get(batch_id)
        if known is not None and known[0] == seq:
            return known[1]
        async with self._pool.connection() as connection:
            found = await one(connection, BLOCKS, id=batch_id, least=IN_A_ROW)
        if len(self._in_a_row) >= MOST_KNOWN:
            self._in_a_row.clear()
        self._in_a_row[batch_id] = (seq, found["people"] if found else 0)
        return self._in_a_row[batch_id][1]

    async def crossings(self, batch_id: UUID, rules: Rules) -> Sequence[Crossing]:
        if not rules.guard_hours:
            return []
        async with self._pool.connection() as connection:
            found = await rows(connection, CROSSINGS, id=batch_id, hours=rules.guard_hours)
        return [Crossing(**row) for row in found]

    async def just_texted(self, batch_id: UUID, rules: Rules, *, guard: float) -> Just | None:
        async with self._pool.connection() as connection:
            found = await one(connection, JUST, id=batch_id, hours=rules.guard_hours, guard=guard)
        return Just(**found) if found and found["people"] else None

    @again
    async def decide(
        self, batch_id: UUID, rules: Rules, choice: Choice, *, revision: int
    ) -> int | None:
        async with self._pool.connection() as connection, connection.transaction():
            hits = await rows(connection, HITS, id=batch_id, hours=rules.guard_hours)
            ids = [row["id"] for row in hits]
            await rows(connection, LOCK, ids=ids)
            edit = await one(connection, EDIT, id=batch_id, revision=revision)
            if edit is None:
                return None
            if choice == "text":
                await write(connection, TEXT, ids=ids, seq=edit["seq"])
            else:
                await write(
                    connection,
                    LEAVE_OUT,
                    ids=ids,
                    reasons=[_REASONS[row["kind"]] for row in hits],
                    seq=edit["seq"],
                    sources=sources(Cause.DRAFT, State.SKIPPED),
                )
        return int(edit["revision"])
