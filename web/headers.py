"""Security headers on every answer, and answers for requests that are too long to read."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.pages import policy
from workers.settings import Settings

_YEAR = 31_536_000

Headers = list[tuple[bytes, bytes]]


def origin_of(url: str) -> str:
    """Scheme, host and port as a browser writes them in `Origin`."""
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def form_targets(settings: Settings) -> str:
    """Where a form may lead besides here: browsers check a form's redirects too, and a form whose
    session has ended is redirected to Pipedrive's sign-in."""
    if settings.pipedrive_url:
        return origin_of(settings.pipedrive_url)
    return "https://oauth.pipedrive.com https://*.pipedrive.com"


class SecurityHeaders:
    """The outermost layer; what every answer carries, errors and static files too."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        # No page's address leaves the browser: a link action's holds a token. Browsers then send
        # `Origin: null` with our own forms, which `web.guards` accepts with `Sec-Fetch-Site`.
        always = {
            "content-security-policy": policy(form_targets(settings)),
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=()",
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
        if settings.is_https:
            always["strict-transport-security"] = f"max-age={_YEAR}; includeSubDomains"
        self._always = [(name.encode(), value.encode()) for name, value in always.items()]
        self._names = frozenset(name for name, _ in self._always)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cache = _cache_of(scope)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._sealed(message.get("headers", ()), cache)
            await send(message)

        await self._app(scope, receive, sealed)

    def _sealed(self, given: Iterable[tuple[bytes, bytes]], cache: str) -> Headers:
        """Ours take the place of the same names; their names are in lower case, as ASGI wants."""
        kept = [pair for pair in given if pair[0] not in self._names]
        if all(name != b"cache-control" for name, _ in kept):
            kept.append((b"cache-control", cache.encode()))
        return kept + self._always


def _cache_of(scope: Scope) -> str:
    """Pages are nobody's to keep; static files carry their version in the address (`pages.asset`)."""
    if not scope["path"].startswith("/static/"):
        return "no-store"
    is_versioned = scope["query_string"].startswith(b"v=")
    return "public, max-age=31536000, immutable" if is_versioned else "no-cache"
