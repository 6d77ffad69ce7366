"""Answers "they say they never got it": one person's texts over all of a company's batches."""

from __future__ import annotations

from collections.abc import Sequence

from workers.ports.reading import AttemptHistory, PersonHistory
from workers.store.database import Connection, Pool, Row, rows
from workers.store.rows import row_of, spellings
from workers.store.suppressions import SUPPRESSED

FIND = f"""
SELECT r.id, coalesce(b.test_of, r.batch_id) AS batch_id, r.person_id, r.name, r.number, r.label, r.state, r.reason, r.seq,
  r.changed_at, r.not_before, r.fields, CASE WHEN r.looking THEN a.next_look_at END AS next_look_at,
  {SUPPRESSED}, b.body, b.confirmed_at, coalesce(i.user_name, '') AS owner
FROM recipients r
JOIN batches b ON b.id = r.batch_id AND b.company_id = %(company_id)s AND b.channel <> 'history'
LEFT JOIN attempts a ON a.id = r.attempt_id
LEFT JOIN installations i ON i.company_id = b.company_id AND i.user_id = b.user_id
WHERE (%(name)s <> '' AND r.name ILIKE ANY(%(spellings)s)) OR r.number = ANY(%(numbers)s)
  OR r.person_id = %(person_id)s
  OR r.id IN (SELECT recipient_id FROM attempts WHERE sid = %(sid)s)
ORDER BY r.id DESC LIMIT %(limit)s
"""

ATTEMPTS = """
SELECT a.*, c.amount, c.currency FROM attempts a LEFT JOIN charges c ON c.sid = a.sid
WHERE a.recipient_id = ANY(%(ids)s) ORDER BY a.id
"""
RECEIPTS = "SELECT * FROM receipts WHERE attempt_id = ANY(%(ids)s) ORDER BY received_at, id"


class PgSupport:
    """Reads histories."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(
        self, company_id: int, *, query: str, numbers: Sequence[str], limit: int = 50
    ) -> Sequence[PersonHistory]:
        text = query.replace("\0", "").strip()  # PostgreSQL has no text with it
        is_id = text.isdecimal() and len(text) <= 15
        async with self._pool.connection() as connection:
            found = await rows(
                connection,
                FIND,
                company_id=company_id,
                name=text,
                spellings=spellings(text),
                numbers=list(numbers),
                person_id=int(text) if is_id else None,
                sid=text,
                limit=limit,
            )
            attempts = await self._attempts(connection, found)
        return [_history(row, attempts) for row in found]

    async def _attempts(
        self, connection: Connection, found: Sequence[Row]
    ) -> dict[int, list[AttemptHistory]]:
        made = await rows(connection, ATTEMPTS, ids=[row["id"] for row in found])
        receipts = await rows(connection, RECEIPTS, ids=[row["id"] for row in made])
        histories: dict[int, list[AttemptHistory]] = {}
        for row in made:
            own = [receipt for receipt in receipts if receipt["attempt_id"] == row["id"]]
            histories.setdefault(row["recipient_id"], []).append(_attempt(row, own))
        return histories


def _history(row: Row, attempts: dict[int, list[AttemptHistory]]) -> PersonHistory:
    return PersonHistory(
        batch_id=row["batch_id"],
        batch_owner=row["owner"],
        body=row["body"],
        fields=row["fields"],
        confirmed_at=row["confirmed_at"],
        row=row_of(row),
        attempts=tuple(attempts.get(row["id"], ())),
    )


def _attempt(row: Row, receipts: Sequence[Row]) -> AttemptHistory:
    return AttemptHistory(
        attempt_id=row["id"],
        state=row["state"],
        number=row["number"],
        sender=row["sender"],
        started_at=row["started_at"],
        sid=row["sid"],
        http_status=row["http_status"],
        error_code=row["error_code"],
        request_id=row["request_id"],
        worker=row["worker"],
        looks=row["looks"],
        next_look_at=row["next_look_at"],
        receipts=tuple(
            (each["received_at"], each["status"], each["error_code"], each["source"])
            for each in receipts
        ),
        cost=None if row["amount"] is None else (row["amount"], row["currency"]),
    )
