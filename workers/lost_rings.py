"""People whose ring was lost, or who had to wait, are found without one."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Collection
from uuid import UUID

import structlog

from workers.ports.runtime import Runtime
from workers.stages.resolve import resolve

AT_ONCE = 4

log = structlog.get_logger()


class LostRings:
    """Finds them in tasks of its own; `stop` says when a task should end early."""

    def __init__(self, runtime: Runtime, *, stop: Callable[[], bool]) -> None:
        self._runtime = runtime
        self._stop = stop
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    @property
    def tasks(self) -> Collection[asyncio.Task[None]]:
        """Those that run."""
        return self._tasks.values()

    async def look(self) -> None:
        """Begins with whatever is due, a few batches at once."""
        for batch_id in await self._runtime.finding.due(limit=AT_ONCE):
            if batch_id not in self._tasks and len(self._tasks) < AT_ONCE:
                finding = resolve(self._runtime, batch_id, stop=self._stop)
                task = asyncio.get_running_loop().create_task(finding)
                self._tasks[batch_id] = task
                task.add_done_callback(functools.partial(self._done, batch_id))

    def _done(self, batch_id: UUID, task: asyncio.Task[None]) -> None:
        del self._tasks[batch_id]
        if not task.cancelled() and task.exception() is not None:  # its lease ends, then again
            log.error("resolve_crashed", error=type(task.exception()).__name__)
