"""Who may change something, and what is kept when a session has ended."""

from __future__ import annotations

from uuid import UUID

import pytest
from starlette.routing import Route

from tests.door import PUBLIC_URL, Browser, Door

pytestmark = pytest.mark.anyio
NOWHERE = "00000000-0000-7000-8000-000000000000"
BODY = "Hello {{ person.first_name }},\r\nsee you – 10 % off & more"


async def a_draft(browser: Browser, *people: int) -> str:
    """The address of a draft of the signed-in rep, found to the end."""
    url = browser.door.pipedrive.link_url(people or (1, 2), token=None)
    return str((await browser.get(url)).headers["location"])


async def view_of(door: Door, address: str) -> tuple[str, bool]:
    view = await door.runtime.batches.view(UUID(address.removeprefix("/batches/")))
    assert view is not None
    return view.body, view.life.confirmed_at is not None


def unsafe_addresses(door: Door) -> list[tuple[str, str]]:
    """Every unsafe (method, address) of the route table that browsers use."""
    found = []
    for route in door.app.routes:
        if isinstance(route, Route):
            path = route.path.replace("{batch:uuid}", NOWHERE).replace("{id}", NOWHERE)
            path = path.replace("{batch_id:uuid}", NOWHERE).replace("{id:uuid}", NOWHERE)
            for method in (route.methods or set()) - {"GET", "HEAD"}:
                if not path.startswith(("/oauth/callback", "/twilio/")):
                    found.append((method, path))
    return sorted(found)


FOREIGN = [
    {"Origin": "https://evil.test"},
    {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://volley.test"},
    {"Origin": "https://volley.test:8443"},
    {"Origin": "https://volley.test.evil.test"},
    {"Origin": "https://sub.volley.test", "Sec-Fetch-Site": "same-site"},
    {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "cross-site"},
    {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site"},
    {},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_nothing_is_changed_from_elsewhere(
    door: Door, browser: Browser, headers: dict[str, str]
) -> None:
    await browser.sign_in()
    address = await a_draft(browser)
    for method, path in [*unsafe_addresses(door), ("POST", f"{address}/draft")]:
        form = {"revision": "1", "body": "evil", "people": "2"}
        answer = await browser.client.request(method, path, data=form, headers=headers)
        assert answer.status_code == 403, (method, path)
    assert await view_of(door, address) == ("", False)
    assert (await browser.get(address)).status_code == 200, "the session was ended from elsewhere"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": PUBLIC_URL},
        {"Origin": PUBLIC_URL, "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
async def test_our_own_pages_may_change_things(
    door: Door, browser: Browser, headers: dict[str, str]
) -> None:
    await browser.sign_in()
    address = await a_draft(browser)
    form = {"revision": "1", "body": "ours"}
    answer = await browser.client.post(f"{address}/draft", data=form, headers=headers)
    assert answer.status_code in {200, 202, 303}
    assert await view_of(door, address) == ("ours", False)


async def test_every_unsafe_address_wants_a_session(door: Door, browser: Browser) -> None:
    addresses = unsafe_addresses(door)
    assert ("POST", "/disconnect") in addresses
    own = {"Origin": PUBLIC_URL, "Accept": "application/json"}
    for method, path in addresses:
        if path != "/logout":
            answer = await browser.client.request(method, path, headers=own)
            assert answer.status_code == 401, (method, path)
            assert answer.json()["error"] == "signed_out"


async def test_a_text_typed_before_the_session_ended_is_back_in_its_box(
    door: Door, browser: Browser
) -> None:
    await browser.sign_in()
    address = await a_draft(browser)
    browser.client.cookies.clear()
    left = await browser.post(f"{address}/send", {"revision": "1", "body": BODY, "people": "2"})
    assert left.status_code == 303
    assert "/oauth/authorize" in left.headers["location"]
    assert "Hello" not in left.headers["location"]
    back = await browser.allow(left)
    assert back.headers["location"] == f"{address}?signed=again"
    body, is_confirmed = await view_of(door, address)
    assert body.replace("\r\n", "\n") == BODY.replace("\r\n", "\n")
    assert not is_confirmed, "it was sent without anybody asking again"


async def test_a_text_that_changed_meanwhile_is_shown_beside(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    address = await a_draft(browser)
    async with door.browser() as other:
        left = await other.post(f"{address}/draft", {"revision": "1", "body": "<mine>"})
        await browser.post(f"{address}/draft", {"revision": "1", "body": "theirs"})
        back = await other.allow(left)
    assert back.status_code == 200
    assert "&lt;mine&gt;" in back.text
    assert await view_of(door, address) == ("theirs", False)


async def test_a_text_of_somebody_else_is_not_overwritten(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    address = await a_draft(browser)
    async with door.browser() as other:
        left = await other.post(f"{address}/draft", {"revision": "1", "body": "not theirs"})
        back = await other.allow(left, user_id=9)
    assert back.status_code == 200
    assert "not theirs" in back.text
    assert await view_of(door, address) == ("", False)


async def test_other_buttons_lead_back_to_the_page_and_do_nothing(
    door: Door, browser: Browser
) -> None:
    await browser.sign_in()
    address = await a_draft(browser)
    browser.client.cookies.clear()
    back = await browser.allow(await browser.post(f"{address}/cancel"))
    assert back.headers["location"] == f"{address}?signed=again"
    view = await door.runtime.batches.view(UUID(address.removeprefix("/batches/")))
    assert view is not None
    assert view.life.canceled_at is None


async def test_what_was_typed_beside_the_text_is_back_too(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    address = await a_draft(browser)
    browser.client.cookies.clear()
    typed = {"test_number": "+372 5999 0001", "text_name": "Opening <hours>", "nth": "1"}
    left = await browser.post(f"{address}/test", {"revision": "1", "body": BODY, **typed})

    back = await browser.allow(left)

    assert back.status_code == 200
    assert "You were signed out, so nothing was sent." in back.text
    assert 'value="+372 5999 0001"' in back.text
    assert 'value="Opening &lt;hours&gt;"' in back.text
    assert BODY.splitlines()[0] in back.text
    assert (await view_of(door, address))[1] is False


async def test_disconnecting_while_signed_out_does_nothing_and_says_so(
    door: Door, browser: Browser
) -> None:
    await browser.sign_in()
    browser.client.cookies.clear()
    form = {"company_id": "42", "user_id": "7"}

    back = await browser.allow(await browser.post("/disconnect", form))

    said = await browser.get(back.headers["location"])
    assert "You were signed out, so nothing was done." in said.text
    assert await door.runtime.installations.user(42, 7) is not None


async def test_a_form_too_long_to_be_a_text_is_refused(browser: Browser) -> None:
    await browser.sign_in()
    answer = await browser.post("/disconnect", {"body": "x" * 300_000})
    assert answer.status_code == 413
    assert "<h1>" in answer.text


async def test_nul_is_no_letter(door: Door, browser: Browser) -> None:
    await browser.sign_in()
    address = await a_draft(browser)
    answer = await browser.post(f"{address}/draft", {"revision": "1", "body": "a\0b"})
    assert answer.status_code < 400
    assert await view_of(door, address) == ("ab", False)
    assert (await browser.get("/support?q=%00")).status_code == 400
