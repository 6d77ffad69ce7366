"""After a company's last user left: what is kept for a while, and what is deleted then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.door import Browser, Door
from tests.past import database, days_pass, leave, left_of, run, with_a_past
from workers.stages.watch import tidy
from workers.store.tables import metadata

pytestmark = pytest.mark.anyio


@pytest.fixture
async def history(door: Door, browser: Browser) -> Door:
    return await with_a_past(door, browser)


async def test_a_company_stays_while_one_of_its_users_has_the_app(history: Door) -> None:
    await leave(history, 7)
    await days_pass(history, 31)
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {1}
    assert await history.runtime.own_accounts.sends(42) is not None


async def test_a_company_stays_for_thirty_days_after_its_last_user_left(history: Door) -> None:
    await leave(history, 7, 8)
    await days_pass(history, 29)
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {1}


async def test_then_all_of_it_goes_but_who_said_stop(history: Door) -> None:
    await leave(history, 7, 8)
    await days_pass(history, 31)
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {0}
    async with database(history) as connection:
        cursor = await connection.execute("SELECT number, reason FROM known_numbers")
        ((number, reason),) = await cursor.fetchall()
        assert (number[:5], reason) == ("hash:", "opted_out")
        cursor = await connection.execute("SELECT name FROM companies WHERE company_id = 42")
        assert await cursor.fetchall() == [("",)]
        cursor = await connection.execute("SELECT company_id FROM installations")
        assert await cursor.fetchall() == [(43,)]


async def test_no_table_keeps_a_row_of_a_forgotten_company(history: Door) -> None:
    async with database(history) as connection:
        await connection.execute("INSERT INTO pipedrive_pace (company_id, user_id) VALUES (42, 7)")
        await connection.execute(
            "INSERT INTO selected_records (batch_id, record_id, place, title)"
            " SELECT id, 1, 1, 'Acme' FROM batches WHERE company_id = 42"
        )
        told = await connection.execute("SELECT 1 FROM pipedrive_budgets WHERE company_id = 42")
        assert await told.fetchone()
    await leave(history, 7, 8)
    await days_pass(history, 31)
    await tidy(history.runtime)
    kept = []
    async with database(history) as connection:
        for table in (table for table in metadata.sorted_tables if "company_id" in table.c):
            cursor = await connection.execute(f"SELECT 1 FROM {table.name} WHERE company_id = 42")
            kept += [table.name] if await cursor.fetchone() else []
        cursor = await connection.execute("SELECT title FROM selected_records")
        assert await cursor.fetchall() == []
    assert sorted(kept) == ["companies", "known_numbers"]


async def test_the_operators_account_does_not_pass_to_the_next_company(history: Door) -> None:
    await leave(history, 7, 8)
    await days_pass(history, 31)
    await tidy(history.runtime)
    assert await history.runtime.installations.first_company() == 42


async def test_drafts_of_who_left_go_with_their_people_and_nobody_elses(
    history: Door, browser: Browser
) -> None:
    drafts = history.runtime.leaving
    for user_id in (7, 8):
        link = history.pipedrive.link_url([2], user_id=user_id, token=None)
        assert (await browser.get(link)).headers["location"].startswith("/batches/")
    await run(
        history,
        "INSERT INTO recipients (batch_id, state) SELECT id, 'ready' FROM batches"
        " WHERE confirmed_at IS NULL",
    )
    await leave(history, 8)

    assert await drafts.forget_drafts(most=1)
    assert not await drafts.forget_drafts(most=1)

    found = await left_of(history, 42)
    assert (found["batches"], found["recipients"], found["links"]) == (2, 2, 2)


async def test_other_companies_keep_everything(history: Door, browser: Browser) -> None:
    await browser.sign_in(company_id=43, user_id=70)
    await leave(history, 7, 8)
    await days_pass(history, 31)
    await tidy(history.runtime)
    known = await history.runtime.installations.user(43, 70)
    assert known is not None
    assert known.company_name == "Beta AS"


async def test_installing_again_in_time_keeps_it(history: Door, browser: Browser) -> None:
    await leave(history, 7, 8)
    await days_pass(history, 31)
    await browser.sign_in()
    await tidy(history.runtime)
    assert set((await left_of(history, 42)).values()) == {1}


async def test_who_comes_back_between_two_bites_stops_them(history: Door, browser: Browser) -> None:
    await leave(history, 7, 8)
    await days_pass(history, 31)
    assert await history.runtime.leaving.forget(42, after=timedelta(days=30), most=1)
    await browser.sign_in()
    assert not await history.runtime.leaving.forget(42, after=timedelta(days=30))
    assert (await left_of(history, 42))["batches"] == 1


async def test_being_forgotten_happens_once_and_installing_later_starts_anew(
    history: Door, browser: Browser
) -> None:
    await leave(history, 7, 8)
    await days_pass(history, 31)
    await tidy(history.runtime)
    assert await history.runtime.leaving.gone(after=timedelta(days=30)) == []
    await browser.sign_in()
    known = await history.runtime.installations.user(42, 7)
    assert known is not None
    assert known.company_name
    assert await history.batches() == 0


async def test_telling_of_the_uninstall_again_does_not_start_the_days_anew(history: Door) -> None:
    await leave(history, 7, 8)
    await days_pass(history, 31)
    await leave(history, 7, 8)
    assert await history.runtime.leaving.gone(after=timedelta(days=30)) == [42]
