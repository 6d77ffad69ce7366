"""The process's pool of PostgreSQL connections, and transactions that are tried again when they must."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

import psycopg
import stamina
from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool

from workers.domain.errors import Away
from workers.settings import Settings

Row = dict[str, Any]
Connection = AsyncConnection[DictRow]
P = ParamSpec("P")
T = TypeVar("T")

#: Two groups met in the wrong order, or a snapshot was overtaken: the same work succeeds again.
AGAIN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

#: The database is away, or was made read-only by a failover.
_AWAY = (psycopg.OperationalError, psycopg.InternalError, OSError)

#: A lost connection is tried again this soon, and then by whoever needs one next. Left alone, the
#: pool waits twice as long each time: after an outage of a minute it would be away for another.
RECONNECT_SECONDS = 1.0
#: A process that is stopped, or whose network is gone, must not keep its batch's row from all others.
#: No transaction waits for anything outside, so only such a one is ever idle for so long.
HELD_SECONDS = 5

#: A connection that was used so lately is not tried before its next use: that costs a round trip.
FRESH_SECONDS = 1.0


class Collided(Away):
    """One of `AGAIN`: whoever does not try again sees a database that is away for a moment."""


class Pool(AsyncConnectionPool[Connection]):
    """Its connections tell whoever knows no database that it is `Away`."""

    @contextlib.asynccontextmanager
    async def connection(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 – the pool's own
    ) -> AsyncIterator[Connection]:
        try:
            async with super().connection(timeout) as connection:
                yield connection
        except AGAIN as error:
            raise Collided(type(error).__name__) from error
        except _AWAY as error:
            raise Away(type(error).__name__) from error


class _Pooled(AsyncConnection[DictRow]):
    """Knows when it was tried last."""

    tried_at = 0.0


async def _try(connection: Connection) -> None:
    """Raises where the connection is broken; a fresh one is believed."""
    assert isinstance(connection, _Pooled)
    if connection.closed or time.monotonic() - connection.tried_at > FRESH_SECONDS:
        await AsyncConnectionPool.check_connection(connection)
        connection.tried_at = time.monotonic()


def make_pool(settings: Settings) -> Pool:
    """A closed pool; open it on the loop that uses it (`async with pool`)."""

    async def try_or_try_all(connection: Connection) -> None:
        """Where one is broken its neighbours are, too, most likely, and all of them are replaced at
        once: the pool itself would try one after the other, with pauses of 1, 2, 4 seconds."""
        try:
            await _try(connection)
        except psycopg.Error:
            await pool.check()
            raise

    said = conninfo_to_dict(settings.postgres_url)
    pool = Pool(
        settings.postgres_url,
        connection_class=_Pooled,
        kwargs={
            **{name: value for name, value in _GIVES_UP.items() if name not in said},
            "autocommit": True,
            "row_factory": dict_row,
            "prepare_threshold": settings.prepare_threshold,
        },
        min_size=2,
        max_size=settings.pool_size,
        timeout=5,
        reconnect_timeout=RECONNECT_SECONDS,
        open=False,
        check=try_or_try_all,
        configure=_configure,
        name="volley",
    )
    return pool


#: A host that vanished says nothing, and the kernel would wait for it for a quarter of an hour, or two
#: hours where nothing was on its way: whoever asks it is told within about ten seconds. Over a socket
#: on the same machine nothing vanishes. https://www.postgresql.org/docs/current/libpq-connect.html
_GIVES_UP = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms
}


async def _configure(connection: Connection) -> None:
    await connection.execute(f"SET idle_in_transaction_session_timeout = '{HELD_SECONDS}s'")


def again(work: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Repeats a whole transaction after a deadlock or a serialization failure."""
    retrying: Callable[P, Coroutine[Any, Any, T]] = stamina.retry(
        on=Collided, attempts=5, timeout=10, wait_initial=0.01, wait_max=0.2
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


def array(values: Iterable[object]) -> str:
    """A PostgreSQL array in its text form, for statements that are made thousands of times.

    psycopg looks at every element of a list several times, in Python.
    """
    listed = list(values)
    kinds = set(map(type, listed))
    if kinds == {int}:
        return "{" + ",".join(map(str, listed)) + "}"
    if kinds == {str}:
        joined = '","'.join(map(str, listed))
        if "\\" not in joined and joined.count('"') == 2 * (len(listed) - 1):
            return '{"' + joined + '"}'
    return "{" + ",".join(map(_element, listed)) + "}"


def _element(value: object) -> str:
    if isinstance(value, str):
        if "\\" in value or '"' in value:
            value = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{value}"'
    if isinstance(value, UUID):
        return value.hex  # a third of the time that `str` takes
    return "NULL" if value is None else str(value)
