"""Wiring only: the door on a real database with a simulated Pipedrive, and a browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.pipedrive_served import a_pipedrive
from tests.counter import ADMIN, Counter, a_counter
from tests.door import PUBLIC_URL, Browser, Door, a_door, settings_of


@pytest.fixture
async def door(database_url: str) -> AsyncIterator[Door]:
    """The door at `PUBLIC_URL`; nobody has installed the app yet."""
    with a_pipedrive() as (world, url):
        world.app_url = PUBLIC_URL
        world.callback = f"{PUBLIC_URL}/oauth/callback"
        async with a_door(settings_of(database_url, url), world) as door:
            yield door


@pytest.fixture
async def browser(door: Door) -> AsyncIterator[Browser]:
    """A browser that was never here before."""
    async with door.browser() as browser:
        yield browser


@pytest.fixture
async def counter(database_url: str) -> AsyncIterator[Counter]:
    """A door between both simulators whose operator has no Twilio account."""
    async with a_counter(database_url) as counter:
        yield counter


@pytest.fixture
async def admin(counter: Counter) -> AsyncIterator[Browser]:
    """The browser of an admin of the demo company, signed in at the counter."""
    async with counter.door.browser() as browser:
        await browser.sign_in(**ADMIN)
        yield browser
