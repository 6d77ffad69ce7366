"""Reads by one query what is asked for one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Together(Generic[K, T]):
    """Reads many keys by one `read`; while one is on its way the next ones gather.

    They also gather until `apart` seconds have passed since the last one began, or `most` ask.
    """

    def __init__(
        self,
        read: Callable[[Sequence[K]], Awaitable[Mapping[K, T]]],
        *,
        apart: float = 0.0,
        most: int = 1,
    ) -> None:
        self._read, self._apart, self._most = read, apart, most
        self._next = 0.0  # by the loop's clock
        self._waiting = 0
        self._enough: asyncio.Future[None] | None = None
        self._asked: dict[K, asyncio.Future[T | None]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def get(self, key: K) -> T | None:
        """What is known of `key`, or None; raises what reading raised."""
        self._waiting += 1
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = asyncio.get_running_loop().create_future()
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_all())
        elif self._enough is not None and self._waiting >= self._most:
            _end(self._enough)
        return await asyncio.shield(answer)

    async def _gather(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() < self._next and self._waiting < self._most:
            self._enough = loop.create_future()
            late = loop.call_at(self._next, _end, self._enough)
            await self._enough
            late.cancel()
            self._enough = None
        self._next, self._waiting = loop.time() + self._apart, 0

    async def _read_all(self) -> None:
        while self._asked:
            if self._apart:
                await self._gather()
            asked, self._asked = self._asked, {}
            try:
                found = await self._read(list(asked))
            except Exception as error:
                for answer in asked.values():
                    answer.set_exception(error)
                continue
            for key, answer in asked.items():
                answer.set_result(found.get(key))
        self._reading = None


def _end(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
