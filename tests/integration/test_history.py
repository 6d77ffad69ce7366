"""The link action for what people were sent: who sees what of whose texts, and nobody is texted."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest

from tests.asking import TEXT, asks, begins, texts, told, until_answered
from tests.desk import (
    BROWSER,
    COLLEAGUE,
    PROGRAM,
    STRANGER,
    Desk,
    a_desk,
    a_quiet_line,
    allow,
    explains,
    tells,
)
from tests.line import REP, Line
from workers.store.history import EACH

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(database_url, guard_seconds=0, undo_seconds=0) as line:
        yield line


@pytest.fixture
async def admin(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line, COLLEAGUE) as desk:
        yield desk


async def test_a_rep_reads_what_they_sent_and_what_became_of_it(line: Line, rep: Desk) -> None:
    await texts(rep, COLLEAGUE, 8)
    place = await asks(rep, COLLEAGUE, 8, 9)
    page = explains(await rep.get(place, BROWSER), 200)
    for word in ("2 people", "1 of them was sent texts before, 1 never", TEXT, "delivered", "You,"):
        assert word in page, word
    assert "/person/9" in page
    assert "Person 9" not in page, "Pipedrive knows their name"
    assert "/persons" not in page


async def test_of_a_colleagues_text_a_rep_learns_that_and_when_but_not_what(
    line: Line, rep: Desk, admin: Desk
) -> None:
    await texts(admin, REP, 8)
    said = str(await told(rep, COLLEAGUE, 8))
    place = await asks(rep, COLLEAGUE, 8)
    page = explains(await rep.get(place, BROWSER), 200, REP.name)
    for hidden in (TEXT, "delivered", "/batches/"):
        assert hidden not in page
        assert hidden not in said


async def test_support_reads_everything_with_numbers_masked(
    line: Line, rep: Desk, admin: Desk
) -> None:
    await texts(rep, COLLEAGUE, 8)
    place = await asks(admin, REP, 8)
    page = explains(await admin.get(place, BROWSER), 200, TEXT, COLLEAGUE.name)
    assert line.twilio.accepted[0]["to"][-6:-2] not in page.replace(" ", "")


async def test_nobody_else_opens_the_answer(line: Line, rep: Desk, admin: Desk) -> None:
    path = await asks(rep, COLLEAGUE, 8)
    async with a_desk(line, STRANGER) as stranger:
        for desk in (admin, stranger):
            explains(await desk.get(path, BROWSER), 404, "This history isn't here.")
    for rubbish in ("x", "00000000-0000-4000-8000-000000000000"):
        tells(await rep.get(f"/history/{rubbish}"), 404, "no_such_history")


async def test_people_of_another_company_with_the_same_ids_are_not_mixed(
    line: Line, rep: Desk
) -> None:
    async with a_desk(line, STRANGER) as stranger:
        await texts(stranger, STRANGER, 2, body="Theirs")
    assert "Theirs" not in str(await told(rep, COLLEAGUE, 2))
    assert (await told(rep, COLLEAGUE, 2))["texted"] == 0


async def test_who_is_signed_out_signs_in_and_goes_on(line: Line) -> None:
    link = re.sub(r"&token=[^&]*", "", line.pipedrive.link_url([8], action="history"))
    async with a_desk(line, None) as desk:
        back = await allow(desk, await desk.get(link, BROWSER))
        assert back.headers["location"].startswith("/history/")
        place = back.headers["location"]
        await until_answered(line, place)
        explains(await desk.get(place, BROWSER), 200, "never sent a text")


async def test_on_a_persons_own_page_it_is_about_that_person(line: Line, rep: Desk) -> None:
    place = await asks(rep, COLLEAGUE, 8, view="details")
    assert (await rep.get(place)).json()["people"] == 1


async def test_a_link_that_was_cut_short_is_refused(line: Line, rep: Desk) -> None:
    link = line.pipedrive.link_url([8, 9], action="history", user_id=COLLEAGUE.user_id)
    answer = await rep.get(link[: link.index("selectedIds=") + 13], BROWSER)
    assert answer.status_code in {401, 422}


async def test_many_people_come_page_by_page_those_texted_first(line: Line, rep: Desk) -> None:
    await texts(rep, COLLEAGUE, 8)
    people = [
        *(rep.line.pipedrive.add_person(name="Bo", phone="")["id"] for _ in range(219)),
        8,
    ]
    path = await asks(rep, COLLEAGUE, *people)
    pages = [(await rep.get(f"{path}?page={n}")).json() for n in (1, 2, 3, 4)]
    seen = [[one["person_id"] for one in page["page"]] for page in pages]
    assert [len(ids) for ids in seen] == [100, 100, 20, 0]
    assert seen[0][:2] == [8, people[0]]
    assert sorted(one for ids in seen for one in ids) == sorted(people)
    explains(await rep.get(f"{path}?page=3", BROWSER), 200, "3 of 3", "220 people")


async def test_of_somebody_texted_often_the_newest_are_shown(line: Line, rep: Desk) -> None:
    for n in range(3):
        await texts(rep, COLLEAGUE, 8, body=f"Text {n}")
    path = await asks(rep, COLLEAGUE, 8)
    [entry] = (await rep.get(path)).json()["page"]
    assert [one["text"] for one in entry["texts"]] == ["Text 2", "Text 1", "Text 0"]
    assert EACH == 20


async def test_a_flood_of_questions_is_refused(database_url: str) -> None:
    async with (
        a_quiet_line(database_url, max_drafts_a_minute=3) as line,
        a_desk(line, COLLEAGUE) as rep,
    ):
        for person in (8, 9, 10):
            await begins(rep, COLLEAGUE, person)
        link = line.pipedrive.link_url([11], action="history", user_id=COLLEAGUE.user_id)
        assert (await rep.get(link, PROGRAM)).status_code == 429
