"""Groups what arrives one by one, so that one transaction makes many of them durable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

import structlog

from workers.domain.errors import Busy

T = TypeVar("T")

log = structlog.get_logger()


class Grouped(Generic[T]):
    """Calls `write` with what came in within `seconds`, or with `most` of it, whichever is first.

    One write at a time: meanwhile the next group grows, so that a slow database gets fewer and
    larger ones. More than `most_waiting` are not taken.
    """

    def __init__(
        self,
        write: Callable[[Sequence[T]], Awaitable[object]],
        *,
        seconds: float,
        most: int,
        most_waiting: int = 10_000,
    ) -> None:
        self._write = write
        self._seconds = seconds
        self._most = most
        self._most_waiting = most_waiting
        self._waiting: list[tuple[T, asyncio.Future[None] | None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._writing: asyncio.Task[None] | None = None

    async def add(self, item: T) -> None:
        """Returns when `item` is written; raises what writing it raised, or Busy at once."""
        if len(self._waiting) >= self._most_waiting:
            raise Busy()
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(item, done)
        await done

    def put(self, item: T, *, is_urgent: bool = False) -> None:
        """Takes it without waiting, always; an item that cannot be written is logged.

        `is_urgent`: it is written with the next group at once, whatever else may still come.
        """
        self._put(item, None)
        if is_urgent and self._writing is None:
            self._start()

    async def close(self) -> None:
        """Writes what is left."""
        while self._waiting or self._writing is not None:
            if self._writing is None:
                self._start()
            assert self._writing is not None
            await asyncio.wait({self._writing})

    def _put(self, item: T, done: asyncio.Future[None] | None) -> None:
        self._waiting.append((item, done))
        if self._writing is None:
            self._start_when_due()

    def _start_when_due(self) -> None:
        if len(self._waiting) >= self._most:
            self._start()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self._start)

    def _start(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
        if group:
            self._writing = asyncio.create_task(self._write_group(group))
            self._writing.add_done_callback(self._written)

    def _written(self, _: asyncio.Task[None]) -> None:
        self._writing = None
        if any(done is not None for _, done in self._waiting):
            self._start()
        elif self._waiting:  # nobody waits for it: one larger group costs less than two
            self._start_when_due()

    async def _write_group(self, group: Sequence[tuple[T, asyncio.Future[None] | None]]) -> None:
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


def _settle(done: asyncio.Future[None] | None, error: Exception | None) -> None:
    if done is None:
        if error is not None:
            log.error("not_written", error=type(error).__name__)
        return
    with contextlib.suppress(asyncio.InvalidStateError):  # whoever waited has gone
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
