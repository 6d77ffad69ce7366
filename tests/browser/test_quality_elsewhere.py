"""The pages around the journey for everybody: a person, history, settings, a fenced draft, follow-ups."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import SETTLED, a_page
from tests.browser.test_page_quality import TEXT, faults, heading
from tests.staged import Stage, a_stage

LIIS, LANDLINE, THREE_PHONES, UNREACHED = 1, 6, 38, 35

EVERYTHING_OPEN = "document.querySelectorAll('main details').forEach((one) => { one.open = true })"


@pytest.fixture(scope="module")
def stage(
    module_database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A company that guards its customers: whoever was texted today is asked about again."""
    folder = tmp_path_factory.mktemp("elsewhere")
    with a_stage(
        module_database_url,
        valkey_url,
        folder,
        digits=True,
        pace=0.2,
        UNDO_SECONDS="1",
        GUARD_HOURS="24",
    ) as running:
        world = running.pipedrive
        world.allow_at_once = True
        world.users[world.company_id, world.user_id]["admin"] = True
        yield running


def opened(page: Page, stage: Stage, *people: int) -> None:
    page.goto(stage.pipedrive.link_url(people))
    expect(page.locator("#send")).to_have_text(re.compile(r"Send to \d"))  # everybody is found


def person_of(page: Page) -> str:
    """The address of the first person of the text in front."""
    batch = re.sub(r"[?#].*", "", page.url)
    rows = page.request.get(f"{batch}/recipients", headers={"accept": "application/json"}).json()
    return f"{batch}/people/{rows['recipients'][0]['id']}"


def typed_wrong(page: Page, field: str, text: str, button: str) -> None:
    """A form that the server refuses, whatever the browser would have said before."""
    page.locator(field).fill(text)
    page.locator(field).evaluate("field => { field.form.noValidate = true }")
    page.locator(button).click()
    expect(page.get_by_role("alert")).to_be_visible()


def test_nobody_is_kept_out_of_a_persons_page_and_the_settings(
    started: Browser, stage: Stage
) -> None:
    with a_page(started) as page:
        opened(page, stage, 12, 15)
        page.goto(person_of(page))
        found = faults(page, "person")
        typed_wrong(page, "#note", " ", "#do-opt-out")
        found += faults(page, "person without a note")
        page.locator("#note").fill("Told me on the phone that she wants no texts " * 9)
        page.locator("#do-opt-out").press("Enter")
        page.locator("summary").press("Enter")
        found += faults(page, "person who wants none")
        page.goto(f"{stage.url}/settings")
        found += faults(page, "settings")
        page.evaluate(EVERYTHING_OPEN)
        found += faults(page, "settings with everything open")
        typed_wrong(page, "#guard-hours", "soon", "#do-rules")
        found += faults(page, "settings refused")
    assert not found, "\n".join(found)


def test_nobody_is_kept_out_of_what_follows_a_text(started: Browser, stage: Stage) -> None:
    with a_page(started) as page:
        opened(page, stage, LIIS, 2, LANDLINE, THREE_PHONES, UNREACHED)
        page.locator("#body").fill(TEXT)
        expect(page.locator("#send")).to_have_text("Send to 4 people")
        expect(page.locator("#facts .bubble")).to_be_visible()
        page.evaluate(EVERYTHING_OPEN)
        found = faults(page, "draft with everything open")
        page.locator("#text_name").fill("Opening hours")
        page.locator("#do-save-text").press("Enter")
        expect(page.locator(".texts")).to_contain_text("Opening hours")
        found += faults(page, "saved text")
        page.locator("#send").press("Enter")
        heading(page, r"of \d delivered$")
        found += faults(page, "what didn't work")
        page.goto(stage.pipedrive.link_url([LIIS, 2, LANDLINE], action="history"))
        expect(page.locator(".story").first).to_be_visible(timeout=SETTLED)
        found += faults(page, "history")
        page.set_viewport_size({"width": 320, "height": 700})
        opened(page, stage, LIIS, 2, 4)
        expect(page.locator("#crossings")).to_be_in_viewport()
        found += faults(page, "recently texted")
        page.locator("#do-leave-out").press("Enter")
        expect(page.locator("#crossings")).to_have_count(0)
        expect(page.locator("#send")).to_have_text("Send to 1 person")
        found += faults(page, "left out")
    assert not found, "\n".join(found)
