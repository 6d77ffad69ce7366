"""People for whom it did not work out for the same reason: counted, named and listed exactly."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.integration.test_rows import paged
from tests.office import Office, an_office, found
from workers.domain.delivery import State

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


async def test_reasons_add_up_to_their_states(office: Office) -> None:
    batch_id = await office.draft(
        found(1, reason="landline"), found(2, reason="landline"), found(3, reason="gone"), found(4)
    )

    known = await office.rows.reasons(batch_id)

    assert {key: alike.people for key, alike in known.items()} == {
        (State.SKIPPED, "landline"): 2,
        (State.SKIPPED, "gone"): 1,
    }


async def test_the_first_three_of_a_reason_are_named_and_the_list_shows_all_of_them(
    office: Office,
) -> None:
    landlines = [found(n, reason="landline") for n in (5, 4, 3, 2)]
    batch_id = await office.draft(found(1, reason="gone"), *landlines, found(6))

    known = await office.rows.reasons(batch_id)
    people = await paged(office, batch_id, states=[State.SKIPPED], reasons=["landline"], limit=3)

    some = known[State.SKIPPED, "landline"].some
    assert [one.person_id for one in some] == [row.person_id for row in people][:3]
    assert {row.person_id for row in people} == {2, 3, 4, 5}
    assert {row.reason for row in people} == {"landline"}


async def test_people_without_a_reason_are_a_group_too(office: Office) -> None:
    batch_id = await office.confirmed(3)
    await office.sql(
        "UPDATE recipients SET state = 'failed', reason = CASE person_id WHEN 1 THEN '30003' END"
        " WHERE batch_id = %s",
        batch_id,
    )

    people = await paged(office, batch_id, states=[State.FAILED], reasons=[""])

    assert {row.person_id for row in people} == {2, 3}
