"""Paused, stopped, followed up, asleep and being tested: for everybody, and by Tab and Enter alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import a_page
from tests.browser.test_page_quality import draft, faults, heading, walk_to
from tests.staged import Stage, a_stage

PEOPLE = (2, 4, 7, 9, 12, 15)
TEXT = "Hello, we open at nine."


@pytest.fixture
def stage(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Stage]:
    """As slow as one bad number, so that Pause and Stop find somebody who waits."""
    with a_stage(
        database_url,
        valkey_url,
        tmp_path,
        digits=True,
        UNDO_SECONDS="600",
        TWILIO_PARTS_A_SECOND="0.05",
    ) as running:
        running.pipedrive.allow_at_once = True
        yield running


def press(page: Page, button: str) -> None:
    walk_to(page, button)
    page.keyboard.press("Enter")


def write_and_send(page: Page) -> None:
    expect(page.locator("#body")).to_be_focused()
    page.keyboard.type(TEXT)
    expect(page.locator("#facts .bubble")).to_have_text(TEXT)
    press(page, "send")
    expect(page.locator("#do-undo")).to_be_focused()


def test_pausing_stopping_texting_the_rest_and_trying_it_need_no_mouse(
    started: Browser, stage: Stage
) -> None:
    with a_page(started) as page:
        draft(page, stage, *PEOPLE)
        write_and_send(page)
        stage.end_hold()
        expect(page.locator("#do-pause")).to_be_visible()
        press(page, "do-pause")
        heading(page, r"^Paused – \d of 6 not sent yet$")
        found = faults(page, "paused")
        press(page, "do-resume")
        heading(page, r"^Texting 6 people$")
        press(page, "do-cancel")
        heading(page, r"^Stopped – \d of 6 delivered$")
        found += faults(page, "stopped")
        texted = len(stage.twilio.accepted)
        press(page, "do-text-stopped")
        heading(page, rf"^Text {6 - texted} (person|people)$")
        found += faults(page, "follow-up draft")
        expect(page.locator("#body")).to_have_value(TEXT)
        stage.fleet.kill("worker")  # nobody takes the test before it was looked at
        press(page, "tryout-open")
        walk_to(page, "test_number")
        page.keyboard.type("+372 5999 0001")
        press(page, "do-test")
        expect(page.locator(".tryouts")).to_contain_text("Test to +372 5999 0001: on its way")
        found += faults(page, "pending test")
        press(page, "earlier")
        heading(page, r"^Stopped")
    assert not found, "\n".join(found)


def test_a_draft_for_people_who_sleep_says_so_before_its_text_box(
    started: Browser, database_url: str, valkey_url: str, tmp_path: Path
) -> None:
    here = datetime.now(ZoneInfo("Europe/Tallinn"))
    night = f"{here - timedelta(hours=2):%H:00}-{here + timedelta(hours=3):%H:00}"
    with (
        a_stage(database_url, valkey_url, tmp_path, UNDO_SECONDS="600", QUIET_HOURS=night) as stage,
        a_page(started, viewport={"width": 320, "height": 640}) as page,
    ):
        stage.pipedrive.allow_at_once = True
        draft(page, stage, *PEOPLE)
        expect(page.locator(".waits")).to_have_text(re.compile("^It is night where 6 people are"))
        expect(page.locator(".waits")).to_be_in_viewport()
        found = faults(page, "quiet-hours draft")
        write_and_send(page)
        stage.end_hold()
        expect(page.locator(".status .notice")).to_contain_text("Waiting for the morning")
        found += faults(page, "asleep")
        press(page, "do-cancel")
        heading(page, r"^Stopped – 0 of 6 delivered$")
        assert not stage.twilio.accepted
    assert not found, "\n".join(found)
