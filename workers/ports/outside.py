"""What the stages need from Pipedrive, Twilio, the queue and the vault, as narrow Protocols."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from workers.domain.person import Person as Person
from workers.domain.person import PhoneEntry as PhoneEntry
from workers.domain.selection import Selection
from workers.ports.suppressions import Reply

# ---------------------------------------------------------------- Pipedrive


@dataclass(frozen=True, slots=True)
class User:
    """Who is signed in: one Pipedrive user in one company (`GET users/me`)."""

    company_id: int
    user_id: int
    name: str = ""
    company_name: str = ""
    company_domain: str = ""
    country: str = ""  # ISO 3166 alpha-2, upper case; the default region for phone numbers
    timezone: str = "UTC"  # IANA
    is_admin: bool = False
    phone: str = field(default="", repr=False)  # as Pipedrive has it; only where tokens were taken
    is_support: bool = False  # named in the company's settings; admins are support anyway
    is_lapsed: bool = False  # Pipedrive took their tokens back: they act for nobody but themselves


@dataclass(frozen=True, slots=True)
class Tokens:
    """What Pipedrive's token endpoint answered; `expires_in` in seconds."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_in: int
    api_domain: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Access:
    """The right to call Pipedrive as one user; `generation` counts refreshes.

    `expires_in` = seconds left when it was read, by the database's clock.
    """

    company_id: int
    user_id: int
    access_token: str = field(repr=False)
    api_domain: str = ""
    generation: int = 1
    expires_in: float = 3600


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """One page of people; `next_cursor` None on the last."""

    people: tuple[Person, ...]
    next_cursor: str | None = None


class People(Protocol):
    """Reads people as the clicking rep sees them (only people that are not deleted)."""

    async def by_ids(self, access: Access, ids: Sequence[int]) -> PeoplePage:
        """At most 100 ids; invisible and deleted people are missing from the answer."""

    async def by_filter(
        self, access: Access, selection: Selection, cursor: str | None
    ) -> PeoplePage:
        """One page (≤ 500) of a `Filtered`, in id order, exclusions dropped; `Rejected` = no such filter."""

    async def everybody(self, access: Access, cursor: str | None) -> PeoplePage:
        """One page (≤ 500) of all people that the rep sees, the newest first."""

    async def organization_names(self, access: Access, ids: Sequence[int]) -> Mapping[int, str]:
        """Names by id, for at most 100; who is not visible is missing. One call."""


class Identities(Protocol):
    """Pipedrive's OAuth: who somebody is and what they let us do."""

    def authorize_url(self, state: str) -> str: ...

    async def exchange(self, code: str) -> Tokens:
        """`Misconfigured` with code `invalid_grant` where the code was used or is too old."""

    async def refresh(self, refresh_token: str) -> Tokens:
        """`Misconfigured` `invalid_grant` = sign in again; `Unavailable` = worth another try."""

    async def revoke(self, refresh_token: str) -> None:
        """Makes Pipedrive forget the installation; its link actions disappear."""

    def is_uninstall(self, authorization_header: str) -> bool:
        """Whether a DELETE of the callback URL carries our client id and secret."""

    async def me(self, tokens: Tokens) -> User: ...


class AccessTokens(Protocol):
    """Hands out a working access token for a user, refreshing it when it must."""

    async def get(self, company_id: int, user_id: int, *, stale: int | None = None) -> Access:
        """`stale` = the generation that was just answered 401. `Misconfigured` = sign in again."""


# ---------------------------------------------------------------- Twilio


@dataclass(frozen=True, slots=True)
class Account:
    """A company's Twilio account and what it sends from."""

    account_sid: str
    username: str  # account sid or API key sid
    password: str = field(repr=False)
    auth_tokens: tuple[str, ...] = field(default=(), repr=False)  # any may have signed a receipt
    messaging_service_sid: str = ""
    sender: str = ""  # E.164; ignored when a Messaging Service is set
    parts_a_second: float = 0.0  # that its company says it sends; 0 = what is usual

    @property
    def origin(self) -> str:
        """What an attempt is recorded as sent from."""
        return self.messaging_service_sid or self.sender


@dataclass(frozen=True, slots=True)
class Message:
    """One text, ready for the wire."""

    attempt_id: UUID
    to: str  # E.164
    body: str
    status_callback: str
    validity_seconds: int
    # The last moment it may be written to the socket, in seconds of CLOCK_BOOTTIME; later it is
    # answered "not sent". The transport looks again once the connection is there.
    post_before: float = math.inf


@dataclass(frozen=True, slots=True)
class Report:
    """What is known of a message at Twilio, in our words.

    `state` is one of accepted, sent, canceled, failed, undelivered, delivered, read; `status` is
    Twilio's own word; `error_code` Twilio's code as text or "".
    """

    sid: str
    state: str
    status: str
    error_code: str = ""
    http_status: int = 0
    request_id: str = ""
    carrier_time: str = ""


class Messenger(Protocol):
    """Sends texts and asks what became of them."""

    async def send(self, account: Account, message: Message) -> Report:
        """One POST, never repeated. Raises any ProviderError."""

    async def fetch(self, account: Account, sid: str) -> Report:
        """The message as Twilio has it now."""

    async def find(
        self, account: Account, *, to: str, body: str, since: datetime, until: datetime
    ) -> Sequence[Report]:
        """Our messages to a number with exactly this text, made between the two times.

        An account without a sender asks for those of all its senders.
        """


class ReceiptReader(Protocol):
    """Reads what Twilio posts to us."""

    def read(self, form: Sequence[tuple[str, str]]) -> Report | None:
        """The report in a status callback, or None if it is none."""

    def read_reply(self, form: Sequence[tuple[str, str]]) -> Reply | None:
        """What somebody wrote to us, or None if the form is none of that."""

    def is_signed(
        self,
        account: Account,
        *,
        url: str,
        form: Sequence[tuple[str, str]],
        signature: str,
        settings_header: str = "",
    ) -> bool:
        """Whether one of the account's tokens signed this request. `url` is built from PUBLIC_URL."""


class Accounts(Protocol):
    """Knows which Twilio account a company sends with."""

    async def of(self, company_id: int) -> Account | None: ...

    async def ever_of(self, company_id: int) -> Sequence[Account]:
        """All that its texts may have been made with, first the one it sends with."""

    async def with_sid(self, account_sid: str) -> Sequence[tuple[int | None, Account]]:
        """Accounts with this SID and whose each is; None = the operator's, shared by companies."""

    async def made_with(
        self, company_id: int, *, account_sid: str, origin: str = ""
    ) -> Account | None:
        """The account that a text was made with, though the company sends with another one now."""


# ---------------------------------------------------------------- ours


class Bell(Protocol):
    """Rings the workers. A lost ring costs seconds, never a message; so it never raises."""

    async def resolve(self, batch_id: UUID) -> None: ...

    async def send(self, batch_id: UUID) -> None: ...

    async def is_reachable(self) -> bool:
        """Whether the broker answers; reported, never required."""


class Vault(Protocol):
    """Seals secrets for the database, bound to the row they belong to."""

    @property
    def mark(self) -> bytes:
        """What every value begins with that the first secret sealed."""

    def seal(self, plain: bytes, *, row: str) -> bytes: ...

    def open(self, sealed: bytes, *, row: str) -> bytes: ...


Fields = Mapping[str, Mapping[str, str]]  # {"person": {"first_name": "Zoë", …}, "organization": …}
