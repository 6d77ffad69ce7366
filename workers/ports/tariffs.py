"""What Twilio says of an account's prices and senders: read in the background, kept for a day."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from workers.domain.cost import Tariff
from workers.domain.senders import Pool
from workers.ports.outside import Account


@dataclass(frozen=True, slots=True)
class Unread:
    """Something to ask Twilio; `about` is `price EE` or `pool MG…`."""

    company_id: int
    account_sid: str
    about: str


class Tariffs(Protocol):
    """Keeps what was read; a page never asks Twilio itself, it only says what it would like to know."""

    async def prices(self, account_sid: str, countries: Collection[str]) -> Mapping[str, Tariff]:
        """Those that were ever read; one without a currency is a country without a price."""

    async def pool(self, account_sid: str, origin: str) -> Pool | None: ...

    async def want(self, company_id: int, account_sid: str, abouts: Collection[str]) -> None:
        """Reads these soon, unless they were read today."""

    async def due(self, *, limit: int = 5) -> Sequence[Unread]:
        """Wanted lately and not read today; each is handed out once in two minutes."""

    async def keep_tariff(self, unread: Unread, tariff: Tariff) -> None: ...

    async def keep_pool(self, unread: Unread, pool: Pool) -> None: ...

    async def ask_again(self, unread: Unread, *, after: timedelta) -> None:
        """Twilio did not say; what was read before stays."""

    async def forget_old(self, after: timedelta) -> None:
        """What no page has wanted for so long goes; whoever wants it again waits a moment."""

    async def numbers(self, batch_id: UUID) -> Sequence[tuple[str, int]]:
        """One number and how many `ready` people have one that begins like it (8 characters)."""


class TariffReader(Protocol):
    """Asks Twilio."""

    async def price(self, account: Account, country: str) -> Tariff:
        """Raises a ProviderError; `Rejected` = Twilio knows no such country."""

    async def pool(self, account: Account) -> Pool:
        """Of the account's Messaging Service. Raises a ProviderError."""
