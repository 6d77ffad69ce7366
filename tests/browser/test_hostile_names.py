"""S12: names, companies and texts that are scripts are shown literally and run nowhere."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.opening import SETTLED, found
from tests.staged import Stage
from tests.xss import STRINGS

#: Runs before the page's own script and outside its content policy.
WATCH = """
window.ran = []; window.blocked = [];
window.alert = (said) => window.ran.push(said);
document.addEventListener("securitypolicyviolation",
  (event) => window.blocked.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
#: The editor's own language would refuse these texts; as names they are data.
TEXTS = [text for text in STRINGS if "{{" not in text and "{%" not in text]


@pytest.fixture
def context(context: BrowserContext, stage: Stage) -> BrowserContext:
    stage.pipedrive.allow_at_once = True
    context.add_init_script(WATCH)
    return context


def assert_nothing_ran(page: Page, where: str) -> None:
    page.wait_for_timeout(200)
    assert page.evaluate("[window.ran, window.blocked]") == [[], []], where


def one_line(text: str) -> str:
    return " ".join(text.split())


def test_no_name_company_or_text_runs_anywhere(context: BrowserContext, stage: Stage) -> None:
    names = list(STRINGS)
    people = [
        stage.pipedrive.add_person(name=name, first_name=name, phone=f"+372 5613 {nth:04}")["id"]
        for nth, name in enumerate(names, 1000)
        if nth % 100 < 90  # the last two digits choose a phone's fate in the simulator
    ]
    page = context.new_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a script asked: {dialog.message}"))
    page.goto(stage.pipedrive.link_url(people))
    expect(page.locator("#send")).to_have_text(re.compile(f"Send to {len(people)} people"))
    found(page)
    shown = [one_line(name) for name in page.locator("#rows .called").all_text_contents()]
    assert len(shown) == 100
    assert set(shown) <= {one_line(name) for name in names}
    page.locator("#body").fill("\n".join(TEXTS)[:900] + " {{ person.first_name }}")
    expect(page.locator("#facts .bubble")).to_contain_text("alert(1)")
    assert_nothing_ran(page, "draft with a hostile text")
    page.locator("#body").fill("Hi {{ person.first_name }}, we open at nine.")
    expect(page.locator("#facts .bubble")).to_contain_text("we open at nine")
    page.locator("#rows [role=checkbox]").first.click()
    expect(page.locator("#send")).to_have_text(re.compile(f"Send to {len(people) - 1} people"))
    assert_nothing_ran(page, "draft")
    draft = page.url
    for address in (f"{draft}?q=<script>alert(1)</script>", f"{draft}/recipients?q=%22%3E%3Cimg"):
        page.goto(address)
        assert_nothing_ran(page, address)
    page.goto(draft)
    page.locator("#more").click()
    assert_nothing_ran(page, "a further page")
    page.goto(draft)
    page.locator("#send").click()
    stage.end_hold()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(r"\d+ of \d+ delivered"), timeout=SETTLED
    )
    assert_nothing_ran(page, "sent")
    for address in ("/", "/support?q=alert", "/support?q=<svg/onload=alert(1)>"):
        page.goto(stage.url + address)
        assert_nothing_ran(page, address)
    sent = {text["body"] for text in stage.twilio.accepted}
    assert any("<script>alert(1)</script>" in body for body in sent)
