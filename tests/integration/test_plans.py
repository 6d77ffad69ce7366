"""What holds batches' rows looks people up, however many people there are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.office import Office, an_office
from workers.store import mistaken, watching

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param(watching.UNCONFIRMED, id="dead claims are given up"),
        pytest.param(mistaken.UNKNOWN_AGAIN, id="a text is taken back"),
    ],
)
async def test_whom_nobody_knows_about_is_found_without_reading_everybody(
    office: Office, statement: str
) -> None:
    await office.sql(
        "INSERT INTO recipients (batch_id, person_id, number, state, seq, attempt_id)"
        " SELECT gen_random_uuid(), n, '+3725' || n, 'delivered', 1, gen_random_uuid()"
        " FROM generate_series(1, 20000) n"
    )
    await office.sql("ANALYZE recipients")
    few = {"people": [1, 2, 3], "ids": [UUID(int=n) for n in range(3)], "sources": ["sending"]}

    async with office.pool.connection() as connection:
        cursor = await connection.execute(f"EXPLAIN (COSTS OFF) {statement}", few)
        plan = "\n".join(line for row in await cursor.fetchall() for line in row.values())

    assert "Seq Scan on recipients" not in plan, plan
