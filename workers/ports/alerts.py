"""What somebody at a company should look at, each once: for its support and for the operator's logs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

What = Literal[
    "daily_cap_reached",  # `about` the day, `size` the texts of it
    "numbers_in_a_row",  # `about` the batch, `size` the people whose numbers follow one another
]


@dataclass(frozen=True, slots=True)
class Alert:
    """One of them; it names no person and no number."""

    what: What
    about: str
    size: int
    at: datetime


class Alerts(Protocol):
    """Keeps them; the logs say each when it is new."""

    async def keep(self, company_id: int, what: What, *, about: str, size: int) -> None:
        """Nothing, where it is known with that size."""

    async def of(self, company_id: int) -> Sequence[Alert]:
        """Those of the last seven days, the newest first."""
