"""Rings the workers from the web and the watch: after commit, in a thread, never in anybody's way."""

from __future__ import annotations

import asyncio
import contextlib
from uuid import UUID

import dramatiq
import redis
import structlog
from prometheus_client import Counter

from workers.actors import Actors, Crew, declare
from workers.queue import make_redis_broker
from workers.settings import Settings

#: A hung broker must not slow a click.
RING_SECONDS = 0.3
RINGS_LOST = Counter("volley_rings_lost", "Rings that the broker did not take", ["actor"])

log = structlog.get_logger()


class RingingBell:
    """Rings over the broker; a lost ring is counted and forgotten."""

    def __init__(self, settings: Settings) -> None:
        self._broker = make_redis_broker(settings, [], timeout=RING_SECONDS)
        self._actors: Actors = declare(self._broker, _nobody_works_here)

    async def resolve(self, batch_id: UUID) -> None:
        await self._ring(self._actors.resolve, batch_id)

    async def send(self, batch_id: UUID) -> None:
        await self._ring(self._actors.send, batch_id)

    async def is_reachable(self) -> bool:
        """Whether the broker answers; reported by /readyz, never required."""
        with contextlib.suppress(redis.RedisError, OSError):
            return bool(await asyncio.to_thread(self._broker.client.ping))
        return False

    def close(self) -> None:
        """Lets go of the broker's connections."""
        self._broker.close()

    async def _ring(self, actor: dramatiq.Actor[[str], None], batch_id: UUID) -> None:
        try:
            await asyncio.to_thread(actor.send, str(batch_id))
        except Exception as error:  # whatever the broker has: the workers look for themselves
            RINGS_LOST.labels(actor.actor_name).inc()
            log.warning("ring_lost", actor=actor.actor_name, error=type(error).__name__)


class SilentBell:
    """No broker is set: the workers find everything by looking, a second later."""

    async def resolve(self, batch_id: UUID) -> None: ...

    async def send(self, batch_id: UUID) -> None: ...

    async def is_reachable(self) -> bool:
        return False

    def close(self) -> None: ...


def make_bell(settings: Settings) -> RingingBell | SilentBell:
    """The bell for `BROKER_URL`."""
    return RingingBell(settings) if settings.broker_url else SilentBell()


def _nobody_works_here() -> Crew:
    raise RuntimeError("This process only rings; `dramatiq workers.main:broker` works.")
