"""What is wrong with a page for somebody who reads it otherwise than its maker."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RUN = "axe.run({resultTypes: ['violations']}).then((result) => result.violations)"


def look(page: Page) -> list[str]:
    """What axe finds, and what hangs over the side."""
    page.wait_for_load_state()
    page.evaluate(Axe().axe_script)
    found = [f"{it['id']}: {it['nodes'][0]['html']}" for it in page.evaluate(RUN)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append("too wide")
    return found
