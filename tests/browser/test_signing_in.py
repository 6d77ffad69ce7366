"""Signing in, being mixed up, cancelling, losing the grant and uninstalling, in a real Chromium."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import look
from tests.browser.opening import a_page
from tests.browser.test_batch_page import refresh_until
from tests.browser.test_page_quality import heading
from tests.servers import wait_until
from tests.staged import Stage, a_stage

TEXT = "Hi {{ person.first_name | default: 'there' }}, we open at nine."
AGAIN = "Sign in with Pipedrive again"
PEOPLE = [*range(20, 35), *range(36, 61)]  # 35 fails later; nobody whom another test texts


@pytest.fixture(scope="module")
def _running(
    module_database_url: str, valkey_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    with a_stage(
        module_database_url, valkey_url, folder, digits=True, IN_FLIGHT="4", UNDO_SECONDS="0"
    ) as running:
        running.pipedrive.add_company(43, "Beta AS")
        running.pipedrive.add_user(43, 70, "Bea Beta")
        yield running


@pytest.fixture
def stage(_running: Stage) -> Stage:
    """One line for all tests here; Pipedrive asks every time, as whoever used it last."""
    _running.twilio.latency = 0.02
    _running.pipedrive.allow_at_once = False
    _running.pipedrive.company_id, _running.pipedrive.user_id = 42, 7
    return _running


def click_action(page: Page, stage: Stage, *people: int) -> None:
    """The link action as Mari of the demo company, without a token of Pipedrive's."""
    page.goto(stage.pipedrive.link_url(people, token=None, company_id=42, user_id=7))


def allow(page: Page) -> None:
    page.get_by_role("button", name="Allow and install").click()
    page.wait_for_load_state()


def says(page: Page, title: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(title))


def ready(page: Page, people: int) -> None:
    expect(page.locator("#send")).to_have_text(re.compile(rf"Send to {people} people"))


def test_signed_out_one_signs_in_and_goes_on_with_the_same_people_and_the_same_text(
    started: Browser, stage: Stage
) -> None:
    with a_page(started) as page:
        click_action(page, stage, 1, 2, 3)
        allow(page)  # the first time, in a browser that we have never seen
        ready(page, 3)
        first, names = page.url, page.locator("#rows .called").all_inner_texts()
        page.get_by_role("button", name="Sign out", exact=True).click()
        says(page, "You are signed out")

        click_action(page, stage, 1, 2, 3)
        allow(page)
        ready(page, 3)
        assert page.url == first
        assert page.locator("#rows .called").all_inner_texts() == names

        page.context.clear_cookies()
        page.locator("#body").fill(TEXT)
        expect(page.locator("#unsaved")).to_contain_text("Press Send to sign in again")
        page.locator("#send").click()
        allow(page)
        expect(page.locator("#notice")).to_contain_text("You were signed out, so nothing was sent")
        expect(page.locator("#body")).to_have_value(TEXT)
        assert list(stage.twilio.accepted) == []
        ready(page, 3)
        page.locator("#send").click()
        heading(page, "3 of 3 delivered")


def test_who_is_signed_in_as_somebody_else_goes_on_as_whoever_clicked(
    started: Browser, stage: Stage
) -> None:
    with a_page(started) as page:
        stage.pipedrive.user_id = 8
        page.goto(f"{stage.url}/install")
        allow(page)
        expect(page.locator(".who .name")).to_have_text("Andres Admin")
        stage.pipedrive.user_id = 7
        click_action(page, stage, 5, 6)
        allow(page)
        expect(page.locator(".who .name")).to_have_text("Mari Maasikas")


@pytest.mark.parametrize("scripts", ["on", "off"])
def test_a_no_at_pipedrive_is_no_dead_end(started: Browser, stage: Stage, scripts: str) -> None:
    with a_page(started, java_script_enabled=scripts == "on") as page:
        click_action(page, stage, 16, 17, 18)
        page.get_by_role("button", name="Cancel").click()
        says(page, "Volley isn't connected")
        page.get_by_role("link", name="Connect with Pipedrive").click()
        allow(page)
        expect(page).to_have_url(re.compile("/batches/"))
        expect(page.get_by_text("Picked by hand in Pipedrive, 3 selected")).to_be_visible()


def test_the_company_that_was_used_last_is_named_and_how_to_switch(
    started: Browser, stage: Stage
) -> None:
    with a_page(started) as page:
        stage.pipedrive.company_id, stage.pipedrive.user_id = 43, 70
        click_action(page, stage, 8, 11, 14)  # one of them has no number
        allow(page)
        says(page, "You connected Beta AS, but the people you chose are in another company")
        expect(page.get_by_text("switch to that company there")).to_be_visible()
        stage.pipedrive.company_id, stage.pipedrive.user_id = 42, 7  # they switch
        page.get_by_role("link", name="Connect with Pipedrive").click()
        allow(page)
        ready(page, 2)


@pytest.mark.parametrize("scripts", ["on", "off"])
def test_one_button_reconnects_and_reads_the_same_people(
    started: Browser, stage: Stage, scripts: str
) -> None:
    with a_page(started, java_script_enabled=scripts == "on") as page:
        page.goto(f"{stage.url}/install")
        allow(page)
        stage.pipedrive.revoke(42, 7)
        click_action(page, stage, 10, 11)
        button = page.get_by_role("button", name=AGAIN)
        if scripts == "off":
            refresh_until(page, AGAIN)
        says(page, "Pipedrive no longer lets Volley read people as you")
        expect(button).to_be_visible()
        assert button.count() == 1
        refused = page.url
        button.click()
        allow(page)
        expect(page).to_have_url(re.compile("/batches/"))
        assert page.url != refused
        if scripts == "off":
            refresh_until(page, "Send to")
        expect(page.get_by_text("Picked by hand in Pipedrive, 2 selected")).to_be_visible()


def uninstall(stage: Stage) -> None:
    """Pipedrive tells that Mari removed the app."""
    crm = stage.pipedrive
    crm.revoke(42, 7)
    who = {"client_id": crm.client_id, "company_id": 42, "user_id": 7}
    answer = httpx.request(
        "DELETE",
        f"{stage.url}/oauth/callback",
        json={**who, "timestamp": "2026-11-22T10:00:00.000Z"},
        auth=(crm.client_id, crm.client_secret),
        timeout=30,
    )
    assert answer.status_code == 204


def test_an_uninstall_in_the_middle_stops_and_says_so_where_the_rep_looks(
    started: Browser, stage: Stage
) -> None:
    with a_page(started) as page:
        click_action(page, stage, *PEOPLE)
        allow(page)
        expect(page.locator("#send")).to_have_text(re.compile(r"Send to \d\d people"))
        page.locator("#body").fill(TEXT)
        before = len(stage.twilio.accepted)
        stage.twilio.latency = 3.0
        page.locator("#send").click()
        expect(page.locator("#main")).to_contain_text("Texting")
        wait_until(lambda: stage.has_texted(before), what="the first text")
        uninstall(stage)

        told = page.locator("#asleep")
        expect(told).to_contain_text("Volley was removed from your Pipedrive. That stopped this")
        expect(told).to_be_in_viewport()
        wait_until(lambda: not stage.is_on_the_wire(), what="the last answer")
        texted = len(stage.twilio.accepted) - before
        page.reload()
        says(page, "Volley was removed from your Pipedrive")
        said = re.search(r"(\d+) people won't get it. For (\d+) people", page.inner_text("main"))
        assert said is not None, page.inner_text("main")
        assert int(said[2]) == texted
        assert set(stage.texted().values()) == {1}

        page.get_by_role("link", name="Connect with Pipedrive again").click()
        allow(page)
        expect(page.locator("#main")).to_contain_text(f"{said[1]} not sent")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nobody_is_kept_out_on_the_way_in_or_out(
    started: Browser, stage: Stage, theme: Any, width: int
) -> None:
    viewport = {"width": width, "height": 700}
    faults = []
    with a_page(started, color_scheme=theme, viewport=viewport) as page:
        for path in (
            "/",
            "/oauth/callback?code=a",
            "/oauth/callback?code=a&state=b",
            "/signed-out",
        ):
            page.goto(f"{stage.url}{path}")
            faults += look(page)
        page.goto(f"{stage.url}/install")
        page.get_by_role("button", name="Cancel").click()
        faults += look(page)
        page.get_by_role("link", name="Connect with Pipedrive").click()
        allow(page)
        page.get_by_text("Disconnect Volley from Pipedrive").click()
        faults += look(page)
        page.get_by_role("button", name=re.compile("Disconnect Mari")).click()
        says(page, "Volley is disconnected")
        faults += look(page)
    assert faults == []
