"""What selected people were sent before, by anybody of the company."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from workers.domain.delivery import State
from workers.ports.outside import Fields
from workers.ports.reading import BatchView


@dataclass(frozen=True, slots=True)
class Sent:
    """One text to one person; `number` may be masked, `body` is the template."""

    batch_id: UUID
    recipient_id: int
    user_id: int
    by: str
    at: datetime
    name: str
    number: str = field(repr=False)
    state: State
    reason: str | None
    looking: bool
    body: str = field(repr=False)
    fields: Fields = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recalled:
    """One person with their texts, newest first; `texts` may be more than are here."""

    person_id: int
    name: str  # as Pipedrive has it now
    texts: int
    sent: tuple[Sent, ...] = ()


@dataclass(frozen=True, slots=True)
class Memory:
    """A page of the people who were found, those texted last first."""

    people: int
    texted: int  # of them, on all pages
    gone: int  # picked people who are deleted, or not visible to the rep
    page: tuple[Recalled, ...] = ()


class Histories(Protocol):
    """Reads what people were sent; a question is a batch that is never sent, kept for a day."""

    async def asked_since(self, company_id: int, user_id: int, ago: timedelta) -> int: ...

    async def question(self, question_id: UUID) -> BatchView | None:
        """Who asked and how far its people are found; None = gone after a day, or never there."""

    async def recall(self, question: BatchView, *, skip: int, most: int) -> Memory:
        """What the people were sent by anybody of the company, as far as they are found."""

    async def forget_old(self, *, most: int = 2_000) -> bool:
        """One bite of the questions of yesterday; False when nothing is left."""
