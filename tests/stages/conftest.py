"""Wiring only: finding people with a Pipedrive in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes_pipedrive import a_tokens, a_user
from tests.finder import Finder
from tests.office import an_office


@pytest.fixture
async def finder(module_database_url: str) -> AsyncIterator[Finder]:
    """The rep has installed the app."""
    async with an_office(module_database_url) as office:
        finder = Finder(office)
        await finder.installations.save(a_user(42, 7), a_tokens())
        yield finder
