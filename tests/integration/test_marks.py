"""What a real broker remembers of a database, and that nobody waits for one that hangs."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr

from workers.marks import BrokerMarks, make_marks
from workers.settings import Settings

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def marks_at(url: str) -> AsyncIterator[BrokerMarks]:
    settings = Settings(secret_key=SecretStr("k" * 32), broker_url=url, _env_file=None)
    marks = make_marks(settings)
    assert isinstance(marks, BrokerMarks)
    yield marks
    await marks.aclose()


@pytest.fixture
def silent() -> Iterator[str]:
    """A broker that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}"


async def test_each_database_has_its_own(valkey_url: str) -> None:
    async with marks_at(valkey_url) as marks:
        await marks.keep("a cluster.1.5", 7)

        assert await marks.read("a cluster.1.5") == 7
        assert await marks.read("a cluster.2.5") == 0


async def test_a_broker_that_hangs_or_is_away_remembers_nothing_soon(silent: str) -> None:
    for url in (silent, "redis://127.0.0.1:1", "unix:///nowhere"):
        async with marks_at(url) as marks:
            begun = time.monotonic()
            await marks.keep("a", 7)
            assert await marks.read("a") == 0
            assert time.monotonic() - begun < 5
