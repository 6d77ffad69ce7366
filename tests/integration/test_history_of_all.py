"""What everybody behind a selection was sent: found as for a text, never texted, gone after a day."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from tests.asking import TEXT, asks, begins, question_of, texts, told, until_answered
from tests.desk import (
    BROWSER,
    COLLEAGUE,
    PROGRAM,
    STRANGER,
    Desk,
    a_desk,
    a_quiet_line,
    explains,
    facts,
    tells,
)
from tests.line import REP, Line
from tests.route_table import methods, paths
from workers.domain.action import Chosen
from workers.stages.watch import tidy

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(database_url, guard_seconds=0, undo_seconds=0) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line, COLLEAGUE) as desk:
        yield desk


async def sql(line: Line, query: str) -> list[Any]:
    async with await psycopg.AsyncConnection.connect(
        line.settings.postgres_url, autocommit=True
    ) as connection:
        cursor = await connection.execute(query)
        return await cursor.fetchall() if cursor.description else []


OF_ALL: list[dict[str, Any]] = [
    {"filter": {"filter_id": 13}},
    {"filter": {"user_id": 7}},
    {"filter": {"everyone": 1}},
    *(
        {"resource": resource, "filter": {"everyone": 1}}
        for resource in ("deal", "organization", "activity")
    ),
]


@pytest.mark.parametrize("link", OF_ALL, ids=str)
async def test_everybody_behind_a_selection_is_told_of_by_name(
    line: Line, rep: Desk, link: dict[str, Any]
) -> None:
    answer = await told(rep, COLLEAGUE, **link)
    assert answer["people"] > 5
    assert all(
        one["name"] == line.pipedrive.people[one["person_id"]]["name"] for one in answer["page"]
    )


async def test_the_contact_of_a_ticked_deal_is_told_of(line: Line, rep: Desk) -> None:
    line.twilio.digits = False  # whoever the deal belongs to gets it
    deal = line.pipedrive.company.deals[5]
    await texts(rep, COLLEAGUE, deal["person_id"])
    answer = await told(rep, COLLEAGUE, 5, resource="deal")
    assert [one["person_id"] for one in answer["page"]] == [deal["person_id"]]
    assert answer["page"][0]["texts"][0]["text"] == TEXT


async def test_who_was_excluded_is_not_asked_about(rep: Desk) -> None:
    everybody = await told(rep, COLLEAGUE, filter={"everyone": 1})
    answer = await told(rep, COLLEAGUE, filter={"everyone": 1}, excluded=[8, 9])
    assert answer["people"] == everybody["people"] - 2


async def test_while_they_are_found_the_page_says_how_far_and_then_is_loaded_again(
    line: Line, rep: Desk
) -> None:
    await line.sender.drain(seconds=30)  # it would find them before the page is looked at
    place = await begins(rep, COLLEAGUE, filter={"everyone": 1})
    page = explains(await rep.get(place, BROWSER), 200, "Finding people…", "nobody is texted")
    assert f'data-at="{place}"' in page
    assert 'data-over="no"' in page
    waits = (await rep.get(f"{place}/progress")).json()
    assert (waits["mood"], waits["over"]) == ("finding", False)
    assert "Finding people…" in waits["html"]["finding"]
    assert (await rep.get(place)).json() == {"finding": True, "refused": None}
    await until_answered(line, place)
    assert (await rep.get(f"{place}/progress")).json()["mood"] == "answered"
    assert "data-over" not in (await rep.get(place, BROWSER)).text


async def test_who_is_not_visible_to_the_rep_is_not_told_of(line: Line, rep: Desk) -> None:
    await texts(rep, COLLEAGUE, 8, 9)
    line.pipedrive.people[8]["_invisible"] = {COLLEAGUE.user_id}
    line.pipedrive.people[9]["is_deleted"] = True
    for link in ({}, {"filter": {"everyone": 1}}):
        people = () if link else (8, 9, 10)
        place = await asks(rep, COLLEAGUE, *people, **link)
        page = explains(await rep.get(place, BROWSER), 200)
        assert TEXT not in page
        assert "/person/8" not in page
        if not link:
            assert "2 people of them are deleted in Pipedrive, or not visible to you." in page
            assert "1 person" in page


async def test_a_question_is_no_text_wherever_texts_are_shown(line: Line, rep: Desk) -> None:
    before = await facts(line)
    place = await asks(rep, COLLEAGUE, 8, 9)
    after = await facts(line)
    changed = {name for name in after if after[name] != before[name]}
    assert changed <= {"batches", "recipients", "links", "pipedrive_budgets", "pipedrive_pace"}
    name = line.pipedrive.people[8]["name"]
    assert place.rpartition("/")[2] not in (await rep.get("/", BROWSER)).text
    assert not [
        one for one in await line.runtime.batches.of_company(42) if one.id == question_of(place)
    ]
    assert not await line.runtime.support.find(42, query=name, numbers=[])
    assert not await line.runtime.support.find(42, query="8", numbers=[])
    stored = await sql(
        line, "SELECT number, numbers, fields FROM recipients WHERE reason = 'asked'"
    )
    assert stored == [(None, [], {}), (None, [], {})]


async def test_who_was_asked_about_is_texted_as_before(line: Line, rep: Desk) -> None:
    await asks(rep, COLLEAGUE, 8)
    batch = await rep.found(Chosen((8,)), by=COLLEAGUE)
    assert (await rep.seen(batch))["people"] == 1
    assert 'id="crossings"' not in (await rep.get(batch, BROWSER)).text


@pytest.mark.parametrize("path", paths("id"))
async def test_no_page_of_a_text_opens_a_question(line: Line, rep: Desk, path: str) -> None:
    place = await asks(rep, COLLEAGUE, 8)
    question = question_of(place)
    [[person]] = await sql(line, "SELECT max(id) FROM recipients WHERE reason = 'asked'")
    address = path.replace("{id}", str(question)).replace("{recipient}", str(person))
    form = {"revision": 1, "people": 1, "body": "Hi", "seq": 1}
    for method in methods(path):
        ask = rep.get(address) if method == "GET" else rep.post(address, PROGRAM, **form)
        assert (await ask).status_code == 404


async def test_the_database_itself_never_lets_a_question_be_sent(line: Line, rep: Desk) -> None:
    place = await asks(rep, COLLEAGUE, 8)
    with pytest.raises(psycopg.errors.CheckViolation):
        await sql(
            line, f"UPDATE batches SET confirmed_at = now() WHERE id = '{question_of(place)}'"
        )


async def test_nobody_else_sees_how_far_it_is(line: Line, rep: Desk) -> None:
    place = await begins(rep, COLLEAGUE, 8)
    async with a_desk(line) as admin, a_desk(line, STRANGER) as stranger:
        for desk in (admin, stranger):
            tells(await desk.get(f"{place}/progress"), 404, "no_such_history")


async def test_after_a_day_nothing_of_it_is_left(line: Line, rep: Desk) -> None:
    place = await asks(rep, COLLEAGUE, 5, resource="deal")
    young = await asks(rep, COLLEAGUE, 8)
    old = question_of(place)
    await sql(
        line, f"UPDATE batches SET created_at = created_at - interval '1 day' WHERE id = '{old}'"
    )
    explains(await rep.get(place, BROWSER), 404, "This history isn't here.")
    await tidy(line.runtime)
    for table in ("recipients", "links", "selected_records"):
        assert not await sql(line, f"SELECT * FROM {table} WHERE batch_id = '{old}'")
    assert not await sql(line, f"SELECT * FROM batches WHERE id = '{old}'")
    assert (await rep.get(young)).json()["people"] == 1


async def test_the_same_click_finds_its_question_again_and_newer_texts_in_it(
    line: Line, rep: Desk
) -> None:
    link = line.pipedrive.link_url([8], action="history", user_id=COLLEAGUE.user_id)
    places = {(await rep.get(link, BROWSER)).headers["location"] for _ in range(2)}
    [place] = places
    await until_answered(line, place)
    assert (await rep.get(place)).json()["texted"] == 0
    await texts(rep, COLLEAGUE, 8)
    assert (await rep.get(place)).json()["texted"] == 1


async def test_what_cannot_be_read_is_said_in_words_of_a_question(line: Line, rep: Desk) -> None:
    place = await asks(rep, COLLEAGUE, filter={"filter_id": 4711})
    page = explains(await rep.get(place, BROWSER), 200, "The filter of this list was deleted")
    assert "choose Texts they were sent once more" in page
    assert "Send a text" not in page
    assert (await rep.get(f"{place}/progress")).json()["over"] is True


async def test_a_question_waits_for_pipedrives_budget_and_says_until_when(
    line: Line, rep: Desk
) -> None:
    line.pipedrive.daily_limit, line.pipedrive.budget = 40, 0
    place = await asks(rep, COLLEAGUE, filter={"everyone": 1})
    page = html.unescape((await rep.get(place, BROWSER)).text)
    assert "Finding people continues at" in page


async def test_what_a_rep_who_left_asked_is_gone(line: Line, rep: Desk) -> None:
    await asks(rep, COLLEAGUE, 8)
    await line.runtime.installations.remove(42, COLLEAGUE.user_id)
    await tidy(line.runtime)
    assert not await sql(line, "SELECT * FROM recipients WHERE reason = 'asked'")


async def test_an_admin_reads_what_colleagues_sent_to_all(line: Line, rep: Desk) -> None:
    await texts(rep, COLLEAGUE, 8)
    async with a_desk(line) as admin:
        answer = await told(admin, REP, filter={"everyone": 1})
    assert answer["texted"] == 1
    assert answer["page"][0]["person_id"] == 8
    assert answer["page"][0]["texts"][0]["text"] == TEXT
