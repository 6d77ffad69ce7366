"""People of a batch for whom it did not work out for the same reason, the first of them by name."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from workers.domain.delivery import State
from workers.ports.reading import Alike, Named
from workers.store.database import Connection, Row, rows

#: Sorting ids of one batch is cheaper than a window over its whole rows; names are read for few.
ALIKE = """
WITH alike AS (
  SELECT state, coalesce(reason, '') AS reason, count(*) AS people,
    (array_agg(id ORDER BY id))[1:%(named)s] AS few
  FROM recipients
  WHERE batch_id = %(id)s AND (state IN ('skipped', 'failed', 'undelivered')
    OR (state = 'unconfirmed' AND NOT looking)) GROUP BY 1, 2)
SELECT a.state, a.reason, a.people, first.ids, first.persons, first.names
FROM alike a, LATERAL (
  SELECT array_agg(r.id ORDER BY r.id) AS ids, array_agg(r.person_id ORDER BY r.id) AS persons,
    array_agg(r.name ORDER BY r.id) AS names
  FROM recipients r WHERE r.id = ANY(a.few)) first
"""
_NAMED = 3


async def alike(connection: Connection, batch_id: UUID) -> Mapping[tuple[State, str], Alike]:
    """Everybody who is left out, failed or unknown for good, by state and reason."""
    found = await rows(connection, ALIKE, id=batch_id, named=_NAMED)
    return {(State(row["state"]), row["reason"]): _alike(row) for row in found}


def _alike(row: Row) -> Alike:
    some = zip(row["ids"], row["persons"], row["names"], strict=True)
    return Alike(row["people"], tuple(Named(*each) for each in some))
