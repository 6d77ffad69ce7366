"""What people decide about a batch, on the real ledger: every decision is one conditional write."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.office import BODY, DAY, LATER, Office, an_office, found
from workers.domain.batch import Phase, phase
from workers.domain.delivery import State

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


async def phase_of(office: Office, batch_id: UUID) -> Phase:
    view = await office.view(batch_id)
    return phase(view.life, view.counts, view.now)


async def test_fifty_confirmations_at_once_are_one(office: Office) -> None:
    batch_id = await office.draft(found(1), found(2))

    got = Counter(await asyncio.gather(*(office.confirm(batch_id) for _ in range(50))))
    assert got == {"confirmed": 1, "same": 49}


async def test_fifty_different_confirmations_at_once_are_one(office: Office) -> None:
    batch_id = await office.draft(found(1))

    got = Counter(
        await asyncio.gather(*(office.confirm(batch_id, body=f"Text {n}") for n in range(50)))
    )

    assert got == {"confirmed": 1, "conflict": 49}


async def test_saving_the_same_text_again_is_no_edit(office: Office) -> None:
    batch_id = await office.draft(found(1))
    assert await office.decisions.save_draft(batch_id, revision=1, body="Hello") == 2
    before = await office.view(batch_id)
    assert await office.decisions.save_draft(batch_id, revision=2, body="Hello") == 2
    assert (await office.view(batch_id)).seq == before.seq


@pytest.mark.parametrize("seen", [{"revision": 2}, {"people": 3}, {"people": 1}])
async def test_what_the_rep_did_not_see_is_not_confirmed(
    office: Office, seen: dict[str, int]
) -> None:
    batch_id = await office.draft(found(1), found(2))

    assert await office.confirm(batch_id, **seen) == "conflict"

    assert await phase_of(office, batch_id) is Phase.DRAFT


async def test_while_people_are_being_found_nothing_can_be_confirmed(office: Office) -> None:
    batch_id = await office.clicked()
    await office.keep(await office.leased(batch_id), found(1), cursor="next")

    assert await office.confirm(batch_id) == "resolving"


async def test_a_stopped_or_refused_draft_cannot_be_confirmed(office: Office) -> None:
    stopped, refused = await office.draft(found(1)), await office.clicked()
    await office.decisions.cancel(stopped, by=7)
    await office.finding.refuse(await office.leased(refused), "too_many_people")

    assert [await office.confirm(stopped), await office.confirm(refused)] == ["conflict"] * 2


async def test_the_same_text_confirmed_later_again_is_the_same_batch(office: Office) -> None:
    batch_id = await office.confirmed(2)
    await office.claim(batch_id)

    assert await office.confirm(batch_id, people=2) == "same"
    assert await office.confirm(batch_id, people=2, body=BODY + "!") == "conflict"


async def test_undo_makes_a_draft_with_a_new_revision(office: Office) -> None:
    batch_id = await office.confirmed(1, hold=LATER)

    assert await office.decisions.undo(batch_id)
    assert not await office.decisions.undo(batch_id)

    view = await office.view(batch_id)
    assert (view.revision, view.body, view.life.confirmed_at) == (2, BODY, None)
    assert await office.confirm(batch_id, revision=1) == "conflict"
    assert await office.confirm(batch_id) == "confirmed"


async def test_drafts_saved_at_once_from_two_windows_do_not_overwrite_each_other(
    office: Office,
) -> None:
    batch_id = await office.draft(found(1))

    got = await asyncio.gather(
        *(office.decisions.save_draft(batch_id, revision=1, body=f"{n}") for n in range(20))
    )

    assert sorted(got, key=str) == [2] + [None] * 19


async def test_a_confirmed_text_cannot_be_edited(office: Office) -> None:
    batch_id = await office.confirmed(1)

    assert await office.decisions.save_draft(batch_id, revision=1, body="Other") is None
    assert (await office.view(batch_id)).body == BODY


async def test_a_paused_batch_goes_on_where_it_was(office: Office) -> None:
    batch_id = await office.confirmed(6)
    await office.claim(batch_id, 2)

    assert await office.decisions.pause(batch_id, by=7, reason="person")
    assert not await office.decisions.pause(batch_id, by=8, reason="person")
    assert await office.claim(batch_id) == []
    assert await phase_of(office, batch_id) is Phase.PAUSED
    assert await office.decisions.resume(batch_id, send_within=DAY)
    assert not await office.decisions.resume(batch_id, send_within=DAY)
    assert len(await office.claim(batch_id)) == 2


async def test_a_batch_that_is_too_late_goes_on_only_when_a_person_says_so(
    office: Office,
) -> None:
    batch_id = await office.confirmed(1)
    await office.sql("UPDATE batches SET send_by = now() WHERE id = %s", batch_id)
    assert await phase_of(office, batch_id) is Phase.PAUSED
    assert await office.claim(batch_id) == []

    assert await office.decisions.resume(batch_id, send_within=DAY)

    assert len(await office.claim(batch_id)) == 1


async def test_a_draft_cannot_be_paused_or_gone_on_with(office: Office) -> None:
    batch_id = await office.draft(found(1))

    assert not await office.decisions.pause(batch_id, by=7, reason="person")
    assert not await office.decisions.resume(batch_id, send_within=DAY)


async def test_stopping_cancels_who_waits_and_nobody_else(office: Office) -> None:
    batch_id = await office.confirmed(10)
    (one, *_) = await office.claim(batch_id, 3)
    await office.answer(one)

    assert await office.decisions.cancel(batch_id, by=7)
    assert await office.claim(batch_id) == []
    assert [await office.decisions.cancel_people(batch_id, limit=5) for _ in range(3)] == [5, 2, 0]

    assert await office.states(batch_id) == {"canceled": 7, "sending": 2, "accepted": 1}
    assert not await office.decisions.resume(batch_id, send_within=DAY)


async def test_a_stop_during_claims_leaves_nobody_between(office: Office) -> None:
    batch_id = await office.confirmed(40)
    await office.prove(batch_id)

    async def stop() -> None:
        await office.decisions.cancel(batch_id, by=7)
        while await office.decisions.cancel_people(batch_id, limit=3):
            pass

    await asyncio.gather(*(office.claim(batch_id, 2) for _ in range(8)), stop())

    states = await office.states(batch_id)
    assert set(states) <= {"canceled", "sending"}
    assert sum(states.values()) == 40


async def failed(office: Office, codes: dict[int, str | None]) -> UUID:
    batch_id = await office.confirmed(len(codes))
    await office.prove(batch_id)
    for person, code in zip(await office.claim(batch_id), codes.values(), strict=True):
        await office.answer(person, state="failed", error_code=code)
    return batch_id


async def test_retry_texts_whom_their_code_allows_and_whoever_failed_without_one(
    office: Office,
) -> None:
    batch_id = await failed(office, {1: "30003", 2: "21610", 3: None, 4: "99999"})

    people = await office.retry(batch_id, State.FAILED, never=["21610"])

    assert people == 3
    assert await office.states(batch_id) == {"ready": 3, "failed": 1}


async def test_retry_moves_nobody_whose_news_the_rep_had_not_seen(office: Office) -> None:
    batch_id = await office.confirmed(2)
    first, second = await office.claim(batch_id)
    await office.answer(first, state="failed", error_code="30003")
    shown = (await office.view(batch_id)).seq
    await office.answer(second, state="failed", error_code="30003")

    people = await office.decisions.retry(
        batch_id, seq=shown, states=[State.FAILED], never=(), send_within=DAY
    )

    assert people == 1
    assert await office.states(batch_id) == {"ready": 1, "failed": 1}


async def test_two_retries_at_once_are_one(office: Office) -> None:
    batch_id = await failed(office, {1: "30003", 2: "30003"})

    got = await asyncio.gather(*(office.retry(batch_id, State.FAILED) for _ in range(20)))

    assert sorted(got) == [0] * 19 + [2]


async def test_after_a_stop_a_retry_texts_only_the_failed_ones_again(office: Office) -> None:
    batch_id = await office.confirmed(6)
    (one, two) = await office.claim(batch_id, 2)
    await office.answer(one, state="failed", error_code="30003")
    await office.answer(two)
    await office.decisions.pause(batch_id, by=7, reason="person")
    await office.decisions.cancel(batch_id, by=7)
    assert await office.retry(batch_id, State.FAILED) == 0  # the stop is not through yet
    while await office.decisions.cancel_people(batch_id):
        pass

    assert await office.retry(batch_id, State.FAILED) == 1

    assert await office.states(batch_id) == {"ready": 1, "canceled": 4, "accepted": 1}
    assert [person.recipient_id for person in await office.claim(batch_id)] == [one.recipient_id]


async def test_send_anyway_waits_until_the_look_ups_have_ended(office: Office) -> None:
    batch_id = await office.confirmed(1)
    (person,) = await office.claim(batch_id)
    await office.answer(person, state="unconfirmed")
    assert await office.retry(batch_id, State.UNCONFIRMED) == 0

    for _ in range(2):
        await office.watching.looked(person.attempt_id, was="unconfirmed", found="counted")

    assert await office.retry(batch_id, State.UNCONFIRMED) == 1
