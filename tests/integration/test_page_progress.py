"""What the poll, the list of people and the export say."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders_batches import NOW, a_row
from tests.gallery import CONFIRMED, people
from tests.paged import JSON, Page, three
from workers.domain.delivery import State

pytestmark = pytest.mark.anyio


async def test_progress_has_the_promised_keys() -> None:
    page = Page(
        people(ready=2, delivered=1), **{**CONFIRMED, "back_off_until": NOW + timedelta(minutes=1)}
    )

    said = (await page.get("/progress", **JSON)).json()

    assert {key: said[key] for key in ("batch", "phase", "total", "revision", "seq", "counts")} == {
        "batch": str(page.at),
        "phase": "sending",
        "total": 3,
        "revision": 1,
        "seq": 3,
        "counts": {"ready": 2, "delivered": 1},
    }
    until = (NOW + timedelta(minutes=1)).isoformat()
    assert said["waiting"] == [{"for": "pace", "until": until, "people": 2}]
    assert {"id", "person_id", "name", "number", "state", "reason"} <= set(said["changed"][0])
    assert said["next_since"] == "3.0"


async def test_progress_answers_304_until_something_changes() -> None:
    page = Page(people(ready=2), **CONFIRMED)
    tag = (await page.get("/progress", **JSON)).headers["etag"]

    same = await page.get("/progress?since=2.0", **JSON, **{"If-None-Match": tag})
    await page.post("pause")
    other = await page.get("/progress?since=2.0", **JSON, **{"If-None-Match": tag})

    assert (same.status_code, same.content) == (304, b"")
    assert (other.status_code, other.json()["phase"]) == (200, "paused")


async def test_the_hold_ending_changes_the_tag_although_no_row_did() -> None:
    held = {**CONFIRMED, "first_claim_at": None, "not_before": NOW + timedelta(seconds=5)}
    page = Page(people(ready=2), **held)
    before = (await page.get("/progress", **JSON)).headers["etag"]
    page.ledger.views[page.at] = replace(page.view, now=NOW + timedelta(seconds=6))

    assert (await page.get("/progress", **JSON)).headers["etag"] != before


async def test_a_countdown_that_is_told_is_counted_from_this_moment() -> None:
    """Two seconds on nothing has changed, so the tag is the same; the time that is left is not."""
    held = {**CONFIRMED, "first_claim_at": None, "not_before": NOW + timedelta(seconds=9)}
    page = Page(people(ready=2), **held)
    first = (await page.get("/progress", **JSON)).json()["html"]["actions"]
    page.ledger.views[page.at] = replace(page.view, now=NOW + timedelta(seconds=2))

    later = (await page.get("/progress", **JSON)).json()["html"]["actions"]

    assert 'data-left="9.0"' in first
    assert 'data-left="7.0"' in later


async def test_the_rows_changed_since_are_the_only_ones() -> None:
    page = Page(people(ready=3), **CONFIRMED)

    changed = (await page.get("/progress?since=2.0", **JSON)).json()["changed"]

    assert [row["id"] for row in changed] == [3]


async def test_the_list_is_filtered_by_state_and_name_and_pages_on() -> None:
    page = Page(
        [a_row(n) for n in range(1, 131)] + [a_row(131, state=State.FAILED, reason="30003")]
    )

    first = (await page.get("/recipients", **JSON)).json()
    rest = (await page.get(f"/recipients?cursor={first['next_cursor']}", **JSON)).json()
    failed = (await page.get("/recipients?state=failed,undelivered", **JSON)).json()
    found = (await page.get("/recipients?q=person+131", **JSON)).json()

    assert (len(first["recipients"]), len(rest["recipients"])) == (100, 31)
    assert rest["next_cursor"] is None
    assert [row["id"] for row in failed["recipients"]] == [131]
    assert [row["id"] for row in found["recipients"]] == [131]


async def test_an_unknown_group_is_refused() -> None:
    assert (await Page(three()).get("/recipients?state=lost", **JSON)).status_code == 422


async def test_the_export_is_safe_in_a_spreadsheet() -> None:
    answer = await Page([a_row(1, name='=HYPERLINK("http://x")')]).get("/recipients.csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert '"\'=HYPERLINK(""http://x"")","\'+37251230001"' in answer.text


async def test_a_persons_name_is_never_markup_nor_a_template() -> None:
    html = (await Page([a_row(1, name="<script>alert(1)</script>{{ 7*7 }}")]).get()).text

    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}" in html
