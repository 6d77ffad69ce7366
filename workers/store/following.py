"""Some people of an earlier text become a new draft; each of them is taken along once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from psycopg.types.json import Jsonb

from workers.domain.action import Chosen, selection_to_json
from workers.domain.delivery import Cause, State, sources
from workers.domain.place import zones_of
from workers.ports.following import Left, Offers, Whom
from workers.store.database import Connection, Pool, again, one, rows, write

#: No try of theirs may have arrived: whoever is still asked about, or unknown, is not offered.
#: After a restore that is not known before everybody was looked for.
CERTAIN = """r.moved_to IS NULL AND NOT EXISTS (
    SELECT 1 FROM batches l WHERE l.id = r.batch_id AND l.pause_code = 'looking') AND NOT EXISTS (SELECT 1 FROM attempts a WHERE a.recipient_id = r.id
  AND a.state NOT IN ('not_sent', 'failed', 'undelivered', 'canceled'))"""

IS_STOPPED = "r.state = 'canceled'"
IS_FAILED = "r.state IN ('failed', 'undelivered') AND r.reason = ANY(%(codes)s)"

#: Of whoever said STOP on one number no other one is texted.
HAS_ANOTHER = """EXISTS (SELECT 1 FROM jsonb_array_elements(r.numbers) e WHERE e ->> 'reason' IS NULL
    AND e ->> 'number' IS NOT NULL AND e ->> 'number' <> r.number)
  AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(r.numbers) e WHERE e ->> 'reason' = 'opted_out')"""

OFFERS = f"""
SELECT count(*) FILTER (WHERE {IS_STOPPED} AND {CERTAIN}) AS stopped,
  count(*) FILTER (WHERE {IS_FAILED} AND {CERTAIN} AND {HAS_ANOTHER}) AS other_number,
  count(*) FILTER (WHERE r.moved_to IS NOT NULL) AS taken_along,
  (SELECT id FROM batches WHERE follows = %(id)s ORDER BY created_at DESC LIMIT 1) AS newest
FROM recipients r
WHERE r.batch_id = %(id)s AND r.state IN ('canceled', 'failed', 'undelivered')
"""

LEFT = f"""
SELECT r.id, r.number, r.label, r.numbers FROM recipients r
WHERE r.batch_id = %(id)s AND r.number IS NOT NULL AND {CERTAIN}
  AND CASE %(whom)s WHEN 'stopped' THEN {IS_STOPPED} ELSE {IS_FAILED} AND {HAS_ANOTHER} END
ORDER BY r.id
"""

#: Whoever moved since, or was taken along, is not found any more.
LOCK = f"""
SELECT r.id, r.person_id FROM recipients r
WHERE r.batch_id = %(id)s AND r.id = ANY(%(ids)s) AND {CERTAIN}
  AND r.state IN ('canceled', 'failed', 'undelivered')
ORDER BY r.id FOR UPDATE
"""

SEQ = """
UPDATE batches SET seq = seq + 1 WHERE id = %(id)s AND confirmed_at IS NOT NULL
  AND pause_code IS DISTINCT FROM 'looking' RETURNING seq
"""

NEWEST = """
SELECT id FROM batches WHERE follows = %(id)s ORDER BY created_at DESC LIMIT 1
"""

START = """
INSERT INTO batches (id, company_id, user_id, channel, resource, view, selection, follows, body,
  organizations, listed, total, seq, resolved_at)
SELECT %(new)s, company_id, user_id, channel, 'person', view, %(selection)s, id, body,
  organizations, true, %(total)s, 1, now()
FROM batches WHERE id = %(id)s
"""

TAKE_ALONG = """
INSERT INTO recipients (batch_id, person_id, name, fields, numbers, number, label, zones, state, seq)
SELECT %(new)s, r.person_id, r.name, r.fields, new.numbers, new.number, new.label,
  coalesce(nullif(new.zones, ''), i.timezone, ''), 'ready', 1
FROM unnest(%(ids)s::bigint[], %(numbers)s::text[], %(labels)s::text[], %(zones)s::text[],
    %(all)s::jsonb[]) AS new (id, number, label, zones, numbers)
  JOIN recipients r ON r.id = new.id JOIN batches b ON b.id = r.batch_id
  LEFT JOIN installations i ON (i.company_id, i.user_id) = (b.company_id, b.user_id)
ORDER BY r.id
"""

MARK = """
UPDATE recipients SET moved_to = %(new)s, seq = %(seq)s WHERE id = ANY(%(ids)s)
"""

#: Found by their person: of one batch nobody is twice in another.
ARRIVED = """
SELECT r.id FROM recipients r
JOIN batches b ON b.id = r.batch_id
JOIN recipients o ON o.batch_id = b.follows AND o.person_id = r.person_id
WHERE r.batch_id = %(id)s AND r.state = 'ready' AND o.moved_to = r.batch_id
  AND o.state NOT IN ('canceled', 'failed', 'undelivered')
ORDER BY r.id FOR UPDATE OF r
"""

EDIT = """
UPDATE batches SET revision = revision + 1, seq = seq + 1
WHERE id = %(id)s AND confirmed_at IS NULL RETURNING seq
"""

LEAVE_OUT = """
UPDATE recipients SET state = 'skipped', reason = 'arrived', seq = %(seq)s, changed_at = now()
WHERE id = ANY(%(ids)s) AND state = ANY(%(sources)s)
"""


class PgFollowing:
    """Reads who is left and starts drafts of them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def offers(self, batch_id: UUID, *, codes: Collection[str]) -> Offers:
        async with self._pool.connection() as connection:
            found = await one(connection, OFFERS, id=batch_id, codes=list(codes))
        return Offers(**found) if found else Offers()

    async def left(self, batch_id: UUID, whom: Whom, *, codes: Collection[str]) -> Sequence[Left]:
        async with self._pool.connection() as connection:
            found = await rows(connection, LEFT, id=batch_id, whom=whom, codes=list(codes))
        return [Left(**row) for row in found]

    @again
    async def start(self, batch_id: UUID, new_id: UUID, people: Sequence[Left]) -> UUID | None:
        async with self._pool.connection() as connection, connection.transaction():
            wanted = [person.id for person in people]
            found = await rows(connection, LOCK, id=batch_id, ids=wanted)
            mine = await one(connection, SEQ, id=batch_id) if found else None
            if mine is None:
                newest = await one(connection, NEWEST, id=batch_id)
                return newest["id"] if newest else None
            still = {row["id"]: row["person_id"] for row in found}
            taken = [person for person in people if person.id in still]
            persons = tuple(one_id for one_id in still.values() if one_id is not None)
            await write(
                connection,
                START,
                id=batch_id,
                new=new_id,
                total=len(taken),
                selection=Jsonb(selection_to_json(Chosen(persons))),
            )
            await _take_along(connection, new_id, taken)
            await write(connection, MARK, new=new_id, seq=mine["seq"], ids=list(still))
        return new_id

    @again
    async def drop_arrived(self, batch_id: UUID) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            found = await rows(connection, ARRIVED, id=batch_id)
            edit = await one(connection, EDIT, id=batch_id) if found else None
            if edit is None:
                return 0
            return await write(
                connection,
                LEAVE_OUT,
                ids=[row["id"] for row in found],
                seq=edit["seq"],
                sources=sources(Cause.DRAFT, State.SKIPPED),
            )


async def _take_along(connection: Connection, new_id: UUID, taken: Sequence[Left]) -> None:
    await write(
        connection,
        TAKE_ALONG,
        new=new_id,
        ids=[person.id for person in taken],
        numbers=[person.number for person in taken],
        labels=[person.label for person in taken],
        zones=[" ".join(zones_of(person.number)) for person in taken],
        all=[Jsonb(list(person.numbers)) for person in taken],
    )
