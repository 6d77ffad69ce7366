"""Calls to Pipedrive that overlap with each other or with what is done with their answers, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from typing import Any, Generic, TypeVar

from workers.domain.errors import ProviderError

#: Of one batch; two of the process's eight connections are left for everybody else.
IN_FLIGHT = 6
#: Pages of a list that were read and are not stored yet, at most.
PAGES_AHEAD = 3

Wanted = TypeVar("Wanted")
Answered = TypeVar("Answered")
Made = TypeVar("Made")


class Ahead(Generic[Wanted, Answered]):
    """Asks for one thing after the other, several at the same time.

    The first call goes alone: who is not let in, or told to wait, is told so once, and the answer
    says how many calls may go. When one fails no other begins. Those under way are waited for and
    used, because they are paid for.
    """

    def __init__(
        self, wanted: Iterable[Wanted], call: Callable[[Wanted], Coroutine[Any, Any, Answered]]
    ) -> None:
        self._left: Iterator[Wanted] = iter(wanted)
        self._call = call
        self._begun: deque[tuple[Wanted, asyncio.Task[Answered]]] = deque()
        self._may_begin = True
        self._most = 1

    async def use(
        self, use: Callable[[Wanted, Answered], Awaitable[bool]], *, stop: Callable[[], bool]
    ) -> bool:
        """Whether all were used; not after `stop()`, nor once `use` says False.

        Raises the first error in the order asked, after the other answers were used.
        """
        failure: ProviderError | None = None
        try:
            while self._goes_on(stop):
                wanted, task = self._begun.popleft()
                try:
                    answer = await task
                except ProviderError as error:
                    failure = failure or error
                    continue
                self._most = IN_FLIGHT
                if not await use(wanted, answer):
                    return False
        finally:
            await settled(task for _, task in self._begun)
        if failure is not None:
            raise failure
        return self._may_begin

    def _goes_on(self, stop: Callable[[], bool]) -> bool:
        """Begins what may begin; whether anything is under way."""
        while self._may_begin and len(self._begun) < self._most:
            if stop():
                self._may_begin = False
                break
            wanted = next(self._left, None)
            if wanted is None:
                break
            self._begun.append((wanted, asyncio.create_task(self._asked(wanted))))
        return bool(self._begun)

    async def _asked(self, wanted: Wanted) -> Answered:
        try:
            return await self._call(wanted)
        except ProviderError:
            self._may_begin = False
            raise


class Chain(Generic[Answered, Made]):
    """Reads one page after the other, where only a page says where the next one begins.

    While one is on its way, those before it are made into what is stored, and stored in order.
    `read` says None behind the last one.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Answered | None]],
        make: Callable[[Answered], Coroutine[Any, Any, Made]],
    ) -> None:
        self._read = read
        self._make = make
        self._room = asyncio.Semaphore(PAGES_AHEAD)
        self._begun: asyncio.Queue[asyncio.Task[Made] | None] = asyncio.Queue()
        self._is_over = False

    async def use(self, use: Callable[[Made], Awaitable[bool]]) -> bool:
        """Whether all were used; not once `use` says False.

        Raises what `read` raised, after the pages before were used: they are paid for.
        """
        reading = asyncio.create_task(self._read_on())
        try:
            while (making := await self._begun.get()) is not None:
                if not await use(await making):
                    return False
                self._room.release()
        finally:
            self._is_over = True
            self._room.release()
            await settled([reading])
            await settled(self._unused())
        await reading
        return True

    async def _read_on(self) -> None:
        try:
            while await self._room.acquire() and not self._is_over:
                page = await self._read()
                if page is None:
                    break
                self._begun.put_nowait(asyncio.create_task(self._make(page)))
        finally:
            self._begun.put_nowait(None)

    def _unused(self) -> Iterator[asyncio.Task[Made]]:
        while not self._begun.empty():
            if (making := self._begun.get_nowait()) is not None:
                yield making


async def settled(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Waits for calls under way whose answers nobody uses: whoever asks puts them on the bill.

    Where we are being canceled ourselves they are too.
    """
    tasks = list(tasks)
    me = asyncio.current_task()
    if me is not None and me.cancelling():
        for task in tasks:
            task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
