"""What texting some people of an earlier text once more needs from the store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol
from uuid import UUID

#: Who of an earlier text is meant: those that a stop kept it from, or those whose number failed.
Whom = Literal["stopped", "failed"]


@dataclass(frozen=True, slots=True)
class Offers:
    """How many people may be taken along, and the newest text that took some (None: no one yet)."""

    stopped: int = 0
    other_number: int = 0
    taken_along: int = 0
    newest: UUID | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody whom the earlier text certainly did not reach; `numbers` as `domain.person.Choice`."""

    id: int
    number: str = field(repr=False)
    label: str
    numbers: Sequence[Mapping[str, object]] = field(repr=False)


class Following(Protocol):
    """Takes people of an earlier text along into a new draft, each of them once."""

    async def offers(self, batch_id: UUID, *, codes: Collection[str]) -> Offers:
        """`codes`: the failures that say that only the number was wrong."""

    async def left(
        self, batch_id: UUID, whom: Whom, *, codes: Collection[str]
    ) -> Sequence[Left]: ...

    async def start(self, batch_id: UUID, new_id: UUID, people: Sequence[Left]) -> UUID | None:
        """A new draft of those of `people` who are still left, the same text in it.

        Where somebody else was faster: the draft that took them. None = nobody is left.
        """

    async def drop_arrived(self, batch_id: UUID) -> int:
        """Leaves those out of a draft whom the earlier text reached after all; how many."""
