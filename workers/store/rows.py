"""A batch's people as the page shows them, and the progress that it polls."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from uuid import UUID

from workers.domain.delivery import State
from workers.ports.outside import Fields
from workers.ports.reading import RecipientRow, Snapshot
from workers.store.batches import SNAPSHOT, CountsBySeq, read_view
from workers.store.database import Pool, Row, rows

COLUMNS = """
SELECT r.id, r.person_id, r.name, r.number, r.label, r.state, r.reason, r.seq, r.changed_at,
  CASE WHEN r.looking THEN a.next_look_at END AS next_look_at
"""
FROM = """
FROM recipients r LEFT JOIN attempts a ON a.id = r.attempt_id AND r.looking
WHERE r.batch_id = %(id)s
"""

#: Those needing attention first; within one place in the order of the selection.
PLACE = """CASE r.state WHEN 'unconfirmed' THEN 0 WHEN 'failed' THEN 1 WHEN 'undelivered' THEN 1
  WHEN 'sending' THEN 2 WHEN 'ready' THEN 3 WHEN 'pending' THEN 4 WHEN 'accepted' THEN 5
  WHEN 'sent' THEN 5 WHEN 'skipped' THEN 6 WHEN 'canceled' THEN 7 ELSE 8 END"""

PAGE = f"""
{COLUMNS}, {PLACE} AS place {FROM}
  AND (%(states)s::text[] IS NULL OR r.state = ANY(%(states)s))
  AND (%(query)s = '' OR r.name ILIKE ANY(%(spellings)s) OR (%(digits)s <> '' AND r.number LIKE %(digits_like)s))
  AND ({PLACE}, r.id) > (%(place)s, %(after)s)
ORDER BY place, r.id LIMIT %(limit)s
"""

CHANGED = f"""
{COLUMNS} {FROM} AND (r.seq, r.id) > (%(seq)s, %(after)s) ORDER BY r.seq, r.id LIMIT %(limit)s
"""

REASONS = """
SELECT state, coalesce(reason, '') AS reason, count(*) AS people FROM recipients
WHERE batch_id = %(id)s AND state IN ('skipped', 'failed', 'undelivered') GROUP BY 1, 2
"""

#: The first people, and those whose merge fields are longest: the text is longest for them.
SAMPLES = f"""
({COLUMNS}, r.fields, 0 AS longest {FROM} AND r.state = 'ready' ORDER BY r.id LIMIT %(limit)s)
UNION ALL
({COLUMNS}, r.fields, 1 AS longest {FROM} AND r.state = 'ready'
  ORDER BY length(r.fields::text) DESC, r.id LIMIT 20)
"""

EMPTY = """
SELECT wanted.name,
  count(*) FILTER (WHERE coalesce(r.fields #>> string_to_array(wanted.name, '.'), '') = '') AS people
FROM recipients r, unnest(%(names)s::text[]) AS wanted(name)
WHERE r.batch_id = %(id)s AND r.state = 'ready' GROUP BY wanted.name
"""


def row_of(row: Row) -> RecipientRow:
    """A person's row as the page shows it."""
    return RecipientRow(
        id=row["id"],
        person_id=row["person_id"],
        name=row["name"],
        number=row["number"],
        label=row["label"],
        state=State(row["state"]),
        reason=row["reason"],
        seq=row["seq"],
        changed_at=row["changed_at"],
        next_look_at=row["next_look_at"],
    )


def read_pair(text: str) -> tuple[int, int]:
    """`"12.345"` as two numbers; anything else is the beginning."""
    first, _, second = text.partition(".")
    if first.isdecimal() and second.isdecimal() and len(text) < 40:
        return int(first), int(second)
    return -1, 0


def spellings(text: str) -> list[str]:
    """ILIKE patterns for a part of a text.

    A database with the locale C knows capitals of ASCII only, so that "ZOË" has to be asked for as
    "Zoë" and "zoë" too.
    """
    return [like(text), *{like(text.lower()), like(text.upper()), like(text.title())}]


def like(text: str) -> str:
    """A LIKE pattern for a part of a text."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


class PgRows:
    """Reads people."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._counted = CountsBySeq()

    async def page(
        self,
        batch_id: UUID,
        *,
        states: Sequence[State] = (),
        query: str = "",
        cursor: str = "",
        limit: int = 100,
    ) -> tuple[Sequence[RecipientRow], str | None]:
        place, after = read_pair(_decode(cursor))
        query = query.replace("\0", "")  # PostgreSQL has no text with it
        digits = "".join(letter for letter in query if letter.isdecimal()).lstrip("0")
        async with self._pool.connection() as connection:
            found = await rows(
                connection,
                PAGE,
                id=batch_id,
                states=[str(state) for state in states] or None,
                query=query,
                spellings=spellings(query),
                digits=digits if len(digits) > 2 else "",
                digits_like=like(digits),
                place=place,
                after=after,
                limit=limit + 1,
            )
        more = found[limit - 1] if len(found) > limit else None
        next_cursor = _encode(f"{more['place']}.{more['id']}") if more else None
        return [row_of(row) for row in found[:limit]], next_cursor

    async def changed(self, batch_id: UUID, since: str, *, limit: int = 200) -> Snapshot | None:
        seq, after = read_pair(since)
        async with self._pool.connection() as connection, connection.transaction():
            await connection.execute(SNAPSHOT)
            view = await read_view(connection, batch_id, self._counted)
            if view is None:
                return None
            found = await rows(connection, CHANGED, id=batch_id, seq=seq, after=after, limit=limit)
        # Behind the last row of a full page, or behind everything that this snapshot holds.
        last = f"{found[-1]['seq']}.{found[-1]['id']}" if len(found) == limit else None
        end = f"{max(view.seq, seq)}.{2**62}"
        return Snapshot(view, tuple(row_of(row) for row in found), last or end)

    async def reasons(self, batch_id: UUID) -> Mapping[tuple[State, str], int]:
        async with self._pool.connection() as connection:
            found = await rows(connection, REASONS, id=batch_id)
        return {(State(row["state"]), row["reason"]): row["people"] for row in found}

    async def samples(
        self, batch_id: UUID, *, limit: int = 200
    ) -> Sequence[tuple[RecipientRow, Fields]]:
        async with self._pool.connection() as connection:
            found = await rows(connection, SAMPLES, id=batch_id, limit=limit)
        unique = {row["id"]: row for row in reversed(found)}
        ordered = sorted(unique.values(), key=lambda row: row["id"])
        return [(row_of(row), row["fields"]) for row in ordered]

    async def empty_fields(self, batch_id: UUID, names: Sequence[str]) -> Mapping[str, int]:
        async with self._pool.connection() as connection:
            found = await rows(connection, EMPTY, id=batch_id, names=list(names))
        return {row["name"]: row["people"] for row in found if row["people"]}


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except ValueError:
        return ""
