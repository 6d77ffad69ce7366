"""Whether a database has the schema that this version of the app needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row

from workers.store.database import Pool, rows

REVISIONS = "SELECT version_num FROM alembic_version"


class PgSchema:
    """Looks through the process's pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def is_current(self) -> bool:
        """False until `volley migrate` of this version has run."""
        async with self._pool.connection() as connection:
            return await _is_current(connection)


@dataclass(frozen=True, slots=True)
class Looked:
    """What answers at a `DATABASE_URL`."""

    major: int  # PostgreSQL's version, 18 for 18.1
    is_current: bool


async def look(url: str) -> Looked:
    """One look with a connection of its own; psycopg's errors where it cannot."""
    connection: AsyncConnection[DictRow]
    connection = await AsyncConnection.connect(url, autocommit=True, row_factory=dict_row)
    async with connection:
        major = connection.info.server_version // 10_000
        return Looked(major, await _is_current(connection))


async def _is_current(connection: AsyncConnection[dict[str, Any]]) -> bool:
    """A revision we have never heard of is a newer version's: it keeps us working while it rolls out."""
    newest, known = await asyncio.to_thread(_revisions)
    try:
        found = [row["version_num"] for row in await rows(connection, REVISIONS)]
    except psycopg.errors.UndefinedTable:
        return False
    return len(found) == 1 and (found[0] == newest or found[0] not in known)


def _revisions() -> tuple[str | None, frozenset[str]]:
    # Alembic takes 100 ms to import, and only who asks this needs it.
    from workers.store.migrate import known, newest

    return newest(), known()
