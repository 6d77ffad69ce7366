"""Somebody who is support in two companies looks at one of them at a time."""

from __future__ import annotations

import pytest

from tests.door import Browser, Door

pytestmark = pytest.mark.anyio


async def test_support_of_each_company_is_asked_for_by_its_own_address(
    door: Door, browser: Browser
) -> None:
    door.pipedrive.add_company(43, "Beta AS")
    door.pipedrive.add_user(43, 71, "Bruno Beta", admin=True)
    await browser.sign_in(user_id=8)
    await browser.sign_in(company_id=43, user_id=71)
    newest, other = await browser.get("/support"), await browser.get("/support?company=42")
    assert "Texts of Beta AS" in newest.text
    assert 'href="/support?company=42"' in newest.text
    assert "Texts of Demo OÜ" in other.text
    assert (await browser.get("/support?company=44")).status_code == 404
