"""What stands in the way of a draft, read from the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol
from uuid import UUID

from workers.domain.rules import Rules

Kind = Literal[
    "texted",  # within the hours that the company's rules say
    "same",  # this very text, within a day
    "running",  # they wait in a text that is confirmed already
]
Choice = Literal["leave_out", "text"]


@dataclass(frozen=True, slots=True)
class Crossing:
    """People of a draft whom somebody of the company texted, or is about to text."""

    kind: Kind
    user_id: int
    user_name: str
    people: int
    at: datetime | None  # when the last of them was texted


@dataclass(frozen=True, slots=True)
class Just:
    """People of a draft whose number was texted so recently that no answer lets it be texted again."""

    people: int
    until: datetime  # from then on all of them may be


#: So many people in one block of 1,000 numbers are hardly anybody's customers: such numbers are made
#: up, or bought to earn on each text (tests-to-pass.md S17).
IN_A_ROW = 100


class Guarding(Protocol):
    """Reads where a draft's people are, and who else texts them."""

    async def zones(self, batch_id: UUID) -> Mapping[str, int]:
        """How many `ready` people by the zones in which their number may be."""

    async def texts_of(self, company_id: int, day: date) -> int:
        """How many texts counted in that day of a company with a cap."""

    async def in_a_row(self, batch_id: UUID, *, seq: int) -> int:
        """`ready` people in blocks of 1,000 numbers that hold `IN_A_ROW` of them; as of `seq`."""

    async def crossings(self, batch_id: UUID, rules: Rules) -> Sequence[Crossing]:
        """The most people first; everybody counts once, and nobody for whom the rep said yes."""

    async def just_texted(self, batch_id: UUID, rules: Rules, *, guard: float) -> Just | None:
        """Whom the claim would leave out within `guard` seconds though nobody is asked about them."""

    async def decide(
        self, batch_id: UUID, rules: Rules, choice: Choice, *, revision: int
    ) -> int | None:
        """All of them are left out, or texted all the same; the new revision, None = not `revision`."""
