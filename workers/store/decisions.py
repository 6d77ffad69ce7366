"""What a person decides about a batch: every write is one conditional update."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Literal
from uuid import UUID

from workers.domain.delivery import Cause, State, sources
from workers.store.database import Pool, again, one, rows, write
from workers.store.retrying import LOOKING, MOVE_PERSON, SEND_BY, try_again

SAVE_DRAFT = """
UPDATE batches SET body = %(body)s, revision = revision + (body <> %(body)s)::int,
  seq = seq + (body <> %(body)s)::int
WHERE id = %(id)s AND revision = %(revision)s AND confirmed_at IS NULL AND canceled_at IS NULL
  AND refused_reason IS NULL
RETURNING revision
"""

LOCK = "SELECT * FROM batches WHERE id = %(id)s FOR UPDATE"

READY = "SELECT count(*) AS n FROM recipients WHERE batch_id = %(id)s AND state = 'ready'"

WANT_ORGANIZATIONS = """
UPDATE batches SET organizations = 'wanted' WHERE id = %(id)s AND organizations = 'unread'
  AND confirmed_at IS NULL
"""

IS_LOOKING = f"SELECT {LOOKING} AS is_looking FROM batches WHERE id = %(id)s"

CONFIRM = f"""
UPDATE batches SET confirmed_at = now(), confirmed_revision = %(revision)s,
  confirmed_people = %(people)s, body = %(body)s, seq = seq + 1, waits_until = NULL,
  not_before = now() + %(hold)s,
  -- somebody may sleep since before an Undo
  send_by = greatest(now() + %(hold)s, (SELECT max(not_before) FROM recipients
    WHERE batch_id = %(id)s AND state = 'ready')) + %(send_within)s,
  -- a draft from before a restore may have been sent since: its people are looked up first
  restored_look_at = CASE WHEN held THEN coalesce(restored_look_at, now()) END,
  paused_at = CASE WHEN held THEN now() END,
  pause_reason = CASE WHEN held THEN 'restored' END,
  pause_code = CASE WHEN held THEN 'looking' END
FROM (SELECT restored_look_at IS NOT NULL OR {LOOKING} FROM batches WHERE id = %(id)s) AS one (held)
WHERE id = %(id)s
"""

#: A copy from before does not know whether the texts left: only the hold is certain to say no.
UNDO = """
UPDATE batches SET confirmed_at = NULL, confirmed_revision = NULL, confirmed_people = NULL,
  not_before = NULL, send_by = NULL, paused_at = NULL, paused_by = NULL, pause_reason = NULL,
  pause_code = NULL, waits_until = NULL, revision = revision + 1, seq = seq + 1
WHERE id = %(id)s AND confirmed_at IS NOT NULL AND first_claim_at IS NULL AND canceled_at IS NULL
  AND (pause_reason IS DISTINCT FROM 'restored' OR now() < not_before)
"""

PAUSE = """
UPDATE batches SET paused_at = now(), paused_by = %(by)s, pause_reason = %(reason)s,
  pause_code = %(code)s, seq = seq + 1, proven_at = NULL
WHERE id = %(id)s AND confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL
"""

RESUME = f"""
UPDATE batches SET paused_at = NULL, paused_by = NULL, pause_reason = NULL, pause_code = NULL,
  proven_at = NULL, back_off_until = NULL, waits_until = NULL, seq = seq + 1, send_by = {SEND_BY},
  resumed_at = now()
WHERE id = %(id)s AND confirmed_at IS NOT NULL AND canceled_at IS NULL
  AND (paused_at IS NOT NULL OR send_by <= now()) AND NOT {LOOKING}
"""

CANCEL = """
UPDATE batches SET canceled_at = now(), canceled_by = %(by)s, seq = seq + 1
WHERE id = %(id)s AND canceled_at IS NULL AND refused_reason IS NULL
  AND (confirmed_at IS NULL OR EXISTS (SELECT 1 FROM recipients WHERE batch_id = %(id)s
    AND state IN ('pending', 'ready', 'sending', 'unconfirmed')))
"""

STOPPED = """
SELECT r.id FROM recipients r JOIN batches b ON b.id = r.batch_id
WHERE r.batch_id = %(id)s AND r.state = ANY(%(sources)s) AND b.canceled_at IS NOT NULL
  AND b.confirmed_at IS NOT NULL
ORDER BY r.id LIMIT %(limit)s FOR UPDATE OF r
"""

NEXT_SEQ_IF_CANCELED = """
UPDATE batches SET seq = seq + 1 WHERE id = %(id)s AND canceled_at IS NOT NULL RETURNING seq
"""

Confirmed = Literal["confirmed", "same", "resolving", "conflict"]


class PgDecisions:
    """Writes what people decide; `wait`: how long Twilio's list may lag behind what it accepted."""

    def __init__(self, pool: Pool, *, wait: timedelta) -> None:
        self._pool = pool
        self._wait = wait

    async def save_draft(self, batch_id: UUID, *, revision: int, body: str) -> int | None:
        async with self._pool.connection() as connection:
            saved = await one(connection, SAVE_DRAFT, id=batch_id, revision=revision, body=body)
        return int(saved["revision"]) if saved else None

    async def confirm(
        self,
        batch_id: UUID,
        *,
        revision: int,
        body: str,
        people: int,
        hold: timedelta,
        send_within: timedelta,
    ) -> Confirmed:
        async with self._pool.connection() as connection, connection.transaction():
            batch = await one(connection, LOCK, id=batch_id)
            if batch is None or batch["canceled_at"] or batch["refused_reason"]:
                return "conflict"
            if batch["confirmed_at"] is not None:
                seen = (batch["confirmed_revision"], batch["confirmed_people"], batch["body"])
                return "same" if seen == (revision, people, body) else "conflict"
            if batch["resolved_at"] is None:
                return "resolving"
            ready = await one(connection, READY, id=batch_id)
            if batch["revision"] != revision or ready is None or ready["n"] != people:
                return "conflict"
            await write(
                connection,
                CONFIRM,
                id=batch_id,
                revision=revision,
                people=people,
                body=body,
                hold=hold,
                send_within=send_within,
            )
        return "confirmed"

    async def want_organizations(self, batch_id: UUID) -> bool:
        return await self._write(WANT_ORGANIZATIONS, id=batch_id)

    async def undo(self, batch_id: UUID) -> bool:
        return await self._write(UNDO, id=batch_id)

    async def pause(self, batch_id: UUID, *, by: int | None, reason: str, code: str = "") -> bool:
        return await self._write(PAUSE, id=batch_id, by=by, reason=reason, code=code or None)

    async def resume(self, batch_id: UUID, *, send_within: timedelta) -> bool:
        return await self._write(RESUME, id=batch_id, send_within=send_within)

    async def is_looking(self, batch_id: UUID) -> bool:
        async with self._pool.connection() as connection:
            said = await one(connection, IS_LOOKING, id=batch_id)
        return said is not None and bool(said["is_looking"])

    async def cancel(self, batch_id: UUID, *, by: int) -> bool:
        return await self._write(CANCEL, id=batch_id, by=by)

    async def _write(self, sql: str, **params: object) -> bool:
        async with self._pool.connection() as connection:
            return await write(connection, sql, **params) == 1

    @again
    async def cancel_people(self, batch_id: UUID, *, limit: int = 500) -> int:
        """Moves one group of a stopped batch's waiting people; 0 = none are left."""
        from_states = sources(Cause.PERSON, State.CANCELED)
        async with self._pool.connection() as connection, connection.transaction():
            found = await rows(connection, STOPPED, id=batch_id, sources=from_states, limit=limit)
            if not found:
                return 0
            seq = await one(connection, NEXT_SEQ_IF_CANCELED, id=batch_id)
            if seq is None:
                return 0
            return await write(
                connection,
                MOVE_PERSON,
                ids=[row["id"] for row in found],
                sources=from_states,
                to=State.CANCELED,
                seq=seq["seq"],
            )

    @again
    async def retry(
        self,
        batch_id: UUID,
        *,
        seq: int,
        states: Sequence[State],
        never: Collection[str],
        send_within: timedelta,
        only: Collection[str] | None = None,
    ) -> int:
        async with self._pool.connection() as connection, connection.transaction():
            return await try_again(
                connection,
                batch_id,
                send_within=send_within,
                lag=self._wait,
                seq=seq,
                states=list(states),
                never=list(never),
                only=None if only is None else list(only),
            )
