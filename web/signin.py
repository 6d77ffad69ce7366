"""The way to Pipedrive's sign-in and back, with what goes on afterwards kept sealed on our side."""

from __future__ import annotations

import json
import secrets
import uuid
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web.sessions import cookie_name, hash_of, runtime_of, set_cookie
from workers.domain.errors import CannotOpen, TooMany

_BROWSER = "volley-signin"
_TEN_MINUTES = 600


@dataclass(frozen=True, slots=True)
class Waiting:
    """What goes on after signing in. `kind`: action | again | form | page."""

    kind: str
    content: Mapping[str, Any] = field(repr=False)


HOME = Waiting("page", {"path": "/"})


@dataclass(frozen=True, slots=True)
class Way:
    """An address at Pipedrive that leads back to what waits, for this browser only."""

    url: str
    cookie: str = field(repr=False)

    def mark(self, request: Request, response: Response) -> Response:
        """Lets the browser prove on its return that it is the one that left."""
        settings = runtime_of(request).settings
        set_cookie(response, settings, _BROWSER, self.cookie, seconds=_TEN_MINUTES)
        return response


async def way_to_sign_in(request: Request, waiting: Waiting) -> Way:
    """Keeps what waits; its id is OAuth's `state`, good once, for ten minutes, in this browser."""
    runtime, state = runtime_of(request), uuid.uuid4()
    browser = _cookie(request)[0] or secrets.token_urlsafe(32)
    packed = zlib.compress(json.dumps([waiting.kind, waiting.content]).encode())
    kept = await runtime.sessions.keep(
        state,
        browser_hash=hash_of(browser),
        kind=waiting.kind,
        sealed=runtime.vault.seal(packed, row=_row(state)),
    )
    if not kept:
        raise TooMany(
            "too_many_sign_ins",
            "Too many people are signing in at once.",
            "Wait a minute, then go back and try again. Nothing was sent.",
        )
    return Way(runtime.identities.authorize_url(state.hex), f"{browser}.{state.hex}")


async def to_sign_in(request: Request, waiting: Waiting) -> Response:
    """Leads to Pipedrive's sign-in."""
    way = await way_to_sign_in(request, waiting)
    return way.mark(request, RedirectResponse(way.url, 303))


async def take_waiting(request: Request, state: str) -> Waiting | None:
    """What `state` stands for; None where it is unknown, used, too old or another browser's."""
    runtime, browser = runtime_of(request), _cookie(request)[0]
    try:
        found = uuid.UUID(hex=state)
    except ValueError:
        return None
    taken = await runtime.sessions.take(found, browser_hash=hash_of(browser)) if browser else None
    if taken is None:
        return None
    try:
        packed = runtime.vault.open(taken[1], row=_row(found))
    except CannotOpen:  # sealed with a key that was retired meanwhile
        return None
    kind, content = json.loads(zlib.decompress(packed))
    return Waiting(kind, content)


async def take_latest(request: Request) -> Waiting | None:
    """What this browser left with last: Pipedrive's refusals come back without a state."""
    return await take_waiting(request, _cookie(request)[1])


def _cookie(request: Request) -> tuple[str, str]:
    """The browser's secret and the last state it left with; `""` where it has none."""
    name = cookie_name(runtime_of(request).settings, _BROWSER)
    browser, _, state = request.cookies.get(name, "").partition(".")
    return browser, state


def _row(state: uuid.UUID) -> str:
    return f"continuations/{state}"
