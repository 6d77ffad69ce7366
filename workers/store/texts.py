"""A company's saved texts, and drafts whose text is replaced while the old one is set aside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import uuid_utils.compat as ids

from workers.ports.texts import MOST_SAVED, SavedText
from workers.store.database import Pool, again, one, rows, write

REPLACE = """
UPDATE batches SET body = %(body)s, set_aside = nullif(%(typed)s, ''), revision = revision + 1,
  seq = seq + 1
WHERE id = %(id)s AND revision = %(revision)s AND confirmed_at IS NULL AND canceled_at IS NULL
  AND refused_reason IS NULL
RETURNING revision
"""

SAVED = """
SELECT t.id, t.name, t.body, coalesce(i.user_name, '') AS by FROM saved_texts t
LEFT JOIN installations i ON i.company_id = t.company_id AND i.user_id = t.saved_by
WHERE t.company_id = %(company_id)s ORDER BY lower(t.name), t.id LIMIT %(most)s
"""

#: Two who save at once wait for each other, so that the number stays what it is.
LOCK = "SELECT 1 FROM companies WHERE company_id = %(company_id)s FOR UPDATE"
HAS_ROOM = """
SELECT count(*) < %(most)s OR bool_or(name = %(name)s) AS has_room FROM saved_texts
WHERE company_id = %(company_id)s
"""
SAVE = """
INSERT INTO saved_texts (id, company_id, name, body, saved_by)
VALUES (%(id)s, %(company_id)s, %(name)s, %(body)s, %(by)s)
ON CONFLICT (company_id, name) DO UPDATE
  SET body = excluded.body, saved_by = excluded.saved_by, saved_at = now()
"""
DROP = "DELETE FROM saved_texts WHERE company_id = %(company_id)s AND id = %(id)s"


class PgTexts:
    """Fulfils `ports.texts.Texts`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def replace(self, batch_id: UUID, *, revision: int, typed: str, body: str) -> int | None:
        async with self._pool.connection() as connection:
            found = await one(
                connection, REPLACE, id=batch_id, revision=revision, typed=typed, body=body
            )
        return int(found["revision"]) if found else None

    async def saved(self, company_id: int) -> Sequence[SavedText]:
        async with self._pool.connection() as connection:
            found = await rows(connection, SAVED, company_id=company_id, most=MOST_SAVED)
        return [SavedText(**row) for row in found]

    @again
    async def save(
        self, company_id: int, *, name: str, body: str, by: int
    ) -> Literal["saved", "full"]:
        place = {"company_id": company_id, "name": name}
        async with self._pool.connection() as connection, connection.transaction():
            await rows(connection, LOCK, company_id=company_id)
            room = await one(connection, HAS_ROOM, **place, most=MOST_SAVED)
            if room is not None and not room["has_room"]:
                return "full"
            await write(connection, SAVE, **place, id=ids.uuid7(), body=body, by=by)
        return "saved"

    async def drop(self, company_id: int, text_id: UUID) -> bool:
        async with self._pool.connection() as connection:
            return await write(connection, DROP, company_id=company_id, id=text_id) == 1
