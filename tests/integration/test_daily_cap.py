"""A company's texts of a day: never one more, however many claim at once (S17, S18)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.office import Office, an_office, found
from workers.domain.batch import Phase, Waiting, phase, waiting
from workers.domain.rules import Rules, day_of
from workers.store.company_settings import PgCompanies
from workers.store.rails import PgGuarding

pytestmark = pytest.mark.anyio
ZONE = "Europe/Tallinn"


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def allow(office: Office, a_day: int | None) -> None:
    rules = Rules(quiet=None, guard_hours=0, texts_a_day=a_day, zone=ZONE)
    await PgCompanies(office.pool, rules=Rules()).set_rules(42, rules)


async def counted(office: Office) -> int:
    day, _ = day_of(ZONE, datetime.now(UTC))
    return await PgGuarding(office.pool).texts_of(42, day)


async def test_ten_batches_at_once_never_send_more_than_the_day_has(office: Office) -> None:
    await allow(office, 25)
    batches = [await office.confirmed(8) for _ in range(10)]
    for batch_id in batches:
        await office.prove(batch_id)

    groups = await asyncio.gather(
        *(office.claim(batch_id, 3, worker=f"worker {n}") for n in range(4) for batch_id in batches)
    )

    assert sum(len(group) for group in groups) == 25
    assert await counted(office) == 25


async def test_one_batch_stops_at_the_cap_and_says_until_when(office: Office) -> None:
    await allow(office, 5)
    batch_id = await office.confirmed(8, send_within=timedelta(minutes=1))
    await office.prove(batch_id)

    assert len(await office.claim(batch_id)) == 5
    assert await office.claim(batch_id) == []

    view = await office.view(batch_id)
    _, midnight = day_of(ZONE, view.now)
    assert waiting(view.life, view.counts, view.now) == [Waiting("cap", midnight, 3)]
    assert phase(view.life, view.counts, midnight + timedelta(seconds=30)) is Phase.SENDING
    assert batch_id not in {one.batch_id for one in await office.claims.runnable()}


async def test_a_cap_met_before_the_first_text_leaves_the_time_for_undo(office: Office) -> None:
    await allow(office, 1)
    await office.claim(await office.confirmed(1))
    batch_id = await office.confirmed(2)

    assert await office.claim(batch_id) == []

    assert await office.decisions.undo(batch_id)


async def test_a_text_that_was_certainly_not_sent_is_given_back_once(office: Office) -> None:
    await allow(office, 2)
    batch_id = await office.confirmed(3)
    await office.prove(batch_id)
    first, second = await office.claim(batch_id)
    assert await office.claim(batch_id) == []

    for _ in range(2):
        await office.answer(first, state="not_sent")

    assert await counted(office) == 1
    assert batch_id in {one.batch_id for one in await office.claims.runnable()}
    assert len(await office.claim(batch_id)) == 1
    await office.answer(second, state="failed")
    assert await counted(office) == 2


async def test_a_text_that_was_taken_after_all_counts_again(office: Office) -> None:
    await allow(office, 2)
    batch_id = await office.confirmed(1)
    (claimed,) = await office.claim(batch_id)
    await office.answer(claimed, state="not_sent")

    await office.tell(claimed, "delivered")

    assert await counted(office) == 1


async def test_who_is_left_out_at_the_claim_does_not_count(office: Office) -> None:
    await allow(office, 10)
    batch_id = await office.confirmed(3)
    person = found(9)
    await office.sql(
        "UPDATE recipients SET number = %s WHERE batch_id = %s AND person_id = 1",
        person.number,
        batch_id,
    )
    await office.sql(
        "INSERT INTO known_numbers (company_id, channel, number, reason)"
        " VALUES (42, 'sms', %s, 'opted_out')",
        person.number,
    )

    assert len(await office.claim(batch_id)) == 2

    assert await counted(office) == 2


async def test_a_raised_cap_lets_the_batch_go_on_at_once(office: Office) -> None:
    await allow(office, 1)
    batch_id = await office.confirmed(3)
    await office.prove(batch_id)
    await office.claim(batch_id)
    assert await office.claim(batch_id) == []

    await allow(office, 2)

    assert batch_id in {one.batch_id for one in await office.claims.runnable()}
    assert len(await office.claim(batch_id)) == 1
    await allow(office, None)
    assert len(await office.claim(batch_id)) == 1


async def test_a_batch_at_the_cap_looks_again_every_minute(office: Office) -> None:
    await allow(office, 1)
    batch_id = await office.confirmed(2)
    await office.prove(batch_id)
    await office.claim(batch_id)
    assert await office.claim(batch_id) == []

    await office.sql(
        "UPDATE batches SET served_at = now() - interval '61 s' WHERE id = %s", batch_id
    )

    assert batch_id in {one.batch_id for one in await office.claims.runnable()}


async def test_the_next_day_begins_at_midnight_where_the_company_is(office: Office) -> None:
    late = datetime(2026, 10, 24, 21, 30, tzinfo=UTC)  # half past midnight in Tallinn, the 25th

    day, until = day_of(ZONE, late)

    assert (day.isoformat(), until) == ("2026-10-25", datetime(2026, 10, 25, 22, tzinfo=UTC))
    assert day_of("Mars/Olympus", late)[0].isoformat() == "2026-10-24"


async def test_another_company_has_a_day_of_its_own(office: Office) -> None:
    await allow(office, 1)
    await office.claim(await office.confirmed(1))
    elsewhere = await office.draft(found(1), found(2), company_id=43)
    await office.confirm(elsewhere)

    assert len(await office.claim(elsewhere)) == 2
