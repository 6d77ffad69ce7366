"""What changing the people of a draft needs from the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Candidate:
    """One person of a draft, with all their numbers as `domain.person.Choice` has them."""

    id: int
    name: str
    state: str
    reason: str | None
    number: str | None
    numbers: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Picked:
    """The draft's revision now, and how many people were moved (0: they were as wished before)."""

    revision: int
    people: int


@dataclass(frozen=True, slots=True)
class Taken:
    """Nothing was changed: somebody else of the batch is texted on this number."""

    name: str


@dataclass(frozen=True, slots=True)
class Searched:
    """The people that a list shows: `query` is a part of a name or number, as in `Rows.page`."""

    query: str


class Picking(Protocol):
    """Changes who is texted; each edit is one conditional write that raises the revision.

    None = `revision` is not the draft's any more, or it is no draft.
    """

    async def person(self, batch_id: UUID, recipient_id: int) -> Candidate | None: ...

    async def leave_out(
        self, batch_id: UUID, *, revision: int, who: Sequence[int] | Searched
    ) -> Picked | None:
        """`ready` people become left out by hand."""

    async def put_in(
        self, batch_id: UUID, *, revision: int, recipient_id: int, number: str, label: str
    ) -> Picked | Taken | None:
        """Somebody is texted, on this number."""

    async def put_back(self, batch_id: UUID, *, revision: int, who: Searched) -> Picked | None:
        """Whoever was left out by hand and whose number is free is texted after all."""
