"""Security headers on every answer, and answers for requests that are too long to read."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.pages import policy
from workers.settings import Settings

_YEAR = 31_536_000


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
        self._always = {
            "Content-Security-Policy": policy(form_targets(settings)),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        if settings.is_https:
            self._always["Strict-Transport-Security"] = f"max-age={_YEAR}; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cache = _cache_of(scope)

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(MutableHeaders(scope=message), self._always, cache)
            await send(message)

        await self._app(scope, receive, sealed)


def _cache_of(scope: Scope) -> str:
    """Pages are nobody's to keep; static files carry their version in the address (`pages.asset`)."""
    if not scope["path"].startswith("/static/"):
        return "no-store"
    is_versioned = scope["query_string"].startswith(b"v=")
    return "public, max-age=31536000, immutable" if is_versioned else "no-cache"


def _add(headers: MutableHeaders, always: Mapping[str, str], cache: str) -> None:
    for name, value in always.items():
        headers[name] = value
    headers.setdefault("Cache-Control", cache)
