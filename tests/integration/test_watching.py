"""What went quiet, on the real ledger: dead claims, the times of looks, stopped batches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest

from tests.office import BODY, DAY, Office, an_office
from workers.domain.batch import Phase, phase
from workers.ports.sending import Claimed
from workers.store.changes import PgChanges

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)
LOOKUPS = (MINUTE, 5 * MINUTE, 15 * MINUTE)
SILENCE = (10 * MINUTE, 60 * MINUTE)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url, lookups=LOOKUPS, silence=SILENCE) as office:
        yield office


async def unconfirmed(office: Office, people: int = 1) -> tuple[UUID, list[Claimed]]:
    batch_id = await office.confirmed(people)
    claimed = list(await office.claim(batch_id))
    await office.answer(*claimed, state="unconfirmed")
    return batch_id, claimed


async def minutes(office: Office, one: Claimed) -> float | None:
    """When it is looked at next, in minutes since the claim (or the answer)."""
    attempt = await office.attempt(one)
    if attempt["next_look_at"] is None:
        return None
    since = attempt["started_at" if attempt["state"] == "unconfirmed" else "answered_at"]
    return round(float((attempt["next_look_at"] - since) / MINUTE), 2)


async def pass_time(office: Office) -> None:
    await office.sql("UPDATE attempts SET next_look_at = now() WHERE next_look_at IS NOT NULL")


async def test_a_claim_whose_worker_died_becomes_unconfirmed_and_is_looked_up(
    office: Office,
) -> None:
    batch_id = await office.confirmed(3)
    claimed = await office.claim(batch_id)
    assert await office.watching.give_up_dead_claims() == 0
    await office.sql("UPDATE attempts SET claimed_until = now() - interval '1 s'")

    given_up = await asyncio.gather(*(office.watching.give_up_dead_claims() for _ in range(5)))

    assert sum(given_up) == 3
    view = await office.view(batch_id)
    assert (view.counts.by_state, view.counts.looking) == ({"unconfirmed": 3}, 3)
    assert {await minutes(office, one) for one in claimed} == {1.0}


async def test_who_answered_in_time_is_not_given_up(office: Office) -> None:
    batch_id = await office.confirmed(2)
    first, _ = await office.claim(batch_id)
    await office.answer(first)
    await office.sql("UPDATE attempts SET claimed_until = now() - interval '1 s'")

    assert await office.watching.give_up_dead_claims() == 1

    assert await office.states(batch_id) == {"accepted": 1, "unconfirmed": 1}


async def test_an_unconfirmed_text_is_looked_up_at_the_set_times_and_then_left_to_a_person(
    office: Office,
) -> None:
    batch_id, (one,) = await unconfirmed(office)
    times = [await minutes(office, one)]
    for _ in LOOKUPS:
        await office.watching.looked(one.attempt_id, was="unconfirmed", found="counted")
        times.append(await minutes(office, one))

    assert times == [1, 5, 15, None]
    view = await office.view(batch_id)
    assert view.counts.looking == 0
    assert phase(view.life, view.counts, view.now) is Phase.SETTLED


async def test_a_silent_text_is_asked_about_at_its_own_times(office: Office) -> None:
    batch_id, (one,) = await office.accepted(1)
    times = [await minutes(office, one)]
    for _ in SILENCE:
        await office.watching.looked(one.attempt_id, was="accepted", found="counted")
        times.append(await minutes(office, one))

    assert times == [10, 60, None]
    assert (await office.view(batch_id)).counts.looking == 0


async def test_the_end_of_the_looks_is_news_for_the_page(office: Office) -> None:
    batch_id, (one,) = await unconfirmed(office)
    for _ in LOOKUPS[1:]:
        await office.watching.looked(one.attempt_id, was="unconfirmed", found="counted")
    before = await PgChanges(office.pool).changed(batch_id, "")
    assert before is not None

    await office.watching.looked(one.attempt_id, was="unconfirmed", found="counted")

    after = await PgChanges(office.pool).changed(batch_id, before.next_since)
    assert after is not None
    assert [row.next_look_at for row in after.changed] == [None]


async def test_news_start_the_times_anew(office: Office) -> None:
    _, (one,) = await office.accepted(1)
    await office.watching.looked(one.attempt_id, was="accepted", found="counted")

    await office.tell(one, "sent")
    await office.watching.looked(one.attempt_id, was="accepted", found="counted")  # too late

    attempt = await office.attempt(one)
    assert attempt["looks"] == 0
    assert await minutes(office, one) == pytest.approx(10, abs=0.1)


async def test_a_look_that_failed_is_not_counted_and_comes_again_soon(office: Office) -> None:
    _, (one,) = await unconfirmed(office)
    await pass_time(office)
    assert len(await office.watching.due_looks(lease=DAY)) == 1

    await office.watching.looked(one.attempt_id, was="unconfirmed", found="failed")

    attempt = await office.attempt(one)
    assert attempt["looks"] == 0
    (soon,) = await office.sql(
        "SELECT next_look_at < now() + interval '1 minute' AS yes FROM attempts"
    )
    assert soon["yes"]


@pytest.mark.parametrize(("age", "wait"), [("1 min", 20), ("8 min", 120), ("9 h", 900)])
async def test_looks_that_fail_come_ever_more_rarely(office: Office, age: str, wait: int) -> None:
    _, (one,) = await unconfirmed(office)
    await office.sql("UPDATE attempts SET started_at = now() - %s::interval", age)

    await office.watching.looked(one.attempt_id, was="unconfirmed", found="failed")

    (next_one,) = await office.sql(
        "SELECT extract(epoch FROM next_look_at - now())::float AS seconds FROM attempts"
    )
    assert wait * 0.5 < next_one["seconds"] <= wait + 1


async def test_when_nobody_could_be_asked_for_two_days_a_person_decides(office: Office) -> None:
    batch_id, (one,) = await unconfirmed(office)
    await office.sql("UPDATE attempts SET started_at = now() - interval '49 h'")

    await office.watching.looked(one.attempt_id, was="unconfirmed", found="failed")

    assert (await office.attempt(one))["next_look_at"] is None
    assert (await office.view(batch_id)).counts.looking == 0


async def test_each_due_look_is_taken_by_one_and_comes_back_when_its_taker_dies(
    office: Office,
) -> None:
    await unconfirmed(office, 4)
    await pass_time(office)

    taken = await asyncio.gather(
        *(office.watching.due_looks(lease=timedelta(0), limit=1) for _ in range(3))
    )
    assert len({looked.attempt_id for group in taken for looked in group}) >= 1

    await pass_time(office)
    groups = await asyncio.gather(*(office.watching.due_looks(lease=DAY) for _ in range(6)))
    looked = [one for group in groups for one in group]
    assert len(looked) == len({one.attempt_id for one in looked}) == 4
    assert {one.template for one in looked} == {BODY}
    assert await office.watching.due_looks(lease=DAY) == []
    await pass_time(office)
    assert len(await office.watching.due_looks(lease=DAY)) == 4


async def test_an_end_is_not_looked_at_any_more(office: Office) -> None:
    _, (one,) = await office.accepted(1)
    await office.tell(one, "delivered")
    await pass_time(office)

    assert await office.watching.due_looks(lease=DAY) == []


async def test_only_stopped_batches_with_waiting_people_are_found(office: Office) -> None:
    stopped, done, running = [await office.confirmed(3) for _ in range(3)]
    draft = await office.clicked()
    for batch_id in (stopped, done, draft):
        await office.decisions.cancel(batch_id, by=7)
    while await office.decisions.cancel_people(done):
        pass

    assert await office.watching.stopped() == [stopped]
    assert await office.states(running) == {"ready": 3}
