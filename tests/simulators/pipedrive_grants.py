"""Who let the app do what in the simulated Pipedrive: codes, tokens, their ends."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

ACCESS_SECONDS, CODE_SECONDS = 3600, 300


@dataclass
class Grant:
    """What one user let the app do."""

    company_id: int
    user_id: int
    refresh_token: str
    access: dict[str, float] = field(default_factory=dict)  # access token → when it ends


class Grants:
    """Codes and tokens, and the clock they live by."""

    def __init__(
        self, *, client_id: str, client_secret: str, callback: str, self_url: str | None,
        default: tuple[int, int],
    ) -> None:  # fmt: skip
        self.client_id, self.client_secret = client_id, client_secret
        self.callback, self.self_url = callback, self_url
        self.company_id, self.user_id = default
        self.grants: dict[tuple[int, int], Grant] = {}
        self.codes: dict[str, tuple[int, int, float]] = {}
        self.scope = "base,contacts:read,deals:read,activities:read"  # as the app was registered
        self.rotate_refresh_tokens = False
        self.lose_refresh_answer: int = 0  # so many refreshes happen, but nobody hears the answer
        self.allow_at_once = False  # the consent page presses its own button
        self.state_on_cancel = False  # Pipedrive's example of a refusal shows no state
        self._clock_ahead = 0.0

    def now(self) -> float:
        """The simulator's clock."""
        return time.time() + self._clock_ahead

    def advance(self, seconds: float) -> None:
        """Moves the clock: codes and access tokens grow old."""
        self._clock_ahead += seconds

    def grant_code(self, company_id: int | None = None, user_id: int | None = None) -> str:
        """The authorization code a user's *Allow* gives the app."""
        code = secrets.token_hex(20)
        who = company_id or self.company_id, user_id or self.user_id
        self.codes[code] = (*who, self.now() + CODE_SECONDS)
        return code

    def grant(self, company_id: int | None = None, user_id: int | None = None) -> dict[str, Any]:
        """An installation made at once; the token endpoint's answer (`api_domain` = `self_url`)."""
        who = company_id or self.company_id, user_id or self.user_id
        self.grants[who] = Grant(*who, refresh_token=self._token(*who))
        return self.access_answer(self.grants[who], self.self_url or "")

    def access_answer(self, grant: Grant, api_domain: str) -> dict[str, Any]:
        """A new access token in the token endpoint's shape."""
        access_token = f"v1u:{self._token(grant.company_id, grant.user_id)}"
        grant.access[access_token] = self.now() + ACCESS_SECONDS
        return {
            "access_token": access_token,
            "token_type": "Bearer",
            "expires_in": ACCESS_SECONDS - 1,
            "refresh_token": grant.refresh_token,
            "scope": self.scope,
            "api_domain": api_domain,
        }

    def _token(self, company_id: int, user_id: int) -> str:
        return f"{company_id}:{user_id}:{secrets.token_hex(24)}"

    def new_refresh_token(self, grant: Grant) -> None:
        """The old one is worthless from now on."""
        grant.refresh_token = self._token(grant.company_id, grant.user_id)

    def holder(self, access_token: str) -> Grant | None:
        """Whose access token this is, while it lives."""
        for grant in list(self.grants.values()):
            if grant.access.get(access_token, 0) > self.now():
                return grant
        return None

    def expire_tokens(self) -> None:
        """Every access token has ended; refresh tokens live on."""
        for grant in self.grants.values():
            grant.access.clear()

    def revoke(self, company_id: int, user_id: int) -> None:
        """The installation is gone, without telling the app."""
        self.grants.pop((company_id, user_id), None)

    async def uninstall(self, company_id: int, user_id: int, *, secret: str = "") -> int:
        """The user removes the app: DELETE to the callback (pipedrive.md §2.4); its status."""
        self.revoke(company_id, user_id)
        body = {"client_id": self.client_id, "company_id": company_id, "user_id": user_id}
        async with httpx.AsyncClient(auth=(self.client_id, secret or self.client_secret)) as http:
            answer = await http.request(
                "DELETE", self.callback, json={**body, "timestamp": "2026-11-22T10:00:00.000Z"}
            )
        return answer.status_code
