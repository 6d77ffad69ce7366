"""The browser of a rep who was never here before, as patient as a machine that is busy needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

#: Milliseconds for a press, a page and what is expected on it: nothing that goes well takes so long.
PATIENCE = 30_000
#: For what comes after other processes have done their part: texts that are sent, and settled.
SETTLED = 90_000

expect.set_options(timeout=PATIENCE)


def found(page: Page) -> None:
    """Everybody of a draft is found, and the page's script listens."""
    expect(page.locator("#batch:not([data-finding])")).to_be_visible()
    page.wait_for_load_state()


@contextmanager
def a_context(started: Browser, **look: Any) -> Iterator[BrowserContext]:
    """For several pages."""
    context = started.new_context(**look)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


@contextmanager
def a_page(started: Browser, **look: Any) -> Iterator[Page]:
    """For a single one."""
    with a_context(started, **look) as context:
        yield context.new_page()
