"""Where a test sits between the simulated Twilio and an app that takes its receipts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.servers import serve
from tests.simulators.twilio import create_twilio
from tests.simulators.twilio_world import World

ACCOUNT, TOKEN = "AC" + "1" * 32, "demo-auth-token-0123456789abcdef"
SERVICE, SENDER = "MG" + "2" * 32, "+37255500001"
KEY = ("SK" + "3" * 32, "key-secret")
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


class Inbox:
    """An app that takes receipts: what came, and what it answers next."""

    def __init__(self) -> None:
        self.came: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.app = Starlette(routes=[Route("/{rest:path}", self.take, methods=["POST"])])
        self.url = ""

    async def take(self, request: Request) -> Response:
        form = [(key, str(value)) for key, value in (await request.form()).multi_items()]
        query = request.url.query
        answered = self.answers.pop(0) if self.answers else 204
        self.came.append(
            {
                "form": dict(form),
                "url": f"{self.url}{request.url.path}" + (f"?{query}" if query else ""),
                "signature": request.headers["x-twilio-signature"],
                "answered": answered,
            }
        )
        return Response(status_code=answered)

    @property
    def statuses(self) -> list[str]:
        return [came["form"]["MessageStatus"] for came in self.came]


class Seat:
    """A simulator in its own thread with a client that is signed in."""

    def __init__(self, url: str, world: World) -> None:
        self.url, self.world = url, world
        self.http = httpx.Client(base_url=url, auth=(ACCOUNT, TOKEN), timeout=30)

    def create(self, to: str | None = "+37255500100", **fields: str | None) -> httpx.Response:
        """From the Messaging Service; a field that is None is left out."""
        form = {"To": to, "MessagingServiceSid": SERVICE, "Body": "Hello"} | fields
        kept = {key: value for key, value in form.items() if value is not None}
        return self.http.post(PATH, data=kept)

    def plain(self, to: str | None = "+37255500100", **fields: str | None) -> httpx.Response:
        """From a number."""
        return self.create(to, **{"MessagingServiceSid": None, "From": SENDER} | fields)


@contextmanager
def running_inbox() -> Iterator[Inbox]:
    inbox = Inbox()
    with serve(inbox.app) as url:
        inbox.url = url
        yield inbox


@contextmanager
def running_twilio() -> Iterator[Seat]:
    app = create_twilio(pace=0, api_keys=dict([KEY]))
    with serve(app) as url:
        seat = Seat(url, app.state.world)
        with seat.http:
            yield seat
