"""Wiring only: a served Pipedrive simulator, and the adapters that talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.contract.pipedrive_served import a_pipedrive, access_to, as_new, settings_for
from tests.simulators.pipedrive_world import World
from workers.ports.outside import Access
from workers.providers.pipedrive import PipedrivePeople
from workers.providers.pipedrive_http import make_http
from workers.providers.pipedrive_records import PipedriveRecords


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    """A Pipedrive with 10,000 people, and its URL."""
    with a_pipedrive(people=10_000) as served:
        yield served


@pytest.fixture
def world(served: tuple[World, str]) -> World:
    """What is in it, without the traces of the test before."""
    return as_new(served[0])


@pytest.fixture
def access(world: World) -> Access:
    """An installed rep's right to call it."""
    return access_to(world)


@pytest.fixture
async def http(served: tuple[World, str]) -> AsyncIterator[httpx.AsyncClient]:
    """The app's client for Pipedrive."""
    async with make_http(settings_for(served[1])) as http:
        yield http


@pytest.fixture
def people(served: tuple[World, str], http: httpx.AsyncClient) -> PipedrivePeople:
    """The adapter under test; five minutes before the end of a UTC day."""
    late = datetime(2026, 11, 22, 23, 55, tzinfo=UTC)
    return PipedrivePeople(settings_for(served[1]), http, clock=lambda: late)


@pytest.fixture
def records(served: tuple[World, str], http: httpx.AsyncClient) -> PipedriveRecords:
    """The adapter for deals, organizations and activities."""
    return PipedriveRecords(settings_for(served[1]), http)
