"""A copy from before, and a rep who tries people again whose second text it does not know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.fakes_twilio import FakeMessenger
from tests.office import DAY, Office, an_office
from tests.stages.test_restore import a_watch, all_looked_up, numbers, texted
from workers.domain.batch import Phase, phase
from workers.domain.delivery import State

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        await office.restoring.notice()
        yield office


async def ended(office: Office, state: str) -> UUID:
    """A text of two people that reached nobody, as a copy was made."""
    batch_id = await office.confirmed(2)
    await office.answer(*await office.claim(batch_id), state=state)
    await office.sql("UPDATE recipients SET looking = false WHERE batch_id = %s", batch_id)
    return batch_id


@pytest.mark.parametrize("state", [State.FAILED, State.UNCONFIRMED])
async def test_who_got_a_second_try_that_the_copy_does_not_know_gets_no_third(
    office: Office, state: State
) -> None:
    messenger, batch_id = FakeMessenger(), await ended(office, state.value)
    first, second = await numbers(office, batch_id)
    await texted(messenger, first)
    await office.restoring.hold()

    assert await office.retry(batch_id, state) == 2

    view = await office.view(batch_id)
    assert phase(view.life, view.counts, view.now) is Phase.PAUSED
    assert (view.life.pause_reason, view.pause_code) == ("restored", "looking")
    assert not await office.decisions.resume(batch_id, send_within=DAY)
    await all_looked_up(a_watch(office, messenger))
    assert await office.states(batch_id) == {"accepted": 1, "ready": 1}
    assert await office.decisions.resume(batch_id, send_within=DAY)
    assert [person.number for person in await office.claim(batch_id)] == [second]


async def test_looks_that_ended_after_the_restore_know_nothing_of_a_second_try(
    office: Office,
) -> None:
    batch_id = await office.confirmed(1)
    (person,) = await office.claim(batch_id)
    await office.answer(person, state="unconfirmed")
    await office.restoring.hold()
    for _ in range(2):
        await office.watching.looked(person.attempt_id, was="unconfirmed", found="counted")

    assert await office.retry(batch_id, State.UNCONFIRMED) == 1

    assert (await office.view(batch_id)).pause_code == "looking"


async def test_a_try_of_after_the_restore_is_tried_again_at_once(office: Office) -> None:
    await office.restoring.hold()
    batch_id = await ended(office, "failed")

    assert await office.retry(batch_id, State.FAILED) == 2

    assert len(await office.claim(batch_id)) == 2


async def test_of_two_tries_the_one_that_arrived_counts(office: Office) -> None:
    messenger, batch_id = FakeMessenger(), await office.confirmed(1)
    (number,) = await numbers(office, batch_id)
    await texted(messenger, number, number)
    one, other = messenger.accepted
    messenger.becomes(one.report.sid, "undelivered", "30003")
    messenger.becomes(other.report.sid, "delivered")
    await office.restoring.hold()

    await all_looked_up(a_watch(office, messenger))

    assert await office.states(batch_id) == {"delivered": 1}
