"""Browser sessions: a random id in a cookie, its hash in the database, one or more people in it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import cast
from urllib.parse import parse_qs
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from web.pages import page
from workers.ports.outside import User
from workers.ports.runtime import Runtime
from workers.ports.viewing import Glance
from workers.settings import Settings

_SESSION = "volley"
_THIRTY_DAYS = 30 * 24 * 3600


def runtime_of(request: Request) -> Runtime:
    """The process's resources."""
    return cast(Runtime, request.app.state.runtime)


def cookie_name(settings: Settings, name: str) -> str:
    """`__Host-` makes browsers insist on Secure, this host and no subdomain; it needs https."""
    return f"__Host-{name}" if settings.is_https else name


def set_cookie(
    response: Response, settings: Settings, name: str, value: str, *, seconds: int
) -> None:
    """Lax, for Pipedrive opens us by a link on its own site; never readable by scripts."""
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=seconds,
        path="/",
        secure=settings.is_https,
        httponly=True,
        samesite="lax",
    )


def hash_of(value: str) -> bytes:
    """What the database knows of a cookie."""
    return hashlib.sha256(value.encode()).digest()


async def identities(request: Request) -> Sequence[User]:
    """Who is signed in with this browser, the newest sign-in first; asked once per request."""
    if not hasattr(request.state, "identities"):
        cookie = _cookie(request)
        found = await runtime_of(request).sessions.identities(hash_of(cookie)) if cookie else ()
        request.state.identities = tuple(found)
    return cast(Sequence[User], request.state.identities)


async def glance(request: Request, batch_id: UUID) -> Glance:
    """The same for a poll, with the batch's version: one question instead of two."""
    cookie = _cookie(request)
    found = (
        await runtime_of(request).sessions.glance(hash_of(cookie), batch_id) if cookie else Glance()
    )
    request.state.identities = tuple(found.users)
    return found


async def is_signed_in(request: Request, *, company_id: int, user_id: int) -> bool:
    """Whether this browser may act as that user."""
    return any(
        (known.company_id, known.user_id) == (company_id, user_id)
        for known in await identities(request)
    )


async def signed_in_lately(request: Request, user: User, *, within: timedelta) -> bool:
    """Whether `user` proved who they are a short while ago (ASVS 7.5: before what matters most)."""
    cookie, runtime = _cookie(request), runtime_of(request)
    fresh = await runtime.sessions.fresh(hash_of(cookie), within=within) if cookie else ()
    return (user.company_id, user.user_id) in fresh


async def departed(request: Request) -> Sequence[tuple[int, int]]:
    """(company, user) whose app was uninstalled while they were signed in with this browser."""
    cookie = _cookie(request)
    return await runtime_of(request).sessions.departed(hash_of(cookie)) if cookie else ()


async def sign_in(request: Request, response: Response, user: User, *, proved: bool) -> None:
    """Adds `user` to this browser's session under a new id; the old id is worth nothing then.

    `proved`: by Pipedrive's own page. A link that it signed may be in other hands for as long as its
    token lives, so it opens texts, never the settings.
    """
    runtime, new = runtime_of(request), secrets.token_urlsafe(32)
    old = _cookie(request) or secrets.token_urlsafe(32)
    await runtime.sessions.sign_in(
        hash_of(old),
        hash_of(new),
        company_id=user.company_id,
        user_id=user.user_id,
        proved=proved,
    )
    set_cookie(response, runtime.settings, _SESSION, new, seconds=_THIRTY_DAYS)


def _cookie(request: Request) -> str:
    return request.cookies.get(cookie_name(runtime_of(request).settings, _SESSION), "")


async def sign_out(request: Request) -> Response:
    """Ends the session for everybody in it, here and at once; `everywhere=1`: all their others too."""
    runtime = runtime_of(request)
    if "1" in parse_qs((await request.body()).decode("latin-1")).get("everywhere", ()):
        for user in await identities(request):
            await runtime.sessions.sign_out_everywhere(user.company_id, user.user_id)
    if cookie := _cookie(request):
        await runtime.sessions.sign_out(hash_of(cookie))
    response = RedirectResponse("/signed-out", 303)
    set_cookie(response, runtime.settings, _SESSION, "", seconds=0)
    return response


async def signed_out(request: Request) -> Response:
    """Says so, instead of leading straight back to Pipedrive's sign-in."""
    return page(
        request,
        "notice.html",
        title="You are signed out.",
        advice="Texts that you sent go on being sent.",
        link=("/install", "Sign in with Pipedrive"),
    )


routes = [
    Route("/logout", sign_out, methods=["POST"]),
    Route("/signed-out", signed_out, methods=["GET"]),
]
