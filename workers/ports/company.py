"""What a company decides for itself: its country, its support and its own Twilio account."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from workers.domain.rules import Rules
from workers.ports.outside import Account


@dataclass(frozen=True, slots=True)
class Choices:
    """What a company chose in its settings."""

    country: str = ""  # ISO 3166 alpha-2; "" = the one that Pipedrive tells
    pipedrive_country: str = ""
    ask_participants: bool = True  # reps are offered everybody on a deal


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody of the company who installed the app."""

    user_id: int
    name: str
    is_admin: bool
    is_support: bool  # named in the settings; admins are support anyway


class Companies(Protocol):
    """What companies chose."""

    async def choices(self, company_id: int) -> Choices: ...

    async def rules(self, company_id: int) -> Rules:
        """Its own, with the operator's where it chose none."""

    async def set_rules(self, company_id: int, rules: Rules) -> None: ...

    async def colleagues(self, company_id: int) -> Sequence[Colleague]:
        """Everybody who installed the app, by name."""

    async def set_country(self, company_id: int, country: str) -> None: ...

    async def set_support(self, company_id: int, user_ids: Collection[int]) -> None:
        """Those of `user_ids` who installed the app are support from now on, and no others."""

    async def set_ask_participants(self, company_id: int, answer: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Senders:
    """What an account can send from; `unread` = lists that it did not let us read."""

    services: tuple[tuple[str, str], ...] = ()  # Messaging Service SID and its name
    numbers: tuple[str, ...] = ()  # E.164
    unread: tuple[str, ...] = ()  # services, numbers


class AccountSetup(Protocol):
    """Tries a Twilio login and reads what it can send from."""

    async def verify(self, account: Account) -> None:
        """Returns when the login may read texts; else raises a ProviderError."""

    async def senders(self, account: Account) -> Senders:
        """Never raises a ProviderError: a list that can't be read is named as `unread`."""


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """A company's Twilio account as its settings show it; `senders` while one is to be chosen."""

    account: Account
    verified_at: datetime
    by: str
    senders: Senders = Senders()


class OwnAccounts(Protocol):
    """Companies' own Twilio accounts, sealed. A login that can't be opened raises `CannotOpen`."""

    async def sends(self, company_id: int) -> Account | None:
        """The one that it sends with; another process' change is seen within a second."""

    async def sends_now(self, company_id: int) -> Account | None:
        """The same, read afresh."""

    async def former(self, company_id: int) -> Sequence[Account]:
        """Those that it sent with a while ago: their texts are still heard of."""

    async def with_sid(self, account_sid: str) -> Sequence[tuple[int, Account]]:
        """Companies that send, or sent a while ago, with this account, each with its login."""

    async def connected(self, company_id: int) -> OwnAccount | None:
        """The one that it sends with, for its settings."""

    async def choosing(self, company_id: int) -> OwnAccount | None:
        """A verified one that still needs a sender, for an hour."""

    async def keep(self, company_id: int, account: Account, senders: Senders, *, by: int) -> None:
        """Verified just now; what the company sends with stays until a sender is chosen."""

    async def choose(
        self, company_id: int, account_sid: str, *, service: str = "", sender: str = ""
    ) -> bool:
        """It sends with the kept account from now on; False where that is gone."""

    async def set_speed(self, company_id: int, account: Account, parts_a_second: float) -> bool:
        """What `account` sends a second, 0 = what is usual; False where it sends no more."""

    async def stop_choosing(self, company_id: int) -> None: ...

    async def disconnect(self, company_id: int) -> bool:
        """It sends with no account of its own; False where it had none."""

    async def forget_former(self, older_than: timedelta) -> None: ...
