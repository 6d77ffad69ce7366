"""What went quiet: dead claims, due look-ups, stopped batches; each due thing is claimed by moving its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal
from uuid import UUID

from workers.domain.delivery import Cause, State, sources
from workers.ports.sending import Looked
from workers.store.database import Pool, again, one, rows, write

DEAD = """
SELECT r.id AS recipient_id, r.batch_id, a.id AS attempt_id
FROM recipients r JOIN attempts a ON a.recipient_id = r.id
WHERE a.state = 'sending' AND a.claimed_until < now()
ORDER BY r.id LIMIT %(limit)s FOR UPDATE OF r SKIP LOCKED
"""

LOCK_BATCHES = "SELECT id FROM batches WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE"
NEXT_SEQ = "UPDATE batches SET seq = seq + 1 WHERE id = ANY(%(ids)s)"

GIVE_UP = """
UPDATE attempts SET state = 'unconfirmed', looks = 0,
  next_look_at = greatest(now(), started_at + %(lookup)s)
WHERE id = ANY(%(ids)s) AND state = 'sending' RETURNING id, recipient_id
"""

UNCONFIRMED = """
UPDATE recipients r SET state = 'unconfirmed', looking = true, changed_at = now(),
  seq = (SELECT seq FROM batches WHERE id = r.batch_id)
WHERE r.id = ANY(%(people)s) AND r.attempt_id = ANY(%(ids)s) AND r.state = ANY(%(sources)s)
"""

DUE = """
UPDATE attempts a SET next_look_at = now() + %(lease)s
FROM (
  SELECT id FROM attempts WHERE next_look_at <= now() ORDER BY next_look_at LIMIT %(limit)s
  FOR UPDATE SKIP LOCKED
) due, recipients r, batches b
WHERE a.id = due.id AND r.id = a.recipient_id AND b.id = a.batch_id
RETURNING a.id, a.recipient_id, a.batch_id, a.company_id, a.number, b.body AS template, r.fields,
  a.state, a.sid, a.started_at, a.looks, a.account_sid, a.sender, (
    SELECT count(*) FROM recipients n JOIN attempts o ON o.id = n.attempt_id
    WHERE n.number = a.number AND o.id <> a.id AND o.sid IS NULL AND a.sid IS NULL
      AND o.account_sid = a.account_sid AND o.body_hash = a.body_hash
      AND o.state IN ('sending', 'unconfirmed')) AS rivals
"""

LOCK_LOOKED = """
SELECT r.id, r.batch_id, a.state, a.looks FROM recipients r JOIN attempts a ON a.recipient_id = r.id
WHERE a.id = %(id)s FOR UPDATE OF r, a
"""

NEXT_LOOK = """
UPDATE attempts SET looks = looks + 1,
  next_look_at = CASE WHEN %(after)s::interval IS NULL THEN NULL
    ELSE greatest(now(), CASE WHEN state = 'unconfirmed' THEN started_at ELSE answered_at END + %(after)s)
  END
WHERE id = %(id)s AND next_look_at IS NOT NULL
"""

#: A look that failed comes again after a quarter of the time since the claim: ever more rarely, and
#: without a counter. None is asked for in the end, so that a person may decide.
LOOK_LATER = """
UPDATE attempts SET next_look_at = now()
  + least(interval '15 minutes', greatest(interval '20 seconds', (now() - started_at) / 4))
WHERE id = %(id)s AND next_look_at IS NOT NULL AND started_at > now() - interval '2 days'
"""

ENDED = """
UPDATE recipients r SET looking = false, changed_at = now(),
  seq = (SELECT seq FROM batches WHERE id = r.batch_id)
WHERE r.id = %(id)s AND r.attempt_id = %(attempt_id)s AND looking
"""

STOPPED = """
SELECT DISTINCT b.id FROM batches b JOIN recipients r ON r.batch_id = b.id
WHERE b.canceled_at IS NOT NULL AND b.confirmed_at IS NOT NULL AND r.state = 'ready'
LIMIT %(limit)s
"""


class PgWatching:
    """Finds and moves what went quiet; `lookups` and `silence` are the settings of those names."""

    def __init__(
        self, pool: Pool, *, lookups: Sequence[timedelta], silence: Sequence[timedelta]
    ) -> None:
        self._pool = pool
        self._lookups = lookups
        self._silence = silence

    @again
    async def give_up_dead_claims(self, *, limit: int = 200) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            dead = await rows(connection, DEAD, limit=limit)
            if not dead:
                return 0
            batches = sorted({row["batch_id"] for row in dead})
            await rows(connection, LOCK_BATCHES, ids=batches)
            await write(connection, NEXT_SEQ, ids=batches)
            attempts = [row["attempt_id"] for row in dead]
            given_up = await rows(connection, GIVE_UP, ids=attempts, lookup=self._first_lookup())
            await write(
                connection,
                UNCONFIRMED,
                people=[row["recipient_id"] for row in given_up],
                ids=[row["id"] for row in given_up],
                sources=sources(Cause.WATCH, State.UNCONFIRMED),
            )
        return len(given_up)

    def _first_lookup(self) -> timedelta:
        return self._lookups[0] if self._lookups else timedelta()

    async def due_looks(self, *, lease: timedelta, limit: int = 50) -> Sequence[Looked]:
        async with self._pool.connection() as connection:
            found = await rows(connection, DUE, lease=lease, limit=limit)
        return [
            Looked(
                attempt_id=row["id"],
                recipient_id=row["recipient_id"],
                batch_id=row["batch_id"],
                company_id=row["company_id"],
                number=row["number"],
                template=row["template"],
                fields=row["fields"],
                state=row["state"],
                sid=row["sid"],
                started_at=row["started_at"],
                looks=row["looks"],
                account_sid=row["account_sid"],
                sender=row["sender"],
                rivals=row["rivals"],
            )
            for row in found
        ]

    @again
    async def looked(
        self, attempt_id: UUID, *, was: str, found: Literal["counted", "failed"]
    ) -> None:
        async with self._pool.connection() as connection, connection.transaction():
            if found == "failed" and await write(connection, LOOK_LATER, id=attempt_id):
                return
            attempt = await one(connection, LOCK_LOOKED, id=attempt_id)
            if attempt is None or attempt["state"] != was:
                return  # the look brought news, and the news set the next one
            times = self._times(was)
            done = attempt["looks"] + 1
            after = times[done] if found == "counted" and done < len(times) else None
            await write(connection, NEXT_LOOK, id=attempt_id, after=after)
            if after is None and times:
                await rows(connection, LOCK_BATCHES, ids=[attempt["batch_id"]])
                await write(connection, NEXT_SEQ, ids=[attempt["batch_id"]])
                await write(connection, ENDED, id=attempt["id"], attempt_id=attempt_id)

    def _times(self, state: str) -> Sequence[timedelta]:
        if state == "unconfirmed":
            return self._lookups
        return self._silence if state in {"accepted", "sent"} else ()

    async def stopped(self, *, limit: int = 20) -> Sequence[UUID]:
        async with self._pool.connection() as connection:
            return [row["id"] for row in await rows(connection, STOPPED, limit=limit)]
