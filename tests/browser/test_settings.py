"""An admin connects the company's Twilio account in a real Chromium, without JavaScript too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.looking import look
from tests.browser.opening import PATIENCE
from tests.contract.pipedrive_served import a_pipedrive
from tests.counter import ACCOUNT, KEY, SERVICE, TOKEN
from tests.door import settings_of, state_of
from tests.servers import free_port, serve
from tests.simulators.twilio import create_twilio
from tests.simulators.twilio_world import World
from web.app import create_app
from web.protocol import LongQueryProtocol


@dataclass(frozen=True)
class Office:
    """The served door, the Twilio behind it, and the cookies of an admin."""

    url: str
    twilio: World
    cookies: list[dict[str, str]]


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    port = free_port()
    url = f"http://localhost:{port}"
    sms = create_twilio(pace=0, api_keys=dict([KEY]))
    with a_pipedrive() as (crm, crm_url), serve(sms) as sms_url:
        crm.app_url, crm.callback = url, f"{url}/oauth/callback"
        settings = settings_of(
            database_url, crm_url, public_url=url, port=port, twilio_url=sms_url
        ).model_copy(update={"twilio_account_sid": ""})
        app = create_app(settings)
        with serve(app, port=port, http=LongQueryProtocol, ws="none", lifespan="on"):
            with httpx.Client(base_url=url) as http:
                left = http.get("/install")
                http.get(f"/oauth/callback?code={crm.grant_code(42, 8)}&state={state_of(left)}")
                cookies = [{"name": n, "value": v, "url": url} for n, v in http.cookies.items()]
            yield Office(url, sms.state.world, cookies)


def a_page(browser: Browser, office: Office, *, scripts: str = "on") -> Page:
    """The settings, opened by the link in the header."""
    context = browser.new_context(java_script_enabled=scripts == "on")
    context.set_default_timeout(PATIENCE)
    context.add_cookies(office.cookies)  # type: ignore[arg-type]  # dicts of the TypedDict's shape
    page = context.new_page()
    page.goto(office.url)
    page.get_by_role("link", name="Settings").click()
    return page


@pytest.mark.parametrize("scripts", ["on", "off"])
def test_an_account_is_connected_and_let_go(started: Browser, office: Office, scripts: str) -> None:
    page = a_page(started, office, scripts=scripts)

    page.get_by_label("Account SID").fill(ACCOUNT)
    page.get_by_label("Auth token").fill("wrong-token-0123")
    page.get_by_role("button", name="Check with Twilio").click()
    expect(page.get_by_role("alert")).to_contain_text("Twilio doesn't accept this login.")
    expect(page.get_by_label("Account SID")).to_have_value(ACCOUNT)
    expect(page.get_by_label("Auth token")).to_have_value("")

    page.get_by_label("Auth token").fill(TOKEN)
    page.get_by_role("button", name="Check with Twilio").click()
    page.get_by_label("Customers 1").check()
    page.get_by_role("button", name="Send from this").click()
    expect(page.locator("#twilio")).to_contain_text("can send now")
    expect(page.locator("#twilio")).to_contain_text(SERVICE)
    assert TOKEN not in page.content()

    page.get_by_text("Disconnect…").click()
    page.get_by_role("button", name="Disconnect this account").click()
    expect(page.locator("#twilio")).to_contain_text("can send yet")


def test_country_and_support_are_saved(started: Browser, office: Office) -> None:
    page = a_page(started, office)
    page.get_by_label("Numbers without a country code").select_option(label="Latvia")
    page.get_by_role("button", name="Save the country").click()
    expect(page.locator("#country")).to_contain_text("Saved.")
    expect(page.get_by_label("Numbers without a country code")).to_have_value("LV")


@pytest.mark.parametrize("scripts", ["on", "off"])
def test_how_fast_the_sender_sends_is_typed_by_keyboard(
    started: Browser, office: Office, scripts: str
) -> None:
    page = a_page(started, office, scripts=scripts)
    page.get_by_label("Account SID").fill(ACCOUNT)
    page.get_by_label("Auth token").fill(TOKEN)
    page.get_by_role("button", name="Check with Twilio").click()
    page.get_by_role("button", name="Send from this").click()

    page.get_by_label("Texts a second from this sender").focus()
    page.keyboard.type("fast")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("“fast” doesn't fit here.")
    page.get_by_label("Texts a second from this sender").fill("3.75")
    page.keyboard.press("Enter")

    expect(page.locator("#twilio")).to_contain_text("Saved.")
    expect(page.get_by_label("Texts a second from this sender")).to_have_value("3.75")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_nobody_is_kept_out_of_the_settings(
    started: Browser, office: Office, theme: str, width: int
) -> None:
    page = a_page(started, office)
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 700})
    faults = look(page)
    page.get_by_label("Account SID").fill(ACCOUNT)
    page.get_by_label("Auth token").fill(TOKEN)
    page.get_by_role("button", name="Check with Twilio").click()
    faults += look(page)
    page.get_by_role("button", name="Send from this").click()
    for summary in page.locator("#twilio summary").all():
        summary.click()
    assert faults + look(page) == []
