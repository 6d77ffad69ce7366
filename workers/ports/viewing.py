"""What a poll asks: who looks, whether the batch is still as it was, and else what changed in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from workers.ports.outside import User
from workers.ports.reading import Snapshot


@dataclass(frozen=True, slots=True)
class Version:
    """A batch's row at `now` by the database's clock: another `row`, another state."""

    row: str  # as `BatchView.version`
    now: datetime


@dataclass(frozen=True, slots=True)
class Glance:
    """Who is signed in with a browser, and the version of the batch they ask for, of one instant."""

    users: Sequence[User] = ()
    version: Version | None = None  # None: no such batch, or nobody is signed in


class Changes(Protocol):
    """Reads what changed in a batch."""

    async def changed(self, batch_id: UUID, since: str, *, limit: int = 200) -> Snapshot | None:
        """One snapshot; `since` is `"seq.id"` or ""."""

    async def progress(
        self, batch_id: UUID, since: str, version: Version | None = None
    ) -> Snapshot | None:
        """The same for many viewers: what they had not seen may be up to a second old.

        A batch that still has the `version` that this process knows is not read again.
        """
