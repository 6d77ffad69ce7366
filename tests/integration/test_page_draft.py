"""The draft on its page: people, text, preview, and what is kept."""

from __future__ import annotations

import pytest

from tests.builders_batches import a_row
from tests.paged import Page, three

pytestmark = pytest.mark.anyio


async def test_the_page_shows_people_numbers_reasons_and_the_count_on_the_button() -> None:
    html = (await Page(three()).get()).text

    assert "Send to 2 people" in html
    assert "+372 5123 0001" in html
    assert "no phone number in Pipedrive" in html
    assert "From +372 5550 0001" in html


async def test_the_script_gets_a_new_revision_parts_and_a_preview() -> None:
    page = Page([a_row(1, name="Zoë Tamm")])

    answer = await page.ask("draft", revision="1", body="Hi {{ person.first_name }}")

    said = answer.json()
    assert (answer.status_code, said["revision"], page.view.revision) == (202, 2, 2)
    assert said["preview"] == {"name": "Zoë Tamm", "text": "Hi Zoë"}
    assert said["parts"] == {"min": 1, "max": 1}
    assert "Hi Zoë" in said["html"]["facts"]


async def test_check_without_javascript_saves_and_comes_back() -> None:
    page = Page(three())

    answer = await page.post("draft", revision="1", body="Hi\r\nthere")

    assert (answer.status_code, answer.headers["location"]) == (303, f"/batches/{page.at}")
    assert page.view.body == "Hi\nthere"


async def test_a_stale_draft_keeps_the_text_that_was_typed() -> None:
    page = Page(three(), revision=5, body="the other tab's text")

    answer = await page.post("draft", revision="4", body="my <text>")

    assert answer.status_code == 409
    assert "my &lt;text&gt;</textarea>" in answer.text
    assert page.view.body == "the other tab's text"


async def test_a_broken_field_is_explained_beside_the_text() -> None:
    answer = await Page(three()).ask("draft", revision="1", body="{{ person.nam }}")

    assert answer.json()["problem"]["error"] == "broken_text"
    assert "person.nam" in answer.json()["html"]["facts"]


async def test_the_preview_turns_by_links() -> None:
    page = Page([a_row(1, name="Ann"), a_row(2, name="Bob")], body="Hi {{ person.first_name }}")

    first, second = (await page.get()).text, (await page.get("?person=2")).text

    assert 'href="/batches/' in first
    assert '<p class="bubble">Hi Ann</p>' in first
    assert '<p class="bubble">Hi Bob</p>' in second


async def test_without_an_account_a_rep_may_write_and_reads_who_can_connect_it() -> None:
    page = Page(three())
    page.door.account = None

    html = (await page.get()).text
    answer = await page.post("send", revision="1", body="Hello", people="2")

    assert "hasn't connected its text account yet" in html
    assert "Andres Admin" in html
    assert 'id="send"' not in html
    assert answer.status_code == 409
    assert page.view.life.confirmed_at is None
