"""A copy from before, and a rep who stops, undoes or retries before it is known who was texted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import uuid_utils.compat as ids

from tests.fakes_twilio import FakeMessenger
from tests.office import LATER, Office, an_office
from tests.stages.test_restore import a_watch, all_looked_up, numbers, restored, texted
from workers.domain.delivery import State
from workers.ports.following import Offers
from workers.store.following import PgFollowing

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        await office.restoring.notice()
        yield office


async def held(office: Office, people: int, messenger: FakeMessenger) -> UUID:
    """A batch of a copy that does not know that the first of its people was texted."""
    batch_id = await office.confirmed(people)
    await texted(messenger, (await numbers(office, batch_id))[0])
    await restored(office)
    await office.restoring.notice()
    return batch_id


async def stop(office: Office, batch_id: UUID) -> None:
    await office.decisions.cancel(batch_id, by=7)
    await office.decisions.cancel_people(batch_id)


async def test_whom_a_stop_seems_to_have_kept_it_from_is_looked_for_too(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id = await held(office, 2, messenger)
    await stop(office, batch_id)

    await all_looked_up(a_watch(office, messenger))

    assert await office.states(batch_id) == {"accepted": 1, "canceled": 1}
    assert (await office.view(batch_id)).pause_code is None


async def test_nobody_is_taken_along_before_it_is_known_who_was_texted(office: Office) -> None:
    messenger, following = FakeMessenger(), PgFollowing(office.pool)
    batch_id = await held(office, 2, messenger)
    await stop(office, batch_id)

    assert await following.offers(batch_id, codes=()) == Offers()
    assert await following.left(batch_id, "stopped", codes=()) == []
    await all_looked_up(a_watch(office, messenger))

    left = await following.left(batch_id, "stopped", codes=())
    assert len(left) == 1
    assert await following.start(batch_id, ids.uuid7(), left) is not None


async def test_what_may_have_been_sent_is_no_draft_again(office: Office) -> None:
    batch_id = await held(office, 2, FakeMessenger())

    assert not await office.decisions.undo(batch_id)


async def test_within_its_hold_a_text_from_a_copy_can_be_undone(office: Office) -> None:
    batch_id = await office.confirmed(2, hold=LATER)
    await restored(office)
    await office.restoring.notice()

    assert await office.decisions.undo(batch_id)


async def test_who_was_found_makes_it_too_late_for_undo_after_going_on(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id = await held(office, 2, messenger)
    await all_looked_up(a_watch(office, messenger))

    await office.decisions.resume(batch_id, send_within=LATER)

    assert not await office.decisions.undo(batch_id)


async def test_nobody_is_tried_again_before_it_is_known_who_was_texted(office: Office) -> None:
    batch_id = await office.confirmed(2)
    (claimed,) = await office.claim(batch_id, 1)
    await office.answer(claimed, state="failed", error_code="30003")
    await restored(office)
    await office.restoring.notice()

    assert await office.retry(batch_id, State.FAILED) == 0
    await all_looked_up(a_watch(office, FakeMessenger()))
    assert await office.retry(batch_id, State.FAILED) == 1
