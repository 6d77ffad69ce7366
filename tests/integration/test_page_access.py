"""Who sees a batch, and what support sees of it."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.builders_batches import ADMIN, REP, STRANGER
from tests.gallery import CONFIRMED
from tests.paged import COLLEAGUE, JSON, Page, three
from workers.ports.outside import User

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("who", [COLLEAGUE, STRANGER])
async def test_somebody_elses_batch_is_like_one_that_is_not_there(who: User) -> None:
    page = Page(three(), [who])

    theirs, unknown = await page.get(), await page.open(f"/batches/{uuid4()}")
    rubbish = await page.open("/batches/not-an-id")

    assert [theirs.status_code, unknown.status_code, rubbish.status_code] == [404] * 3
    assert theirs.text == unknown.text


@pytest.mark.parametrize("path", ["/progress", "/recipients", "/recipients.csv"])
async def test_no_part_of_somebody_elses_batch_is_shown(path: str) -> None:
    assert (await Page(three(), [STRANGER]).get(path)).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["draft", "send", "undo", "pause", "resume", "cancel", "retry", "send-anyway", "again"],
)
async def test_nobody_else_can_do_anything_with_it(name: str) -> None:
    page = Page(three(), [STRANGER])
    before = page.view

    answer = await page.post(name, revision="1", body="x", people="2", seq="1")

    assert answer.status_code == 404
    assert page.view == before


async def test_a_poll_after_the_session_ended_is_told_so() -> None:
    answer = await Page(three(), []).get("/progress", **JSON)

    assert (answer.status_code, answer.json()["error"]) == (401, "signed_out")
    assert answer.json()["title"] == "You are signed out. Sending goes on."


async def test_support_sees_masked_numbers_and_no_way_to_send() -> None:
    page = Page(three(), [ADMIN], body="Hello")

    html, rows = (await page.get()).text, (await page.get("/recipients", **JSON)).json()

    assert "+372 5123 0001" not in html
    assert "+37251230001" not in html
    assert rows["recipients"][0]["number"] == "+372•••••001"
    assert 'id="send"' not in html
    assert "<textarea" not in html


async def test_support_may_pause_but_not_send() -> None:
    page = Page(three(), [ADMIN], **CONFIRMED)

    refused = await page.post("resume")
    paused = await page.post("pause")

    assert (refused.status_code, paused.status_code) == (403, 303)
    assert page.view.life.paused_at is not None


async def test_of_two_identities_the_owner_acts() -> None:
    page = Page(three(), [ADMIN, REP])

    assert "Send to 2 people" in (await page.get()).text
