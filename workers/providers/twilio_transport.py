"""Our transport under the twilio SDK: one pooled aiohttp session that never sends anything twice.

The SDK's own transport has no time-out and may repeat creates (twilio.md §10). This one tells what
was certainly not sent from what may have been.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from yarl import URL

from workers.domain.errors import Unavailable, Unconfirmed

TWILIO = "https://api.twilio.com"
MESSAGING = "https://messaging.twilio.com"
PRICING = "https://pricing.twilio.com"
CONNECT_SECONDS = 5.0
#: Shorter than what servers allow (ELB 60 s, uvicorn 5 s): a request written while the other side
#: closes an idle connection would be one that we know nothing of.
IDLE_SECONDS = 4.0

_post_before: ContextVar[float] = ContextVar("post_before", default=math.inf)

_log = logging.getLogger("twilio")
_log.setLevel(logging.WARNING)  # below that the SDK logs phone numbers

# What aiohttp raises before it writes the first byte (client.py, `_connect_and_send_request`).
# Everything else that it raises comes after it, or can't be told from that.
_NOT_SENT = (
    aiohttp.ClientConnectorError,  # DNS, TCP and TLS
    aiohttp.ConnectionTimeoutError,  # the same, too slow; or no free connection
    aiohttp.InvalidURL,
)


def boottime() -> float:
    """Seconds that go on while the machine sleeps or the process is stopped."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class _Request(aiohttp.ClientRequest):
    """Looks at the clock once more when the connection is there and nothing is written yet."""

    async def send(self, conn: Any) -> aiohttp.ClientResponse:
        if boottime() > _post_before.get():
            raise Unavailable("", "It took too long to get a connection.")
        return await super().send(conn)


class TwilioTransport(AsyncHttpClient):  # type: ignore[misc]  # the SDK ships no types
    """One per event loop; serves all accounts, as each request carries its own login."""

    def __init__(self, *, url: str = "", timeout: float = 30, connections: int = 110) -> None:
        super().__init__(_log, is_async=True)
        self._url = url
        self._connections = connections
        connect = min(CONNECT_SECONDS, timeout / 2)  # always ends first, so it is never mistaken
        self._timeouts = aiohttp.ClientTimeout(total=timeout, connect=connect)
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the SDK's word; ours is set once
        allow_redirects: bool = False,
    ) -> Response:
        """What the SDK calls: one request, at most once on the wire, whatever is answered."""
        body = urlencode(data, doseq=True).encode() if data else None
        whole = {**(headers or {}), **login(auth), "Accept-Encoding": "identity"}
        return await self._once(method, self.address(uri, params), body, whole)

    async def create(
        self, address: URL, body: bytes, headers: Mapping[str, str], *, before: float
    ) -> Response:
        """One POST that is not written to the socket once `boottime()` is past `before`.

        The texts' way past the SDK, which makes headers and parameters anew for each of them.
        """
        token = _post_before.set(before)
        try:
            return await self._once("POST", address, body, headers)
        finally:
            _post_before.reset(token)

    async def _once(
        self, method: str, address: URL, body: bytes | None, headers: Mapping[str, str]
    ) -> Response:
        lost = Unavailable if method == "GET" else Unconfirmed
        try:
            async with self._open().request(
                method, address, data=body, headers=headers, allow_redirects=False
            ) as answer:
                text = (await answer.read()).decode(errors="replace")
                return Response(answer.status, text, answer.headers)
        except _NOT_SENT as error:
            raise Unavailable("", f"Not connected: {type(error).__name__}.") from None
        except (aiohttp.ClientError, OSError) as error:
            raise lost("", f"Answer lost: {type(error).__name__}.") from None

    async def aclose(self) -> None:
        """Closes the connections; a later request would open new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def address(self, uri: str, params: Mapping[str, object] | None = None) -> URL:
        """Where a request for `uri` goes."""
        # The SDK knows no base URL. The host is pinned here, also against a next-page link that
        # leads elsewhere: our login goes nowhere else.
        parts = urlsplit(uri)
        query = urlencode(params) if params else parts.query
        others = (it for it in (MESSAGING, PRICING) if uri.startswith(f"{it}/"))
        origin = self._url or next(others, TWILIO)
        return URL(f"{origin}{parts.path}{'?' if query else ''}{query}", encoded=True)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:  # here and not in __init__: it needs the running loop
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._connections, keepalive_timeout=IDLE_SECONDS
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=self._timeouts,
                request_class=_Request,
                auto_decompress=False,
            )
        return self._session


def login(auth: tuple[str, str] | None) -> dict[str, str]:
    """The header that signs in."""
    return {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}
