"""Wiring only: which fixtures every test may ask for."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests import services
from workers.store.migrate import upgrade


def pytest_configure() -> None:
    """Told to end, a test run ends like on Ctrl-C: the servers and processes it started go too.

    And no example of Hypothesis has a deadline: it would tell of the machine, not of the app.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings.register_profile("any machine", deadline=None)
    settings.load_profile("any machine")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL: `TEST_DATABASE_URL`, or one from the wheel."""
    with services.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """A real Valkey of this test run."""
    with services.valkey() as url:
        yield url


@pytest.fixture(scope="session")
def _migrated(postgres_url: str) -> Iterator[str]:
    """The name of a database that has the schema and nothing in it."""
    with services.a_database(postgres_url) as url:
        upgrade(url)
        yield services.name_of(url)


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """A new database without any table."""
    with services.a_database(postgres_url) as url:
        yield url


@pytest.fixture
def database_url(postgres_url: str, _migrated: str) -> Iterator[str]:
    """A new, migrated, empty database for one test (20 ms)."""
    with services.a_database(postgres_url, template=_migrated) as url:
        yield url


@pytest.fixture(scope="module")
def module_database_url(postgres_url: str, _migrated: str) -> Iterator[str]:
    """The same for the tests of one module together."""
    with services.a_database(postgres_url, template=_migrated) as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for playwright's `executable_path`."""
    return services.chromium()
