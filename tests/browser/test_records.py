"""A rep ticks deals, organizations and activities in a real browser and texts the people behind them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.staged import Stage


def act(context: BrowserContext, crm: Page) -> Page:
    """The action of the menu, in its new tab."""
    crm.locator("summary").filter(has_text="⋯").click()
    with context.expect_page() as opening:
        crm.get_by_role("button", name="Send a text (SMS)").click()
    return opening.value


@pytest.mark.parametrize(
    ("several", "ids", "said"),
    [
        ("deals", (1, 10, 15, 16), "4 deals → 2 people; 1 deal has no contact; 1 shared"),
        ("organizations", (1, 2), r"2 organizations → \d+ people"),
        ("activities", (6, 7), r"2 activities → 2 people; 1 activity has no contact"),
    ],
)
def test_ticked_records_become_people_in_front_of_the_rep(
    context: BrowserContext, stage: Stage, several: str, ids: tuple[int, ...], said: str
) -> None:
    stage.pipedrive.allow_at_once = True
    crm = context.new_page()
    crm.goto(f"{stage.site}/{several}")
    for box in ids:
        crm.locator(f"input[name=selectedIds][value='{box}']").check()
    page = act(context, crm)
    expect(page.get_by_role("button", name=re.compile(r"^Send to \d"))).to_be_visible()
    expect(page.locator("[data-region=title]")).to_contain_text(re.compile(said))


def test_everyone_on_the_deals_is_one_press_away_and_the_text_stays(
    context: BrowserContext, stage: Stage
) -> None:
    stage.pipedrive.allow_at_once = True
    page = context.new_page()
    page.goto(stage.pipedrive.link_url([5, 15], resource="deal"))
    expect(page.locator("[data-region=title]")).to_contain_text("2 deals → 2 people")
    page.get_by_role("textbox", name=re.compile("message", re.IGNORECASE)).fill("About the deal.")
    expect(page.get_by_text("15 characters")).to_be_visible()
    page.get_by_role("button", name="Text everyone on the deals").click()
    title = page.locator("[data-region=title]")
    expect(title).to_contain_text("2 deals (everyone on them) → 4 people")
    expect(page.get_by_role("textbox", name=re.compile("message", re.IGNORECASE))).to_have_value(
        "About the deal."
    )
    expect(page.get_by_role("button", name="Text only the deals’ contacts")).to_be_visible()
