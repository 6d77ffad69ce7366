"""People who wait for the morning where they are, and batches in which everybody waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from workers.domain.delivery import State
from workers.store.database import Connection, one, rows, write

#: Whoever is being claimed by somebody else is left to them.
ASLEEP = """
SELECT id, zones FROM recipients
WHERE batch_id = %(id)s AND state = 'ready' AND (zones = ANY(%(zones)s) OR id = ANY(%(ids)s))
  AND coalesce(not_before, '-infinity') <= now()
ORDER BY id FOR UPDATE SKIP LOCKED
"""

#: Who wakes up late is not too late: the batch's time begins when they may be texted.
LENGTHEN = """
UPDATE batches SET seq = seq + 1, send_by = greatest(send_by, %(latest)s + %(send_within)s)
WHERE id = %(id)s AND confirmed_at IS NOT NULL RETURNING seq
"""

SLEEP = """
UPDATE recipients r SET not_before = new.opens, seq = %(seq)s, changed_at = now()
FROM unnest(%(ids)s::bigint[], %(opens)s::timestamptz[]) AS new (id, opens)
WHERE r.id = new.id AND r.state = 'ready'
"""

LOCK = "SELECT id FROM batches WHERE id = %(id)s FOR UPDATE"

REST = """
UPDATE batches SET waits_for = 'quiet_hours', waits_until = (
  SELECT min(not_before) FROM recipients
  WHERE batch_id = %(id)s AND state = 'ready' AND not_before > now())
WHERE id = %(id)s AND NOT EXISTS (
  SELECT 1 FROM recipients
  WHERE batch_id = %(id)s AND state = 'ready' AND coalesce(not_before, '-infinity') <= now())
"""

#: The rules changed: everybody who waits is looked at again, in a draft after an Undo too.
WAITING = f"""
SELECT r.id, r.batch_id FROM recipients r JOIN batches b ON b.id = r.batch_id
WHERE b.company_id = %(company_id)s AND b.canceled_at IS NULL
  AND r.state = '{State.READY}' AND r.not_before > now()
ORDER BY r.id FOR UPDATE OF r
"""

LOCK_COMPANY = """
SELECT id FROM batches
WHERE company_id = %(company_id)s AND canceled_at IS NULL
  AND (confirmed_at IS NOT NULL AND send_by > now() OR id = ANY(%(ids)s)) ORDER BY id FOR UPDATE
"""

#: Somebody came back to be texted.
AWAKEN = "UPDATE batches SET waits_until = NULL WHERE id = ANY(%(ids)s)"

WAKE = "UPDATE batches SET seq = seq + 1, waits_until = NULL WHERE id = ANY(%(ids)s)"

AWAKE = """
UPDATE recipients r SET not_before = NULL, changed_at = now(),
  seq = (SELECT seq FROM batches WHERE id = r.batch_id)
WHERE r.id = ANY(%(ids)s) AND r.state = 'ready'
"""


async def defer(
    connection: Connection,
    batch_id: UUID,
    opens: Mapping[str | int, datetime],
    *,
    send_within: timedelta,
) -> None:
    """Everybody of the batch in these zones waits until theirs opens; in a transaction.

    Whose zones were not kept is named by id.
    """
    zones = [zone for zone in opens if isinstance(zone, str)]
    alone = [person for person in opens if isinstance(person, int)]
    found = await rows(connection, ASLEEP, id=batch_id, zones=zones, ids=alone)
    latest = max(opens.values())
    batch = await one(connection, LENGTHEN, id=batch_id, latest=latest, send_within=send_within)
    if batch is None:
        return
    await write(
        connection,
        SLEEP,
        ids=[row["id"] for row in found],
        opens=[opens[row["zones"] or row["id"]] for row in found],
        seq=batch["seq"],
    )


async def rest(connection: Connection, batch_id: UUID) -> None:
    """Where everybody waits, nobody looks at the batch until the first may be texted.

    In a transaction: behind the lock, whoever has just come back to be texted is seen.
    """
    await one(connection, LOCK, id=batch_id)
    await write(connection, REST, id=batch_id)


async def wake(connection: Connection, company_id: int) -> None:
    """Everybody of a company who waits is looked at again; in a transaction."""
    waiting = await rows(connection, WAITING, company_id=company_id)
    theirs = list({row["batch_id"] for row in waiting})
    batches = await rows(connection, LOCK_COMPANY, company_id=company_id, ids=theirs)
    await write(connection, WAKE, ids=[row["id"] for row in batches])
    await write(connection, AWAKE, ids=[row["id"] for row in waiting])
