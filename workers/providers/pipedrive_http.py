"""One call to Pipedrive: where it goes, how long it may take, and what failing means."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from workers.domain.errors import Misconfigured, ProviderError, Unavailable
from workers.providers.pipedrive_codes import Clock, error_in
from workers.providers.pipedrive_meter import Metering
from workers.settings import Settings

OAUTH_ORIGIN = "https://oauth.pipedrive.com"

# A company's own address, and nothing that merely looks like it: `evil.test#.pipedrive.com` would
# get the rep's bearer. ASCII only, so no full-width dots; fullmatch, so no trailing line feed.
_COMPANY_ORIGIN = re.compile(r"https://[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.pipedrive\.com")

Reader = Callable[[httpx.Response, Clock], ProviderError | None]


def utc_now() -> datetime:
    """The wall clock, for dates that Pipedrive names."""
    return datetime.now(UTC)


def make_http(settings: Settings) -> httpx.AsyncClient:
    """The process's client for Pipedrive; open it on the loop that uses it (`async with`)."""
    return httpx.AsyncClient(
        limits=httpx.Limits(max_connections=8, max_keepalive_connections=8),
        timeout=httpx.Timeout(settings.pipedrive_timeout, connect=5),
        follow_redirects=False,
        headers={"accept": "application/json", "user-agent": "volley"},
    )


def api_origin(settings: Settings, api_domain: str) -> str:
    """Where a company's API lives; `Misconfigured` for any address that is not Pipedrive's."""
    if settings.pipedrive_url:
        return settings.pipedrive_url
    lowered = api_domain.lower()
    if _COMPANY_ORIGIN.fullmatch(lowered) is None:
        raise Misconfigured("api_domain", "the company's API address is not at pipedrive.com")
    return lowered


def oauth_origin(settings: Settings) -> str:
    """Where people consent and tokens are made."""
    return settings.pipedrive_url or OAUTH_ORIGIN


class PipedriveHttp:
    """Makes calls that end in time, in a JSON object or in one of our errors."""

    def __init__(self, http: httpx.AsyncClient, *, timeout: float, clock: Clock = utc_now) -> None:
        self._http = http
        self._timeout = timeout
        self._clock = clock

    async def get(
        self,
        url: str,
        access_token: str,
        params: Mapping[str, str] | None = None,
        *,
        metered: Metering | None = None,
    ) -> Mapping[str, Any]:
        """An API answer's envelope; `metered` keeps to the limits of who asks."""
        headers = {"authorization": f"Bearer {access_token}"}
        request = self._http.build_request("GET", url, params=params, headers=headers)
        if metered is not None:
            await metered.turn()
        return _body(await self._send(request, error_in, metered=metered))

    async def post_form(
        self, url: str, form: Mapping[str, str], auth: tuple[str, str], reader: Reader
    ) -> httpx.Response:
        """An OAuth answer; `reader` knows that endpoint's refusals."""
        request = self._http.build_request("POST", url, data=form)
        return await self._send(request, reader, httpx.BasicAuth(*auth))

    async def _send(
        self,
        request: httpx.Request,
        reader: Reader,
        auth: httpx.Auth | None = None,
        metered: Metering | None = None,
    ) -> httpx.Response:
        try:
            # httpx times each read; a server that drips a byte a second would never end.
            async with asyncio.timeout(self._timeout):
                response = await self._http.send(request, auth=auth, follow_redirects=False)
        except (TimeoutError, httpx.TimeoutException) as error:
            if metered is not None:
                await metered.lost()
            raise Unavailable("timeout", "Pipedrive does not answer in time") from error
        except httpx.RequestError as error:
            raise Unavailable("network", f"no answer ({type(error).__name__})") from error
        wrong = reader(response, self._clock)
        if metered is not None:
            await metered.heard(response, wrong)
        if wrong is not None:
            raise wrong
        return response


def _body(response: httpx.Response) -> Mapping[str, Any]:
    body: Mapping[str, Any] = response.json()
    return body
