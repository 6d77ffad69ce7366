"""The claim: a batch's gate, its people's attempts and the guard of their numbers in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from uuid import UUID

import uuid_utils.compat as ids

from workers.domain.delivery import Cause, State, sources
from workers.ports.sending import Claimed, Render, Runnable
from workers.store.database import Connection, Pool, Row, again, one, rows, write

OPEN = """confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL
  AND not_before <= now() AND now() < send_by"""

RUNNABLE = f"""
SELECT id, company_id FROM batches b
WHERE {OPEN} AND coalesce(back_off_until, '-infinity') <= now()
  AND NOT company_id = ANY(%(resting)s)
  AND EXISTS (SELECT 1 FROM recipients WHERE batch_id = b.id AND state = 'ready')
ORDER BY served_at NULLS FIRST LIMIT %(limit)s
"""

#: A hold that ends before the next look, in seconds from now.
NEXT_HOLD = """
SELECT coalesce(extract(epoch FROM min(not_before) - now()), %(within)s) AS seconds FROM batches
WHERE confirmed_at IS NOT NULL AND paused_at IS NULL AND canceled_at IS NULL AND now() < send_by
  AND not_before > now() AND not_before < now() + make_interval(secs => %(within)s)
"""

GATE = f"""
UPDATE batches SET seq = seq + 1, first_claim_at = coalesce(first_claim_at, now()),
  served_at = clock_timestamp(), back_off_until = NULL
WHERE id = %(id)s AND {OPEN}
RETURNING seq, company_id, channel, body, proven_at, extract(epoch FROM send_by - now()) AS seconds_left
"""

ON_THE_WIRE = "SELECT count(*) AS n FROM attempts WHERE batch_id = %(id)s AND state = 'sending'"

TAKE = """
SELECT id, number, fields FROM recipients
WHERE batch_id = %(id)s AND state = ANY(%(sources)s)
ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
"""

KNOWN = """
SELECT number, reason FROM known_numbers
WHERE company_id = %(company_id)s AND channel = %(channel)s AND number = ANY(%(numbers)s)
"""

#: The upsert is the guard: of two batches that reach for one number at once, one gets no row back.
GUARD = """
INSERT INTO texted (company_id, channel, number, recipient_id)
SELECT %(company_id)s, %(channel)s, number, id
FROM unnest(%(numbers)s::text[], %(ids)s::bigint[]) AS wanted (number, id) ORDER BY number
ON CONFLICT (company_id, channel, number) DO UPDATE
  SET recipient_id = excluded.recipient_id, texted_at = now()
  WHERE texted.recipient_id = excluded.recipient_id
    OR texted.texted_at <= now() - make_interval(secs => %(guard)s)
RETURNING recipient_id
"""

ATTEMPTS = """
INSERT INTO attempts (id, recipient_id, batch_id, company_id, account_sid, sender, number, body_hash,
  state, started_at, claimed_until, worker)
SELECT id, recipient_id, %(batch_id)s, %(company_id)s, %(account_sid)s, %(sender)s, number, body_hash,
  'sending', now(), now() + make_interval(secs => %(lease)s), %(worker)s
FROM unnest(%(ids)s::uuid[], %(recipients)s::bigint[], %(numbers)s::text[], %(hashes)s::bytea[])
  AS new (id, recipient_id, number, body_hash)
"""

SENDING = """
UPDATE recipients r SET state = 'sending', attempt_id = new.attempt_id, seq = %(seq)s,
  changed_at = now(), reason = NULL, looking = false
FROM unnest(%(recipients)s::bigint[], %(ids)s::uuid[]) AS new (id, attempt_id)
WHERE r.id = new.id AND r.state = ANY(%(sources)s)
"""

SKIP = """
UPDATE recipients r SET state = 'skipped', reason = new.reason, seq = %(seq)s, changed_at = now()
FROM unnest(%(recipients)s::bigint[], %(reasons)s::text[]) AS new (id, reason)
WHERE r.id = new.id AND r.state = ANY(%(sources)s)
"""

BACK_OFF = """UPDATE batches SET back_off_until = now() + make_interval(secs => %(seconds)s), seq = seq + 1
WHERE id = %(id)s"""
#: Until the account has taken one text of the batch, no more than this many are on the wire.
UNPROVEN = 4


class PgClaims:
    """Takes people for sending; `guard_seconds` and `claim_seconds` are the settings of those names."""

    def __init__(self, pool: Pool, *, guard_seconds: float, claim_seconds: float) -> None:
        self._pool = pool
        self._guard = guard_seconds
        self._lease = claim_seconds

    async def runnable(
        self, *, resting: Collection[int] = (), limit: int = 50
    ) -> Sequence[Runnable]:
        async with self._pool.connection() as connection:
            found = await rows(connection, RUNNABLE, limit=limit, resting=list(resting))
        return [Runnable(row["id"], row["company_id"]) for row in found]

    async def next_hold(self, *, within: float) -> float:
        async with self._pool.connection() as connection:
            found = await rows(connection, NEXT_HOLD, within=within)
        return float(found[0]["seconds"])

    async def back_off(self, batch_id: UUID, *, seconds: float) -> None:
        async with self._pool.connection() as connection:
            await write(connection, BACK_OFF, id=batch_id, seconds=seconds)

    async def claim(
        self,
        batch_id: UUID,
        *,
        account_sid: str,
        sender: str,
        limit: int,
        worker: str,
        render: Render,
    ) -> Sequence[Claimed]:
        origin = (account_sid, sender, worker)
        while True:
            claimed, left_out = await self._claim(batch_id, origin, limit, render)
            if claimed or not left_out:
                return claimed  # where a whole group was left out, the next one is tried at once

    @again
    async def _claim(
        self, batch_id: UUID, origin: tuple[str, str, str], limit: int, render: Render
    ) -> tuple[Sequence[Claimed], int]:
        async with self._pool.connection() as connection, connection.transaction() as transaction:
            gate = await one(connection, GATE, id=batch_id)
            if gate is None:
                return [], 0
            people = await self._take(connection, batch_id, gate, limit)
            if not people:
                # Nobody to text: a gate passed in vain must not end the time for Undo.
                transaction.force_rollback = True
                return [], 0
            written = [(row, *render(gate["body"], row["fields"])) for row in people]
            skipped = {row["id"]: reason for row, _, reason in written if reason is not None}
            skipped |= await self._guarded(
                connection, gate, [row for row in people if row["id"] not in skipped]
            )
            claimed = [
                Claimed(
                    recipient_id=row["id"],
                    batch_id=batch_id,
                    attempt_id=ids.uuid7(),
                    number=row["number"],
                    body=body,
                    seconds_left=float(gate["seconds_left"]),
                )
                for row, body, _ in written
                if row["id"] not in skipped
            ]
            await self._skip(connection, gate, skipped)
            await self._attempt(connection, gate, claimed, origin)
        return claimed, len(skipped)

    async def _take(
        self, connection: Connection, batch_id: UUID, gate: Row, limit: int
    ) -> list[Row]:
        if gate["proven_at"] is None:
            wire = await one(connection, ON_THE_WIRE, id=batch_id)
            limit = min(limit, UNPROVEN - (wire["n"] if wire else 0))
        if limit < 1:
            return []
        return await rows(
            connection,
            TAKE,
            id=batch_id,
            sources=sources(Cause.CLAIM, State.SENDING),
            limit=limit,
        )

    async def _guarded(
        self, connection: Connection, gate: Row, people: Sequence[Row]
    ) -> dict[int, str]:
        """Who must be left out after all: opted out, a landline, or just texted by another batch."""
        place = {"company_id": gate["company_id"], "channel": gate["channel"]}
        numbers = [row["number"] for row in people]
        known = {
            row["number"]: row["reason"]
            for row in await rows(connection, KNOWN, **place, numbers=numbers)
        }
        left_out = {row["id"]: known[row["number"]] for row in people if row["number"] in known}
        wanted = [row for row in people if row["id"] not in left_out]
        granted = await rows(
            connection,
            GUARD,
            **place,
            numbers=[row["number"] for row in wanted],
            ids=[row["id"] for row in wanted],
            guard=self._guard,
        )
        free = {row["recipient_id"] for row in granted}
        return left_out | {row["id"]: "texted_recently" for row in wanted if row["id"] not in free}

    async def _skip(self, connection: Connection, gate: Row, skipped: dict[int, str]) -> None:
        if skipped:
            await write(
                connection,
                SKIP,
                recipients=list(skipped),
                reasons=list(skipped.values()),
                seq=gate["seq"],
                sources=sources(Cause.CLAIM, State.SKIPPED),
            )

    async def _attempt(
        self,
        connection: Connection,
        gate: Row,
        claimed: Sequence[Claimed],
        origin: tuple[str, str, str],
    ) -> None:
        if not claimed:
            return
        account_sid, sender, worker = origin
        attempt_ids = [person.attempt_id for person in claimed]
        recipients = [person.recipient_id for person in claimed]
        await write(
            connection,
            ATTEMPTS,
            ids=attempt_ids,
            recipients=recipients,
            batch_id=claimed[0].batch_id,
            company_id=gate["company_id"],
            account_sid=account_sid,
            sender=sender,
            numbers=[person.number for person in claimed],
            hashes=[hashlib.sha256(person.body.encode()).digest() for person in claimed],
            lease=self._lease,
            worker=worker,
        )
        await write(
            connection,
            SENDING,
            recipients=recipients,
            ids=attempt_ids,
            seq=gate["seq"],
            sources=sources(Cause.CLAIM, State.SENDING),
        )
