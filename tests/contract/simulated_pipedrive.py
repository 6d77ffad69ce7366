"""The served Pipedrive simulator and a client signed in to it, for the tests of the simulator."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx

from tests.servers import serve
from tests.simulators.pipedrive import create_pipedrive
from tests.simulators.pipedrive_world import World

SECRET = "demo-client-secret-0123456789abcdef"
BASIC = httpx.BasicAuth("demo-client", SECRET)
CALLBACK = "http://app.test/oauth/callback"


class Pipedrive:
    """The served simulator, and a client that is signed in to it."""

    def __init__(self, world: World, url: str) -> None:
        self.world = world
        token = world.grant()["access_token"]
        login = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=url, headers=login, timeout=30)

    def people(self, **query: object) -> httpx.Response:
        return self.http.get("/api/v2/persons", params={k: str(v) for k, v in query.items()})

    def walk(self, **query: object) -> list[list[int]]:
        pages, cursor = [], ""
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = self.people(limit=500, sort_by="id", **query, **more).json()
            pages.append([row["id"] for row in answer["data"]])
            cursor = answer["additional_data"]["next_cursor"]
            if cursor is None:
                return pages

    def token(self, **form: str) -> httpx.Response:
        return self.http.post("/oauth/token", data=form, auth=BASIC)


@contextlib.contextmanager
def served_pipedrive(*, people: int = 60) -> Iterator[Pipedrive]:
    """Served until the block ends."""
    app = create_pipedrive(app_url="http://app.test", people=people)
    with serve(app) as url:
        found = Pipedrive(app.state.world, url)
        with found.http:
            yield found
