"""Grants that ended, companies that were mixed up, keys that changed, sessions of other browsers."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.door import CLIENT_ID, CLIENT_SECRET, Browser, Door, a_door, settings_of
from workers.domain.errors import CannotOpen
from workers.settings import Settings
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio
AGAIN = "Sign in with Pipedrive again"


async def new_batch(door: Door, browser: Browser) -> str:
    """The address of a batch that was made by a click on the link action."""
    made = await browser.get(door.pipedrive.link_url([1, 2], token=None))
    address = made.headers["location"]
    assert address.startswith("/batches/"), address
    return address


async def a_refused_batch(door: Door, browser: Browser) -> str:
    """A batch whose rep's grant ended before its people were found."""
    await browser.sign_in()
    address = await new_batch(door, browser)
    door.pipedrive.revoke(42, 7)
    await resolve(door.runtime, door.bell.rung[-1])
    return address


# ---------------------------------------------------------------- signing in again


async def test_one_button_reads_the_same_selection_again(door: Door, browser: Browser) -> None:
    address = await a_refused_batch(door, browser)
    page = await browser.get(address)
    assert page.text.count(AGAIN) == 2  # the advice and the button
    assert f'action="{address}/reconnect"' in page.text

    back = await browser.allow(await browser.post(f"{address}/reconnect"))

    new = back.headers["location"]
    assert new.startswith("/batches/")
    assert new != address
    assert str(door.bell.rung[-1]) in new
    await resolve(door.runtime, door.bell.rung[-1])
    view = await door.runtime.batches.view(door.bell.rung[-1])
    assert view is not None
    assert view.life.resolved_at is not None
    assert view.counts.people == 2


async def test_signing_in_again_as_somebody_else_says_so(door: Door, browser: Browser) -> None:
    address = await a_refused_batch(door, browser)
    left = await browser.post(f"{address}/reconnect")
    before = await door.batches()

    answer = await browser.allow(left, user_id=8)

    assert answer.status_code == 403
    assert "Andres Admin" in answer.text
    assert await door.batches() == before
    back = await browser.allow(answer)
    assert back.headers["location"].startswith("/batches/")


async def test_a_batch_that_was_read_is_not_read_again(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    address = await new_batch(door, browser)
    answer = await browser.post(f"{address}/reconnect")
    assert answer.headers["location"] == address
    assert await door.batches() == 1


async def test_a_right_that_volley_lacks_is_asked_for_and_the_selection_read(
    door: Door, browser: Browser
) -> None:
    """Pipedrive asks again when the app's scopes changed (§2.1)."""
    whole, door.pipedrive.scope = door.pipedrive.scope, "base,contacts:read"
    await browser.sign_in()
    made = await browser.get(door.pipedrive.link_url([1], resource="deal", token=None))
    await resolve(door.runtime, door.bell.rung[-1])
    page = await browser.get(made.headers["location"])
    assert AGAIN in page.text

    door.pipedrive.scope = whole
    await browser.allow(await browser.post(f"{made.headers['location']}/reconnect"))

    await resolve(door.runtime, door.bell.rung[-1])
    view = await door.runtime.batches.view(door.bell.rung[-1])
    assert view is not None
    assert view.life.refused_reason is None


async def test_the_first_page_offers_to_sign_in_again(door: Door, browser: Browser) -> None:
    await a_refused_batch(door, browser)
    page = await browser.get("/")
    assert AGAIN in page.text
    await browser.allow(await browser.get("/install"))
    assert AGAIN not in (await browser.get("/")).text


async def test_a_click_after_the_grant_ended_signs_in_first(door: Door, browser: Browser) -> None:
    await a_refused_batch(door, browser)
    left = await browser.get(door.pipedrive.link_url([3], token=None))
    assert "/oauth/authorize" in left.headers["location"]
    assert (await browser.allow(left)).headers["location"].startswith("/batches/")


# ---------------------------------------------------------------- several companies, one browser


@pytest.fixture
def beta(door: Door) -> dict[str, Any]:
    """A second company of somebody."""
    door.pipedrive.add_company(43, "Beta AS")
    door.pipedrive.add_user(43, 70, "Bea Beta")
    return {"company_id": 43, "user_id": 70}


async def test_a_link_of_the_second_company_names_it_when_the_first_is_active(
    door: Door, browser: Browser, beta: dict[str, Any]
) -> None:
    left = await browser.get(door.pipedrive.link_url([1], token=None, **beta))
    answer = await browser.allow(left)
    assert answer.status_code == 403
    assert "has the number 42" in answer.text
    assert "number 43" in answer.text
    assert "switch to that company" in answer.text


async def test_each_link_opens_as_its_own_company_in_one_browser(
    door: Door, browser: Browser, beta: dict[str, Any]
) -> None:
    await browser.sign_in()
    await browser.sign_in(**beta)
    await new_batch(door, browser)
    theirs = await browser.get(door.pipedrive.link_url([1], token=None, **beta))
    assert (await browser.get(theirs.headers["location"])).status_code == 200
    assert len(await door.runtime.batches.of_company(42)) == 1
    assert len(await door.runtime.batches.of_company(43)) == 1


async def test_uninstalling_in_one_company_leaves_the_other_signed_in(
    door: Door, browser: Browser, beta: dict[str, Any]
) -> None:
    await browser.sign_in()
    await browser.sign_in(**beta)
    secret = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
    answer = await browser.client.request(
        "DELETE",
        "/oauth/callback",
        json={"client_id": CLIENT_ID, **beta},
        headers={"Authorization": f"Basic {secret}"},
    )
    assert answer.status_code == 204
    assert (await browser.get("/")).status_code == 200
    left = await browser.get(door.pipedrive.link_url([1], token=None, **beta))
    assert "/oauth/authorize" in left.headers["location"]
    await new_batch(door, browser)


async def test_a_colleague_who_never_installed_signs_in_first(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    left = await browser.get(door.pipedrive.link_url([1], token=None, user_id=8))
    assert "/oauth/authorize" in left.headers["location"]
    back = await browser.allow(left, user_id=8)
    assert back.headers["location"].startswith("/batches/")


async def test_a_marketplace_code_without_a_state_attaches_nobody(
    door: Door, browser: Browser
) -> None:
    """Developer Hub's Installation URL is /install, so such a callback is not ours (§2.1)."""
    await browser.sign_in()
    code = door.pipedrive.grant_code(42, 8)
    answer = await browser.get(f"/oauth/callback?code={code}")
    assert answer.status_code == 400
    assert await door.runtime.installations.user(42, 8) is None
    assert "One step is left" in answer.text

    back = await browser.allow(answer, user_id=8)

    assert back.headers["location"] == "/"
    assert await door.runtime.installations.user(42, 8) is not None


# ---------------------------------------------------------------- signing out everywhere


async def test_signing_out_everywhere_ends_every_browser_of_that_user(
    door: Door, browser: Browser
) -> None:
    async with door.browser() as phone, door.browser() as colleague:
        for visitor, user_id in ((browser, 7), (phone, 7), (colleague, 8)):
            await visitor.sign_in(user_id=user_id)
        assert "Sign out in every browser" in (await browser.get("/")).text

        answer = await browser.post("/logout", {"everywhere": "1"})

        assert answer.headers["location"] == "/signed-out"
        assert "/oauth/authorize" in (await phone.get("/support")).headers["location"]
        assert "Sign out" in (await colleague.get("/")).text


async def test_signing_out_here_leaves_the_other_browser(door: Door, browser: Browser) -> None:
    async with door.browser() as phone:
        await phone.sign_in()
        await browser.sign_in()
        await browser.post("/logout")
        assert "Sign out" in (await phone.get("/")).text


# ---------------------------------------------------------------- keys


async def test_a_refresh_seals_with_the_first_key_so_the_old_one_can_go(
    door: Door, browser: Browser
) -> None:
    await browser.sign_in()
    old, new = door.runtime.settings.secret_keys[0], "n" * 32
    settings = door.runtime.settings

    def keys(secret_key: str) -> Settings:
        return settings_of(settings.postgres_url, settings.pipedrive_url, secret_key=secret_key)

    async with a_door(keys(f"{new},{old}"), door.pipedrive) as rotating:
        access = await rotating.runtime.access.get(42, 7)
        await rotating.runtime.access.get(42, 7, stale=access.generation)

    async with a_door(keys(new), door.pipedrive) as after:
        assert (await after.runtime.access.get(42, 7)).generation == access.generation + 1
    with pytest.raises(CannotOpen):
        await door.runtime.installations.access(42, 7)
