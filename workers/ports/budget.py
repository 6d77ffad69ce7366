"""What calls to Pipedrive may cost: a pace per installation, and tokens per company and day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Call:
    """One call to come: with whose right, and its price in tokens (pipedrive.md §5)."""

    company_id: int
    user_id: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Meter:
    """What an answer said of limits; None = nothing, as Pipedrive does now and then."""

    burst_limit: int | None = None  # calls in two seconds
    tokens_a_day: int | None = None
    tokens_left: int | None = None
    is_charged: bool = True
    pause: float = 0.0  # seconds in which the installation asks nothing more


@dataclass(frozen=True, slots=True)
class Day:
    """What a company's day has cost so far."""

    used: int = 0  # by us
    tokens_a_day: int | None = None
    tokens_left: int | None = None


class Budget(Protocol):
    """Shared by all processes."""

    async def take(self, call: Call) -> float:
        """Seconds until the call may go. `Throttled`: too long, or the day's tokens are needed
        by the company's other apps (`reserve`) or used up (`budget`)."""

    async def heard(self, call: Call, meter: Meter) -> None:
        """An answer came, also to a call that nothing held back."""

    async def today(self, company_id: int) -> Day: ...
