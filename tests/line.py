"""The whole line on real parts: database, both simulators, the served door, and a worker to drive."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from tests.servers import free_port, serve
from tests.simulators.pipedrive import create_pipedrive
from tests.simulators.twilio import create_twilio
from web.app import create_app
from workers.domain.delivery import State
from workers.ports.outside import Tokens, User
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.runtime import open_runtime
from workers.sender import Sender
from workers.settings import Settings
from workers.stages.watch import watch

REP = User(42, 7, "Rep Rebane", "Acme", "acme", "EE", "Europe/Tallinn", is_admin=True)


@dataclass(slots=True)
class Line:
    """Everything of one test's line; `pipedrive` and `twilio` are the simulators' worlds."""

    settings: Settings
    runtime: Runtime
    sender: Sender
    pipedrive: Any
    twilio: Any
    url: str  # the door
    site: str  # the simulated Pipedrive

    async def view(self, batch_id: UUID) -> BatchView:
        view = await self.runtime.batches.view(batch_id)
        assert view is not None
        return view

    async def sql(self, text: LiteralString, *given: object) -> list[dict[str, Any]]:
        """What a statement answers; time passes in tests by moving stored times."""
        async with await psycopg.AsyncConnection.connect(
            self.settings.postgres_url, row_factory=dict_row
        ) as connection:
            cursor = await connection.execute(text, given)
            return await cursor.fetchall() if cursor.description else []

    async def until(self, batch_id: UUID, condition: Any, *, seconds: float = 60) -> BatchView:
        """Lets sender and watch work until `condition(view)`."""
        end = asyncio.get_running_loop().time() + seconds
        while True:
            view = await self.view(batch_id)
            if condition(view):
                return view
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(f"still {view.life} {view.counts}")
            await watch(self.runtime)
            await asyncio.sleep(0.03)


def is_handed_over(view: BatchView) -> bool:
    """Nobody waits, and Twilio has answered for everybody."""
    return not view.counts[State.READY] + view.counts[State.SENDING]


def settings_for(
    database_url: str, *, url: str, pipedrive: str, twilio: str, **more: object
) -> Settings:
    """Settings of a line; `more` by field name."""
    fields: dict[str, Any] = {
        "port": int(url.rpartition(":")[2]),
        "public_url": url,
        "secret_key": "a-key-for-tests-only-0123456789abcdef",
        "database_url": database_url,
        "pipedrive_client_id": "demo-client",
        "pipedrive_client_secret": "demo-client-secret-0123456789abcdef",
        "pipedrive_url": pipedrive,
        "twilio_account_sid": "AC" + "1" * 32,
        "twilio_auth_token": "demo-auth-token-0123456789abcdef",
        "twilio_from": "+37255500001",
        "twilio_companies": "*",
        "twilio_url": twilio,
        "undo_seconds": 0,
        "lookups": "0.2s,0.5s,1s",
        "silence": "0.5s,1s,2s",
        "quiet_hours": "off",  # tests run at night too
        "guard_hours": 0,  # and text the same few people again and again
        **more,
    }
    return Settings(**fields)


@contextlib.asynccontextmanager
async def a_line(
    database_url: str,
    *,
    people: int = 60,
    twilio: Mapping[str, Any] | None = None,
    **more: object,
) -> AsyncIterator[Line]:
    """A line that works until the block ends; the rep (42, 7) has installed the app."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    crm = create_pipedrive(app_url=url, people=people)
    sms = create_twilio(**{"pace": 0, **(twilio or {})})
    sms.state.world.inbound = f"{url}/twilio/inbound"
    with serve(crm) as site, serve(sms) as twilio_url:
        settings = settings_for(database_url, url=url, pipedrive=site, twilio=twilio_url, **more)
        with serve(create_app(settings), port=port):
            async with open_runtime(settings) as runtime:
                await runtime.installations.save(REP, granted(crm.state.world, site))
                sender = Sender(runtime)
                running = asyncio.get_running_loop().create_task(sender.run())
                try:
                    yield Line(
                        settings, runtime, sender, crm.state.world, sms.state.world, url, site
                    )
                finally:
                    await sender.drain(seconds=30)
                    await running


def granted(world: Any, site: str) -> Tokens:
    """Tokens as if the rep had consented."""
    grant = world.grant(42, 7)
    return Tokens(grant["access_token"], grant["refresh_token"], 3600, site, grant["scope"])
