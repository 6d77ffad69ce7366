"""After a company's last user left: what is kept for a while, and what is deleted then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.door import Browser, Door
from workers.ports.company import Senders
from workers.ports.outside import Account
from workers.stages.watch import tidy
from workers.store.tables import metadata

pytestmark = pytest.mark.anyio

TABLES = ("batches", "recipients", "attempts", "receipts", "links", "texted", "company_accounts")
ACCOUNT = Account("AC" + "1" * 32, "AC" + "1" * 32, "token-of-the-company")


@asynccontextmanager
async def database(door: Door) -> AsyncIterator[psycopg.AsyncConnection]:
    async with await psycopg.AsyncConnection.connect(
        door.runtime.settings.postgres_url
    ) as connection:
        yield connection


async def run(door: Door, sql: str) -> None:
    async with database(door) as connection:
        await connection.execute(sql)


async def left_of(door: Door, company_id: int) -> dict[str, int]:
    """How many rows of each table belong to a company."""
    own = f"SELECT id FROM batches WHERE company_id = {company_id}"
    where = {
        "recipients": f"batch_id IN ({own})",
        "links": f"batch_id IN ({own})",
        "receipts": f"attempt_id IN (SELECT id FROM attempts WHERE company_id = {company_id})",
    }
    found = {}
    async with database(door) as connection:
        for table in TABLES:
            condition = where.get(table, f"company_id = {company_id}")
            cursor = await connection.execute(f"SELECT count(*) FROM {table} WHERE {condition}")
            row = await cursor.fetchone()
            found[table] = row[0] if row else 0
    return found


async def a_history(door: Door, browser: Browser, company_id: int) -> None:
    """A batch from a link, somebody texted, a receipt, a login and what Twilio taught us."""
    made = await browser.get(door.pipedrive.link_url([1], company_id=company_id, token=None))
    batch_id = UUID(made.headers["location"].rsplit("/", 1)[1])
    attempt_id = uuid4()
    async with database(door) as connection:
        await connection.execute("UPDATE batches SET confirmed_at = now(), first_claim_at = now()")
        cursor = await connection.execute(
            "INSERT INTO recipients (batch_id, person_id, number, state, attempt_id)"
            " VALUES (%s, 1, '+37255500100', 'delivered', %s) RETURNING id",
            (batch_id, attempt_id),
        )
        row = await cursor.fetchone()
        assert row is not None
        await connection.execute(
            "INSERT INTO attempts (id, recipient_id, batch_id, company_id, account_sid, sender,"
            " number, body_hash, state)"
            " VALUES (%s, %s, %s, %s, 'AC1', '+1', '+37255500100', '', 'delivered')",
            (attempt_id, row[0], batch_id, company_id),
        )
        await connection.execute(
            "INSERT INTO receipts (attempt_id, sid, status) VALUES (%s, %s, 'delivered')",
            (attempt_id, f"SM{attempt_id.hex}"),
        )
        await connection.execute(
            "INSERT INTO texted (company_id, channel, number, recipient_id)"
            " VALUES (%s, 'sms', '+37255500100', %s)",
            (company_id, row[0]),
        )
        for number, reason in (("+37255500101", "opted_out"), ("+3726555555", "landline")):
            await connection.execute(
                "INSERT INTO known_numbers (company_id, channel, number, reason)"
                " VALUES (%s, 'sms', %s, %s)",
                (company_id, number, reason),
            )
    await door.runtime.own_accounts.keep(company_id, ACCOUNT, Senders(), by=7)
    assert await door.runtime.own_accounts.choose(company_id, ACCOUNT.account_sid, sender="+1")


async def days_pass(door: Door, days: int) -> None:
    """So much longer ago is everything that installations know of."""
    await run(
        door, f"UPDATE installations SET refreshed_at = refreshed_at - interval '{days} days'"
    )


@pytest.fixture
async def history(door: Door, browser: Browser) -> Door:
    """The demo company with two users and a history, and another company with its own."""
    door.pipedrive.add_company(43, "Beta AS")
    door.pipedrive.add_user(43, 70, "Bea Beta")
    await browser.sign_in(user_id=8)
    await browser.sign_in()
    await a_history(door, browser, 42)
    async with door.browser() as elsewhere:
        await elsewhere.sign_in(company_id=43, user_id=70)
        await run(door, "UPDATE companies SET first_installed_at = now() - interval '1 day'"
                  " WHERE company_id = 42")  # fmt: skip
    return door


async def leave(door: Door, *users: int) -> None:
    for user_id in users:
        await door.runtime.installations.remove(42, user_id)


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
        assert await cursor.fetchall() == [("+37255500101", "opted_out")]
        cursor = await connection.execute("SELECT name FROM companies WHERE company_id = 42")
        assert await cursor.fetchall() == [("",)]
        cursor = await connection.execute("SELECT company_id FROM installations")
        assert await cursor.fetchall() == [(43,)]


async def test_no_table_keeps_a_row_of_a_forgotten_company(history: Door) -> None:
    async with database(history) as connection:
        await connection.execute("INSERT INTO pipedrive_pace (company_id, user_id) VALUES (42, 7)")
        await connection.execute("INSERT INTO pipedrive_budgets (company_id) VALUES (42)")
    await leave(history, 7, 8)
    await days_pass(history, 31)
    await tidy(history.runtime)
    kept = []
    async with database(history) as connection:
        for table in (table for table in metadata.sorted_tables if "company_id" in table.c):
            cursor = await connection.execute(f"SELECT 1 FROM {table.name} WHERE company_id = 42")
            kept += [table.name] if await cursor.fetchone() else []
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
