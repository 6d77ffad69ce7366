"""Users of two companies, and the ledger's rows as the tests of installations write and read them."""

from __future__ import annotations

from datetime import timedelta

from tests.fakes_pipedrive import a_user
from workers.store.database import Pool, Row, rows, write

SECRET = "s" * 32
LEASE = timedelta(seconds=45)
ZOE = a_user(company_id=1, user_id=7, name="Zoë", is_admin=True)
MAX = a_user(company_id=1, user_id=8, name="Max")
ELSEWHERE = a_user(company_id=2, user_id=7, name="Zoë elsewhere", is_admin=True)


async def run(pool: Pool, sql: str, **params: object) -> None:
    async with pool.connection() as connection:
        await write(connection, sql, **params)


async def read(pool: Pool, sql: str, **params: object) -> list[Row]:
    async with pool.connection() as connection:
        return await rows(connection, sql, **params)
