"""A batch's people as the page shows them, and the progress that it polls."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from uuid import UUID

from workers.domain.delivery import State
from workers.ports.outside import Fields
from workers.ports.reading import Alike, Place, RecipientRow
from workers.store.alike import alike
from workers.store.bills import COST_OF_ROW
from workers.store.database import Pool, Row, one, rows
from workers.store.suppressions import SUPPRESSED, suppressed_of

COLUMNS = f"""
SELECT r.id, r.person_id, r.name, r.number, r.label, r.state, r.reason, r.seq, r.changed_at,
  r.not_before, CASE WHEN r.looking THEN a.next_look_at END AS next_look_at, {SUPPRESSED}
"""
FROM = """
FROM recipients r LEFT JOIN attempts a ON a.id = r.attempt_id AND r.looking
WHERE r.batch_id = %(id)s
"""

#: Those needing attention first; within one place in the order of the selection.
PLACE = """CASE r.state WHEN 'unconfirmed' THEN 0 WHEN 'failed' THEN 1 WHEN 'undelivered' THEN 1
  WHEN 'sending' THEN 2 WHEN 'ready' THEN 3 WHEN 'pending' THEN 4 WHEN 'accepted' THEN 5
  WHEN 'sent' THEN 5 WHEN 'skipped' THEN 6 WHEN 'canceled' THEN 7 ELSE 8 END"""

#: Part of a name or number; `search` makes its parameters.
SEARCHED = """(%(query)s = '' OR r.name ILIKE ANY(%(spellings)s)
  OR r.number LIKE ANY(%(numbers)s::text[]))"""

#: Who is texted on the number of somebody who was left out for it.
SAME_AS = """CASE WHEN r.state = 'skipped' AND r.reason IN ('same_number', 'unticked') THEN
  (SELECT o.name FROM recipients o WHERE o.batch_id = r.batch_id AND o.number = r.number
    AND o.state NOT IN ('skipped', 'canceled')) END"""

PAGE = f"""
{COLUMNS}, r.numbers, {SAME_AS} AS same_as, {COST_OF_ROW} AS cost, {PLACE} AS place {FROM}
  AND (%(states)s::text[] IS NULL OR r.state = ANY(%(states)s))
  AND (%(reasons)s::text[] IS NULL OR coalesce(r.reason, '') = ANY(%(reasons)s))
  AND {SEARCHED}
  AND ({PLACE}, r.id) > (%(place)s, %(after)s)
ORDER BY place, r.id LIMIT %(limit)s
"""

ONE = f"{COLUMNS} {FROM} AND r.id = %(recipient_id)s"

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

PLACE_OF = f"""
{COLUMNS}, r.fields,
  (SELECT max(id) FROM recipients WHERE batch_id = %(id)s AND state = 'ready' AND id < r.id) AS before,
  (SELECT min(id) FROM recipients WHERE batch_id = %(id)s AND state = 'ready' AND id > r.id) AS after,
  (SELECT count(*) FROM recipients WHERE batch_id = %(id)s AND state = 'ready' AND id <= r.id) AS nth
{FROM} AND r.id = %(person)s
"""

WITHOUT = """
SELECT id, name FROM recipients WHERE batch_id = %(id)s AND state = 'ready'
  AND coalesce(fields #>> string_to_array(%(field)s, '.'), '') = ''
ORDER BY id LIMIT %(limit)s
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
        suppressed=suppressed_of(row),
        numbers=tuple(row.get("numbers") or ()),
        same_as=row.get("same_as"),
        cost=row.get("cost") or {},
        not_before=row["not_before"],
    )


def search(query: str, numbers: Sequence[str] | None = None) -> dict[str, object]:
    """What `SEARCHED` asks for: parts of numbers, or only `numbers`, whole."""
    query = query.replace("\0", "")  # PostgreSQL has no text with it
    digits = "".join(letter for letter in query if letter.isdecimal()).lstrip("0")
    parts = [like(digits)] if len(digits) > 2 else []
    whole = parts if numbers is None else list(numbers)
    return {"query": query, "spellings": spellings(query), "numbers": whole}


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

    async def page(
        self,
        batch_id: UUID,
        *,
        states: Sequence[State] = (),
        reasons: Sequence[str] = (),
        query: str = "",
        numbers: Sequence[str] | None = None,
        cursor: str = "",
        limit: int = 100,
    ) -> tuple[Sequence[RecipientRow], str | None]:
        place, after = read_pair(_decode(cursor))
        async with self._pool.connection() as connection:
            found = await rows(
                connection,
                PAGE,
                id=batch_id,
                states=[str(state) for state in states] or None,
                reasons=list(reasons) or None,
                place=place,
                after=after,
                limit=limit + 1,
                **search(query, numbers),
            )
        more = found[limit - 1] if len(found) > limit else None
        next_cursor = _encode(f"{more['place']}.{more['id']}") if more else None
        return [row_of(row) for row in found[:limit]], next_cursor

    async def one(self, batch_id: UUID, recipient_id: int) -> RecipientRow | None:
        async with self._pool.connection() as connection:
            row = await one(connection, ONE, id=batch_id, recipient_id=recipient_id)
        return None if row is None else row_of(row)

    async def reasons(self, batch_id: UUID) -> Mapping[tuple[State, str], Alike]:
        async with self._pool.connection() as connection:
            return await alike(connection, batch_id)

    async def samples(
        self, batch_id: UUID, *, limit: int = 200
    ) -> Sequence[tuple[RecipientRow, Fields]]:
        async with self._pool.connection() as connection:
            found = await rows(connection, SAMPLES, id=batch_id, limit=limit)
        unique = {row["id"]: row for row in reversed(found)}
        ordered = sorted(unique.values(), key=lambda row: row["id"])
        return [(row_of(row), row["fields"]) for row in ordered]

    async def place(self, batch_id: UUID, recipient_id: int) -> Place | None:
        async with self._pool.connection() as connection:
            found = await one(connection, PLACE_OF, id=batch_id, person=recipient_id)
        if found is None:
            return None
        return Place(row_of(found), found["fields"], found["before"], found["after"], found["nth"])

    async def without(
        self, batch_id: UUID, name: str, *, limit: int = 5
    ) -> Sequence[tuple[int, str]]:
        async with self._pool.connection() as connection:
            found = await rows(connection, WITHOUT, id=batch_id, field=name, limit=limit)
        return [(row["id"], row["name"]) for row in found]

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
