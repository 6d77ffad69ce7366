"""What the buttons of a batch do, and what they refuse."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders_batches import NOW, a_row
from tests.gallery import CONFIRMED, people
from tests.paged import Page, three
from workers.domain.action import Filtered
from workers.domain.delivery import State

pytestmark = pytest.mark.anyio


async def test_send_confirms_once_and_the_same_again_is_the_same() -> None:
    page = Page(three())
    form = {"revision": "1", "body": "Hello", "people": "2"}

    first, again = await page.post("send", **form), await page.post("send", **form)

    assert (first.status_code, again.status_code) == (303, 303)
    assert page.view.confirmed_people == 2
    assert page.door.rung == [f"send {page.at}"] * 2


async def test_after_send_the_focus_is_on_undo_with_its_time() -> None:
    page = Page(three())
    await page.post("send", revision="1", body="Hello", people="2")

    html = (await page.get()).text

    assert re.search(r'<button id="do-undo"[^>]* autofocus[^>]*>Undo until <time', html)


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"revision": "1", "people": "2", "body": " "}, 422, "no text yet"),
        ({"revision": "1", "people": "3", "body": "Hi"}, 409, "You confirmed 3 people"),
        ({"revision": "9", "people": "2", "body": "Hi"}, 409, "changed since you looked"),
        ({"revision": "1", "people": "", "body": "Hi"}, 422, "A number is missing"),
        ({"revision": "1", "people": "two", "body": "Hi"}, 422, "“two” is not a number"),
        ({"revision": "1", "people": "２", "body": "Hi"}, 422, "is not a number"),
        ({"revision": "1", "people": "2", "body": "{{ x"}, 422, "line 1"),
    ],
)
async def test_a_refused_send_says_why_keeps_the_text_and_sends_nothing(
    form: dict[str, str], status: int, said: str
) -> None:
    page = Page(three())

    answer = await page.post("send", **form)

    assert answer.status_code == status
    assert said in answer.text
    assert f"{form['body']}</textarea>" in answer.text
    assert page.view.life.confirmed_at is None


async def test_a_send_while_people_are_found_waits_and_keeps_the_text() -> None:
    page = Page([a_row(1), a_row(2, state=State.PENDING)], resolved_at=None, total=2)

    html = (await page.get()).text
    answer = await page.post("send", revision="1", body="Hello", people="1")

    assert 'aria-disabled="true"' in html
    assert "Finding phone numbers, 1 of 2 so far." in html
    assert answer.status_code == 409
    assert "Hello</textarea>" in answer.text


@pytest.mark.parametrize("typed", ["1,200", "1 200", "1.200", "1200"])
async def test_a_big_number_is_typed_as_people_write_it(typed: str) -> None:
    page = Page([a_row(n) for n in range(1, 1201)])

    assert 'id="people-typed"' in (await page.get()).text
    assert (await page.post("send", revision="1", body="Hi", people=typed)).status_code == 303


async def test_everyone_is_always_typed_and_asked_about() -> None:
    html = (await Page(three(), selection=Filtered("everyone")).get()).text

    assert "Everyone you can see: 3 people. Is that the number Pipedrive showed?" in html


async def test_a_text_typed_for_a_batch_that_went_out_meanwhile_is_shown_to_copy() -> None:
    page = Page(three(), body="the other", **CONFIRMED)

    answer = await page.post("send", revision="1", body="mine", people="2")

    assert answer.status_code == 409
    assert "mine</textarea>" in answer.text


async def test_undo_goes_back_to_the_draft() -> None:
    page = Page(three(), **{**CONFIRMED, "first_claim_at": None})

    answer = await page.ask("undo")

    assert (answer.status_code, answer.json()["phase"]) == (202, "draft")
    assert answer.json()["on_their_way"] == 0


async def test_pause_go_on_and_stop_are_there_when_they_can_be_used() -> None:
    page = Page(people(ready=2, delivered=1), **CONFIRMED)
    sending = (await page.get()).text
    await page.post("pause")
    paused = (await page.get()).text
    await page.post("resume")
    await page.post("cancel")

    assert "Stop – don't text the other 2" in sending.replace("&#39;", "'")
    assert ">Go on<" in paused
    assert page.view.life.canceled_at is not None


async def test_write_another_opens_a_new_draft_and_has_its_people_found() -> None:
    page = Page(people(delivered=2), **CONFIRMED)

    answer = await page.post("again")

    new = answer.headers["location"].rpartition("/")[2]
    assert answer.status_code == 303
    assert new != str(page.at)
    assert page.door.rung == [f"resolve {new}"]


async def test_what_failed_is_grouped_and_only_what_may_be_retried_is_offered() -> None:
    html = (await Page(people(failed=2, undelivered=2, delivered=1), **CONFIRMED).get()).text

    assert "Try that one again" in html
    assert "can&#39;t receive texts; it is most likely a landline" in html


async def test_send_anyway_is_offered_only_after_the_look_ups_with_its_warning() -> None:
    rows = [a_row(1, state=State.UNCONFIRMED), a_row(2, state=State.DELIVERED)]
    ended = (await Page(rows, **CONFIRMED).get()).text
    asked = [replace(rows[0], next_look_at=NOW + timedelta(minutes=1)), rows[1]]
    asking = (await Page(asked, looking=1, **CONFIRMED).get()).text

    assert "Who already got it gets it twice" in ended
    assert "Send anyway" not in asking


async def test_a_form_of_a_megabyte_is_refused() -> None:
    answer = await Page(three()).post("draft", revision="1", body="x" * 1_000_000)

    assert answer.status_code == 413
