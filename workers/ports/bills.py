"""What texts did cost: asked page by page in the background, kept a text at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from workers.domain.bill import Bill, Charge, Trouble
from workers.ports.outside import Account


@dataclass(frozen=True, slots=True)
class Due:
    """A batch whose prices are asked for now; `settled_at` None = nobody saw it settled yet."""

    batch_id: UUID
    opened_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Texts of some batches without a price, made with one account from one sender."""

    company_id: int
    account_sid: str
    sender: str  # E.164, a name or a Messaging Service
    first_day: date  # UTC
    last_day: date
    batch_ids: tuple[UUID, ...]
    texts: int


@dataclass(frozen=True, slots=True)
class ChargesPage:
    """The prices on one page of an account's texts; `next_cursor` None on the last."""

    charges: tuple[Charge, ...]
    next_cursor: str | None = None


class Bills(Protocol):
    """Keeps prices and when they are asked for next."""

    async def open_new(self) -> int:
        """Takes note of batches that began to send, and of ended ones that moved since."""

    async def due(self, *, limit: int = 20) -> Sequence[Due]:
        """Each is handed out once in a quarter of an hour."""

    async def unpriced(self, batch_ids: Sequence[UUID]) -> Sequence[Unpriced]: ...

    async def keep(self, account_sid: str, charges: Sequence[Charge]) -> Sequence[UUID]:
        """Prices of texts that we made; the batch of each that had none before."""

    async def plan(
        self,
        due: Due,
        *,
        seq: int,
        settled_at: datetime | None,
        next_at: datetime | None,
        trouble: Trouble = "",
    ) -> None:
        """When it is looked at next; None = no more, unless it moves past `seq`."""

    async def of(self, batch_id: UUID, *, seq: int) -> Bill | None:
        """None where nothing was sent, or before anybody looked; `seq` is the batch's."""


class ChargeReader(Protocol):
    """Asks Twilio."""

    async def page(
        self, account: Account, *, first_day: date, last_day: date, cursor: str | None
    ) -> ChargesPage:
        """Up to 1,000 texts sent from the account's sender in these days (UTC), newest first.

        Raises a ProviderError.
        """
