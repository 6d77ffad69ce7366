"""U3: the whole journey with JavaScript off: every step is a form or a link."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import a_page
from tests.browser.test_batch_page import refresh_until
from tests.servers import wait_until
from tests.staged import Stage, a_stage

TEXT = "Hi {{ person.first_name | default: 'there' }}, we open at nine."
LIIS, SECOND, THIRD, UNREACHED, LANDLINE = 1, 2, 4, 5, 35


@pytest.fixture
def page(started: Browser, stage: Stage) -> Iterator[Page]:
    stage.pipedrive.allow_at_once = True
    with a_page(started, java_script_enabled=False) as page:
        yield page


def test_take_out_write_preview_send_undo_send_find_the_failed_and_retry(
    page: Page, stage: Stage
) -> None:
    page.goto(stage.pipedrive.link_url([LIIS, SECOND, THIRD, UNREACHED, LANDLINE]))
    refresh_until(page, "Send to 5 people")
    page.locator("#body").fill(TEXT)
    name = page.locator("#rows .called").first.inner_text()
    page.get_by_role("checkbox", name=f"Text {name}").click()
    expect(page.locator("#send")).to_have_text("Send to 4 people")
    expect(page.get_by_role("checkbox", name=f"Text {name}")).not_to_be_checked()
    expect(page.locator("#body")).to_have_value(TEXT)

    page.locator("#turn-on").click()
    page.locator("#turn-on").click()
    expect(page.locator(".nth")).to_have_text(re.compile("^3 of "))
    third = page.locator(".whose bdi").inner_text()
    expect(page.locator(".bubble").first).to_contain_text(third.split()[0])

    page.locator("#send").click()
    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.locator("#body")).to_have_value(TEXT)
    assert stage.texted() == {}
    page.locator("#send").click()
    stage.end_hold()
    refresh_until(page, "^2 of 4 delivered$")  # not "so far": everybody's text has ended

    expect(page.locator(".outcome .some").first).to_contain_text("Undelivered Uuno")
    page.locator("#tab-failed-undelivered").click()
    expect(page.locator("#rows tr")).to_have_count(2)
    expect(page.locator("#rows")).to_contain_text("Undelivered Uuno")
    expect(page.locator("#rows .name a").first).to_have_attribute("href", re.compile("/person/"))
    retry = page.get_by_role("button", name="Try that one again")
    before = sum(stage.texted().values())
    retry.click()
    wait_until(lambda: sum(stage.texted().values()) > before, what="the text sent again")
    refresh_until(page, "^2 of 4 delivered$")
    assert sum(stage.texted().values()) == before + 1
    assert all(count <= 2 for count in stage.texted().values())


def test_pause_go_on_stop_text_those_and_use_another_number(
    started: Browser, database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    slow = a_stage(database_url, valkey_url, tmp_path, digits=True, latency=2, IN_FLIGHT="1")
    with slow as stage, a_page(started, java_script_enabled=False) as page:
        stage.pipedrive.allow_at_once = True
        sent(page, stage, *stage.more_people(20))
        page.get_by_role("button", name="Pause").click()
        refresh_until(page, r"Paused – \d+ of 20 not sent yet")
        page.get_by_role("button", name="Go on").click()
        page.get_by_role("button", name=re.compile("^Stop")).click()
        refresh_until(page, r"Stopped – \d+ of 20 delivered")
        stage.twilio.latency = 0.02
        page.get_by_role("button", name=re.compile("^Text (those|that one)")).click()
        refresh_until(page, r"Send to \d")
        page.locator("#send").click()
        refresh_until(page, r"(\d+) of \1 delivered")
        assert len(stage.texted()) == 20

        phones = ["+372 5601 7093", "5612 7701"]
        sent(page, stage, stage.pipedrive.add_person(name="Two Phones", phones=phones)["id"])
        refresh_until(page, "1 has another number")
        page.get_by_role("button", name=re.compile("^1 has another number")).click()
        refresh_until(page, "Send to 1 person")
        page.locator("#send").click()
        refresh_until(page, "1 of 1 delivered")
        assert set(stage.texted().values()) == {1}


def sent(page: Page, stage: Stage, *people: int) -> None:
    """A text to them, sent without a script."""
    page.goto(stage.pipedrive.link_url(people))
    refresh_until(page, f"Send to {len(people)} p")
    page.locator("#body").fill("We open at nine.")
    page.locator("#send").click()
