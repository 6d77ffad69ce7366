"""The pool of connections when the database is away for a while: it is back as soon as the database is."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg
import pytest

from tests.line import settings_for
from workers.domain.errors import Away
from workers.store.database import FRESH_SECONDS, HELD_SECONDS, Pool, make_pool, rows

pytestmark = pytest.mark.anyio


class Wire:
    """A socket on the way to the database that can be cut and put back."""

    def __init__(self, database_url: str, folder: Any) -> None:
        parts = psycopg.conninfo.conninfo_to_dict(database_url)
        self.to = f"{parts['host']}/.s.PGSQL.5432"
        self.path = folder / ".s.PGSQL.5432"
        self.url = psycopg.conninfo.make_conninfo(database_url, host=str(folder))
        self.open: set[asyncio.StreamWriter] = set()
        self.server: asyncio.Server | None = None

    async def mend(self) -> None:
        self.server = await asyncio.start_unix_server(self._serve, self.path)

    async def cut(self) -> None:
        assert self.server is not None
        self.server.close()
        self.path.unlink(missing_ok=True)
        for writer in self.open:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        up, down = await asyncio.open_unix_connection(self.to)
        self.open |= {writer, down}
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(_copy(reader, down), _copy(up, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer):
        while piece := await reader.read(65_536):
            writer.write(piece)


async def _answers(pool: Pool) -> bool:
    with contextlib.suppress(Away):
        async with pool.connection(timeout=0.2) as connection:
            return bool(await rows(connection, "SELECT 1"))
    return False


async def _until(condition: Callable[[], Awaitable[bool]], *, seconds: float) -> float:
    begun = time.monotonic()
    while not await condition():
        assert time.monotonic() - begun < seconds, f"not within {seconds} s"
        await asyncio.sleep(0.05)
    return time.monotonic() - begun


async def test_a_process_that_is_stopped_in_a_transaction_keeps_others_waiting_for_seconds(
    database_url: str,
) -> None:
    settings = settings_for(database_url, url="http://x:1", pipedrive="http://x", twilio="http://x")
    async with make_pool(settings) as pool, pool.connection() as other:
        await other.execute("CREATE TABLE held AS SELECT 1 AS n")
        stopped = await pool.getconn()
        await stopped.execute("BEGIN")
        await stopped.execute("UPDATE held SET n = 2")

        await asyncio.wait_for(other.execute("UPDATE held SET n = 3"), HELD_SECONDS + 25)

        await pool.putconn(stopped)
        assert await rows(other, "SELECT n FROM held") == [{"n": 3}]


async def test_after_a_long_outage_the_pool_is_back_within_two_seconds(
    database_url: str, tmp_path: Any
) -> None:
    wire = Wire(database_url, tmp_path)
    await wire.mend()
    settings = settings_for(wire.url, url="http://x:1", pipedrive="http://x", twilio="http://x")
    async with make_pool(settings) as pool:
        await _until(lambda: _answers(pool), seconds=10)
        await wire.cut()
        end = time.monotonic() + 8
        while time.monotonic() < end:  # left alone, it would now try again after seven seconds
            assert not await _answers(pool)
        await wire.mend()

        assert await _until(lambda: _answers(pool), seconds=30) < 7
        await wire.cut()


async def test_when_every_session_was_ended_the_first_who_asks_is_answered(
    database_url: str,
) -> None:
    settings = settings_for(database_url, url="http://x:1", pipedrive="http://x", twilio="http://x")
    async with make_pool(settings) as pool:
        used = [await pool.getconn() for _ in range(settings.pool_size)]
        for connection in used:
            await pool.putconn(connection)
        with psycopg.connect(database_url, autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await asyncio.sleep(FRESH_SECONDS + 0.1)  # so old ones are tried before they are used

        async with pool.connection(timeout=10) as connection:
            assert await rows(connection, "SELECT 1 AS n") == [{"n": 1}]


async def test_a_host_that_vanished_is_given_up_unless_the_address_says_otherwise(
    database_url: str,
) -> None:
    """What libpq is told; a cut wire that says nothing cannot be had without the kernel's help."""
    url = f"{database_url}&tcp_user_timeout=3000"
    settings = settings_for(url, url="http://x:1", pipedrive="http://x", twilio="http://x")
    pool = make_pool(settings)
    await pool.open()
    try:
        async with pool.connection() as connection:
            known = {**connection.info.get_parameters()}
    finally:
        await pool.close()

    assert known["tcp_user_timeout"] == "3000"
    assert (known["keepalives_idle"], known["connect_timeout"]) == ("5", "5")
