"""The whole door on a real database and a simulated Pipedrive, and browsers to visit it with."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
from starlette.applications import Starlette

from tests.simulators.pipedrive_world import World
from web.app import create_app
from workers.ports.runtime import Runtime
from workers.runtime import open_runtime
from workers.settings import Settings

PUBLIC_URL = "https://volley.test"
CLIENT_ID, CLIENT_SECRET = "demo-client", "demo-client-secret-0123456789abcdef"
TWILIO = ("AC" + "0" * 32, "twilio-auth-token-0123456789abcdef")


class NotedBell:
    """A bell that only remembers what was rung."""

    def __init__(self) -> None:
        self.rung: list[UUID] = []

    async def resolve(self, batch_id: UUID) -> None:
        self.rung.append(batch_id)

    async def send(self, batch_id: UUID) -> None:
        self.rung.append(batch_id)

    async def is_reachable(self) -> bool:
        return False


@dataclass(frozen=True)
class Door:
    """The app, what is behind it, and the Pipedrive in front of it."""

    app: Starlette
    runtime: Runtime
    bell: NotedBell
    pipedrive: World

    @contextlib.asynccontextmanager
    async def browser(self) -> AsyncIterator[Browser]:
        """A browser of its own: own cookies, follows nothing by itself."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
            yield Browser(client, self)

    async def batches(self) -> int:
        """How many batches the demo company has."""
        return len(await self.runtime.batches.of_company(self.pipedrive.company_id))


@dataclass(frozen=True)
class Browser:
    """What a rep's browser does."""

    client: httpx.AsyncClient
    door: Door

    async def get(self, address: str, **headers: str) -> httpx.Response:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.get(address, headers={"Accept": "text/html", **given})

    async def get_long(self, address: str, *, query: bytes | None = None) -> httpx.Response:
        """The same for addresses that httpx finds too long or will not write."""
        parts = urlsplit(address)
        cookies = "; ".join(f"{name}={value}" for name, value in self.client.cookies.items())
        scope = {
            "type": "http",
            "method": "GET",
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "query_string": parts.query.encode() if query is None else query,
            "headers": [(b"accept", b"text/html"), (b"cookie", cookies.encode())],
        }
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.door.app(scope, receive, send)
        body = b"".join(part.get("body", b"") for part in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=body)

    async def post(
        self, address: str, form: dict[str, str] | None = None, **headers: str
    ) -> httpx.Response:
        """A form of our own page."""
        own = {"Accept": "text/html", "Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"}
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.client.post(address, data=form or {}, headers={**own, **given})

    async def allow(
        self, left: httpx.Response, *, company_id: int | None = None, user_id: int | None = None
    ) -> httpx.Response:
        """Pipedrive's *Allow*, after our answer `left` led (or linked) to its sign-in."""
        code = self.door.pipedrive.grant_code(company_id, user_id)
        return await self.get(f"/oauth/callback?code={code}&state={state_of(left)}")

    async def sign_in(self, *, company_id: int | None = None, user_id: int | None = None) -> None:
        """Signed in, at the first page."""
        back = await self.allow(await self.get("/install"), company_id=company_id, user_id=user_id)
        assert back.status_code == 303, back.text


def state_of(left: httpx.Response) -> str:
    """The state that we sent to Pipedrive."""
    address = left.headers.get("location") or re.search(
        r'href="(http[^"]*authorize[^"]*)"', left.text
    )
    text = (
        address if isinstance(address, str) else address[1].replace("&amp;", "&") if address else ""
    )
    return parse_qs(urlsplit(text).query)["state"][0]


def settings_of(database_url: str, pipedrive_url: str, **more: Any) -> Settings:
    """An app at `PUBLIC_URL` with the simulator's credentials."""
    known: dict[str, Any] = {
        "secret_key": "s" * 32,
        "public_url": PUBLIC_URL,
        "database_url": database_url,
        "pipedrive_url": pipedrive_url,
        "pipedrive_client_id": CLIENT_ID,
        "pipedrive_client_secret": CLIENT_SECRET,
        "twilio_account_sid": TWILIO[0],
        "twilio_auth_token": TWILIO[1],
        "twilio_from": "+37255500001",
        "quiet_hours": "off",  # tests run at night too
    }
    return Settings(_env_file=None, **{**known, **more})


@contextlib.asynccontextmanager
async def a_door(settings: Settings, pipedrive: World) -> AsyncIterator[Door]:
    """A door whose bell rings nobody."""
    bell = NotedBell()
    async with open_runtime(settings) as opened:
        runtime = replace(opened, bell=bell)
        yield Door(create_app(settings, runtime=runtime), runtime, bell, pipedrive)


async def install(door: Door) -> None:
    """The demo rep installed the app once, in another browser."""
    async with door.browser() as elsewhere:
        await elsewhere.sign_in()
