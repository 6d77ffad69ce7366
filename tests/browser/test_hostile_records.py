"""S12 beyond people: companies, users, filters, deals and organizations whose names are scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.opening import SETTLED, found
from tests.browser.test_hostile_names import WATCH, assert_nothing_ran, one_line
from tests.staged import Stage
from tests.xss import STRINGS

#: The longest names hold several; every string is some record's name.
COMPANY, USER, FILTER = (" ".join(STRINGS[at::40]) for at in (8, 9, 10))


@pytest.fixture
def context(context: BrowserContext, stage: Stage) -> BrowserContext:
    stage.pipedrive.allow_at_once = True
    context.add_init_script(WATCH)
    return context


def named_badly(stage: Stage) -> int:
    """Every deal and organization, the company, its user and a filter; the filter's id."""
    world = stage.pipedrive
    world.company.name = COMPANY
    world.users[world.company_id, world.user_id] |= {"name": USER, "admin": True}
    for records, field in ((world.company.organizations, "name"), (world.company.deals, "title")):
        for nth, one in enumerate(list(records.values())):
            records[one["id"]] = {**one, field: STRINGS[nth % len(STRINGS)]}
    filter_id: int = world.add_filter(FILTER, lambda person: person["id"] < 5)
    return filter_id


def shows(page: Page, name: str, where: str) -> None:
    """The name stands there as it is, and it did nothing."""
    shown = one_line(page.locator("body").inner_text())
    assert one_line(name)[:60] in shown, where
    assert_nothing_ran(page, where)


def test_no_name_of_a_record_runs_anywhere(context: BrowserContext, stage: Stage) -> None:
    filter_id = named_badly(stage)
    page = context.new_page()
    page.goto(stage.pipedrive.link_url(filter={"filter_id": filter_id}))
    expect(page.locator("#send")).to_have_text(re.compile(r"Send to \d"))
    found(page)
    shows(page, COMPANY, "the company of a draft")
    shows(page, USER, "the user of a draft")
    shows(page, FILTER, "the filter of a draft")
    page.locator("#body").fill("{{ organization.name }} {{ sender.name }}")
    expect(page.locator("#facts .bubble")).to_contain_text("alert(1)")
    assert_nothing_ran(page, "a preview of organization and sender")
    page.locator("#text_name").evaluate("field => { field.closest('details').open = true }")
    page.locator("#text_name").fill(STRINGS[8])
    page.locator("#do-save-text").click()
    expect(page.locator(".texts")).to_contain_text("alert(1)")
    assert_nothing_ran(page, "a saved text")
    page.goto(stage.pipedrive.link_url([1, 5, 10, 15], resource="deal"))
    expect(page.locator("#send")).to_have_text(re.compile(r"Send to \d"))
    page.locator("#body").fill("{{ deal.title }}")
    expect(page.locator("#facts .bubble")).to_be_visible()
    assert_nothing_ran(page, "a preview of deals")
    page.locator("#send").click()
    stage.end_hold()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        re.compile(r"\d+ of \d+ delivered"), timeout=SETTLED
    )
    assert_nothing_ran(page, "sent")
    for address in ("/", "/support", "/settings"):
        page.goto(stage.url + address)
        shows(page, COMPANY, address)
    page.goto(stage.pipedrive.link_url([1, 2, 3], action="history"))
    assert_nothing_ran(page, "history")
