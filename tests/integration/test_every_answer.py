"""What every answer of the door carries: headers, a page where it fails, health and figures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from starlette.routing import Mount, Route

from tests.door import PUBLIC_URL, Browser, Door, a_door, settings_of, state_of
from tests.simulators.pipedrive import create_pipedrive, world_of
from web.app import create_app
from workers.domain.errors import Away

pytestmark = pytest.mark.anyio
NOWHERE = "00000000-0000-7000-8000-000000000000"


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
        async def user(self) -> None:
            raise Away("OperationalError")

        is_current = user

    gone = Gone()
    runtime = replace(door.runtime, sessions=Broken(), installations=gone, schema=gone)  # type: ignore[arg-type]  # they only raise
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
