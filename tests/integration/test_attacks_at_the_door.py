"""Attacks at the door: retired keys and crooked addresses are answered, not crashed on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.door import Browser, Door
from workers.store.installations import PgInstallations
from workers.vault import AesVault

pytestmark = pytest.mark.anyio


async def test_who_was_sealed_with_a_retired_key_can_still_disconnect(
    door: Door, browser: Browser
) -> None:
    await browser.sign_in()
    known = door.runtime.installations
    assert isinstance(known, PgInstallations)
    retired = PgInstallations(known._pool, AesVault(["n" * 40]))
    door.app.state.runtime = replace(door.runtime, installations=retired)

    answer = await browser.post("/disconnect")

    assert (answer.status_code, answer.headers["location"]) == (303, "/disconnected")
    assert await known.user(42, 7) is None


async def test_a_form_for_a_crooked_address_leads_home_after_signing_in(
    door: Door, browser: Browser
) -> None:
    left = await browser.post(f"/batches/{'-' * 36}/draft", {"body": "Hello", "revision": "1"})
    back = await browser.allow(left)
    assert (back.status_code, back.headers["location"]) == (303, "/?signed=again")
