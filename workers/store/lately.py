"""What many viewers of one batch are told: the same snapshot, for a moment."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from workers.ports.reading import BatchView, Snapshot
from workers.ports.viewing import Version

#: A snapshot is told again for at most so long, in seconds; for less where reading it was cheap:
#: reading then never takes more than a small share of the process's time.
LONGEST = 1.0
SHARE = 0.02
MOST = 200
#: Asked oftener than this a second, a batch has a crowd: what is read for it lasts `LONGEST`.
FEW = 8
#: While its row is not written a batch is as it was, but for names that are kept elsewhere: after so
#: long these are read again.
NAMES = 60.0


def end(seq: int) -> str:
    """What a viewer has seen who knows everything up to `seq`."""
    return f"{seq}.{2**62}"


@dataclass(slots=True)
class _Moment:
    """One view of a batch, being read or read; snapshots up to it by what their viewers had seen."""

    begun: float
    until: float = math.inf  # while it is being read
    seq: float = math.inf
    view: BatchView | None = None
    asked: int = 0
    by_since: dict[str, asyncio.Task[Snapshot | None]] = field(default_factory=dict)

    def is_crowded(self, now: float) -> bool:
        return self.asked > FEW * max(now - self.begun, 0.5)

    def still(self, since: str, version: Version | None, now: float) -> Snapshot | None:
        """Nothing new, for who has seen all of a batch that was not written since it was read.

        A crowd is better off with one view: what is made of it is made once.
        """
        view = self.view
        if view is None or version is None or view.version != version.row:
            return None
        if since != end(view.seq) or now > self.begun + NAMES or self.is_crowded(now):
            return None
        self.asked += 1
        return Snapshot(replace(view, now=version.now), (), since)


class Lately:
    """Remembers snapshots; `read` is asked for what is not known or too old.

    Given a view, `read` tells who changed up to it: viewers with different pasts are then told of the
    same instant, and have the same past when they come back.
    """

    def __init__(
        self,
        read: Callable[[UUID, str, BatchView | None], Coroutine[Any, Any, Snapshot | None]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read, self._clock = read, clock
        self._known: dict[UUID, _Moment] = {}

    async def get(
        self, batch_id: UUID, since: str, seq: int, version: Version | None = None
    ) -> Snapshot | None:
        """`since` as the viewer said it; whoever has seen more than is known gets a new one.

        Without a `since` nothing is remembered: that is a program's first look, or a test's.
        """
        if seq < 0:
            return await self._read(batch_id, since, None)
        moment, now = self._known.get(batch_id), self._clock()
        if moment is None or now >= moment.until or seq > moment.seq:
            if moment is not None and (same := moment.still(since, version, now)):
                return same
            moment = self._begin(batch_id, since, moment, now)
        moment.asked += 1
        first = await asyncio.shield(next(iter(moment.by_since.values())))
        if first is None or seq > first.view.seq:
            return await self._read(batch_id, since, None)
        if since not in moment.by_since:
            moment.by_since[since] = asyncio.create_task(self._read(batch_id, since, first.view))
        return await asyncio.shield(moment.by_since[since])  # others may wait for it too

    def _begin(self, batch_id: UUID, since: str, before: _Moment | None, now: float) -> _Moment:
        if len(self._known) >= MOST:
            self._known.clear()
        is_crowd = before is not None and before.is_crowded(now)
        moment = self._known[batch_id] = _Moment(now)
        opened = self._open(batch_id, since, moment, is_crowd)
        moment.by_since[since] = asyncio.create_task(opened)
        return moment

    async def _open(
        self, batch_id: UUID, since: str, moment: _Moment, is_crowd: bool
    ) -> Snapshot | None:
        until = 0.0  # nothing is remembered of an error, or of nothing
        try:
            snapshot = await self._read(batch_id, since, None)
            if snapshot is not None:
                moment.view, moment.seq = snapshot.view, snapshot.view.seq
                spent = self._clock() - moment.begun
                until = moment.begun + (LONGEST if is_crowd else min(LONGEST, spent / SHARE))
            return snapshot
        finally:
            moment.until = until
