"""What only a real browser shows: Origin, Sec-Fetch-Site, Referer, form-action (S4, S21, S22)."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from tests.browser.opening import PATIENCE
from tests.contract.pipedrive_served import a_pipedrive
from tests.door import settings_of
from tests.servers import free_port, serve
from tests.simulators.pipedrive_world import World
from web.app import create_app
from web.protocol import LongQueryProtocol

pytestmark = pytest.mark.anyio


class Noting:
    """Remembers the headers of every request that a browser made, and what it was answered."""

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self.answered: list[tuple[str, str, int]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        self.seen.append((request.method, request.url.path, dict(request.headers)))

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answered.append((request.method, request.url.path, message["status"]))
            await send(message)

        await self._app(scope, receive, noted)

    def of(self, method: str, path: str) -> dict[str, str]:
        """The headers of the last such request."""
        return [h for m, p, h in self.seen if (m, p) == (method, path)][-1]


class Street:
    """The served door, the Pipedrive that leads to it, and what browsers sent."""

    def __init__(self, url: str, noting: Noting, pipedrive: World) -> None:
        self.url, self.noting, self.pipedrive = url, noting, pipedrive


@pytest.fixture
def street(database_url: str) -> Iterator[Street]:
    port = free_port()
    public_url = f"http://localhost:{port}"
    with a_pipedrive() as (world, pipedrive_url):
        world.app_url, world.callback = public_url, f"{public_url}/oauth/callback"
        world.allow_at_once = True
        settings = settings_of(database_url, pipedrive_url, public_url=public_url, port=port)
        noting = Noting(create_app(settings))
        with serve(noting, port=port, http=LongQueryProtocol, ws="none", lifespan="on"):
            yield Street(public_url, noting, world)


@pytest.fixture
async def context() -> AsyncIterator[BrowserContext]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = await started.new_context()
        context.set_default_timeout(PATIENCE)
        yield context
        await started.close()


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    return await context.new_page()


@contextlib.contextmanager
def a_foreign_site(html: str) -> Iterator[str]:
    async def show(request: Request) -> Response:
        return HTMLResponse(html)

    with serve(Starlette(routes=[Route("/", show)])) as url:
        yield url  # 127.0.0.1 is another site than localhost


async def open_draft(street: Street, page: Page) -> str:
    """From a click in Pipedrive through its sign-in to a draft; its address."""
    await page.goto(street.pipedrive.link_url([1, 2], token=True))
    assert "/batches/" in page.url, await page.content()
    return page.url


async def test_a_click_leads_through_pipedrives_sign_in_to_a_clean_address(
    street: Street, page: Page
) -> None:
    address = await open_draft(street, page)
    assert "?" not in address
    assert "token" not in await page.content()


async def test_no_referer_ever_tells_the_token(street: Street, page: Page) -> None:
    await open_draft(street, page)
    await page.goto(street.pipedrive.link_url([1], token="forged"))  # a page at the token's address
    await page.get_by_role("link", name="my texts").first.click()
    await page.wait_for_url("**/")
    assert [h["referer"] for _, _, h in street.noting.seen if "referer" in h] == []


async def test_our_own_form_is_known_by_sec_fetch_site(street: Street, page: Page) -> None:
    await open_draft(street, page)
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/signed-out")
    sent = street.noting.of("POST", "/logout")
    assert sent["sec-fetch-site"] == "same-origin"
    assert sent["origin"] in {"null", street.url}


async def test_a_form_whose_session_ended_comes_back_after_signing_in(
    street: Street, page: Page, context: BrowserContext
) -> None:
    """The redirect of a form to another site has to pass our own content policy."""
    address = await open_draft(street, page)
    await context.clear_cookies()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/signed-out")
    await open_draft(street, page)
    await context.clear_cookies()
    await page.evaluate(
        """path => { const form = document.createElement('form'); form.method = 'post';
        form.action = path + '/draft';
        for (const [name, value] of [['revision', '1'], ['body', 'typed before']]) {
          const box = document.createElement('input'); box.name = name; box.value = value;
          form.append(box); }
        document.body.append(form); form.submit(); }""",
        address,
    )
    box = page.locator("textarea").first
    await expect(box).to_have_value("typed before", timeout=PATIENCE)
    assert street.noting.of("GET", "/oauth/callback")


ATTACKS = {
    "form": "<form method=post action='{}/logout'></form><script>document.forms[0].submit()</script>",
    "text/plain form": "<form method=post enctype='text/plain' action='{}/logout'>"
    "<input name=a value=b></form><script>document.forms[0].submit()</script>",
    "fetch": "<script>fetch('{}/logout', {{method: 'POST', mode: 'no-cors', "
    "credentials: 'include', body: 'a=b'}})</script>",
    "no referrer": "<meta name=referrer content=no-referrer><form method=post action='{}/logout'>"
    "</form><script>document.forms[0].submit()</script>",
    "sandboxed frame": '<iframe sandbox="allow-scripts allow-forms" srcdoc="<form method=post '
    "action='{}/logout'></form><script>document.forms[0].submit()</script>\"></iframe>",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_another_site_changes_nothing(
    street: Street, page: Page, attack: str, host: str
) -> None:
    """From another site, and from another port of the same site (where Lax cookies come along)."""
    await open_draft(street, page)
    with a_foreign_site(attack.format(street.url)) as foreign:
        await page.goto(foreign.replace("127.0.0.1", host))
        for _ in range(
            PATIENCE // 20
        ):  # a browser shows a page no answer of a fetch or a frame of another
            if attempts := [s for m, p, s in street.noting.answered if p == "/logout"]:
                break
            await page.wait_for_timeout(20)
    assert attempts == [403]
    after = await page.context.new_page()  # the first may still be on its way to the refusal
    await after.goto(street.url + "/support")
    assert after.url.startswith(street.url), "the session is gone"
    assert not [p for m, p, _ in street.noting.seen if p == "/signed-out"]
