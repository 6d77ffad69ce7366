"""The broker's memory of how far the database was: a copy of the disk from before is not that far.

It may be flushed, full or away: then such a copy is noticed by the first receipt of a lost text.
"""

from __future__ import annotations

import contextlib

import redis
from redis.asyncio import Redis

from workers.bell import RING_SECONDS
from workers.settings import Settings

#: Longer than anybody waits before a copy is used.
KEPT_SECONDS = 90 * 86_400


class BrokerMarks:
    """One number per database."""

    def __init__(self, settings: Settings) -> None:
        self._broker = Redis.from_url(
            settings.broker_url, socket_connect_timeout=RING_SECONDS, socket_timeout=RING_SECONDS
        )

    async def read(self, database: str) -> int:
        with contextlib.suppress(redis.RedisError, OSError):
            return int(await self._broker.get(_key(database)) or 0)
        return 0

    async def keep(self, database: str, mark: int) -> None:
        with contextlib.suppress(redis.RedisError, OSError):
            await self._broker.set(_key(database), mark, ex=KEPT_SECONDS)

    async def aclose(self) -> None:
        """Lets go of the broker's connections."""
        await self._broker.aclose()


class NoMarks:
    """No broker is set: nobody else remembers anything."""

    async def read(self, database: str) -> int:
        return 0

    async def keep(self, database: str, mark: int) -> None: ...

    async def aclose(self) -> None: ...


def make_marks(settings: Settings) -> BrokerMarks | NoMarks:
    """The memory at `BROKER_URL`."""
    return BrokerMarks(settings) if settings.broker_url else NoMarks()


def _key(database: str) -> str:
    return f"volley:mark:{database}"
