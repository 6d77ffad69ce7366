"""Hands out working Pipedrive access tokens; one caller refreshes, all others wait for it."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from workers.domain.errors import CannotOpen, Misconfigured, ProviderError, Unavailable
from workers.ports.identities import Installations
from workers.ports.outside import Access, Identities

EARLY = 300.0  # seconds before its end at which a token is renewed (they live an hour)
_LEASE = timedelta(seconds=45)  # longer than a call may take; who died is replaced after it
_POLL = 0.1


class RefreshingTokens:
    """Fulfils `ports.outside.AccessTokens` for any number of processes.

    The row's lease makes it one refresh at a time; no transaction is open during the call.
    """

    def __init__(
        self, installations: Installations, identities: Identities, *, patience: float = 10
    ) -> None:
        self._installations = installations
        self._identities = identities
        self._patience = patience

    async def get(self, company_id: int, user_id: int, *, stale: int | None = None) -> Access:
        """A token to call with. `stale` = the generation that was just answered 401."""
        end = time.monotonic() + self._patience
        first = access = await self._read(company_id, user_id)
        while True:
            if access.generation > first.generation:  # somebody, perhaps we, renewed it just now
                return access
            if access.generation != stale and access.expires_in > EARLY:
                return access
            if not await self._refresh(access):  # somebody else is at it
                if access.generation != stale and access.expires_in > _POLL:
                    return access  # the old one is still good enough
                if time.monotonic() > end:
                    raise Unavailable("refreshing", "somebody else's refresh takes too long")
                await asyncio.sleep(_POLL)
            access = await self._read(company_id, user_id)

    async def _read(self, company_id: int, user_id: int) -> Access:
        try:
            access = await self._installations.access(company_id, user_id)
        except CannotOpen as error:  # the secret it was sealed with is gone
            raise _sign_in_again() from error
        if access is None:
            raise _sign_in_again()
        return access

    async def _refresh(self, access: Access) -> bool:
        """Renews the token, unless somebody else has the lease or has already done it."""
        who = (access.company_id, access.user_id)
        try:
            refresh_token = await self._installations.begin_refresh(
                *who, generation=access.generation, lease=_LEASE
            )
        except CannotOpen as error:
            raise _sign_in_again() from error
        if refresh_token is None:
            return False
        # Pipedrive may exchange the refresh token: an answer that is not stored locks the user
        # out, so a worker that is asked to stop finishes this first.
        await asyncio.shield(self._exchange(access, refresh_token))
        return True

    async def _exchange(self, access: Access, refresh_token: str) -> None:
        who = (access.company_id, access.user_id)
        generation = access.generation
        try:
            tokens = await self._identities.refresh(refresh_token)
        except ProviderError as error:
            if not (isinstance(error, Misconfigured) and error.code == "invalid_grant"):
                await self._installations.abandon_refresh(*who, generation=generation)
                raise
            await self._installations.give_up(*who, generation=generation)
            raise _sign_in_again() from error
        await self._installations.finish_refresh(*who, generation=generation, tokens=tokens)


def _sign_in_again() -> Misconfigured:
    return Misconfigured("reauth", "the user has to sign in with Pipedrive again")
