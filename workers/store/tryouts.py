"""Tests of drafts: each a hidden batch of one, so that claims, receipts and look-ups know it already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from workers.domain.action import Chosen, selection_to_json
from workers.domain.delivery import State
from workers.ports.tryouts import MOST_AN_HOUR, Tryout, Wanted
from workers.store.database import Pool, Row, one, rows, write

NUMBERS = """
SELECT test_number, phone FROM installations WHERE company_id = %(company_id)s AND user_id = %(user_id)s
"""
KEEP_NUMBER = """
UPDATE installations SET test_number = %(number)s
WHERE company_id = %(company_id)s AND user_id = %(user_id)s
"""

#: Whoever waits ten minutes for a test has gone on; a late one would only puzzle them.
MAKE = """
WITH draft AS (
  SELECT * FROM batches WHERE id = %(id)s AND confirmed_at IS NULL AND canceled_at IS NULL
    AND refused_reason IS NULL AND test_of IS NULL FOR SHARE
), lately AS (
  SELECT count(*) AS made FROM batches b JOIN draft d USING (company_id, user_id)
  WHERE b.test_of IS NOT NULL AND b.created_at > now() - interval '1 hour'
), made AS (
  INSERT INTO batches (id, test_of, company_id, user_id, channel, resource, view, selection, listed,
    resolved_at, total, organizations, body, confirmed_at, confirmed_revision, confirmed_people,
    not_before, send_by)
  SELECT %(test_id)s, id, company_id, user_id, channel, resource, view, %(selection)s, true,
    now(), 1, 'read', %(body)s, now(), %(revision)s, 1, now(), now() + interval '10 minutes'
  FROM draft WHERE (SELECT made FROM lately) < %(most)s ON CONFLICT (id) DO NOTHING RETURNING id
), person AS (
  INSERT INTO recipients (batch_id, name, fields, number, state)
  SELECT id, %(name)s, %(fields)s, %(number)s, 'ready' FROM made
)
SELECT EXISTS (SELECT FROM made) AS made, EXISTS (SELECT FROM draft) AS open,
  EXISTS (SELECT FROM batches WHERE id = %(test_id)s) AS known
"""

OF = """
SELECT r.number, r.state, r.reason, r.looking, b.pause_code, b.paused_at IS NOT NULL AS paused,
  b.send_by <= now() AS late, b.created_at AS at
FROM batches b JOIN recipients r ON r.batch_id = b.id WHERE b.test_of = %(id)s ORDER BY b.created_at, b.id
"""


class PgTryouts:
    """Fulfils `ports.tryouts.Tryouts`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def numbers(self, company_id: int, user_id: int) -> tuple[str, str]:
        async with self._pool.connection() as connection:
            found = await one(connection, NUMBERS, company_id=company_id, user_id=user_id)
        return (found["test_number"], found["phone"]) if found else ("", "")

    async def keep_number(self, company_id: int, user_id: int, number: str) -> None:
        async with self._pool.connection() as connection:
            await write(
                connection, KEEP_NUMBER, company_id=company_id, user_id=user_id, number=number
            )

    async def make(
        self, batch_id: UUID, test_id: UUID, wanted: Wanted
    ) -> Literal["made", "same", "too_late", "too_many"]:
        async with self._pool.connection() as connection:
            done = await one(
                connection,
                MAKE,
                id=batch_id,
                test_id=test_id,
                selection=Jsonb(selection_to_json(Chosen(()))),
                body=wanted.body,
                revision=wanted.revision,
                name=wanted.name,
                number=wanted.number,
                fields=Jsonb(wanted.fields),
                most=MOST_AN_HOUR,
            )
        if done is None or not done["open"]:
            return "too_late"
        if done["made"]:
            return "made"
        return "same" if done["known"] else "too_many"

    async def of(self, batch_id: UUID) -> Sequence[Tryout]:
        async with self._pool.connection() as connection:
            return [_tryout(row) for row in await rows(connection, OF, id=batch_id)]


def _tryout(row: Row) -> Tryout:
    state = State(row["state"])
    waits = state is State.READY and not row["late"] and not row["paused"]
    return Tryout(
        number=row["number"],
        state=state,
        reason=row["reason"],
        said_no=row["pause_code"] if state is State.READY and row["paused"] else None,
        is_late=state is State.READY and row["late"],
        is_over=not waits and not row["looking"] and state is not State.SENDING,
        at=row["at"],
    )
