"""Whose turn it is: asked of the database, except for a moment while one batch is alone."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import Protocol

import structlog

from workers.ports.sending import Runnable

#: A batch that is alone is claimed from again without asking who else is there: asking between
#: two claims costs as long as a claim. Another one waits no longer than this for its first turn.
ALONE_SECONDS = 0.25

log = structlog.get_logger()


class Waiting(Protocol):
    """What this needs of the claims."""

    async def runnable(self, *, resting: Collection[int]) -> Sequence[Runnable]: ...

    async def next_hold(self, *, within: float) -> float: ...


class Turns:
    """Remembers the last answer while it named one batch only."""

    def __init__(self, claims: Waiting) -> None:
        self._claims = claims
        self._alone: Sequence[Runnable] = ()
        self._until = 0.0
        self._rings = 0

    def _is_known(self) -> bool:
        return bool(self._alone) and time.monotonic() < self._until

    async def next(self, *, resting: Collection[int]) -> Sequence[Runnable]:
        """The batches to serve, the one served least recently first; no company that rests."""
        if self._is_known() and self._alone[0].company_id not in resting:
            return self._alone
        rings = self._rings
        found = await self._claims.runnable(resting=resting)
        # Who rang while we asked may have come behind the answer's back.
        self._alone = found if len(found) == 1 and self._rings == rings else ()
        self._until = time.monotonic() + ALONE_SECONDS
        return found

    async def idle_seconds(self, most: float) -> float:
        """Until the next look, or until a hold ends: after Undo's time the texts leave at once."""
        if self._is_known():
            return ALONE_SECONDS
        try:
            return await self._claims.next_hold(within=most)
        except Exception as error:  # the database is away: look again, whatever it was
            log.warning("next_hold_not_known", error=type(error).__name__)
            return most

    def forget(self) -> None:
        """Somebody rang, or the batch had fewer people than were wanted."""
        self._alone = ()
        self._rings += 1
