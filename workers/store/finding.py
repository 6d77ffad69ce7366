"""The ledger while a batch's people are found: leased, page by page, restartable at any line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

import uuid_utils.compat as ids
from psycopg.types.json import Jsonb

from workers.domain.action import selection_from_json
from workers.domain.delivery import Cause, State, sources
from workers.ports.finding import Found, Resolving
from workers.store.database import Connection, Pool, again, one, rows, write

UNRESOLVED = """(resolved_at IS NULL OR organizations = 'wanted') AND refused_reason IS NULL
  AND canceled_at IS NULL
  AND confirmed_at IS NULL AND coalesce(resolve_until, '-infinity') < now()
  AND coalesce(resolve_not_before, '-infinity') <= now()"""

LEASE = f"""
UPDATE batches b SET resolve_lease = %(lease)s, resolve_until = now() + make_interval(secs => %(seconds)s)
WHERE b.id = %(id)s AND {UNRESOLVED}
RETURNING b.*,
  coalesce((SELECT coalesce(nullif(chosen_country, ''), country) FROM companies c
            WHERE c.company_id = b.company_id), '') AS country
"""

DUE = f"SELECT id FROM batches WHERE {UNRESOLVED} ORDER BY created_at LIMIT %(limit)s"

MINE = "id = %(id)s AND resolve_lease = %(lease)s AND confirmed_at IS NULL"

LISTED = f"""
UPDATE batches SET listed = true, total = %(total)s, seq = seq + 1
WHERE {MINE} AND NOT listed RETURNING seq
"""

INSERT_PENDING = """
INSERT INTO recipients (batch_id, person_id, state, seq)
SELECT %(id)s, person_id, 'pending', %(seq)s
FROM unnest(%(people)s::bigint[]) WITH ORDINALITY AS chosen (person_id, place) ORDER BY place
ON CONFLICT DO NOTHING
"""

NEXT_CHOSEN = """
SELECT person_id FROM recipients WHERE batch_id = %(id)s AND state = 'pending' ORDER BY id
LIMIT %(limit)s
"""

KNOWN = """
SELECT number, reason FROM known_numbers
WHERE company_id = %(company_id)s AND channel = %(channel)s AND number = ANY(%(numbers)s)
"""

PAGE_DONE = f"""
UPDATE batches SET seq = seq + 1, cursor = %(cursor)s, pages = pages + 1,
  tokens_used = tokens_used + %(tokens)s, resolve_tries = 0, resolve_not_before = NULL,
  resolve_wait_reason = NULL, resolve_until = now() + make_interval(secs => %(seconds)s)
WHERE {MINE} AND cursor IS NOT DISTINCT FROM %(old)s RETURNING seq
"""

TAKEN = """
SELECT number FROM recipients WHERE batch_id = %(id)s AND number = ANY(%(numbers)s)
  AND state NOT IN ('skipped', 'canceled', 'pending')
"""

KEEP = """
INSERT INTO recipients (batch_id, person_id, name, fields, numbers, number, label, state, reason, seq)
SELECT %(id)s, person_id, name, fields, numbers, number, label, state, reason, %(seq)s
FROM unnest(%(person)s::bigint[], %(name)s::text[], %(fields)s::jsonb[], %(numbers)s::jsonb[],
  %(number)s::text[], %(label)s::text[], %(state)s::text[], %(reason)s::text[])
  WITH ORDINALITY AS found (person_id, name, fields, numbers, number, label, state, reason, place)
ORDER BY place
ON CONFLICT (batch_id, person_id) WHERE person_id IS NOT NULL DO UPDATE SET
  name = excluded.name, fields = excluded.fields, numbers = excluded.numbers,
  number = excluded.number, label = excluded.label, state = excluded.state,
  reason = excluded.reason, seq = excluded.seq, changed_at = now()
WHERE recipients.state = ANY(%(sources)s)
"""

FINISH = f"""
UPDATE batches b SET resolved_at = now(), resolve_lease = NULL, resolve_until = NULL, seq = seq + 1,
  source_name = %(name)s, resolve_not_before = NULL, resolve_wait_reason = NULL,
  total = (SELECT count(*) FROM recipients WHERE batch_id = b.id)
WHERE {MINE}
"""

WAIT = f"""
UPDATE batches SET resolve_lease = NULL, resolve_until = NULL, resolve_wait_reason = %(reason)s,
  resolve_not_before = now() + make_interval(secs => %(seconds)s),
  resolve_tries = least(resolve_tries + 1, 100), seq = seq + 1
WHERE {MINE}
"""

REFUSE = f"""
UPDATE batches SET resolve_lease = NULL, resolve_until = NULL, refused_reason = %(reason)s,
  seq = seq + 1
WHERE {MINE}
"""

RELEASE = f"UPDATE batches SET resolve_lease = NULL, resolve_until = NULL WHERE {MINE}"


class PgFinding:
    """Writes what is found; without the lease every write does nothing."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def lease(self, batch_id: UUID, *, seconds: float) -> Resolving | None:
        lease = ids.uuid7()
        async with self._pool.connection() as connection:
            row = await one(connection, LEASE, id=batch_id, lease=lease, seconds=seconds)
        if row is None:
            return None
        return Resolving(
            batch_id=batch_id,
            lease=lease,
            company_id=row["company_id"],
            user_id=row["user_id"],
            country=row["country"],
            channel=row["channel"],
            selection=selection_from_json(row["selection"]),
            listed=row["listed"],
            cursor=row["cursor"],
            pages=row["pages"],
            resolved=row["resolved_at"] is not None,
            tries=row["resolve_tries"],
        )

    async def list_chosen(self, work: Resolving, ids: Sequence[int]) -> bool:
        async with self._pool.connection() as connection, connection.transaction():
            listed = await one(connection, LISTED, **_mine(work), total=len(ids))
            if listed is None:
                return False
            await write(
                connection, INSERT_PENDING, id=work.batch_id, people=list(ids), seq=listed["seq"]
            )
        return True

    async def next_chosen(self, work: Resolving, *, limit: int) -> Sequence[int]:
        async with self._pool.connection() as connection:
            found = await rows(connection, NEXT_CHOSEN, id=work.batch_id, limit=limit)
        return [row["person_id"] for row in found]

    async def known(
        self, company_id: int, channel: str, numbers: Sequence[str]
    ) -> Mapping[str, str]:
        async with self._pool.connection() as connection:
            found = await rows(
                connection, KNOWN, company_id=company_id, channel=channel, numbers=list(numbers)
            )
        return {row["number"]: row["reason"] for row in found}

    @again
    async def keep_page(
        self,
        work: Resolving,
        found: Sequence[Found],
        *,
        next_cursor: str | None,
        tokens: int,
        seconds: float,
    ) -> bool:
        async with self._pool.connection() as connection, connection.transaction():
            # The batch's row first: whoever holds it is alone, so numbers cannot collide meanwhile.
            done = await one(
                connection,
                PAGE_DONE,
                **_mine(work),
                old=work.cursor,
                cursor=next_cursor,
                tokens=tokens,
                seconds=seconds,
            )
            if done is None:
                return False
            decided = await self._one_per_number(connection, work, found)
            await write(
                connection,
                KEEP,
                id=work.batch_id,
                seq=done["seq"],
                **_columns(decided),
                sources=sources(Cause.RESOLVE, State.READY),
            )
        return True

    async def _one_per_number(
        self, connection: Connection, work: Resolving, found: Sequence[Found]
    ) -> list[tuple[Found, str | None]]:
        """Each person with their reason; the second of two on one number is left out."""
        wanted = [person.number for person in found if person.number and person.reason is None]
        taken = await rows(connection, TAKEN, id=work.batch_id, numbers=wanted)
        seen = {row["number"] for row in taken}
        decided: list[tuple[Found, str | None]] = []
        # Lists that change while they are read may say somebody twice; a record of nobody stays.
        once = {person.person_id or -place: person for place, person in enumerate(found, 1)}
        for person in once.values():
            reason = person.reason
            if reason is None and person.number in seen:
                reason = "same_number"
            if reason is None and person.number:
                seen.add(person.number)
            decided.append((person, reason))
        return decided

    async def finish(self, work: Resolving, *, source_name: str) -> bool:
        return await self._write(FINISH, work, name=source_name)

    async def wait(self, work: Resolving, *, seconds: float, reason: str) -> bool:
        return await self._write(WAIT, work, seconds=seconds, reason=reason)

    async def refuse(self, work: Resolving, reason: str) -> bool:
        return await self._write(REFUSE, work, reason=reason)

    async def release(self, work: Resolving) -> None:
        await self._write(RELEASE, work)

    async def due(self, *, limit: int = 20) -> Sequence[UUID]:
        async with self._pool.connection() as connection:
            return [row["id"] for row in await rows(connection, DUE, limit=limit)]

    async def _write(self, sql: str, work: Resolving, **params: object) -> bool:
        async with self._pool.connection() as connection:
            return await write(connection, sql, **_mine(work), **params) == 1


def _mine(work: Resolving) -> dict[str, object]:
    return {"id": work.batch_id, "lease": work.lease}


def _columns(decided: Sequence[tuple[Found, str | None]]) -> dict[str, object]:
    people = [person for person, _ in decided]
    return {
        "person": [person.person_id for person in people],
        "name": [person.name for person in people],
        "fields": [Jsonb(person.fields) for person in people],
        "numbers": [Jsonb(list(person.numbers)) for person in people],
        "number": [person.number for person in people],
        "label": [person.label for person in people],
        "state": ["ready" if reason is None else "skipped" for _, reason in decided],
        "reason": [reason for _, reason in decided],
    }
