"""Installing, coming back from Pipedrive, being uninstalled (S6, S9, S10, S24)."""

from __future__ import annotations

import base64
import re

import httpx
import pytest

from tests.door import CLIENT_ID, CLIENT_SECRET, PUBLIC_URL, Browser, Door, state_of
from web.sessions import hash_of

pytestmark = pytest.mark.anyio
COOKIE = "__Host-volley"


async def has_installed(door: Door, company_id: int = 42, user_id: int = 7) -> bool:
    return await door.runtime.installations.user(company_id, user_id) is not None


def basic(client_id: str = CLIENT_ID, secret: str = CLIENT_SECRET) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()


async def test_install_leads_to_pipedrive_and_back_to_the_first_page(
    door: Door, browser: Browser
) -> None:
    left = await browser.get("/install")
    assert left.status_code == 303
    asked = httpx.URL(left.headers["location"])
    assert asked.path == "/oauth/authorize"
    assert asked.params["client_id"] == CLIENT_ID
    assert asked.params["redirect_uri"] == f"{PUBLIC_URL}/oauth/callback"
    back = await browser.allow(left)
    assert (back.status_code, back.headers["location"]) == (303, "/")
    assert await has_installed(door)


async def test_the_session_cookie_is_for_this_host_https_and_no_script(browser: Browser) -> None:
    back = await browser.allow(await browser.get("/install"))
    [cookie] = [line for line in back.headers.get_list("set-cookie") if COOKIE in line]
    assert re.match(rf"{COOKIE}=[\w-]{{43}};", cookie)
    said = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/", "max-age=2592000"} <= said
    assert not any(part.startswith("domain") for part in said)


async def test_the_database_knows_only_the_cookies_hash(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    value = browser.client.cookies[COOKIE]
    assert await door.runtime.sessions.identities(value.encode()) == []
    assert len(await door.runtime.sessions.identities(hash_of(value))) == 1


@pytest.mark.parametrize("query", ["", "code=abc", "code=abc&state=", "code=abc&state=x", "state="])
async def test_coming_back_without_our_state_is_refused(
    door: Door, browser: Browser, query: str
) -> None:
    await browser.get("/install")
    answer = await browser.get(f"/oauth/callback?{query}")
    assert answer.status_code == 400
    assert "<h1>" in answer.text
    assert not await has_installed(door)
    assert COOKIE not in browser.client.cookies
    assert not door.pipedrive.calls_to("/oauth/token")


async def test_a_state_of_another_browser_is_refused(door: Door, browser: Browser) -> None:
    left = await browser.get("/install")
    async with door.browser() as other:
        await other.get("/install")
        answer = await other.allow(left)
    assert answer.status_code == 400
    assert not await has_installed(door)


async def test_a_state_is_good_once(door: Door, browser: Browser) -> None:
    left = await browser.get("/install")
    assert (await browser.allow(left)).status_code == 303
    assert (await browser.allow(left)).status_code == 400


async def test_a_code_that_pipedrive_does_not_know_signs_nobody_in(
    door: Door, browser: Browser
) -> None:
    state = state_of(await browser.get(door.pipedrive.link_url([1], token=None)))
    answer = await browser.get(f"/oauth/callback?code=used&state={state}")
    assert answer.status_code == 400
    assert not await has_installed(door)
    back = await browser.allow(answer)  # the link on that page goes on with the same action
    assert back.headers["location"].startswith("/batches/")


async def test_when_pipedrive_is_down_the_action_is_kept(door: Door, browser: Browser) -> None:
    left = await browser.get(door.pipedrive.link_url([1], token=None))
    door.pipedrive.fail_next("/oauth/token", 503, times=5)
    answer = await browser.allow(left)
    assert answer.status_code == 503
    door.pipedrive.faults.clear()
    back = await browser.allow(answer)
    assert back.headers["location"].startswith("/batches/")


@pytest.mark.parametrize("with_state", [True, False])
async def test_a_no_at_pipedrive_gets_a_page_with_the_way_back(
    door: Door, browser: Browser, with_state: bool
) -> None:
    left = await browser.get(door.pipedrive.link_url([1], token=None))
    state = f"&state={state_of(left)}" if with_state else ""
    answer = await browser.get(f"/oauth/callback?error=user_denied{state}")
    assert answer.status_code == 400
    assert "Connect with Pipedrive" in answer.text
    assert not await has_installed(door)
    back = await browser.allow(answer)
    assert back.headers["location"].startswith("/batches/")


async def test_connecting_another_company_says_which_and_how_to_switch(
    door: Door, browser: Browser
) -> None:
    door.pipedrive.add_company(43, "Beta AS")
    door.pipedrive.add_user(43, 70, "Bea Beta")
    left = await browser.get(door.pipedrive.link_url([1], token=None))
    answer = await browser.allow(left, company_id=43, user_id=70)
    assert answer.status_code == 403
    assert "You connected Beta AS" in answer.text
    assert "number 42" in answer.text
    assert await door.batches() == 0
    back = await browser.allow(answer)  # switched over there, then connected again
    assert back.headers["location"].startswith("/batches/")


async def test_a_colleagues_link_is_not_opened_as_oneself(door: Door, browser: Browser) -> None:
    left = await browser.get(door.pipedrive.link_url([1], token=None))
    answer = await browser.allow(left, user_id=8)
    assert answer.status_code == 403
    assert "Andres Admin" in answer.text
    assert await door.batches() == 0


async def test_one_browser_holds_two_identities_and_a_new_session_id_each_time(
    door: Door, browser: Browser
) -> None:
    await browser.sign_in()
    first = browser.client.cookies[COOKIE]
    await browser.sign_in(user_id=8)
    second = browser.client.cookies[COOKIE]
    assert first != second
    assert await door.runtime.sessions.identities(hash_of(first)) == []
    known = await door.runtime.sessions.identities(hash_of(second))
    assert [user.user_id for user in known] == [8, 7]


async def test_a_planted_session_id_is_not_adopted(door: Door, browser: Browser) -> None:
    browser.client.cookies.set(COOKIE, "planted", domain="volley.test")
    await browser.sign_in()
    assert await door.runtime.sessions.identities(hash_of("planted")) == []


async def test_a_page_asked_for_while_signed_out_is_opened_after_signing_in(
    door: Door, browser: Browser
) -> None:
    left = await browser.get("/support?q=Zo%C3%AB")
    assert left.status_code == 303
    assert "Zo" not in left.headers["location"]
    assert (await browser.allow(left)).headers["location"] == "/support?q=Zo%C3%AB"


@pytest.mark.parametrize(
    "path", ["//evil.test/x", "/\\evil.test", "/%2f%2fevil.test", "/install?next=https://evil.test"]
)
async def test_nothing_in_an_address_leads_elsewhere(browser: Browser, path: str) -> None:
    answer = await browser.get(PUBLIC_URL + path)
    assert "evil" not in answer.headers.get("location", "")


async def test_signing_out_ends_the_session_itself(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    value = browser.client.cookies[COOKIE]
    answer = await browser.post("/logout")
    assert answer.status_code == 303
    assert COOKIE not in browser.client.cookies
    assert await door.runtime.sessions.identities(hash_of(value)) == []
    page = await browser.get(answer.headers["location"])
    assert "signed out" in page.text


async def test_uninstalling_forgets_tokens_and_sessions(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    said = {"client_id": CLIENT_ID, "company_id": 42, "user_id": 7, "timestamp": "now"}
    for _ in range(2):  # twice is the same
        answer = await browser.client.request(
            "DELETE", "/oauth/callback", json=said, headers={"Authorization": basic()}
        )
        assert answer.status_code == 204
    assert not await has_installed(door)
    assert await door.runtime.installations.access(42, 7) is None
    left = await browser.get("/support")
    assert "/oauth/authorize" in left.headers["location"]


@pytest.mark.parametrize(
    "authorization", ["", basic(secret="wrong"), basic(client_id="other"), "Bearer x", "Basic !!"]
)
async def test_only_pipedrive_may_uninstall(
    door: Door, browser: Browser, authorization: str
) -> None:
    await browser.sign_in()
    answer = await browser.client.request(
        "DELETE",
        "/oauth/callback",
        json={"client_id": CLIENT_ID, "company_id": 42, "user_id": 7},
        headers={"Authorization": authorization},
    )
    assert answer.status_code == 401
    assert await has_installed(door)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"company_id": "x"}', b"\xff", b"[" * 9999])
async def test_an_unreadable_uninstall_is_refused(browser: Browser, body: bytes) -> None:
    answer = await browser.client.request(
        "DELETE", "/oauth/callback", content=body, headers={"Authorization": basic()}
    )
    assert answer.status_code == 422


async def test_a_shared_install_is_heard_and_stores_nothing(door: Door, browser: Browser) -> None:
    said = {"company_id": 42, "user_id": 7, "isShared": True}
    answer = await browser.client.post("/oauth/callback", json=said)
    assert answer.status_code == 202
    assert not await has_installed(door)
