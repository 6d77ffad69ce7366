"""The pages over an in-memory ledger: who sees what, what a form does, and what is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fakes_ledger import ADMIN, NOW, REP, STRANGER, Door, Ledger, a_batch, a_row
from tests.gallery import CONFIRMED, an_app, gallery, people
from workers.domain.action import Filtered
from workers.domain.delivery import State
from workers.ports.outside import User
from workers.ports.reading import BatchView, RecipientRow

pytestmark = pytest.mark.anyio
COLLEAGUE = replace(REP, user_id=99, name="Kalle Kolleeg")
JSON = {"Accept": "application/json"}


class Page:
    """A browser on one batch."""

    def __init__(
        self, rows: Sequence[RecipientRow] = (), users: Sequence[User] = (REP,), **given: Any
    ) -> None:
        self.ledger, self.door = Ledger(), Door(users)
        self.at = self.ledger.keep(a_batch(rows, **given), rows).id
        app = an_app(self.ledger, self.door)
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app), base_url="http://test", cookies={"volley": "x"}
        )

    @property
    def view(self) -> BatchView:
        return self.ledger.views[self.at]

    async def get(self, path: str = "", **headers: str) -> httpx.Response:
        return await self._client.get(f"/batches/{self.at}{path}", headers=headers)

    async def open(self, address: str, **headers: str) -> httpx.Response:
        return await self._client.get(address, headers=headers)

    async def post(self, name: str, **form: str) -> httpx.Response:
        return await self._client.post(f"/batches/{self.at}/{name}", data=form)

    async def ask(self, name: str, **form: str) -> httpx.Response:
        """The same as a program does it."""
        return await self._client.post(f"/batches/{self.at}/{name}", data=form, headers=JSON)


def three() -> list[RecipientRow]:
    return [a_row(1), a_row(2), a_row(3, state=State.SKIPPED, number=None, reason="no_number")]


# ---------------------------------------------------------------- who sees it


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


# ---------------------------------------------------------------- the draft


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


# ---------------------------------------------------------------- sending


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


# ---------------------------------------------------------------- progress


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


async def test_the_rows_changed_since_are_the_only_ones() -> None:
    page = Page(people(ready=3), **CONFIRMED)

    changed = (await page.get("/progress?since=2.0", **JSON)).json()["changed"]

    assert [row["id"] for row in changed] == [3]


# ---------------------------------------------------------------- people


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


# ---------------------------------------------------------------- other pages


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

    assert "3 people found" in html
    assert "look-up" in html
    assert "+372 5123" not in html
