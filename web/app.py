"""The door, put together: routes, guards, reactions and the runtime behind them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from web import (
    actions,
    batches,
    controls,
    disconnect,
    drafts,
    editing,
    health,
    history,
    home,
    oauth,
    pages,
    person,
    receipts,
    reconnect,
    sessions,
    settings,
    support,
)
from web.guards import OnlyOurPages
from web.headers import SecurityHeaders
from web.limits import Limits
from web.reactions import Reactions, react
from workers.garbage import collect_rarely
from workers.ports.runtime import Runtime
from workers.runtime import open_runtime
from workers.settings import Settings

#: The longest form is a text of some thousand characters; receipts are far shorter.
LONGEST_BODY = 256 * 1024


def create_app(settings: Settings, *, runtime: Runtime | None = None) -> Starlette:
    """The whole door; without a `runtime` it opens its own while it is served."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if runtime is not None:
            yield
            return
        async with open_runtime(settings) as opened:
            app.state.runtime = opened
            collect_rarely()
            yield

    app = Starlette(
        routes=_routes(),
        lifespan=lifespan,
        middleware=[
            Middleware(SecurityHeaders, settings=settings),
            Middleware(Reactions),
            Middleware(Limits, longest_body=LONGEST_BODY),
            Middleware(OnlyOurPages, settings=settings),
        ],
        exception_handlers={HTTPException: react},
    )
    app.state.answers, app.state.previews = batches.answers(), drafts.previews()
    app.router.redirect_slashes = False  # its redirect would be built from the Host header
    if runtime is not None:
        app.state.runtime = runtime
    return app


def _routes() -> list[BaseRoute]:
    """What is asked most comes first: they are tried in this order."""
    ours = (
        *(receipts, batches, actions, oauth, sessions, controls, editing, reconnect),
        *(person, history, support, settings, home, disconnect, health),
    )
    return [pages.static, *(route for module in ours for route in module.routes)]
