"""A company's settings at the door: a Pipedrive, a Twilio, and an operator without an account."""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg

from tests.contract.pipedrive_served import a_pipedrive
from tests.door import PUBLIC_URL, Browser, Door, a_door, settings_of
from tests.servers import serve
from tests.simulators.twilio import create_twilio
from tests.simulators.twilio_world import World

ACCOUNT, TOKEN = "AC" + "1" * 32, "demo-auth-token-0123456789abcdef"
KEY = ("SK" + "3" * 32, "key-secret")
ADMIN = {"company_id": 42, "user_id": 8}
SERVICE, NUMBER = "MG" + "2" * 32, "+37255500001"


@dataclass(frozen=True)
class Counter:
    """The door and the Twilio behind it."""

    door: Door
    twilio: World

    async def execute(self, statement: str) -> None:
        """What no page does, straight in the database."""
        url = self.door.runtime.settings.postgres_url
        async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            await connection.execute(statement.encode())

    async def stored(self) -> str:
        """All that is stored of accounts, as text."""
        url = self.door.runtime.settings.postgres_url
        async with await psycopg.AsyncConnection.connect(url) as connection:
            query = (
                "SELECT coalesce(string_agg(to_jsonb(a)::text, ' '), '') FROM company_accounts a"
            )
            [row] = await (await connection.execute(query)).fetchall()
        return str(row[0])


@contextlib.asynccontextmanager
async def a_counter(database_url: str, **more: Any) -> AsyncIterator[Counter]:
    """Nobody has installed the app yet; the demo company's rep is an admin."""
    app = create_twilio(pace=0, api_keys=dict([KEY]))
    with a_pipedrive() as (world, url), serve(app) as twilio_url:
        world.app_url, world.callback = PUBLIC_URL, f"{PUBLIC_URL}/oauth/callback"
        given = {"twilio_url": twilio_url, "twilio_account_sid": "", **more}
        async with a_door(settings_of(database_url, url, **given), world) as door:
            yield Counter(door, app.state.world)


async def connect(browser: Browser, **fields: str) -> httpx.Response:
    """The form with a login, the right one unless said otherwise."""
    form = {"section": "connect", "account_sid": ACCOUNT, "auth_token": TOKEN, **fields}
    return await browser.post("/settings", form)


async def choose(browser: Browser, sender: str = NUMBER) -> httpx.Response:
    """The form with a sender of the list."""
    return await browser.post("/settings", {"section": "sender", "listed": sender})


def words(answer: httpx.Response) -> str:
    """What a page says, without its tags."""
    plain = re.sub(r"<[^>]+>", " ", answer.text)
    return " ".join(html.unescape(plain).split())
