"""What is needed when the database is not the one that the last texts were written to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from workers.ports.outside import Account, Fields


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who is to be texted, says the database: perhaps they were already."""

    recipient_id: int
    number: str
    fields: Fields = field(repr=False)


@dataclass(frozen=True, slots=True)
class Held:
    """A held batch, and its next people who are looked up; with nobody left all were."""

    batch_id: UUID
    company_id: int
    template: str = field(repr=False)
    created_at: datetime  # no text of this batch is older
    now: datetime
    cursor: int
    people: Sequence[Waiting]


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that Twilio has, and the person whose it can only be."""

    recipient_id: int
    account: Account
    sid: str
    body_hash: bytes


class Marks(Protocol):
    """What the broker remembers of databases: how far they were. It may forget everything."""

    async def read(self, database: str) -> int:
        """0 = it knows nothing of this one, or does not answer."""

    async def keep(self, database: str, mark: int) -> None:
        """Once it is durable in the database, never before."""


class Restoring(Protocol):
    """Notices a restored database, and holds what it might send a second time."""

    async def notice(self) -> int | None:
        """Holds everything where the database is another than before: how many batches (None: it
        is the same)."""

    async def database(self) -> str:
        """Which one this is (design §4); a copy of the disk has the same name."""

    async def advance(self, seen: int) -> int:
        """The database's next mark, durable; where `seen` was further this is a copy: all is held."""

    async def hold(self) -> int:
        """Holds every batch that has somebody to text; how many. Drafts are held once confirmed."""

    async def lost(self, made: datetime) -> int | None:
        """A receipt names an attempt of that time which is not there: holds, unless that is known."""

    async def due(self, *, lease: timedelta, limit: int) -> Held | None:
        """A held batch whose people can be looked up now, claimed by moving its time."""

    async def bind(self, held: Held, taken: Sequence[Taken]) -> Mapping[int, UUID]:
        """New attempts that hold the SIDs, by recipient; whoever moved on meanwhile has none."""

    async def looked_up(self, held: Held) -> None:
        """These people were looked up; behind the last of them a person may go on."""

    async def later(self, held: Held, *, seconds: float) -> None:
        """Twilio could not be asked: from the same person on, so many seconds from now."""
