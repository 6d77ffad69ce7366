"""The pages around a batch: my texts, support, and what no page may have."""

from __future__ import annotations

import re
from dataclasses import replace

import httpx
import pytest

from tests.builders_batches import ADMIN, a_batch
from tests.fakes_ledger import Door
from tests.gallery import gallery
from tests.paged import JSON, Page, three

pytestmark = pytest.mark.anyio


async def test_no_page_has_inline_code_or_styles_or_foreign_addresses() -> None:
    app, _, addresses = gallery()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", cookies={"volley": "x"}
    ) as client:
        for address in [*addresses.values(), "/", "/support?q=Mari", "/forged"]:
            html = (await client.get(address)).text
            assert not re.search(r"<script(?![^>]*src=\"/static/)|<style|\sstyle=|\son\w+=", html)
            assert not re.search(r"(?:src|action)=\"(?!/)", html)


async def test_my_texts_greets_somebody_new() -> None:
    page = Page()
    page.ledger.views.clear()

    html = (await page.open("/")).text

    assert "No texts yet" in html
    assert "https://acme.pipedrive.com/persons/list" in html


async def test_my_texts_lists_only_mine() -> None:
    page = Page(three(), body="mine")
    page.ledger.keep(a_batch(user_id=99, body="a colleague's"))

    html = (await page.open("/")).text

    assert "mine" in html
    assert "colleague" not in html


async def test_without_a_session_the_first_page_offers_to_sign_in() -> None:
    assert 'href="/install"' in (await Page(users=[]).open("/")).text


@pytest.mark.parametrize(
    "query", ["Person 3", "+372 5123 0001", "(372) 5123-0001", "51230001", "1001"]
)
async def test_support_finds_a_person_however_they_are_named(query: str) -> None:
    app, ledger, _ = gallery(Door([ADMIN]))
    wanted = [h for h in ledger.histories if h.row.id == 1]
    ledger.histories = [replace(h, row=replace(h.row, name="Person 3")) for h in wanted]
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", cookies={"volley": "x"}
    ) as client:
        found = (await client.get("/support", params={"q": query}, headers=JSON)).json()["people"]

    assert [(one["person_id"], one["number"]) for one in found] == [(1001, "+372•••••001")]
    assert found[0]["text"].startswith("Hi ")
    assert found[0]["attempts"][0]["receipts"]
    assert found[0]["next_step"]


async def test_support_is_for_admins() -> None:
    assert (await Page(three()).open("/support")).status_code == 403


async def test_support_finds_by_sid_and_shows_receipts() -> None:
    app, _, _ = gallery(Door([ADMIN]))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://test", cookies={"volley": "x"}
    ) as client:
        html = (await client.get("/support", params={"q": "SM" + "0123456789abcdef" * 2})).text

    assert "3 people, 3 texts found" in html
    assert "look-up" in html
    assert "+372 5123" not in html
