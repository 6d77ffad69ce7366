"""The organizations of a selection, written down while everybody is read to find their people."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from workers.ports.finding import Resolving, Walked
from workers.ports.records import Record
from workers.store.database import Connection, Pool, rows, write

_LIST = """
INSERT INTO selected_records (batch_id, record_id, place, title)
SELECT %(id)s, record_id, %(first)s + place, title
FROM unnest(%(records)s::bigint[], %(titles)s::text[])
  WITH ORDINALITY AS listed (record_id, title, place)
ON CONFLICT DO NOTHING
"""

_PEOPLED = """
UPDATE selected_records SET has_people = true
WHERE batch_id = %(id)s AND record_id = ANY(%(records)s) AND NOT has_people
"""

_AMONG = """
SELECT record_id, title FROM selected_records
WHERE batch_id = %(id)s AND record_id = ANY(%(records)s)
"""

_WITHOUT_PEOPLE = """
SELECT record_id, title, place FROM selected_records
WHERE batch_id = %(id)s AND NOT has_people AND place > %(after)s
ORDER BY place LIMIT %(limit)s
"""

FORGET_LIST = "DELETE FROM selected_records WHERE batch_id = %(id)s"


async def keep_walked(connection: Connection, work: Resolving, walked: Walked) -> None:
    """Part of keeping a page, in its transaction."""
    if walked.listed:
        await write(
            connection,
            _LIST,
            id=work.batch_id,
            first=work.records,
            records=[record.record_id for record in walked.listed],
            titles=[record.title for record in walked.listed],
        )
    if walked.peopled:
        await write(connection, _PEOPLED, id=work.batch_id, records=sorted(walked.peopled))


class PgSelected:
    """Fulfils `ports.finding.Selected`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def among(self, work: Resolving, record_ids: Collection[int]) -> Mapping[int, Record]:
        async with self._pool.connection() as connection:
            found = await rows(connection, _AMONG, id=work.batch_id, records=list(record_ids))
        return {row["record_id"]: Record(row["record_id"], row["title"]) for row in found}

    async def without_people(
        self, work: Resolving, *, after: int, limit: int
    ) -> Sequence[tuple[int, Record]]:
        async with self._pool.connection() as connection:
            found = await rows(
                connection, _WITHOUT_PEOPLE, id=work.batch_id, after=after, limit=limit
            )
        return [(row["place"], Record(row["record_id"], row["title"])) for row in found]
