"""Groups what arrives one by one, so that one transaction makes many of them durable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Grouped(Generic[T]):
    """Calls `write` with what came in within `seconds`, or with `most` of it, whichever is first."""

    def __init__(
        self, write: Callable[[Sequence[T]], Awaitable[object]], *, seconds: float, most: int
    ) -> None:
        self._write = write
        self._seconds = seconds
        self._most = most
        self._waiting: list[tuple[T, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[None]] = set()

    async def add(self, item: T) -> None:
        """Returns when `item` is written; raises what writing it raised."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.append((item, done))
        if len(self._waiting) >= self._most:
            self._start()
        elif self._timer is None:
            self._timer = loop.call_later(self._seconds, self._start)
        await done

    async def close(self) -> None:
        """Writes what is left."""
        self._start()
        if self._writing:
            await asyncio.wait(self._writing)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group, self._waiting = self._waiting, []
        if group:
            task = asyncio.create_task(self._write_group(group))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _write_group(self, group: Sequence[tuple[T, asyncio.Future[None]]]) -> None:
        try:
            await self._write([item for item, _ in group])
        except Exception as error:
            if len(group) == 1:
                _settle(group[0][1], error)
                return
            # One that cannot be written must not take its neighbours along.
            for single in group:
                await self._write_group([single])
            return
        for _, done in group:
            _settle(done, None)


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    with contextlib.suppress(asyncio.InvalidStateError):  # whoever waited has gone
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
