"""What changed in a batch since a page asked last."""

from __future__ import annotations

from uuid import UUID

from workers.ports.reading import BatchView, Snapshot
from workers.ports.viewing import Version
from workers.store.batches import SNAPSHOT, read_view
from workers.store.counting import CountsBySeq
from workers.store.database import Connection, Pool, rows
from workers.store.lately import Lately, end
from workers.store.rows import COLUMNS, FROM, read_pair, row_of

CHANGED = f"""
{COLUMNS} {FROM} AND (r.seq, r.id) > (%(seq)s, %(after)s)
  AND r.seq <= %(up_to)s ORDER BY r.seq, r.id LIMIT %(limit)s
"""


class PgChanges:
    """Fulfils `ports.viewing.Changes`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counted = CountsBySeq()
        self._lately = Lately(self.changed)

    async def progress(
        self, batch_id: UUID, since: str, version: Version | None = None
    ) -> Snapshot | None:
        return await self._lately.get(batch_id, since, read_pair(since)[0], version)

    async def changed(
        self, batch_id: UUID, since: str, known: BatchView | None = None, *, limit: int = 200
    ) -> Snapshot | None:
        async with self._pool.connection() as connection:
            if known is not None:
                return await _since(connection, known, since, limit)
            async with connection.transaction():
                await connection.execute(SNAPSHOT)
                view = await read_view(connection, batch_id, self._counted)
                return await _since(connection, view, since, limit) if view else None


async def _since(connection: Connection, view: BatchView, since: str, limit: int) -> Snapshot:
    """Up to what `view` knows: whoever changed after it comes with the next poll."""
    (seq, after), place = read_pair(since), {"id": view.id, "up_to": view.seq}
    found = await rows(connection, CHANGED, **place, seq=seq, after=after, limit=limit)
    # Behind the last row of a full page, or behind everything that the view holds.
    more = len(found) == limit
    last = f"{found[-1]['seq']}.{found[-1]['id']}" if more else end(max(view.seq, seq))
    return Snapshot(view, tuple(row_of(row) for row in found), last, more)
