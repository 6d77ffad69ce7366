"""Who may change something, what is kept when a session has ended, and what every answer carries."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

import psycopg
import pytest
from starlette.routing import Mount, Route

from tests.door import PUBLIC_URL, Browser, Door, a_door, settings_of, state_of
from tests.simulators.pipedrive import create_pipedrive, world_of
from web.app import create_app

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
    assert back.headers["location"] == address
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
    assert back.headers["location"] == address
    view = await door.runtime.batches.view(UUID(address.removeprefix("/batches/")))
    assert view is not None
    assert view.life.canceled_at is None


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


EVERYWHERE = {
    "content-security-policy": "default-src 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "cache-control": "",
}


async def test_every_answer_carries_the_security_headers(door: Door, browser: Browser) -> None:
    addresses = {"/nothing", "/static/nothing.css", "/static/style.css", "/batches/x", "/healthz"}
    addresses |= {door.pipedrive.link_url([1], token=kind) for kind in (None, "forged")}
    for route in door.app.routes:
        if isinstance(route, Route) and "{" not in route.path:
            addresses.add(route.path)
        assert isinstance(route, Route | Mount)
    for address in sorted(addresses):
        for method in ("GET", "POST", "DELETE", "HEAD"):
            answer = await browser.client.request(method, address)
            for name, expected in EVERYWHERE.items():
                assert expected in answer.headers.get(name, "missing"), (method, address, name)
                assert len(answer.headers.get_list(name)) == 1
            policy = answer.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            if not address.startswith("/static/"):
                assert answer.headers["cache-control"] == "no-store", (method, address)


async def test_an_unknown_address_gets_a_page(browser: Browser) -> None:
    answer = await browser.get("/nothing")
    assert answer.status_code == 404
    assert "There is nothing here." in answer.text
    assert (await browser.get("/nothing", Accept="application/json")).json()["error"] == "not_found"


async def test_an_address_that_is_no_text_gets_a_page(browser: Browser) -> None:
    answer = await browser.get_long("/support?q=\xff\xfe", query=b"q=\xff\xfe")
    assert answer.status_code == 400
    assert "can't be read" in answer.text.replace("&#39;", "'")


async def test_a_wrong_method_says_which_is_right(browser: Browser) -> None:
    answer = await browser.get("/logout")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.fixture
async def broken(door: Door) -> AsyncIterator[Browser]:
    """A door whose ledger has a bug and whose database is gone."""

    class Broken:
        async def identities(self, id_hash: bytes) -> None:
            raise RuntimeError("secret of the house")

    class Gone:
        async def first_company(self) -> None:
            raise psycopg.OperationalError("connection to +37255512345 lost")

        user = first_company

    runtime = replace(door.runtime, sessions=Broken(), installations=Gone())  # type: ignore[arg-type]
    app = create_app(door.runtime.settings, runtime=runtime)
    async with replace(door, app=app, runtime=runtime).browser() as browser:
        browser.client.cookies.set("__Host-volley", "known", domain="volley.test")
        yield browser


async def test_a_bug_gets_a_page_with_a_reference_and_no_trace(broken: Browser) -> None:
    answer = await broken.get("/support")
    assert answer.status_code == 500
    assert "reference" in answer.text
    assert "secret of the house" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"


async def test_without_its_database_the_door_asks_to_come_again(broken: Browser) -> None:
    answer = await broken.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"


async def test_a_lost_database_is_503_everywhere(browser: Browser) -> None:
    pipedrive = world_of(create_pipedrive(app_url=PUBLIC_URL))
    nowhere = settings_of("postgresql://127.0.0.1:1/none", "http://127.0.0.1:1")
    async with a_door(nowhere, pipedrive) as lost, lost.browser() as other:
        answer = await other.get(pipedrive.link_url([1], token=None))
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "Traceback" not in answer.text
        assert (await other.get("/healthz")).status_code == 200
        assert (await other.get("/readyz")).status_code == 503


async def test_ready_means_reachable_and_migrated(
    door: Door, browser: Browser, empty_database_url: str
) -> None:
    answer = await browser.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    settings = settings_of(empty_database_url, "http://127.0.0.1:1")
    async with a_door(settings, door.pipedrive) as empty, empty.browser() as other:
        answer = await other.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "not migrated")


async def test_figures_are_there_for_prometheus(browser: Browser) -> None:
    answer = await browser.get("/metrics")
    assert answer.status_code == 200
    assert "python_info" in answer.text


async def test_a_way_to_sign_in_is_never_the_same(browser: Browser) -> None:
    assert state_of(await browser.get("/install")) != state_of(await browser.get("/install"))
