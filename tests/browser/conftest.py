"""A real Chromium for the tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.opening import a_context
from tests.staged import Stage, a_stage

ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"]


@pytest.fixture
def started(chromium: str) -> Iterator[Browser]:
    """A Chromium; every test makes contexts of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def context(started: Browser) -> Iterator[BrowserContext]:
    """A new rep's, for several pages."""
    with a_context(started) as context:
        yield context


@pytest.fixture
def stage(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Stage]:
    """Volley's processes between both simulators; what is sent is held until `end_hold`."""
    with a_stage(
        database_url, valkey_url, tmp_path, digits=True, pace=0.3, UNDO_SECONDS="600"
    ) as running:
        yield running
