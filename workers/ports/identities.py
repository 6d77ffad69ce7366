"""Who is signed in, and who installed the app, as narrow Protocols."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from workers.ports.outside import Access, Tokens, User
from workers.ports.viewing import Glance


class Sessions(Protocol):
    """Browser sessions: many (company, user) identities in one, and sign-ins that go on afterwards."""

    async def open(self, id_hash: bytes) -> None: ...

    async def identities(self, id_hash: bytes) -> Sequence[User]:
        """Who is signed in here, the newest sign-in first; () when unknown, idle > 7 d or > 30 d old."""

    async def glance(self, id_hash: bytes, batch_id: UUID) -> Glance:
        """The same with the version of a batch that they poll, of one instant."""

    async def fresh(self, id_hash: bytes, *, within: timedelta) -> Sequence[tuple[int, int]]:
        """Those (company, user) of them who signed in at Pipedrive itself less than `within` ago."""

    async def departed(self, id_hash: bytes) -> Sequence[tuple[int, int]]:
        """(company, user) who were signed in here when their app was uninstalled."""

    async def sign_in(
        self,
        id_hash: bytes,
        new_hash: bytes,
        *,
        company_id: int,
        user_id: int,
        proved: bool = False,
    ) -> None:
        """Adds an identity and rotates the session's id from `id_hash` to `new_hash`.

        `proved`: Pipedrive itself told who they are, and it is not a link that it once signed.
        """

    async def sign_out(self, id_hash: bytes) -> None: ...

    async def sign_out_everywhere(self, company_id: int, user_id: int) -> None:
        """Ends what one user signed in to, in every browser."""

    async def keep(
        self, continuation_id: UUID, *, browser_hash: bytes, kind: str, sealed: bytes
    ) -> bool:
        """False where too many sign-ins are waiting already."""

    async def take(self, continuation_id: UUID, *, browser_hash: bytes) -> tuple[str, bytes] | None:
        """(kind, sealed), once, from the same browser, within ten minutes; else None."""

    async def forget_expired(self) -> None:
        """Deletes sessions that are over and sign-ins that nobody finished."""


class Installations(Protocol):
    """Who installed the app, and their sealed tokens."""

    async def save(self, user: User, tokens: Tokens) -> None:
        """Insert or replace; seals the tokens bound to (company, user)."""

    async def user(self, company_id: int, user_id: int) -> User | None:
        """Installed and usable, or None."""

    async def access(self, company_id: int, user_id: int) -> Access | None: ...

    async def begin_refresh(
        self, company_id: int, user_id: int, *, generation: int, lease: timedelta
    ) -> str | None:
        """The refresh token for the one caller who gets the row's lease; None = somebody else is at it."""

    async def finish_refresh(
        self, company_id: int, user_id: int, *, generation: int, tokens: Tokens
    ) -> None: ...

    async def abandon_refresh(self, company_id: int, user_id: int, *, generation: int) -> None:
        """The refresh call failed: gives the lease back, keeps the tokens."""

    async def give_up(self, company_id: int, user_id: int, *, generation: int) -> None:
        """The grant is gone: sign in again."""

    async def remove(self, company_id: int, user_id: int) -> None:
        """Uninstalled: tokens, sessions and drafts go, running batches stop."""

    async def resting(self, since: timedelta, *, most: int) -> Sequence[tuple[int, int, int]]:
        """(company, user, generation) of some whose tokens nobody renewed for so long."""

    async def first_company(self) -> int | None: ...

    async def admins(self, company_id: int) -> Sequence[str]:
        """Names of the company's admins who installed the app."""


class Resealing(Protocol):
    """What older secrets sealed; no other process needs to wait meanwhile."""

    async def reseal(self) -> int:
        """Seals all of it with the first secret; how much that was."""


class Leaving(Protocol):
    """What users and companies leave behind who uninstalled the app."""

    async def forget_drafts(self, *, most: int = 2_000) -> bool:
        """One bite of what users had begun to write who uninstalled; False when nothing is left."""

    async def gone(self, *, after: timedelta, most: int = 10) -> Sequence[int]:
        """Companies that nobody has the app in, since longer than `after`."""

    async def forget(self, company_id: int, *, after: timedelta, most: int = 2_000) -> bool:
        """One bite of a company's history; False when nothing is left, or somebody came back."""
