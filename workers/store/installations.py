"""Who installed the app, and their tokens, sealed and bound to their row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from workers.ports.outside import Access, Tokens, User, Vault
from workers.store.database import Pool, Row, again, one, rows, write

# Names and country that Pipedrive leaves out in an answer must not wipe what we know.
_SAVE_COMPANY = """
INSERT INTO companies (company_id, name, domain, country)
VALUES (%(company_id)s, %(company_name)s, %(company_domain)s, %(country)s)
ON CONFLICT (company_id) DO UPDATE SET
    name = coalesce(nullif(excluded.name, ''), companies.name),
    domain = coalesce(nullif(excluded.domain, ''), companies.domain),
    country = coalesce(nullif(excluded.country, ''), companies.country)
"""

_SAVE = """
INSERT INTO installations (company_id, user_id, user_name, is_admin, timezone, api_domain, scope,
    access_token, refresh_token, expires_at, phone)
VALUES (%(company_id)s, %(user_id)s, %(name)s, %(is_admin)s, %(timezone)s, %(api_domain)s,
    %(scope)s, %(access_token)s, %(refresh_token)s, now() + %(expires_in)s, %(phone)s)
ON CONFLICT (company_id, user_id) DO UPDATE SET
    user_name = excluded.user_name, phone = excluded.phone, is_admin = excluded.is_admin, timezone = excluded.timezone,
    api_domain = excluded.api_domain, scope = excluded.scope,
    access_token = excluded.access_token, refresh_token = excluded.refresh_token,
    expires_at = excluded.expires_at, refreshed_at = now(), installed_at = now(),
    generation = installations.generation + 1, reauth_required = false, refreshing_until = NULL
"""

_USABLE = "access_token IS NOT NULL AND NOT reauth_required"

_USER = f"""
SELECT company_id, user_id, user_name AS name, companies.name AS company_name,
       companies.domain AS company_domain,
       coalesce(nullif(companies.chosen_country, ''), companies.country) AS country,
       timezone, is_admin, user_id = ANY(companies.support_users) AS is_support
FROM installations JOIN companies USING (company_id)
WHERE company_id = %(company_id)s AND user_id = %(user_id)s AND {_USABLE}
"""

_ACCESS = f"""
SELECT access_token, api_domain, generation,
       coalesce(extract(epoch FROM expires_at - clock_timestamp()), 0)::float8 AS expires_in
FROM installations
WHERE company_id = %(company_id)s AND user_id = %(user_id)s AND {_USABLE}
"""

_ROW = "company_id = %(company_id)s AND user_id = %(user_id)s AND generation = %(generation)s"

_BEGIN_REFRESH = f"""
UPDATE installations SET refreshing_until = clock_timestamp() + %(lease)s
WHERE {_ROW} AND {_USABLE}
  AND (refreshing_until IS NULL OR refreshing_until <= clock_timestamp())
RETURNING refresh_token
"""

# Pipedrive says it keeps the refresh token, and elsewhere that it exchanges it (pipedrive.md §2):
# whatever came back is stored. A company's address may have changed, so it is stored too.
_FINISH_REFRESH = f"""
UPDATE installations SET
    access_token = %(access_token)s, refresh_token = %(refresh_token)s,
    api_domain = %(api_domain)s, scope = coalesce(nullif(%(scope)s, ''), scope),
    expires_at = now() + %(expires_in)s, refreshed_at = now(),
    generation = generation + 1, refreshing_until = NULL
WHERE {_ROW}
"""

_ABANDON_REFRESH = f"UPDATE installations SET refreshing_until = NULL WHERE {_ROW}"

# From now on: a company whose grants all lapsed is forgotten in the end (`store.leaving`).
_GIVE_UP = f"""
UPDATE installations SET reauth_required = true, refreshing_until = NULL, refreshed_at = now()
WHERE {_ROW}
"""

_WHOSE = "company_id = %(company_id)s AND user_id = %(user_id)s"

# The row stays without its tokens: old batches still say whose they are. `refreshed_at` says when
# they went, and with the last of a company its history's end begins (`store.leaving`).
_REMOVE = f"""
UPDATE installations SET access_token = NULL, refresh_token = NULL, expires_at = NULL,
    refreshing_until = NULL, refreshed_at = now(), generation = generation + 1,
    phone = '', test_number = ''
WHERE {_WHOSE} AND access_token IS NOT NULL
"""

# Their sessions are dead; what they were looking at can still say why (`web.departed`).
_SIGN_OUT_EVERYWHERE = f"""
WITH ended AS (DELETE FROM session_identities WHERE {_WHOSE} RETURNING *)
INSERT INTO departures (id_hash, company_id, user_id)
SELECT id_hash, company_id, user_id FROM ended
ON CONFLICT (id_hash, company_id, user_id) DO UPDATE SET left_at = now()
"""

# Drafts, and batches that still have somebody to text; what is over stays as it ended. Only batch
# rows are locked, by id, as everywhere.
_STOP = f"""
WITH stopped AS (
    SELECT id FROM batches
    WHERE {_WHOSE} AND canceled_at IS NULL AND refused_reason IS NULL
      AND (confirmed_at IS NULL OR EXISTS (
          SELECT FROM recipients
          WHERE batch_id = batches.id AND state IN ('pending', 'ready', 'sending')))
    ORDER BY id FOR UPDATE
)
UPDATE batches SET canceled_at = now(), canceled_by = %(user_id)s
FROM stopped WHERE batches.id = stopped.id
"""

# At random: some that fail every time must not keep the others from their turn.
_RESTING = f"""
SELECT company_id, user_id, generation FROM installations
WHERE refreshed_at < now() - %(since)s AND {_USABLE} ORDER BY random() LIMIT %(most)s
"""

_FIRST_COMPANY = """
SELECT company_id FROM companies ORDER BY first_installed_at, company_id LIMIT 1
"""

_ADMINS = f"""
SELECT user_name FROM installations
WHERE company_id = %(company_id)s AND is_admin AND {_USABLE} AND user_name <> ''
ORDER BY user_name
"""


class PgInstallations:
    """Fulfils `ports.identities.Installations`."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

    @again
    async def save(self, user: User, tokens: Tokens) -> None:
        """Somebody installed the app, or signed in again: their newest tokens count."""
        sealed = self._sealed(user.company_id, user.user_id, tokens)
        async with self._pool.connection() as connection, connection.transaction():
            await write(connection, _SAVE_COMPANY, **asdict(user))
            await write(connection, _SAVE, **asdict(user), **sealed)

    async def user(self, company_id: int, user_id: int) -> User | None:
        """Installed and usable, or None."""
        row = await self._one(_USER, company_id=company_id, user_id=user_id)
        return None if row is None else User(**row)

    async def access(self, company_id: int, user_id: int) -> Access | None:
        """The newest access token, or None where somebody must sign in (again)."""
        row = await self._one(_ACCESS, company_id=company_id, user_id=user_id)
        if row is None:
            return None
        row["access_token"] = self._open("access_token", company_id, user_id, row["access_token"])
        return Access(company_id, user_id, **row)

    async def begin_refresh(
        self, company_id: int, user_id: int, *, generation: int, lease: timedelta
    ) -> str | None:
        """The refresh token for the one caller who gets the row's lease."""
        who = {"company_id": company_id, "user_id": user_id}
        row = await self._one(_BEGIN_REFRESH, **who, generation=generation, lease=lease)
        if row is None:
            return None
        return self._open("refresh_token", company_id, user_id, row["refresh_token"])

    async def finish_refresh(
        self, company_id: int, user_id: int, *, generation: int, tokens: Tokens
    ) -> None:
        """Stores what came back, unless somebody signed in anew meanwhile."""
        sealed = self._sealed(company_id, user_id, tokens)
        who = {"company_id": company_id, "user_id": user_id}
        await self._write(_FINISH_REFRESH, **who, generation=generation, **sealed)

    async def abandon_refresh(self, company_id: int, user_id: int, *, generation: int) -> None:
        """Gives the lease back; the tokens stay."""
        who = {"company_id": company_id, "user_id": user_id}
        await self._write(_ABANDON_REFRESH, **who, generation=generation)

    async def give_up(self, company_id: int, user_id: int, *, generation: int) -> None:
        """The grant is gone: they sign in again."""
        who = {"company_id": company_id, "user_id": user_id}
        await self._write(_GIVE_UP, **who, generation=generation)

    @again
    async def remove(self, company_id: int, user_id: int) -> None:
        """Uninstalled; doing it twice changes nothing more."""
        async with self._pool.connection() as connection, connection.transaction():
            for sql in (_REMOVE, _SIGN_OUT_EVERYWHERE, _STOP):
                await write(connection, sql, company_id=company_id, user_id=user_id)

    async def resting(self, since: timedelta, *, most: int) -> Sequence[tuple[int, int, int]]:
        """(company, user, generation) of some whose tokens nobody renewed for so long."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _RESTING, since=since, most=most)
        return [(row["company_id"], row["user_id"], row["generation"]) for row in found]

    async def first_company(self) -> int | None:
        """The company that installed the app before all others."""
        row = await self._one(_FIRST_COMPANY)
        return None if row is None else int(row["company_id"])

    async def admins(self, company_id: int) -> Sequence[str]:
        """Names of the company's admins who installed the app."""
        async with self._pool.connection() as connection:
            found = await rows(connection, _ADMINS, company_id=company_id)
        return [row["user_name"] for row in found]

    async def _one(self, sql: str, **values: object) -> Row | None:
        async with self._pool.connection() as connection:
            return await one(connection, sql, **values)

    async def _write(self, sql: str, **values: object) -> None:
        async with self._pool.connection() as connection:
            await write(connection, sql, **values)

    def _open(self, column: str, company_id: int, user_id: int, sealed: bytes) -> str:
        return self._vault.open(bytes(sealed), row=_seat(column, company_id, user_id)).decode()

    def _sealed(self, company_id: int, user_id: int, tokens: Tokens) -> dict[str, object]:
        """The columns of `tokens`, nothing readable in them that opens a door."""
        values: dict[str, object] = {
            column: self._vault.seal(token.encode(), row=_seat(column, company_id, user_id))
            for column, token in (
                ("access_token", tokens.access_token),
                ("refresh_token", tokens.refresh_token),
            )
        }
        values["expires_in"] = timedelta(seconds=tokens.expires_in)
        return values | {"api_domain": tokens.api_domain, "scope": tokens.scope}


def _seat(column: str, company_id: int, user_id: int) -> str:
    """The place a token is sealed for."""
    return f"installations/{company_id}/{user_id}/{column}"
