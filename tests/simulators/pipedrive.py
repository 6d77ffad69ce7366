"""A Pipedrive to develop, demonstrate and test against: a real server with people, OAuth and an API."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys
from typing import cast

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.simulators.pipedrive_api import api_routes
from tests.simulators.pipedrive_gate import Gate
from tests.simulators.pipedrive_oauth import OAuth
from tests.simulators.pipedrive_pages import page_routes
from tests.simulators.pipedrive_record_pages import record_routes
from tests.simulators.pipedrive_world import World

SCOPE = "base,contacts:read,deals:read,activities:read"
NOT_SIMULATED = """\
This is a simulated Pipedrive. What it does not do, or only guesses:
  - nothing can be written through its API; no webhooks; lists of deals show the open ones, as a saved filter's do not
  - custom fields, search, marketing status, visibility groups (one person is simply hidden from everyone)
  - any real sign-in: pick who you are at the top of the page
  - the action works before the app is installed; the real menu shows it only to users who installed it
  - Pipedrive's own limit on the length of a link, and the HTML errors of its firewall (unless injected)
  - undocumented and guessed: whether real link actions carry a token, the 429 body, the keys of OAuth errors,
    the answer for a filter of another type, the life of a cursor, the hour at which the daily budget starts anew"""


def create_pipedrive(
    *,
    app_url: str,
    client_id: str = "demo-client",
    client_secret: str = "demo-client-secret-0123456789abcdef",
    jwt_secret: str | None = None,
    people: int = 60,
    company_id: int = 42,
    user_id: int = 7,
    self_url: str | None = None,
    scope: str = SCOPE,
) -> Starlette:
    """The simulator; `app.state.world` is everything in it."""
    world = World(
        app_url=app_url,
        client_id=client_id,
        client_secret=client_secret,
        jwt_secret=jwt_secret or client_secret,
        people=people,
        company_id=company_id,
        user_id=user_id,
        self_url=self_url,
    )
    world.scope = scope

    def told(request: Request) -> Response:
        rows = [
            [call.method, call.path, call.query, call.cost, call.status] for call in world.calls
        ]
        return JSONResponse({"tokens_used": world.tokens_used, "calls": rows})

    def phones(request: Request) -> JSONResponse:
        found = ((one["name"], one["phones"]) for one in world.people.values())
        return JSONResponse([[name, it["value"]] for name, numbers in found for it in numbers])

    app = Starlette(
        routes=[
            Route("/simulator/calls", told),
            Route("/simulator/phones", phones),
            *OAuth(world).routes(),
            *api_routes(world),
            *page_routes(world),
            *record_routes(world),
        ],
        middleware=[Middleware(Gate, world=world)],
    )
    app.state.world = world
    return app


def world_of(app: Starlette) -> World:
    """The typed `app.state.world`."""
    return cast(World, app.state.world)


def main() -> None:
    """`python -m tests.simulators.pipedrive --port 8081 --app-url http://localhost:8000`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--app-url", required=True, help="where the app is, as browsers see it")
    parser.add_argument("--self-url", help="where this simulator is, as the app sees it")
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--client-id", default="demo-client")
    parser.add_argument("--client-secret", default="demo-client-secret-0123456789abcdef")
    parser.add_argument("--jwt-secret")
    parser.add_argument("--scope", default=SCOPE, help="what the app may do")
    given = parser.parse_args()
    app = create_pipedrive(
        app_url=given.app_url,
        client_id=given.client_id,
        client_secret=given.client_secret,
        jwt_secret=given.jwt_secret,
        people=given.people,
        self_url=given.self_url or f"http://localhost:{given.port}",
        scope=given.scope,
    )
    print(NOT_SIMULATED, flush=True)
    print(f"Pipedrive (simulated) listens on http://localhost:{given.port}", flush=True)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=given.port, log_level="warning", timeout_graceful_shutdown=3
    )
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn stops, then raises it again
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
