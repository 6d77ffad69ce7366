"""One person's page: who may take them out for good, take that back, and see their number."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.desk import (
    BROWSER,
    COLLEAGUE,
    Desk,
    a_desk,
    a_quiet_line,
    allow,
    boxes,
    explains,
    id_of,
    nothing_changes,
    refused,
    tells,
)
from tests.line import REP, Line
from tests.staged import END_HOLD
from workers.domain.delivery import State
from workers.ports.reading import RecipientRow

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    """REP is an admin; COLLEAGUE is none, and support once REP says so."""
    async with a_quiet_line(database_url, guard_seconds=0) as line:
        yield line


@pytest.fixture
async def admin(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line, COLLEAGUE) as desk:
        yield desk


async def a_draft(desk: Desk) -> tuple[str, RecipientRow]:
    """A draft of the colleague's, and its first person."""
    batch = await desk.found(by=COLLEAGUE)
    rows, _ = await desk.line.runtime.rows.page(id_of(batch))
    return batch, min(rows, key=lambda row: row.id)


async def test_who_wrote_the_text_takes_somebody_out_for_good(line: Line, rep: Desk) -> None:
    batch, person = await a_draft(rep)
    seen = await rep.seen(batch)

    answer = await rep.post(f"{batch}/people/{person.id}/opt-out", BROWSER, note="Told me so")

    assert answer.status_code == 303
    page = explains(await rep.get(answer.headers["location"], BROWSER), 200)
    assert "Ott Ohakas noted today that they want no texts" in page
    late = await rep.post(f"{batch}/send", body="Hello", **seen)
    tells(late, 409, "stale")
    again, same = await a_draft(rep)
    assert (same.state, same.reason) == (State.SKIPPED, "opted_out")
    explains(await rep.get(again, BROWSER), 200, "Ott Ohakas noted today that they want no texts")


async def test_whoever_was_confirmed_is_left_out_at_the_claim(line: Line, rep: Desk) -> None:
    batch, person = await a_draft(rep)
    sent = await rep.post(f"{batch}/send", body="Hello", **await rep.seen(batch))
    assert sent.status_code == 202, sent.text
    await rep.post(f"{batch}/people/{person.id}/opt-out", note="Called")
    await line.sql(END_HOLD)

    view = await line.until(id_of(batch), lambda view: view.counts[State.DELIVERED] == 1)
    assert view.counts[State.SKIPPED] == 1
    assert person.number not in {text["to"] for text in line.twilio.accepted}


async def test_only_an_admin_takes_it_back_and_answers_for_it(
    line: Line, rep: Desk, admin: Desk
) -> None:
    batch, person = await a_draft(rep)
    place = f"{batch}/people/{person.id}"
    await rep.post(f"{place}/opt-out", note="Told me so")

    await refused(rep, lambda as_: rep.post(f"{place}/opt-in", as_, note="x"), 403, "not_admin")
    taken = await admin.post(f"{place}/opt-in", note="They  wrote to\nus again")

    assert taken.json()["opted_out"] is None
    assert [(one["what"], one["by"]) for one in taken.json()["noted"]] == [
        ("lifted", REP.name),
        ("opted_out", COLLEAGUE.name),
    ]
    page = explains(await admin.get(place, BROWSER), 200)
    assert "“They wrote to us again”" in page
    assert "“Told me so”" in page
    assert (await a_draft(rep))[1].state is State.READY
    twice = await admin.post(f"{place}/opt-in", note="again")
    tells(twice, 409, "not_opted_out")


@pytest.mark.parametrize(
    ("note", "key"), [("", "note_missing"), (" \n ", "note_missing"), ("x" * 501, "note_too_long")]
)
async def test_a_reason_is_asked_for(rep: Desk, note: str, key: str) -> None:
    batch, person = await a_draft(rep)
    place = f"{batch}/people/{person.id}/opt-out"
    page = await refused(rep, lambda as_: rep.post(place, as_, note=note), 422, key)
    assert "Do they want texts?" in page


async def test_support_sees_a_masked_number_and_a_look_at_it_is_noted(
    line: Line, rep: Desk, admin: Desk
) -> None:
    batch, person = await a_draft(rep)
    place = f"{batch}/people/{person.id}"
    assert person.number
    masked = explains(await admin.get(place, BROWSER), 200, "Show the whole number")
    assert person.number[-6:-2] not in masked.replace(" ", "")

    shown = explains(await admin.post(f"{place}/reveal", BROWSER), 200)

    assert person.number in shown.replace(" ", "")
    noted = (await admin.get(place)).json()["noted"]
    assert [(one["what"], one["by"]) for one in noted] == [("revealed", REP.name)]
    assert person.number[-6:-2] not in (await admin.get(place)).text.replace(" ", "")
    assert "looked at the number" in (await admin.get(place, BROWSER)).text


async def test_who_owns_the_text_sees_the_number_and_no_audit(line: Line, rep: Desk) -> None:
    batch, person = await a_draft(rep)
    place = f"{batch}/people/{person.id}"
    async with nothing_changes(line):
        page = explains(await rep.get(place, BROWSER), 200)
        await rep.post(f"{place}/reveal", BROWSER)
    assert person.number
    assert person.number in page.replace(" ", "")
    assert "Show the whole number" not in page
    assert "What was noted" not in page


async def test_another_reps_people_are_not_there(line: Line, rep: Desk, admin: Desk) -> None:
    batch = await admin.found()
    rows, _ = await line.runtime.rows.page(id_of(batch))
    mine, _ = await a_draft(rep)
    for place in (f"{batch}/people/{rows[0].id}", f"{mine}/people/{rows[0].id}"):
        await refused(
            rep,
            lambda as_, at=place: rep.post(f"{at}/opt-out", as_, note="x"),  # type: ignore[misc]  # a lambda with a default
            404,
            "no_such_batch" if place.startswith(batch) else "no_such_person",
        )


@pytest.mark.parametrize("rubbish", ["0", "abc", "-1", "9" * 30, "1.5", "%00"])
async def test_rubbish_in_the_address_is_nobody(rep: Desk, rubbish: str) -> None:
    batch, _ = await a_draft(rep)
    assert (await rep.get(f"{batch}/people/{rubbish}")).status_code == 404


async def test_taking_somebody_out_twice_is_noted_once(line: Line, rep: Desk, admin: Desk) -> None:
    batch, person = await a_draft(rep)
    place = f"{batch}/people/{person.id}"
    for note in ("first", "second"):
        assert (await rep.post(f"{place}/opt-out", note=note)).status_code == 202
    assert len((await admin.get(place)).json()["noted"]) == 1


NOTE = 'Told me "no more" <today> & meant it'


async def test_a_note_sent_after_the_session_ended_is_back_in_its_field(rep: Desk) -> None:
    batch, person = await a_draft(rep)
    place = f"{batch}/people/{person.id}"
    rep.http.cookies.clear()
    async with nothing_changes(rep.line):
        left = await rep.post(f"{place}/opt-out", BROWSER, note=NOTE)
    assert "Told" not in left.headers["location"]

    back = await allow(rep, left, user_id=COLLEAGUE.user_id)

    page = explains(back, 200, "You were signed out, so nothing was done.", "still below")
    assert f'value="{NOTE}"' in page
    assert "<today>" not in back.text
    assert (await rep.get(place)).json()["opted_out"] is None
    assert (await rep.post(f"{place}/opt-out", BROWSER, note=NOTE)).status_code == 303


async def test_a_note_is_there_to_copy_for_somebody_who_may_not_see_the_person(
    line: Line, admin: Desk
) -> None:
    batch = await admin.found()
    rows, _ = await line.runtime.rows.page(id_of(batch))
    admin.http.cookies.clear()
    left = await admin.post(f"{batch}/people/{rows[0].id}/opt-out", BROWSER, note=NOTE)

    back = await allow(admin, left, user_id=COLLEAGUE.user_id)

    page = explains(back, 200, "You were signed out, so nothing was done.", "isn't here")
    assert boxes(page) == [NOTE]
    assert str(rows[0].name) not in page
