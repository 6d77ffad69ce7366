"""After sending: an open page learns what its texts did cost, and what everybody was sent is found."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.opening import SETTLED, a_page
from tests.browser.test_batch_page import refresh_until
from tests.browser.test_page_quality import TEXT, faults, heading
from tests.staged import Stage, a_stage


@pytest.fixture(scope="module")
def stage(
    module_database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with a_stage(
        module_database_url,
        valkey_url,
        tmp_path_factory.mktemp("after"),
        people=220,
        UNDO_SECONDS="0",
        GUARD_HOURS="0",
        PRICE_LOOKS=",".join(f"{seconds}s" for seconds in range(1, 120)),
    ) as running:
        running.pipedrive.allow_at_once = True
        running.twilio.price_lag = math.inf
        yield running


def test_an_open_page_learns_what_the_texts_did_cost(started: Browser, stage: Stage) -> None:
    with a_page(started) as page:
        page.goto(stage.pipedrive.link_url([1, 2, 4]))
        expect(page.locator("#send")).to_have_text("Send to 3 people")
        page.locator("#body").fill(TEXT)
        page.locator("#send").click()
        heading(page, "3 of 3 delivered$")
        expect(page.locator("#bill")).to_have_text(
            "These 3 texts have no price yet; it usually comes within a day.", timeout=SETTLED
        )
        for text in list(stage.twilio.texts.values()):
            text.price_lag = 0
        expect(page.locator("#bill")).to_have_text(
            re.compile(r"^These 3 texts cost \$0\.\d\d\.$"), timeout=SETTLED
        )
        expect(page.locator("#batch")).to_have_attribute("data-over", "yes", timeout=SETTLED)
        assert not faults(page, "priced")


def test_what_three_and_what_all_were_sent_is_found_and_shown(
    started: Browser, stage: Stage
) -> None:
    with a_page(started) as page:
        for link, title in (
            ({"selected_ids": [1, 2, 4]}, "3 people"),
            ({"filter": {"everyone": 1}}, "2"),
        ):
            stage.pipedrive.delay("/api/v2/persons", 600)
            page.goto(stage.pipedrive.link_url(action="history", **link))
            expect(page.get_by_role("heading", level=1)).to_have_text("Finding people…")
            stage.pipedrive.delay("/api/v2/persons", 0)
            heading(page, f"^{title}")
            expect(page.locator(".story").first).to_contain_text("delivered")
            assert not faults(page, f"history of {title}")


def test_without_javascript_it_is_loaded_again_by_hand(started: Browser, stage: Stage) -> None:
    stage.pipedrive.delay("/api/v2/persons", 600)
    with a_page(started, java_script_enabled=False) as page:
        page.goto(stage.pipedrive.link_url([1, 2], action="history"))
        for _ in range(3):
            expect(page.locator("h1")).to_have_text("Finding people…")
            page.get_by_role("link", name="Refresh").click()
        stage.pipedrive.delay("/api/v2/persons", 0)
        refresh_until(page, "^2 people$")
        heading(page, "2 people")


def test_while_pipedrive_lets_nobody_be_found_the_page_says_until_when(
    started: Browser, stage: Stage
) -> None:
    """The last one here: what is left of the day is remembered until the next."""
    world = stage.pipedrive
    world.daily_limit, world.budget = 40, 0
    with a_page(started) as page:
        page.goto(world.link_url(action="history", filter={"everyone": 1}))
        expect(page.locator(".notice").first).to_contain_text("Finding people continues at")
        assert not faults(page, "waiting")
