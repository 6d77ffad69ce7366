"""When what Twilio says of some people pauses the batch for all of them, on the real ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from tests.office import DAY, Office, an_office
from workers.domain.delivery import State
from workers.ports.sending import Answer, Claimed

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


async def paused_for(office: Office, batch_id: UUID) -> str | None:
    view = await office.view(batch_id)
    return view.pause_code if view.life.paused_at else None


async def test_an_account_fault_refuses_at_most_five_who_all_wait_again(office: Office) -> None:
    batch_id = await office.confirmed(30)
    claimed = await office.claim(batch_id)

    for one in claimed:
        await office.answer(one, state="not_sent", stops="20003", error_code="20003")

    assert len(claimed) <= 5
    assert await office.states(batch_id) == {"ready": 30}
    assert await paused_for(office, batch_id) == "20003"
    assert (await office.view(batch_id)).life.pause_reason == "account"


async def test_a_fault_among_good_answers_of_one_group_still_pauses(office: Office) -> None:
    batch_id = await office.confirmed(4)
    first, second, third, fourth = await office.claim(batch_id)
    await office.answer(first)

    def answer(one: Claimed, state: str, **given: Any) -> Answer:
        return Answer(one.attempt_id, one.recipient_id, batch_id, state, **given)

    await office.ledger.answer(
        [
            answer(second, "not_sent", stops="21606"),
            answer(third, "accepted", sid=f"SM{third.attempt_id.hex}"),
            answer(fourth, "accepted", sid=f"SM{fourth.attempt_id.hex}"),
        ]
    )

    assert await paused_for(office, batch_id) == "21606"


async def test_an_account_fault_that_a_receipt_tells_pauses_too(office: Office) -> None:
    batch_id, (one, _) = await office.accepted(2)

    await office.tell(one, "undelivered", code="30032", stops="30032")

    assert await paused_for(office, batch_id) == "30032"


async def test_the_same_receipt_again_does_not_pause_what_a_person_let_go_on(
    office: Office,
) -> None:
    batch_id, (one, two) = await office.accepted(2)
    await office.tell(one, "undelivered", code="30032", stops="30032")
    await office.decisions.resume(batch_id, send_within=DAY)

    await office.tell(one, "undelivered", code="30032", stops="30032")
    await office.tell(two, "undelivered", code="30032", stops="30032")  # sent before, too

    assert await paused_for(office, batch_id) is None


@pytest.mark.parametrize("code", ["30007", "30018", "30040"])
async def test_a_fault_of_some_pauses_from_a_fifth_of_the_people_on(
    office: Office, code: str
) -> None:
    batch_id, claimed = await office.accepted(11)
    for one in claimed[:2]:
        await office.tell(one, "undelivered", code=code)
        assert await paused_for(office, batch_id) is None

    await office.tell(claimed[2], "undelivered", code=code)

    assert await paused_for(office, batch_id) == code


async def test_of_fewer_than_five_people_a_share_says_nothing(office: Office) -> None:
    batch_id, claimed = await office.accepted(4)
    for one in claimed:
        await office.tell(one, "undelivered", code="30007")

    assert await paused_for(office, batch_id) is None


async def test_other_faults_do_not_add_up(office: Office) -> None:
    batch_id, claimed = await office.accepted(10)
    for one in claimed[:8]:
        await office.tell(one, "undelivered", code="30003")
    await office.tell(claimed[9], "undelivered", code="30007")

    assert await paused_for(office, batch_id) is None


async def test_after_going_on_only_texts_of_the_new_run_count(office: Office) -> None:
    batch_id, claimed = await office.accepted(10)
    for one in claimed[:5]:
        await office.tell(one, "undelivered", code="30007")
    assert await paused_for(office, batch_id) == "30007"
    await office.decisions.resume(batch_id, send_within=DAY)

    for one in claimed[5:]:
        await office.tell(one, "undelivered", code="30007")
    assert await paused_for(office, batch_id) is None

    await office.retry(batch_id, State.UNDELIVERED)
    await office.prove(batch_id)
    again = await office.claim(batch_id, 50)
    await office.answer(*again)
    for one in again[:2]:
        await office.tell(one, "undelivered", code="30007", sid=f"SM{one.attempt_id.hex}")
    assert await paused_for(office, batch_id) == "30007"


async def test_answers_to_what_left_before_prove_nothing_of_what_goes_on(office: Office) -> None:
    batch_id = await office.confirmed(30)
    await office.prove(batch_id)
    first, *others = await office.claim(batch_id, 10)
    await office.answer(first, state="not_sent", stops="20003")
    assert await office.decisions.resume(batch_id, send_within=DAY)

    await office.answer(*others)

    assert len(await office.claim(batch_id)) == 4  # no more, until one of them is taken
