"""A company with a past: users, texts, receipts, a login; and what of it is left later."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import psycopg

from tests.door import Browser, Door
from workers.ports.company import Senders
from workers.ports.outside import Account

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


async def with_a_past(door: Door, browser: Browser) -> Door:
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
