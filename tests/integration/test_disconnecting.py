"""Ending the connection with Pipedrive from our side: one person at a time, and Pipedrive hears of it."""

from __future__ import annotations

import pytest

from tests.door import Browser, Door

pytestmark = pytest.mark.anyio


async def has_installed(door: Door, company_id: int = 42, user_id: int = 7) -> bool:
    return await door.runtime.installations.user(company_id, user_id) is not None


async def test_disconnecting_takes_the_app_out_of_pipedrive(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.post("/disconnect")
    assert answer.status_code == 303
    assert not await has_installed(door)
    assert (42, 7) not in door.pipedrive.grants
    said = await browser.get(answer.headers["location"])
    assert "Volley is disconnected from your Pipedrive." in said.text


async def test_the_first_page_disconnects_each_of_its_people_alone(
    door: Door, browser: Browser
) -> None:
    await browser.sign_in(user_id=8)
    await browser.sign_in()
    assert "Disconnect Andres Admin of Demo" in (await browser.get("/")).text

    await browser.post("/disconnect", {"company_id": "42", "user_id": "8"})

    assert await door.runtime.installations.user(42, 8) is None
    assert "Disconnect Andres" not in (page := await browser.get("/")).text
    assert "Disconnect Mari Maasikas of Demo" in page.text


async def test_disconnecting_waits_until_pipedrive_has_heard(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    door.pipedrive.fail_next("/oauth/revoke", 503, times=5)
    answer = await browser.post("/disconnect")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert await has_installed(door)
