"""What many viewers of one batch see alike is worked out once, for a moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from web.shown import is_owner
from workers.ports.outside import User
from workers.ports.reading import BatchView

T = TypeVar("T")

#: No user of Pipedrive has this id.
NOBODY = 0


class Shared(Generic[T]):
    """Remembers what was made for a key, for at most `seconds` from when making it began.

    Whoever asks while it is being made waits for the same. At most `most` are kept, the oldest goes
    first. The key must name everything that the answer depends on, above all what its viewer may see.
    """

    def __init__(
        self, *, seconds: float, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._most, self._clock = seconds, most, clock
        self._known: dict[Hashable, tuple[float, asyncio.Task[T]]] = {}

    async def of(self, key: Hashable, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `make` made for this key a moment ago, or makes now; its errors are not kept."""
        now = self._clock()
        self._forget(now)
        if key not in self._known:
            task = asyncio.create_task(make())
            self._known[key] = now + self._seconds, task
        _, task = self._known[key]
        try:
            return await asyncio.shield(task)  # whoever leaves must not take it from the others
        except Exception:
            if self._known.get(key, (0, None))[1] is task:
                del self._known[key]
            raise

    def _forget(self, now: float) -> None:
        """They last equally long, so that the oldest stand first."""
        while self._known:
            oldest = next(iter(self._known))
            if self._known[oldest][0] > now and len(self._known) < self._most:
                return
            del self._known[oldest]


def sight(view: BatchView, user: User) -> User:
    """Whoever may see exactly what `user` may see of a batch: its owner, or support of one kind.

    What is shared is made for this one, who is part of the key: nothing of a colleague can be in it.
    """
    if is_owner(view, user):
        return user
    return User(view.company_id, NOBODY, is_admin=user.is_admin, is_support=user.is_support)
