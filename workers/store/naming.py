"""The names of people's organizations, read only when a text asks for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workers.ports.finding import Resolving
from workers.store.database import Pool, again, one, rows, write

UNNAMED = """
SELECT DISTINCT (fields #>> '{organization,id}')::bigint AS id FROM recipients
WHERE batch_id = %(batch_id)s AND fields #>> '{organization,id}' IS NOT NULL
  AND fields #> '{organization,read}' IS NULL
ORDER BY 1 LIMIT %(limit)s
"""

SEQ = """
UPDATE batches SET seq = seq + 1, resolve_tries = 0
WHERE id = %(batch_id)s AND resolve_lease = %(lease)s AND confirmed_at IS NULL RETURNING seq
"""

NAME = """
UPDATE recipients r SET seq = %(seq)s,
  fields = jsonb_set(r.fields, '{organization}',
    jsonb_build_object('id', named.id::text, 'name', named.name, 'read', 'yes'))
FROM unnest(%(ids)s::bigint[], %(names)s::text[]) AS named (id, name)
WHERE r.batch_id = %(batch_id)s AND r.fields #>> '{organization,id}' = named.id::text
"""

LOCK = "SELECT id FROM recipients WHERE batch_id = %(batch_id)s ORDER BY id FOR UPDATE"

ALL_NAMED = """
UPDATE batches SET organizations = 'read', resolve_lease = NULL, resolve_until = NULL, seq = seq + 1
WHERE id = %(batch_id)s AND resolve_lease = %(lease)s
"""


class PgNaming:
    """Reads which names are missing, writes what they are; without the lease nothing is written."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def unnamed(self, work: Resolving, *, limit: int) -> Sequence[int]:
        async with self._pool.connection() as connection:
            found = await rows(connection, UNNAMED, batch_id=work.batch_id, limit=limit)
        return [row["id"] for row in found]

    @again
    async def name(self, work: Resolving, names: Mapping[int, str]) -> bool:
        async with self._pool.connection() as connection, connection.transaction():
            await rows(connection, LOCK, batch_id=work.batch_id)
            mine = await one(connection, SEQ, batch_id=work.batch_id, lease=work.lease)
            if mine is None:
                return False
            await write(
                connection,
                NAME,
                batch_id=work.batch_id,
                seq=mine["seq"],
                ids=list(names),
                names=list(names.values()),
            )
        return True

    async def all_named(self, work: Resolving) -> bool:
        async with self._pool.connection() as connection:
            return await write(connection, ALL_NAMED, batch_id=work.batch_id, lease=work.lease) == 1
