"""A text that a look-up gave to the wrong attempt: its own receipt takes it back."""

from __future__ import annotations

from collections.abc import Sequence

from workers.domain.delivery import Cause, State, sources
from workers.ports.sending import Told
from workers.store.database import Connection, rows, write

#: Who holds a SID that a receipt, posted to another attempt's own address, proves to be that one's.
#: Not one whose SID came with the answer to its POST, or with a receipt of its own.
_FOUND = """held.sid = told.sid AND held.id <> told.attempt_id AND held.http_status IS NULL
  AND NOT EXISTS (SELECT FROM receipts own WHERE own.attempt_id = held.id AND own.sid = held.sid
    AND own.source = 'callback')"""
_TOLD = "unnest(%(sids)s::text[], %(attempts)s::uuid[]) AS told (sid, attempt_id)"
HOLDERS = f"""
SELECT held.recipient_id AS held_by, owner.recipient_id AS owned_by
FROM {_TOLD} JOIN attempts held ON {_FOUND} JOIN attempts owner ON owner.id = told.attempt_id
"""

#: In the one order of locks: people by id, then their batches.
LOCK = "SELECT id, batch_id FROM recipients WHERE id = ANY(%(people)s) ORDER BY id FOR UPDATE"
LOCK_BATCHES = "SELECT id FROM batches WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"
NEXT_SEQ = "UPDATE batches SET seq = seq + 1 WHERE id = ANY(%(ids)s)"

#: What is left of the holder's own is nothing: it is unknown again, and looked for anew.
LET_GO = f"""
UPDATE attempts held SET sid = NULL, state = 'unconfirmed', error_code = NULL, looks = 0,
  next_look_at = now()
FROM {_TOLD} WHERE {_FOUND} RETURNING held.id, held.recipient_id
"""
UNKNOWN_AGAIN = """
UPDATE recipients r SET state = 'unconfirmed', reason = NULL, looking = true, changed_at = now(),
  seq = (SELECT seq FROM batches WHERE id = r.batch_id)
WHERE r.id = ANY(%(people)s) AND r.attempt_id = ANY(%(ids)s) AND r.state = ANY(%(sources)s)
"""
GIVE = f"""
UPDATE attempts a SET sid = told.sid FROM {_TOLD}
WHERE a.id = told.attempt_id AND a.sid IS NULL AND NOT EXISTS (
  SELECT FROM attempts o WHERE o.sid = told.sid)
"""
GIVE_RECEIPTS = f"""
UPDATE receipts SET attempt_id = told.attempt_id FROM {_TOLD}
WHERE receipts.sid = told.sid AND receipts.attempt_id = ANY(%(holders)s)
"""


async def take_back(connection: Connection, told: Sequence[Told]) -> None:
    """Takes wrongly bound SIDs from their holders and gives them to the attempts that own them."""
    owners = {one.report.sid: one.attempt_id for one in told}
    said = {"sids": list(owners), "attempts": list(owners.values())}
    held = await rows(connection, HOLDERS, **said)
    if not held:
        return
    people = {row["held_by"] for row in held} | {row["owned_by"] for row in held}
    locked = await rows(connection, LOCK, people=list(people))
    batches = sorted({row["batch_id"] for row in locked})
    await rows(connection, LOCK_BATCHES, ids=batches)
    await write(connection, NEXT_SEQ, ids=batches)
    let_go = await rows(connection, LET_GO, **said)
    holders = [row["id"] for row in let_go]
    await write(
        connection,
        UNKNOWN_AGAIN,
        people=[row["recipient_id"] for row in let_go],
        ids=holders,
        sources=sources(Cause.CORRECTION, State.UNCONFIRMED),
    )
    await write(connection, GIVE, **said)
    await write(connection, GIVE_RECEIPTS, **said, holders=holders)
