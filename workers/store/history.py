"""Reads what selected people were sent: one statement for the page, one for its texts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from workers.domain.delivery import State
from workers.ports.history import Memory, Recalled, Sent
from workers.ports.reading import BatchView
from workers.store.batches import SNAPSHOT, read_view
from workers.store.counting import CountsBySeq
from workers.store.database import Pool, Row, again, one, rows, write

_ASKED_SINCE = """
SELECT count(*) AS n FROM batches
WHERE company_id = %(company_id)s AND user_id = %(user_id)s AND created_at > now() - %(ago)s
  AND channel = 'history'
"""
_FRESH = "b.created_at > now() - interval '1 day'"
_QUESTION = f"b.channel = 'history' AND b.canceled_at IS NULL AND {_FRESH}"

#: Whom Pipedrive shows to the rep; records that lead to nobody are no people.
_FOUND = """q.batch_id = %(id)s AND q.person_id IS NOT NULL AND q.state <> 'pending'
  AND q.reason IS DISTINCT FROM 'gone'"""
_COUNTED = f"""
SELECT count(*) FILTER (WHERE {_FOUND}) AS people,
  count(*) FILTER (WHERE q.person_id IS NOT NULL AND q.reason = 'gone') AS gone
FROM recipients q WHERE q.batch_id = %(id)s
"""

# Who has an attempt was sent something, or may have been. The others come last, as selected.
_PEOPLE = f"""
WITH chosen AS (
    SELECT q.person_id, q.name, q.id AS place FROM recipients q WHERE {_FOUND}
), texted AS (
    SELECT r.person_id, count(*) AS texts, max(a.started_at) AS at
    FROM chosen JOIN recipients r USING (person_id)
    JOIN batches b ON b.id = r.batch_id AND b.company_id = %(company_id)s
    JOIN attempts a ON a.id = r.attempt_id
    GROUP BY r.person_id
)
SELECT person_id, name, coalesce(texts, 0) AS texts, count(texts) OVER () AS texted
FROM chosen LEFT JOIN texted USING (person_id)
ORDER BY texted.at DESC NULLS LAST, place OFFSET %(skip)s LIMIT %(most)s
"""
_SENT = """
SELECT * FROM (
    SELECT r.person_id, r.id AS recipient_id, r.batch_id, b.user_id,
        coalesce(i.user_name, '') AS by, a.started_at AS at, r.name, a.number, r.state, r.reason,
        r.looking, b.body, r.fields,
        row_number() OVER (PARTITION BY r.person_id ORDER BY a.started_at DESC) AS nth
    FROM recipients r
    JOIN batches b ON b.id = r.batch_id AND b.company_id = %(company_id)s
    JOIN attempts a ON a.id = r.attempt_id
    LEFT JOIN installations i ON i.company_id = b.company_id AND i.user_id = b.user_id
    WHERE r.person_id = ANY(%(people)s)
) newest WHERE nth <= %(each)s ORDER BY at DESC
"""
# Whoever still looks for their people has stopped by the lease's end.
_OLD = f"""b.channel = 'history' AND NOT ({_FRESH})
  AND coalesce(b.resolve_until, '-infinity') < now()"""
_OLD_PEOPLE = f"""
DELETE FROM recipients WHERE id IN (
    SELECT r.id FROM recipients r JOIN batches b ON b.id = r.batch_id WHERE {_OLD} LIMIT %(most)s)
"""
_OLD_QUESTIONS = f"""
WITH old AS (SELECT b.id FROM batches b WHERE {_OLD}),
linked AS (DELETE FROM links USING old WHERE links.batch_id = old.id),
listed AS (DELETE FROM selected_records s USING old WHERE s.batch_id = old.id)
DELETE FROM batches USING old WHERE batches.id = old.id
"""
_FORMER = "DELETE FROM history_questions WHERE asked_at < now() - interval '1 day'"
#: So many texts of one person are shown.
EACH = 20


class PgHistories:
    """Fulfils `ports.history.Histories`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counted = CountsBySeq()

    async def asked_since(self, company_id: int, user_id: int, ago: timedelta) -> int:
        """How many questions this user asked lately."""
        async with self._pool.connection() as connection:
            row = await one(
                connection, _ASKED_SINCE, company_id=company_id, user_id=user_id, ago=ago
            )
        return row["n"] if row else 0

    async def question(self, question_id: UUID) -> BatchView | None:
        """Who asked, and how far its people are found."""
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(SNAPSHOT)
            return await read_view(connection, question_id, self._counted, which=_QUESTION)

    async def recall(self, question: BatchView, *, skip: int, most: int) -> Memory:
        """A page of the people with their texts."""
        about = {"id": question.id, "company_id": question.company_id}
        async with self._pool.connection() as connection:
            counted = await one(connection, _COUNTED, id=question.id)
            people = await rows(connection, _PEOPLE, **about, skip=skip, most=most)
            listed = [row["person_id"] for row in people if row["texts"]]
            company_id = question.company_id
            sent = await rows(connection, _SENT, company_id=company_id, people=listed, each=EACH)
        assert counted is not None, "counts are always one row"
        texted = people[0]["texted"] if people else 0
        return Memory(**counted, texted=texted, page=tuple(_recalled(row, sent) for row in people))

    @again
    async def forget_old(self, *, most: int = 2_000) -> bool:
        """Questions and the names in them are gone after a day."""
        async with self._pool.connection() as connection, connection.transaction():
            if await write(connection, _OLD_PEOPLE, most=most):
                return True
            await write(connection, _OLD_QUESTIONS)
            await write(connection, _FORMER)
        return False


def _recalled(row: Row, sent: Sequence[Row]) -> Recalled:
    own = tuple(_sent(one_) for one_ in sent if one_["person_id"] == row["person_id"])
    return Recalled(row["person_id"], row["name"], row["texts"], own)


def _sent(row: Row) -> Sent:
    known = {name: row[name] for name in Sent.__slots__}
    return Sent(**{**known, "state": State(row["state"])})
