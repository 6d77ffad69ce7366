"""Who is tried again: those a rep was shown, and their text opened for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from workers.domain.delivery import Cause, State, sources
from workers.store.database import Connection, one, rows, write

#: Somebody of the company may have a text that is not known yet: its guard would not hold.
LOOKING = """EXISTS (SELECT FROM batches held WHERE held.company_id = batches.company_id
  AND held.pause_reason = 'restored' AND held.pause_code = 'looking')"""

#: Whoever waits for the morning where they are is not too late there either.
SEND_BY = """greatest(now(), (SELECT max(not_before) FROM recipients
    WHERE batch_id = %(id)s AND state = 'ready')) + %(send_within)s"""

#: Whose last known try was before a restore may have had another since, that the copy does not know.
SHOWN = """
SELECT id, EXISTS (SELECT FROM attempts a, incarnation
    WHERE a.id = recipients.attempt_id AND a.started_at < incarnation.since) AS was_before
FROM recipients
WHERE batch_id = %(id)s AND seq <= %(seq)s AND state = ANY(%(states)s) AND NOT looking AND moved_to IS NULL
  AND coalesce(reason, '') <> ALL(%(never)s::text[])
  AND (%(only)s::text[] IS NULL OR reason = ANY(%(only)s))
ORDER BY id FOR UPDATE
"""

#: Others who wait, for whom it is too late, are sent nothing by this: their rep says so, or not.
REOPEN = f"""
UPDATE batches SET seq = seq + 1, canceled_at = NULL, canceled_by = NULL, proven_at = NULL,
  paused_at = CASE WHEN %(held)s THEN now()
    -- who stopped a paused batch and then asks for another try wants it to go
    WHEN canceled_at IS NULL THEN paused_at END,
  paused_by = CASE WHEN NOT %(held)s THEN paused_by END,
  pause_reason = CASE WHEN %(held)s THEN 'restored' ELSE pause_reason END,
  pause_code = CASE WHEN %(held)s THEN 'looking' ELSE pause_code END,
  restored_look_at = CASE WHEN %(held)s
    THEN greatest(now(), (SELECT since FROM incarnation) + %(lag)s) ELSE restored_look_at END,
  restored_cursor = CASE WHEN %(held)s THEN 0 ELSE restored_cursor END,
  resumed_at = now(), waits_until = NULL, send_by = CASE WHEN canceled_at IS NULL AND send_by <= now() AND waits
    THEN send_by ELSE {SEND_BY} END
FROM (SELECT EXISTS (SELECT FROM recipients
  WHERE batch_id = %(id)s AND state IN ('ready', 'sending'))) AS others (waits)
WHERE id = %(id)s AND confirmed_at IS NOT NULL AND refused_reason IS NULL
  AND NOT {LOOKING}
  -- whoever is on the wire may come back, and was stopped
  AND (canceled_at IS NULL OR NOT waits)
RETURNING seq
"""

MOVE_PERSON = """
UPDATE recipients SET state = %(to)s, seq = %(seq)s, changed_at = now(), looking = false
WHERE id = ANY(%(ids)s) AND state = ANY(%(sources)s)
"""


async def try_again(
    connection: Connection,
    batch_id: UUID,
    *,
    send_within: timedelta,
    lag: timedelta,
    seq: int,
    states: Sequence[State],
    never: Sequence[str],
    only: Sequence[str] | None,
) -> int:
    """How many people wait for their text again.

    After a restore they are looked up first; `lag`: how long Twilio's list may lag behind.
    """
    wanted = {"seq": seq, "states": states, "never": never, "only": only}
    found = await rows(connection, SHOWN, id=batch_id, **wanted)
    if not found:
        return 0
    held = any(row["was_before"] for row in found)
    opened = await one(connection, REOPEN, id=batch_id, send_within=send_within, held=held, lag=lag)
    if opened is None:
        return 0
    return await write(
        connection,
        MOVE_PERSON,
        ids=[row["id"] for row in found],
        sources=sources(Cause.PERSON, State.READY),
        to=State.READY,
        seq=opened["seq"],
    )
