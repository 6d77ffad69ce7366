"""Finding people on the real ledger: leases, restarts, one text per number."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.office import EVERYONE, Office, a_number, an_office, chosen, found

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


async def test_of_many_that_want_to_find_a_batchs_people_one_gets_the_lease(office: Office) -> None:
    batch_id = await office.clicked()

    got = await asyncio.gather(*(office.finding.lease(batch_id, seconds=60) for _ in range(20)))

    assert sum(work is not None for work in got) == 1


async def test_a_lease_that_ended_is_given_to_the_next_and_the_first_writes_nothing_more(
    office: Office,
) -> None:
    batch_id = await office.clicked()
    first = await office.finding.lease(batch_id, seconds=-1)
    second = await office.leased(batch_id)
    assert first is not None

    assert not await office.keep(first, found(1))
    assert not await office.finding.finish(first)
    assert not await office.finding.wait(first, seconds=1, reason="pace")
    assert not await office.finding.refuse(first, "too_many_people")
    assert await office.keep(second, found(1))
    assert await office.states(batch_id) == {"ready": 1}


async def test_a_page_that_is_kept_twice_counts_once(office: Office) -> None:
    batch_id = await office.clicked()
    work = await office.leased(batch_id)
    person = found(1)

    kept = [await office.keep(work, person, cursor="next") for _ in range(2)]

    assert kept == [True, False]
    assert (await office.view(batch_id)).tokens_used == 10


async def test_a_page_for_another_cursor_is_refused_whole(office: Office) -> None:
    batch_id = await office.clicked()
    work = await office.leased(batch_id)
    assert await office.keep(work, found(1), cursor="page 2")

    assert not await office.keep(work, found(2), found(3), cursor="page 3")

    assert await office.states(batch_id) == {"ready": 1}


async def test_who_takes_over_goes_on_where_the_last_page_ended(office: Office) -> None:
    batch_id = await office.clicked()
    work = await office.leased(batch_id)
    await office.keep(work, found(1), cursor="page 2")
    await office.finding.release(work)

    again = await office.leased(batch_id)

    assert (again.cursor, again.pages) == ("page 2", 1)


async def test_everybody_who_was_picked_is_pending_before_the_first_call(office: Office) -> None:
    batch_id = await office.clicked(chosen([5, 3, 9]))
    work = await office.leased(batch_id)

    assert await office.finding.list_chosen(work, [5, 3, 9])
    assert not await office.finding.list_chosen(work, [5, 3, 9])

    view = await office.view(batch_id)
    assert (view.total, view.counts.people) == (3, 3)
    assert await office.finding.next_chosen(work, limit=2) == [5, 3]


async def test_a_person_who_is_gone_is_left_out_with_that_reason(office: Office) -> None:
    batch_id = await office.clicked(chosen([1, 2]))
    work = await office.leased(batch_id)
    await office.finding.list_chosen(work, [1, 2])

    await office.keep(work, found(1), found(2, reason="gone", fields={}, name=""))

    assert await office.states(batch_id) == {"ready": 1, "skipped": 1}
    assert await office.reasons(batch_id) == {1: None, 2: "gone"}
    assert await office.finding.next_chosen(work, limit=2) == []


async def test_of_two_people_on_one_number_the_second_is_left_out(office: Office) -> None:
    shared = a_number()
    batch_id = await office.clicked()
    work = await office.leased(batch_id)

    await office.keep(work, found(1, shared), found(2, shared), cursor="page 2")
    work = await office.relet(batch_id)
    await office.keep(work, found(3, shared), cursor="end")

    assert await office.reasons(batch_id) == {1: None, 2: "same_number", 3: "same_number"}


async def test_who_was_left_out_does_not_hold_their_number(office: Office) -> None:
    shared = a_number()
    batch_id = await office.draft(found(1, shared, reason="landline"), found(2, shared))

    assert await office.reasons(batch_id) == {1: "landline", 2: None}


async def test_a_person_in_two_pages_is_one_person(office: Office) -> None:
    batch_id = await office.clicked()
    work = await office.leased(batch_id)
    person = found(1)
    await office.keep(work, person, cursor="page 2")
    work = await office.relet(batch_id)

    assert await office.keep(work, person, found(2), cursor="end")

    assert await office.states(batch_id) == {"ready": 2}
    assert (await office.reasons(batch_id))[1] is None


async def test_a_draft_of_a_company_without_a_row_is_still_found(office: Office) -> None:
    batch_id = await office.clicked(EVERYONE, company_id=4711)

    work = await office.finding.lease(batch_id, seconds=60)

    assert work is not None
    assert work.country == ""


async def test_a_batch_that_waits_is_not_due_until_its_time(office: Office) -> None:
    batch_id = await office.clicked()
    work = await office.leased(batch_id)
    assert await office.finding.wait(work, seconds=60, reason="pipedrive_budget")

    assert batch_id not in await office.finding.due(limit=1_000)
    assert await office.finding.lease(batch_id, seconds=60) is None
    await office.sql("UPDATE batches SET resolve_not_before = now() WHERE id = %s", batch_id)
    assert batch_id in await office.finding.due(limit=1_000)
    assert (await office.leased(batch_id)).tries == 1


async def test_a_kept_page_ends_the_row_of_waits(office: Office) -> None:
    batch_id = await office.clicked()
    await office.finding.wait(await office.leased(batch_id), seconds=-1, reason="pace")
    work = await office.leased(batch_id)
    await office.keep(work, found(1), cursor="page 2")
    await office.finding.release(work)

    assert (await office.leased(batch_id)).tries == 0


async def test_what_was_refused_stopped_or_confirmed_is_not_looked_for_any_more(
    office: Office,
) -> None:
    refused, stopped = await office.clicked(), await office.clicked()
    await office.finding.refuse(await office.leased(refused), "too_many_people")
    await office.decisions.cancel(stopped, by=7)
    confirmed = await office.confirmed(1)

    due = await office.finding.due(limit=1_000)

    assert not {refused, stopped, confirmed} & set(due)
    for batch_id in (refused, stopped, confirmed):
        assert await office.finding.lease(batch_id, seconds=60) is None


async def test_a_page_that_comes_after_confirming_changes_nobody(office: Office) -> None:
    batch_id = await office.draft(found(1))
    await office.sql("UPDATE batches SET organizations = 'wanted' WHERE id = %s", batch_id)
    work = await office.leased(batch_id)
    assert await office.confirm(batch_id) == "confirmed"

    assert not await office.keep(work, found(1, reason="landline"), found(2), cursor="again")
    assert not await office.naming.name(work, {1: "Acme"})

    assert await office.states(batch_id) == {"ready": 1}
