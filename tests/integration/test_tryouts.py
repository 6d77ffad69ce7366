"""A test of a draft goes to the rep alone, through the ledger, and changes nothing of the draft."""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest

from tests.desk import BROWSER, COLLEAGUE, Desk, a_desk, a_quiet_line, explains, id_of, tells
from tests.line import REP, Line, granted
from workers.domain.action import Chosen
from workers.domain.rules import QuietHours
from workers.ports.suppressions import Subject
from workers.ports.tryouts import MOST_AN_HOUR, MOST_TESTS
from workers.stages.confirm import confirm

pytestmark = pytest.mark.anyio
TEXT = "Hi {{ person.first_name }}, we open at nine."
MINE = "+372 5612 4999"
E164 = "+37256124999"


@pytest.fixture(scope="module")
async def line(module_database_url: str) -> AsyncIterator[Line]:
    async with a_quiet_line(module_database_url, undo_seconds=0) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    line.twilio.accepted.clear()
    await hours_pass(line)
    async with a_desk(line) as desk:
        yield desk


async def hours_pass(line: Line) -> None:
    """Since the tests that were made so far."""
    url = line.settings.postgres_url
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("UPDATE batches SET created_at = created_at - interval '2 hours'")


async def press(rep: Desk, batch: str, **form: Any) -> httpx.Response:
    """The button, as the page's form posts it."""
    seen = {"revision": (await rep.seen(batch))["revision"], "body": TEXT, "nth": 1}
    return await rep.post(f"{batch}/test", **{**seen, "test_number": MINE, **form})


async def ended(rep: Desk, batch: str, said: str) -> str:
    """The page, once it says that."""
    for _ in range(200):
        page = html.unescape((await rep.get(batch, BROWSER)).text)
        if said in page:
            return page
        await asyncio.sleep(0.05)
    raise AssertionError(page)


async def test_the_rep_gets_the_text_as_the_person_shown_would_and_reads_that_it_came(
    rep: Desk,
) -> None:
    batch = await rep.found(Chosen((1, 2)))
    before = await rep.progress(batch)
    rows = (await rep.get(f"{batch}/recipients")).json()["recipients"]

    told = await press(rep, batch, person=rows[1]["id"])
    page = await ended(rep, batch, f'Test to <span class="plain">{MINE}</span>: delivered')
    after = await rep.progress(batch)

    [sent] = rep.line.twilio.accepted
    assert told.status_code == 202
    first = rows[1]["name"].split()[0]
    assert (sent["to"], sent["body"]) == (E164, f"Hi {first}, we open at nine.")
    assert {key: after[key] for key in ("phase", "total", "counts")} == {
        key: before[key] for key in ("phase", "total", "counts")
    }
    assert f'value="{MINE}"' in page, "the number is known from now on"
    assert str(told.json()["test"]) not in (await rep.get("/", BROWSER)).text


async def test_pressed_twice_it_is_one_and_five_are_all(rep: Desk) -> None:
    batch = await rep.found()

    twice = await asyncio.gather(*(press(rep, batch) for _ in range(4)))
    rest = [await press(rep, batch, nth=nth) for nth in (2, 3, 4, 5)]
    sixth = await press(rep, batch, nth=6)

    assert {answer.status_code for answer in (*twice, *rest)} <= {202, 409}
    tells(sixth, 409, "too_many_tests")
    for _ in range(200):
        if len(rep.line.twilio.accepted) == 5:
            break
        await asyncio.sleep(0.05)
    assert [text["to"] for text in rep.line.twilio.accepted] == [E164] * 5
    assert "5 tests were sent of this draft" in (await rep.get(batch, BROWSER)).text


async def test_however_many_drafts_there_are_only_so_many_tests_are_sent_an_hour(rep: Desk) -> None:
    for _ in range(MOST_AN_HOUR // MOST_TESTS):
        batch = await rep.found()
        for nth in range(1, MOST_TESTS + 1):
            assert (await press(rep, batch, nth=nth)).status_code == 202
    again = await press(rep, batch, nth=MOST_TESTS)  # the same one, and so no other
    batch = await rep.found()
    refused = await press(rep, batch)
    await hours_pass(rep.line)
    later = await press(rep, batch)

    tells(refused, 409, "too_many_tests")
    assert (again.status_code, later.status_code) == (202, 202)
    for _ in range(200):
        if len(rep.line.twilio.accepted) > MOST_AN_HOUR:
            break
        await asyncio.sleep(0.05)
    assert len(rep.line.twilio.accepted) == MOST_AN_HOUR + 1


async def test_a_test_never_keeps_the_real_text_from_the_rep(rep: Desk) -> None:
    person = rep.line.pipedrive.add_person(name="Rep Rebane", phone=MINE)["id"]
    batch = await rep.found(Chosen((person,)))
    await press(rep, batch)
    await ended(rep, batch, ": delivered")

    sent = await rep.post(f"{batch}/send", body=TEXT, **await rep.seen(batch))
    await rep.line.until(id_of(batch), lambda view: view.counts.by_state.keys() == {"delivered"})

    assert sent.status_code == 202
    assert [text["to"] for text in rep.line.twilio.accepted] == [E164, E164]


async def test_who_replied_stop_gets_no_test_and_reads_why(rep: Desk) -> None:
    batch, number = await rep.found(), "+37256124998"
    who = Subject(1, id_of(batch), 42, "sms", "Rep", (number,))
    await rep.line.runtime.suppressions.add(who, by=7, note="for this test")

    await press(rep, batch, test_number=number)
    await ended(rep, batch, "not sent: they replied STOP")

    assert rep.line.twilio.accepted == []


async def test_at_night_the_rep_gets_it_at_once_all_the_same(line: Line, rep: Desk) -> None:
    batch, now = await rep.found(), datetime.now(ZoneInfo("Europe/Tallinn"))
    hours = [(now + timedelta(hours=apart)).replace(minute=0) for apart in (-2, 3)]
    rules = await line.runtime.companies.rules(42)
    night = QuietHours(*(time(hour.hour) for hour in hours))
    await line.runtime.companies.set_rules(42, replace(rules, quiet=night))
    try:
        await press(rep, batch)
        await ended(rep, batch, ": delivered")
    finally:
        await line.runtime.companies.set_rules(42, rules)


@pytest.mark.parametrize(
    ("number", "key", "words"),
    [
        ("", "no_number", "Which number should the test go to?"),
        ("+372 900 1234", "test_premium", "A test can't go to this number."),
        ("612 3438", "test_landline", "A test can't go to this number."),
        ("x" * 100, "test_unreadable", "A test can't go to this number."),
        ("+44 909 879 0123", "test_premium", "A test can't go to this number."),
    ],
)
async def test_a_number_that_cannot_get_it_is_refused_and_the_text_kept(
    rep: Desk, number: str, key: str, words: str
) -> None:
    batch = await rep.found()

    told = await press(rep, batch, test_number=number)
    form = {"revision": 2, "body": TEXT, "nth": 1, "test_number": number}
    page = await rep.post(f"{batch}/test", BROWSER, **form)

    tells(told, 422, key)
    assert f"{TEXT}</textarea>" in explains(page, 422, words)
    assert rep.line.twilio.accepted == []


@pytest.mark.parametrize(
    ("form", "status", "key"),
    [
        ({"body": " "}, 422, "empty_text"),
        ({"body": "{{ person.nam }}"}, 422, "broken_text"),
        ({"revision": 9}, 409, "stale"),
        ({"nth": "x"}, 422, "not_a_number"),
        ({"nth": 0}, 409, "too_many_tests"),
    ],
)
async def test_what_cannot_be_sent_is_not_tested_either(
    rep: Desk, form: dict[str, Any], status: int, key: str
) -> None:
    batch = await rep.found()

    tells(await press(rep, batch, **form), status, key)
    assert rep.line.twilio.accepted == []


async def test_only_the_owner_of_a_draft_may_test_it_and_nobody_after_sending(
    line: Line, rep: Desk
) -> None:
    batch = await rep.found()
    async with a_desk(line, COLLEAGUE) as other:
        theirs = await other.post(f"{batch}/test", revision=1, body=TEXT, nth=1, test_number=MINE)
    view = await line.view(id_of(batch))
    await confirm(line.runtime, view, revision=1, body=TEXT, people=2)

    tells(theirs, 404, "no_such_batch")
    tells(await rep.post(f"{batch}/test", revision=1, body=TEXT, nth=1), 409, "already_confirmed")


async def test_a_test_has_no_page_of_its_own_and_support_finds_it_at_its_draft(
    rep: Desk,
) -> None:
    batch = await rep.found()
    test = UUID((await press(rep, batch)).json()["test"])
    await ended(rep, batch, ": delivered")

    assert (await rep.get(f"/batches/{test}", BROWSER)).status_code == 404
    [history, *_] = await rep.line.runtime.support.find(42, query="", numbers=[E164])
    assert history.batch_id == id_of(batch)
    assert history.attempts[0].state == "delivered"


async def test_the_phone_in_pipedrive_is_offered_first(rep: Desk) -> None:
    user = replace(REP, phone="5612 4997")
    await rep.line.runtime.installations.save(user, granted(rep.line.pipedrive, rep.line.site))
    await rep.line.runtime.tryouts.keep_number(42, 7, "")
    batch = await rep.found()

    assert 'value="+372 5612 4997"' in (await rep.get(batch, BROWSER)).text


async def test_without_an_account_the_test_waits_for_one(database_url: str) -> None:
    async with (
        a_quiet_line(database_url, twilio_account_sid="", twilio_auth_token="") as line,
        a_desk(line) as rep,
    ):
        batch = await rep.found()
        tells(await press(rep, batch), 409, "no_account")
