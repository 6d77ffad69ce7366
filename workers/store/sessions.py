"""Browser sessions, who is signed in with them, and sign-ins that go on with something."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from workers.ports.outside import User
from workers.ports.viewing import Glance, Version
from workers.store.database import Pool, Row, again, one, rows, write
from workers.store.together import Together

# Idle 7 days, 30 days at most, by the database's clock. A session is renewed at every sign-in, so
# each identity has its own 30 days too: signing in as somebody else must not stretch them.
_ALIVE = """sessions.seen_at > now() - interval '7 days'
  AND sessions.created_at > now() - interval '30 days'"""

_OPEN = "INSERT INTO sessions (id_hash) VALUES (%(id_hash)s) ON CONFLICT DO NOTHING"

# One round trip for every request, or for many polls; `seen_at` is written at most once a minute.
_LOOK = f"""
SELECT id_hash, batch_id, company_id, user_id, installations.user_name AS name,
       companies.name AS company_name, companies.domain AS company_domain,
       coalesce(nullif(companies.chosen_country, ''), companies.country) AS country,
       installations.timezone, installations.is_admin,
       installations.user_id = ANY(companies.support_users) AS is_support,
       installations.reauth_required AS is_lapsed,
       seen_at < now() - interval '1 minute' AS is_due,
       (SELECT xmin::text FROM batches WHERE id = batch_id AND test_of IS NULL) AS version,
       now() AS now
FROM unnest(%(hashes)s::bytea[], %(batches)s::uuid[]) AS asked (id_hash, batch_id)
JOIN sessions USING (id_hash)
JOIN session_identities USING (id_hash)
JOIN installations USING (company_id, user_id)
JOIN companies USING (company_id)
WHERE signed_in_at > now() - interval '30 days' AND access_token IS NOT NULL AND {_ALIVE}
ORDER BY signed_in_at DESC, company_id, user_id
"""

# Whoever is signing out holds their row: they need not be seen.
_SEEN = """
UPDATE sessions SET seen_at = now() WHERE id_hash IN (
    SELECT id_hash FROM sessions WHERE id_hash = ANY(%(hashes)s)
    AND seen_at < now() - interval '1 minute' ORDER BY id_hash FOR UPDATE SKIP LOCKED)
"""

_FRESH = f"""
SELECT company_id, user_id FROM sessions JOIN session_identities USING (id_hash)
JOIN installations USING (company_id, user_id)
WHERE id_hash = %(id_hash)s AND {_ALIVE} AND proved_at > now() - %(within)s AND NOT reauth_required
"""

_DEPARTED = f"""
SELECT company_id, user_id FROM departures JOIN sessions USING (id_hash)
WHERE id_hash = %(id_hash)s AND {_ALIVE} AND left_at > now() - interval '7 days'
"""

_LOCK = f"SELECT 1 FROM sessions WHERE id_hash = %(id_hash)s AND {_ALIVE} FOR UPDATE"
_MOVE = "UPDATE session_identities SET id_hash = %(new_hash)s WHERE id_hash = %(id_hash)s"
_ADD = """
INSERT INTO session_identities AS known (id_hash, company_id, user_id, proved_at)
VALUES (%(id_hash)s, %(company_id)s, %(user_id)s, CASE WHEN %(proved)s THEN now() END)
ON CONFLICT (id_hash, company_id, user_id) DO UPDATE SET signed_in_at = now(),
  proved_at = coalesce(excluded.proved_at, known.proved_at)
"""
_END_IDENTITIES = "DELETE FROM session_identities WHERE id_hash = %(id_hash)s"
_END_EVERYWHERE = """
DELETE FROM session_identities WHERE company_id = %(company_id)s AND user_id = %(user_id)s
"""
_END = "DELETE FROM sessions WHERE id_hash = %(id_hash)s"

#: Anybody can start a sign-in, so there is a most: a flood must not fill the disk, and big link
#: actions must not use up what somebody with two people ticked needs.
MOST_WAITING = 20_000
MOST_BYTES = 256 * 1024 * 1024
SMALL = 4_096  # bytes, sealed
_KEEP = """
INSERT INTO continuations (id, browser_hash, kind, sealed)
SELECT %(id)s, %(browser_hash)s, %(kind)s, %(sealed)s
WHERE (SELECT count(*) < %(most)s AND (octet_length(%(sealed)s) <= %(small)s
         OR coalesce(sum(octet_length(sealed)), 0) < %(most_bytes)s)
       FROM continuations WHERE created_at > now() - interval '10 minutes')
"""

# Deleting is what makes it once: of two takers only one gets the row.
_TAKE = """
DELETE FROM continuations
WHERE id = %(id)s AND browser_hash = %(browser_hash)s AND used_at IS NULL
  AND created_at > now() - interval '10 minutes'
RETURNING kind, sealed
"""

_FORGET_CONTINUATIONS = "DELETE FROM continuations WHERE created_at < now() - interval '1 hour'"
_FORGET_DEPARTURES = "DELETE FROM departures WHERE left_at < now() - interval '7 days'"
_FORGET_SESSIONS = f"""
WITH over AS (DELETE FROM sessions WHERE NOT ({_ALIVE}) RETURNING id_hash)
DELETE FROM session_identities USING over WHERE session_identities.id_hash = over.id_hash
"""


#: Polls are looked up at most this often: those of many pages are asked about by one query.
POLLS_APART = 0.05
POLLS_AT_ONCE = 16


class PgSessions:
    """Fulfils `ports.identities.Sessions`; knows hashes of ids only, never a cookie's value."""

    def __init__(self, pool: Pool, *, most_bytes: int = MOST_BYTES) -> None:
        self._pool = pool
        self._most = {"most": MOST_WAITING, "most_bytes": most_bytes, "small": SMALL}
        self._at_once = Together(self._look)
        self._polls = Together(self._look, apart=POLLS_APART, most=POLLS_AT_ONCE)

    async def open(self, id_hash: bytes) -> None:
        """A session that nobody has signed in with yet."""
        async with self._pool.connection() as connection:
            await write(connection, _OPEN, id_hash=id_hash)

    async def identities(self, id_hash: bytes) -> Sequence[User]:
        """Who is signed in here, the newest sign-in first."""
        found = await self._at_once.get((id_hash, None))
        return list(found.users) if found else []

    async def glance(self, id_hash: bytes, batch_id: UUID) -> Glance:
        """The same for a poll of a batch; where many poll, they are looked up together."""
        return await self._polls.get((id_hash, batch_id)) or Glance()

    async def _look(
        self, asked: Sequence[tuple[bytes, UUID | None]]
    ) -> Mapping[tuple[bytes, UUID | None], Glance]:
        hashes, batches = ([one[n] for one in asked] for n in (0, 1))
        async with self._pool.connection() as connection:
            found = await rows(connection, _LOOK, hashes=hashes, batches=batches)
            if due := [row["id_hash"] for row in found if row["is_due"]]:
                await write(connection, _SEEN, hashes=due)
        told: dict[tuple[bytes, UUID | None], Glance] = {}
        for row in found:
            key = (row["id_hash"], row["batch_id"])
            before = told.get(key, Glance()).users
            told[key] = Glance((*before, _user_of(row)), _version_of(row))
        return told

    async def fresh(self, id_hash: bytes, *, within: timedelta) -> Sequence[tuple[int, int]]:
        """Those of them who signed in at Pipedrive itself less than `within` ago."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _FRESH, id_hash=id_hash, within=within)
        return [(row["company_id"], row["user_id"]) for row in found]

    async def departed(self, id_hash: bytes) -> Sequence[tuple[int, int]]:
        """Who was signed in here when their app was uninstalled, some days ago at most."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _DEPARTED, id_hash=id_hash)
        return [(row["company_id"], row["user_id"]) for row in found]

    @again
    async def sign_in(
        self,
        id_hash: bytes,
        new_hash: bytes,
        *,
        company_id: int,
        user_id: int,
        proved: bool = False,
    ) -> None:
        """Adds an identity under a new id; the old id is dead, so a planted one is worth nothing."""
        who = {"company_id": company_id, "user_id": user_id, "proved": proved}
        async with self._pool.connection() as connection, connection.transaction():
            alive = await one(connection, _LOCK, id_hash=id_hash)
            await write(connection, _OPEN, id_hash=new_hash)
            if alive:
                await write(connection, _MOVE, id_hash=id_hash, new_hash=new_hash)
            await write(connection, _ADD, id_hash=new_hash, **who)
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
        values = {"id": continuation_id, "browser_hash": browser_hash, **self._most}
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
            await write(connection, _FORGET_DEPARTURES)


_USER = (
    *("company_id", "user_id", "name", "company_name", "company_domain", "country", "timezone"),
    *("is_admin", "is_support", "is_lapsed"),
)


def _user_of(row: Row) -> User:
    return User(**{name: row[name] for name in _USER})


def _version_of(row: Row) -> Version | None:
    return Version(row["version"], row["now"]) if row["version"] else None
