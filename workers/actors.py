"""The queue's two actors: rings that may be lost, repeated or late, and nothing but latency changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import dramatiq

from workers.ports.runtime import Runtime
from workers.sender import Sender
from workers.stages.resolve import resolve

#: A ring older than this has long been replaced by somebody's look at the database.
MAX_AGE_MS = 10 * 60 * 1000
OPTIONS: dict[str, Any] = {"max_retries": 0, "max_age": MAX_AGE_MS, "time_limit": 60 * 60 * 1000}


@dataclass(frozen=True, slots=True)
class Crew:
    """What a worker process has open while it runs."""

    runtime: Runtime
    sender: Sender
    is_stopping: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Actors:
    """The declared actors; messages hold only a batch's id."""

    resolve: dramatiq.Actor[[str], None]
    send: dramatiq.Actor[[str], None]


def declare(broker: dramatiq.Broker, crew: Callable[[], Crew]) -> Actors:
    """Declares both actors on `broker`; `crew()` is asked when a message is processed."""

    @dramatiq.actor(actor_name="resolve", queue_name="resolve", broker=broker, **OPTIONS)
    async def resolve_batch(batch_id: str) -> None:
        at_work = crew()
        await resolve(at_work.runtime, UUID(batch_id), stop=at_work.is_stopping)

    @dramatiq.actor(actor_name="send", queue_name="send", broker=broker, **OPTIONS)
    async def send_batch(batch_id: str) -> None:
        crew().sender.wake()

    return Actors(resolve=resolve_batch, send=send_batch)
