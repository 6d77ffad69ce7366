"""Who gets the text, in a real browser: take out, put back, another number."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import APIResponse, BrowserContext, Page, Route, expect

from tests.browser.opening import SETTLED
from tests.staged import Stage

TEXT = "Hi {{ person.first_name | default: 'there' }}, we open at nine."
THREE_PHONES = 38


@pytest.fixture
def page(context: BrowserContext, stage: Stage) -> Page:
    stage.pipedrive.allow_at_once = True
    page = context.new_page()
    page.goto(stage.pipedrive.link_url([1, 2, THREE_PHONES]))
    expect(page.locator("#send")).to_have_text("Send to 3 people")
    return page


def ticks(page: Page, name: str) -> None:
    """Presses the box of a person with the keyboard."""
    page.get_by_role("checkbox", name=f"Text {name}").press("Space")


def test_a_box_and_a_number_change_who_is_texted_where(page: Page, stage: Stage) -> None:
    page.locator("#body").fill(TEXT)
    liis = page.locator("#rows tr").first.locator(".called").inner_text()
    ticks(page, liis)
    expect(page.locator("#send")).to_have_text("Send to 2 people")
    expect(page.get_by_role("heading", level=1)).to_have_text("Text 2 people")
    box = page.get_by_role("checkbox", name=f"Text {liis}")
    expect(box).to_be_focused()
    expect(box).not_to_be_checked()
    expect(page.locator("#body")).to_have_value(TEXT)
    box.click()
    expect(box).to_be_checked()
    box.click()
    expect(box).not_to_be_checked()
    page.locator("summary:has-text('Three-phones')").click()
    page.get_by_role("button", name=re.compile("Use this .+ 0039")).click()
    expect(page.get_by_text("– this one")).to_be_visible()
    expect(page.locator("summary:has-text('Three-phones')")).to_be_focused()
    page.locator("#send").click()
    stage.end_hold()
    expect(page.get_by_role("heading", level=1)).to_have_text("2 of 2 delivered", timeout=SETTLED)
    assert "+37256120039" in stage.texted()
    assert "+37256120038" not in stage.texted()
    assert len(stage.texted()) == 2


#: Every number of people that the button has said.
HEARD = """() => { window.heard = new Set();
  new MutationObserver(() => window.heard.add(document.querySelector("#send").textContent))
    .observe(document.body, { subtree: true, childList: true, characterData: true }); }"""


def test_an_answer_that_is_older_than_what_was_saved_takes_nothing_back(
    page: Page, stage: Stage
) -> None:
    stage.fleet.kill("worker")  # the page asks as long as the test is on its way
    page.locator("#body").fill(TEXT)
    page.locator("#tryout-open").click()
    page.locator("#test_number").fill("+372 5999 0001")
    page.locator("#do-test").click()
    expect(page.locator(".tryouts")).to_contain_text("on its way")
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        held.append((route, route.fetch()))

    page.route("**/progress*", hold, times=1)
    while not held:
        page.wait_for_timeout(50)
    page.locator("#rows [role=checkbox]").first.click()
    expect(page.locator("#send")).to_have_text("Send to 2 people")
    [(route, old)] = held
    assert old.status == 200
    page.evaluate(HEARD)
    with page.expect_request("**/progress*"):
        route.fulfill(response=old)
    assert "Send to 3 people" not in page.evaluate("[...window.heard]")


def test_a_page_that_is_older_than_the_draft_changes_nobody(page: Page, stage: Stage) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    first, second = page.locator("#rows [role=checkbox]"), other.locator("#rows [role=checkbox]")
    first.nth(0).click()
    expect(page.locator("#send")).to_have_text("Send to 2 people")
    second.nth(1).click()
    expect(other.locator("#unsaved")).to_contain_text("changed since you looked")
    expect(second.nth(1)).to_be_checked()
    other.reload()
    expect(other.locator("#send")).to_have_text("Send to 2 people")
