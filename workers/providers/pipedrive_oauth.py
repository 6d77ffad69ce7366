"""Pipedrive's OAuth: who somebody is, what they let us do, and how either ends."""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import httpx

from workers.domain.errors import Unavailable
from workers.domain.person import clean_line
from workers.ports.budget import Budget
from workers.ports.outside import Tokens, User
from workers.providers.pipedrive_codes import Clock, error_in, grant_error
from workers.providers.pipedrive_http import PipedriveHttp, api_origin, oauth_origin, utc_now
from workers.providers.pipedrive_meter import Counted
from workers.settings import Settings

_ME = "/api/v1/users/me"
# An admin of one of these sees every person of the company anyway (ME: `access[].app`).
_ADMIN_OF = frozenset({"global", "account_settings", "sales"})


class PipedriveIdentities:
    """Fulfils `ports.outside.Identities` (pipedrive.md §2)."""

    def __init__(
        self,
        settings: Settings,
        http: httpx.AsyncClient,
        *,
        clock: Clock = utc_now,
        budget: Budget | None = None,
    ) -> None:
        self._settings = settings
        self._budget = budget
        self._http = PipedriveHttp(http, timeout=settings.pipedrive_timeout, clock=clock)
        self._oauth = oauth_origin(settings)
        self._redirect_uri = f"{settings.public_url}/oauth/callback"
        self._client = (
            settings.pipedrive_client_id,
            settings.pipedrive_client_secret.get_secret_value(),
        )

    def authorize_url(self, state: str) -> str:
        """Where a rep consents; scopes are set in Developer Hub, not here (OAUTH)."""
        query = {
            "client_id": self._client[0],
            "redirect_uri": self._redirect_uri,
            "state": state,
        }
        return f"{self._oauth}/oauth/authorize?{urlencode(query)}"

    async def exchange(self, code: str) -> Tokens:
        """The tokens for a code that is good for five minutes, once."""
        return await self._tokens(
            grant_type="authorization_code", code=code, redirect_uri=self._redirect_uri
        )

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens; the refresh token among them may be another one."""
        return await self._tokens(grant_type="refresh_token", refresh_token=refresh_token)

    async def revoke(self, refresh_token: str) -> None:
        """Pipedrive marks the app as uninstalled; an unknown token is fine too (UNINST)."""
        form = {"token": refresh_token, "token_type_hint": "refresh_token"}
        url = f"{self._oauth}/oauth/revoke"
        await self._http.post_form(url, form, self._client, _revoke_error)

    async def me(self, tokens: Tokens) -> User:
        """Whose tokens these are; 2 of the company's day (pipedrive.md §2.3)."""
        origin = api_origin(self._settings, tokens.api_domain)
        counted = Counted(self._budget, _ME) if self._budget else None
        body = await self._http.get(origin + _ME, tokens.access_token, metered=counted)
        user = _user(body.get("data"))
        if counted is not None:
            await counted.was_of(user.company_id, user.user_id)
        return user

    def is_uninstall(self, authorization_header: str) -> bool:
        """Whether Pipedrive itself calls: only it and we know our secret (UNINST)."""
        if not all(self._client):
            return False
        ours = base64.b64encode(":".join(self._client).encode())
        scheme, _, theirs = authorization_header.strip().partition(" ")
        is_ours = hmac.compare_digest(theirs.strip().encode(), ours)
        return is_ours and scheme.lower() == "basic"

    async def _tokens(self, **form: str) -> Tokens:
        url = f"{self._oauth}/oauth/token"
        response = await self._http.post_form(url, form, self._client, grant_error)
        tokens = _read_tokens(response.json())
        api_origin(self._settings, tokens.api_domain)  # before anybody stores or calls it
        return tokens


def _revoke_error(response: httpx.Response, clock: Clock) -> Any:
    return None if response.status_code == 200 else error_in(response, clock)


def _read_tokens(body: Mapping[str, Any]) -> Tokens:
    access, refresh = body.get("access_token"), body.get("refresh_token")
    domain, seconds = body.get("api_domain"), body.get("expires_in")
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
        raise Unavailable("shape", "Pipedrive's token answer has no tokens")
    if not isinstance(domain, str) or not isinstance(seconds, int):
        raise Unavailable("shape", "Pipedrive's token answer is incomplete")
    return Tokens(access, refresh, seconds, domain.lower(), str(body.get("scope") or ""))


def _user(data: object) -> User:
    """The fields of `users/me` we use; all but the two ids may be missing (ME, V1)."""
    if not isinstance(data, dict):
        raise Unavailable("shape", "Pipedrive does not say who this is")
    user_id, company_id = data.get("id"), data.get("company_id")
    if not isinstance(user_id, int) or not isinstance(company_id, int):
        raise Unavailable("shape", "Pipedrive does not say who this is")
    return User(
        company_id=company_id,
        user_id=user_id,
        name=_text(data, "name"),
        company_name=_text(data, "company_name"),
        company_domain=_label(_text(data, "company_domain")),
        country=_text(data, "company_country").upper(),
        timezone=_timezone(_text(data, "timezone_name")),
        phone=_text(data, "phone")[:100],
        is_admin=_is_admin(data.get("access")),
    )


def _text(data: Mapping[str, Any], key: str) -> str:
    value = data.get(key)
    return clean_line(value) if isinstance(value, str) else ""


def _label(domain: str) -> str:
    """One label of a host name, for links are built with it; else ""."""
    label = domain.lower()
    return label if re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", label) else ""


def _timezone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, KeyError, OSError):  # not a zone this machine knows, or no name at all
        return "UTC"


def _is_admin(access: object) -> bool:
    rights = access if isinstance(access, list) else []
    return any(
        isinstance(right, dict) and right.get("admin") is True and right.get("app") in _ADMIN_OF
        for right in rights
    )
