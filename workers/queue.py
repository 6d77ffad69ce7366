"""The queue's broker on Redis or Valkey, with the settings that make it a dependable doorbell."""

from __future__ import annotations

from collections.abc import Sequence

import redis
from dramatiq.brokers.redis import RedisBroker
from dramatiq.middleware import AgeLimit, AsyncIO, CurrentMessage, Middleware, Retries, TimeLimit

from workers.settings import Settings


def make_redis_broker(
    settings: Settings, extra: Sequence[Middleware], *, timeout: float | None = None
) -> RedisBroker:
    """The broker at `BROKER_URL`; `timeout` in seconds for connecting and for every answer."""
    client = redis.Redis.from_url(
        settings.broker_url, socket_connect_timeout=timeout, socket_timeout=timeout
    )
    return RedisBroker(  # type: ignore[no-untyped-call]  # Dramatiq's is untyped
        client=client,
        middleware=[AgeLimit(), TimeLimit(), AsyncIO(), CurrentMessage(), Retries(), *extra],
        # A killed worker's rings come back within seconds instead of Dramatiq's 19 minutes.
        heartbeat_timeout=15_000,
        maintenance_chance=1_000_000,
    )
