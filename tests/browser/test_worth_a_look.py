"""A spent day and numbers in a row, as rep and support see them, in both themes and at both widths."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import SETTLED, a_page
from tests.browser.test_page_quality import TEXT, faults
from tests.staged import Stage, a_stage
from workers.ports.rails import IN_A_ROW


@pytest.fixture
def stage(
    database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("look")
    with a_stage(database_url, valkey_url, folder, pace=0.2, UNDO_SECONDS="1") as running:
        world = running.pipedrive
        world.allow_at_once = True
        world.users[world.company_id, world.user_id]["admin"] = True
        yield running


def pictures(page: Page, name: str) -> None:
    """Kept where `PICTURES` names a folder, for somebody to look at."""
    folder = os.environ.get("PICTURES")
    for width in (320, 1280) if folder else ():
        for theme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
            page.screenshot(path=f"{folder}/{name}-{width}-{theme}.png")


def test_a_spent_day_and_numbers_in_a_row_are_said_and_typed_over(
    started: Browser, stage: Stage
) -> None:
    row = [
        stage.pipedrive.add_person(name="Mari", phone=f"+372 5587 7{n:03}")["id"]
        for n in range(IN_A_ROW)
    ]
    with a_page(started) as page:
        page.goto(stage.pipedrive.link_url(row))
        expect(page.locator("#send")).to_be_visible()
        page.goto(f"{stage.url}/settings")
        page.locator("#texts-a-day").fill("40")
        page.locator("#do-rules").click()
        page.goto(stage.pipedrive.link_url(row))
        expect(page.locator(".waits").first).to_contain_text("follow closely on one another")
        page.locator("#body").fill(TEXT)
        expect(page.locator("#facts .bubble")).to_be_visible()
        expect(page.locator(".type")).to_contain_text("don't suffice for 60 people of them")
        found = faults(page, "above the day's rest")
        pictures(page, "draft")

        page.locator("#people-typed").fill(str(IN_A_ROW))
        page.locator("#people-typed").press("Enter")
        expect(page.locator("main")).to_contain_text("texts for today are used up", timeout=SETTLED)
        page.goto(f"{stage.url}/support")

        expect(page.locator("#alerts-title")).to_have_text("Worth a look")
        expect(page.locator("main")).to_contain_text("the 40 texts of")
        found += faults(page, "support")
        pictures(page, "support")
        page.get_by_role("link", name="Open this text").press("Enter")
        expect(page.locator("main")).to_contain_text("can allow more in Volley's settings")
        pictures(page, "capped")
    assert not found, "\n".join(found)
