"""The process's pool of PostgreSQL connections, and transactions that are tried again when they must."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ParamSpec, TypeVar

import psycopg
import stamina
from psycopg import AsyncConnection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from workers.settings import Settings

Row = dict[str, Any]
Connection = AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

P = ParamSpec("P")
T = TypeVar("T")

#: Two groups met in the wrong order, or a snapshot was overtaken: the same work succeeds again.
AGAIN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)


def make_pool(settings: Settings) -> Pool:
    """A closed pool; open it on the loop that uses it (`async with pool`)."""
    return AsyncConnectionPool(
        settings.postgres_url,
        connection_class=AsyncConnection[DictRow],
        kwargs={
            "autocommit": True,
            "row_factory": dict_row,
            "prepare_threshold": settings.prepare_threshold,
        },
        min_size=2,
        max_size=settings.pool_size,
        timeout=5,
        open=False,
        check=AsyncConnectionPool.check_connection,
        name="volley",
    )


def again(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Repeats a whole transaction after a deadlock or a serialization failure."""
    retrying: Callable[P, Coroutine[Any, Any, T]] = stamina.retry(
        on=AGAIN, attempts=5, timeout=10, wait_initial=0.01, wait_max=0.2
    )(work)
    return retrying


async def rows(connection: Connection, sql: str, **params: object) -> list[Row]:
    """Every row of a statement."""
    cursor = await connection.execute(sql, params)
    return await cursor.fetchall()


async def one(connection: Connection, sql: str, **params: object) -> Row | None:
    """The first row of a statement, or None."""
    cursor = await connection.execute(sql, params)
    return await cursor.fetchone()


async def write(connection: Connection, sql: str, **params: object) -> int:
    """How many rows a statement wrote."""
    cursor = await connection.execute(sql, params)
    return cursor.rowcount
