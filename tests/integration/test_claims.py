"""Claims on the real ledger: the gate, the guard of numbers, and many workers at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.office import LATER, NOW, Office, an_office, found
from workers.ports.outside import Fields

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


async def test_a_draft_is_never_claimed(office: Office) -> None:
    batch_id = await office.draft(found(1))

    assert await office.claim(batch_id) == []


@pytest.mark.parametrize(
    "closed",
    [
        "paused_at = now()",
        "canceled_at = now()",
        "not_before = now() + interval '1 h'",
        "send_by = now()",
    ],
)
async def test_behind_a_closed_gate_nobody_is_claimed_and_undo_stays_possible(
    office: Office, closed: str
) -> None:
    batch_id = await office.confirmed(2)
    await office.sql(f"UPDATE batches SET {closed} WHERE id = %s", batch_id)

    assert await office.claim(batch_id) == []

    assert batch_id not in {runnable.batch_id for runnable in await office.claims.runnable()}
    view = await office.view(batch_id)
    assert (view.life.first_claim_at, view.counts.by_state) == (None, {"ready": 2})


async def test_a_gate_passed_in_vain_does_not_end_the_time_for_undo(office: Office) -> None:
    batch_id = await office.confirmed(1)
    before = await office.view(batch_id)

    assert await office.claim(batch_id, limit=0) == []

    after = await office.view(batch_id)
    assert (after.life.first_claim_at, after.seq) == (None, before.seq)


async def test_of_undo_and_the_first_claim_exactly_one_wins(office: Office) -> None:
    batches = [await office.confirmed(2) for _ in range(50)]

    async def undone_or_claimed(turn: int, batch_id: UUID) -> tuple[bool, bool]:
        undo = asyncio.ensure_future(office.decisions.undo(batch_id)) if turn % 2 else None
        claimed = asyncio.ensure_future(office.claim(batch_id))
        return await (undo or office.decisions.undo(batch_id)), bool(await claimed)

    results = [await undone_or_claimed(turn, batch_id) for turn, batch_id in enumerate(batches)]

    assert set(results) <= {(True, False), (False, True)}


async def test_two_workers_never_claim_the_same_person(office: Office) -> None:
    batch_id = await office.confirmed(60)
    await office.prove(batch_id)

    groups = await asyncio.gather(
        *(office.claim(batch_id, 7, worker=f"worker {n}") for n in range(12))
    )

    people = [person.recipient_id for group in groups for person in group]
    assert len(people) == len(set(people)) == 60
    assert await office.states(batch_id) == {"sending": 60}


async def test_until_the_account_took_one_text_four_are_on_the_wire_over_all_workers(
    office: Office,
) -> None:
    batch_id = await office.confirmed(20)

    groups = await asyncio.gather(*(office.claim(batch_id) for _ in range(10)))

    claimed = [person for group in groups for person in group]
    assert len(claimed) == 4
    await office.answer(claimed[0], state="failed")
    assert len(await office.claim(batch_id)) == 1
    await office.answer(claimed[1])
    assert len(await office.claim(batch_id)) == 15


async def test_after_going_on_the_account_has_to_be_proven_again(office: Office) -> None:
    batch_id = await office.confirmed(20)
    await office.answer(*await office.claim(batch_id))
    await office.decisions.pause(batch_id, by=7, reason="person")
    await office.decisions.resume(batch_id, send_within=LATER)

    assert len(await office.claim(batch_id)) == 4


async def test_a_text_that_cannot_be_written_for_somebody_leaves_only_them_out(
    office: Office,
) -> None:
    def picky(body: str, fields: Fields) -> tuple[str, str | None]:
        broken = fields["person"]["first_name"] == "P2"
        return ("", "too_long") if broken else (body, None)

    batch_id = await office.confirmed(3)

    claimed = await office.claim(batch_id, render=picky)

    assert len(claimed) == 2
    assert await office.reasons(batch_id) == {1: None, 2: "too_long", 3: None}


async def test_behind_a_whole_group_that_is_left_out_the_next_is_claimed_at_once(
    office: Office,
) -> None:
    def late(body: str, fields: Fields) -> tuple[str, str | None]:
        early = int(fields["person"]["first_name"][1:]) <= 30
        return ("", "too_long") if early else (body, None)

    batch_id = await office.confirmed(31)

    assert len(await office.claim(batch_id, limit=4, render=late)) == 1
    assert await office.states(batch_id) == {"skipped": 30, "sending": 1}


async def test_the_attempt_is_written_before_anybody_may_post(office: Office) -> None:
    batch_id = await office.confirmed(1)

    (claimed,) = await office.claim(batch_id, worker="ada", sender="+37255500001")

    attempt = await office.attempt(claimed)
    assert (attempt["state"], attempt["sender"], attempt["worker"]) == (
        "sending",
        "+37255500001",
        "ada",
    )
    assert attempt["claimed_until"] - attempt["started_at"] == timedelta(seconds=40)
    assert attempt["sid"] is None


async def test_the_batch_served_least_recently_comes_first_and_resting_ones_not_at_all(
    office: Office,
) -> None:
    first, second = await office.confirmed(9), await office.confirmed(9)
    await office.claim(first, 1)

    async def order(**given: Any) -> list[UUID]:
        runnable = await office.claims.runnable(limit=1_000, **given)
        return [one.batch_id for one in runnable if one.batch_id in {first, second}]

    assert await order() == [second, first]
    await office.claim(second, 1)
    assert await order() == [first, second]
    assert await order(resting=[42]) == []


async def test_many_texts_of_one_company_do_not_hide_another_s(office: Office) -> None:
    for _ in range(4):
        await office.confirmed(1)  # they wait for a slow account, never served yet
    other = await office.draft(found(1), found(2), company_id=43)
    await office.confirm(other)
    await office.claim(other, 1)

    runnable = await office.claims.runnable(limit=3)

    assert other in {one.batch_id for one in runnable}


async def test_a_batch_that_backs_off_is_not_runnable_and_says_until_when(office: Office) -> None:
    batch_id = await office.confirmed(1, hold=NOW)
    await office.claims.back_off(batch_id, seconds=30)

    assert batch_id not in {one.batch_id for one in await office.claims.runnable(limit=1_000)}
    assert (await office.view(batch_id)).life.back_off_until is not None
