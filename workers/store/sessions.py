"""Browser sessions, who is signed in with them, and sign-ins that go on with something."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from workers.ports.outside import User
from workers.store.database import Pool, again, one, rows, write

# Idle 7 days, 30 days at most, by the database's clock. A session is renewed at every sign-in, so
# each identity has its own 30 days too: signing in as somebody else must not stretch them.
_ALIVE = "seen_at > now() - interval '7 days' AND created_at > now() - interval '30 days'"

_OPEN = "INSERT INTO sessions (id_hash) VALUES (%(id_hash)s) ON CONFLICT DO NOTHING"

# One round trip for every request; `seen_at` is written at most once a minute.
_IDENTITIES = f"""
WITH alive AS (
    SELECT id_hash, seen_at FROM sessions WHERE id_hash = %(id_hash)s AND {_ALIVE}
), seen AS (
    UPDATE sessions SET seen_at = now() FROM alive
    WHERE sessions.id_hash = alive.id_hash AND alive.seen_at < now() - interval '1 minute'
)
SELECT company_id, user_id, installations.user_name AS name, companies.name AS company_name,
       companies.domain AS company_domain,
       coalesce(nullif(companies.chosen_country, ''), companies.country) AS country,
       installations.timezone, installations.is_admin,
       installations.user_id = ANY(companies.support_users) AS is_support
FROM alive
JOIN session_identities USING (id_hash)
JOIN installations USING (company_id, user_id)
JOIN companies USING (company_id)
WHERE signed_in_at > now() - interval '30 days' AND access_token IS NOT NULL
ORDER BY signed_in_at DESC, company_id, user_id
"""

_FRESH = f"""
SELECT company_id, user_id FROM sessions JOIN session_identities USING (id_hash)
WHERE id_hash = %(id_hash)s AND {_ALIVE} AND signed_in_at > now() - %(within)s
"""

_LOCK = f"SELECT 1 FROM sessions WHERE id_hash = %(id_hash)s AND {_ALIVE} FOR UPDATE"
_MOVE = "UPDATE session_identities SET id_hash = %(new_hash)s WHERE id_hash = %(id_hash)s"
_ADD = """
INSERT INTO session_identities (id_hash, company_id, user_id)
VALUES (%(id_hash)s, %(company_id)s, %(user_id)s)
ON CONFLICT (id_hash, company_id, user_id) DO UPDATE SET signed_in_at = now()
"""
_END_IDENTITIES = "DELETE FROM session_identities WHERE id_hash = %(id_hash)s"
_END_EVERYWHERE = """
DELETE FROM session_identities WHERE company_id = %(company_id)s AND user_id = %(user_id)s
"""
_END = "DELETE FROM sessions WHERE id_hash = %(id_hash)s"

#: Anybody can start a sign-in, so there is a most: a flood must not fill the disk.
MOST_WAITING = 2_000
_KEEP = """
INSERT INTO continuations (id, browser_hash, kind, sealed)
SELECT %(id)s, %(browser_hash)s, %(kind)s, %(sealed)s
WHERE (SELECT count(*) FROM continuations WHERE created_at > now() - interval '10 minutes')
  < %(most)s
"""

# Deleting is what makes it once: of two takers only one gets the row.
_TAKE = """
DELETE FROM continuations
WHERE id = %(id)s AND browser_hash = %(browser_hash)s AND used_at IS NULL
  AND created_at > now() - interval '10 minutes'
RETURNING kind, sealed
"""

_FORGET_CONTINUATIONS = "DELETE FROM continuations WHERE created_at < now() - interval '1 hour'"
_FORGET_SESSIONS = f"""
WITH over AS (DELETE FROM sessions WHERE NOT ({_ALIVE}) RETURNING id_hash)
DELETE FROM session_identities USING over WHERE session_identities.id_hash = over.id_hash
"""


class PgSessions:
    """Fulfils `ports.identities.Sessions`; knows hashes of ids only, never a cookie's value."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def open(self, id_hash: bytes) -> None:
        """A session that nobody has signed in with yet."""
        async with self._pool.connection() as connection:
            await write(connection, _OPEN, id_hash=id_hash)

    async def identities(self, id_hash: bytes) -> Sequence[User]:
        """Who is signed in here, the newest sign-in first."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _IDENTITIES, id_hash=id_hash)
        return [User(**row) for row in found]

    async def fresh(self, id_hash: bytes, *, within: timedelta) -> Sequence[tuple[int, int]]:
        """Those of them who signed in less than `within` ago."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _FRESH, id_hash=id_hash, within=within)
        return [(row["company_id"], row["user_id"]) for row in found]

    @again
    async def sign_in(
        self, id_hash: bytes, new_hash: bytes, *, company_id: int, user_id: int
    ) -> None:
        """Adds an identity under a new id; the old id is dead, so a planted one is worth nothing."""
        async with self._pool.connection() as connection, connection.transaction():
            alive = await one(connection, _LOCK, id_hash=id_hash)
            await write(connection, _OPEN, id_hash=new_hash)
            if alive:
                await write(connection, _MOVE, id_hash=id_hash, new_hash=new_hash)
            await write(connection, _ADD, id_hash=new_hash, company_id=company_id, user_id=user_id)
            await write(connection, _END_IDENTITIES, id_hash=id_hash)
            await write(connection, _END, id_hash=id_hash)

    @again
    async def sign_out(self, id_hash: bytes) -> None:
        """Ends the session for everybody who is signed in with it."""
        async with self._pool.connection() as connection, connection.transaction():
            await write(connection, _END_IDENTITIES, id_hash=id_hash)
            await write(connection, _END, id_hash=id_hash)

    async def sign_out_everywhere(self, company_id: int, user_id: int) -> None:
        """Ends every session of one user; others who share a browser with them stay."""
        async with self._pool.connection() as connection:
            await write(connection, _END_EVERYWHERE, company_id=company_id, user_id=user_id)

    async def keep(
        self, continuation_id: UUID, *, browser_hash: bytes, kind: str, sealed: bytes
    ) -> bool:
        """Remembers what goes on after signing in."""
        values = {"id": continuation_id, "browser_hash": browser_hash, "most": MOST_WAITING}
        async with self._pool.connection() as connection:
            return await write(connection, _KEEP, **values, kind=kind, sealed=sealed) == 1

    async def take(self, continuation_id: UUID, *, browser_hash: bytes) -> tuple[str, bytes] | None:
        """What goes on, for the browser that started it, once and within ten minutes."""
        async with self._pool.connection() as connection:
            row = await one(connection, _TAKE, id=continuation_id, browser_hash=browser_hash)
        return None if row is None else (row["kind"], bytes(row["sealed"]))

    async def forget_expired(self) -> None:
        """Deletes sessions that are over and sign-ins that nobody finished."""
        async with self._pool.connection() as connection:
            await write(connection, _FORGET_SESSIONS)
            await write(connection, _FORGET_CONTINUATIONS)
