"""The Pipedrive simulator on a real socket, for the adapters' tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from tests.servers import free_port, serve
from tests.simulators.pipedrive import create_pipedrive, world_of
from tests.simulators.pipedrive_world import World
from workers.ports.outside import Access
from workers.settings import Settings

CLIENT_ID, CLIENT_SECRET = "demo-client", "demo-client-secret-0123456789abcdef"
PUBLIC_URL = "http://volley.test"


def settings_for(pipedrive_url: str, **more: object) -> Settings:
    """Settings of an app whose Pipedrive is at `pipedrive_url` ("" = the real one)."""
    return Settings(
        secret_key="s" * 32,
        public_url=PUBLIC_URL,
        pipedrive_url=pipedrive_url,
        pipedrive_client_id=CLIENT_ID,
        pipedrive_client_secret=CLIENT_SECRET,
        **more,  # type: ignore[arg-type]  # by keyword, each of its own type
    )


@contextlib.contextmanager
def a_pipedrive(people: int = 60) -> Iterator[tuple[World, str]]:
    """What is in it, and its URL."""
    port = free_port()
    app = create_pipedrive(
        app_url=PUBLIC_URL,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        people=people,
        self_url=f"http://127.0.0.1:{port}",
    )
    with serve(app, port=port) as url:
        yield world_of(app), url


def as_new(world: World) -> World:
    """Without faults, calls and spent tokens."""
    world.faults.clear()
    world.calls.clear()
    world.delays.clear()
    world.recent.clear()
    world.tokens_used, world.budget, world.empty_pages = 0, world.daily_limit, 0
    world.rotate_refresh_tokens, world.allow_at_once = False, True
    return world


def access_to(world: World, *, company_id: int | None = None, user_id: int | None = None) -> Access:
    """An installed user's right to call it."""
    answer = world.grant(company_id, user_id)
    who = (company_id or world.company_id, user_id or world.user_id)
    return Access(*who, answer["access_token"], answer["api_domain"])
