"""The pace of a batch as the database tells it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.office import Office, an_office
from workers.domain.finish import Pace
from workers.store.paces import PgPaces

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


async def ended(office: Office, people: int, status: str) -> UUID:
    """One person a second, the last of them now."""
    batch_id, claimed = await office.accepted(people)
    for person in claimed:
        await office.tell(person, status)
    await office.sql(
        "UPDATE recipients r SET changed_at = now() - n * interval '1 second'"
        " FROM (SELECT id, row_number() OVER (ORDER BY seq DESC, id DESC) AS n FROM recipients"
        " WHERE batch_id = %s) AS placed WHERE placed.id = r.id",
        batch_id,
    )
    return batch_id


@pytest.mark.parametrize("status", ["delivered", "sent", "undelivered"])
async def test_people_who_got_through_give_the_pace(office: Office, status: str) -> None:
    batch_id = await ended(office, 30, status)

    assert await PgPaces(office.pool).pace_of(batch_id) == Pace(30, 29)


async def test_only_the_last_ones_count(office: Office) -> None:
    batch_id = await ended(office, 210, "delivered")

    assert await PgPaces(office.pool).pace_of(batch_id) == Pace(200, 199)


async def test_a_batch_that_just_began_has_no_pace(office: Office) -> None:
    batch_id, _ = await office.accepted(3)

    assert await PgPaces(office.pool).pace_of(batch_id) == Pace(0, 0)
