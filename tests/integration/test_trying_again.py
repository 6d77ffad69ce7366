"""A try again texts those it names, and nobody whose rep has not said so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from tests.office import DAY, Office, an_office
from web.views import too_late
from workers.domain.batch import Phase, phase
from workers.domain.delivery import State

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(module_database_url: str) -> AsyncIterator[Office]:
    async with an_office(module_database_url) as office:
        yield office


async def too_late_for_four(office: Office, state: str) -> UUID:
    """A text whose time is over: one of five people is in this state, the others wait."""
    batch_id = await office.confirmed(5)
    (one,) = await office.claim(batch_id, 1)
    await office.answer(one, state=state)
    await office.sql("UPDATE recipients SET looking = false WHERE batch_id = %s", batch_id)
    await office.sql("UPDATE batches SET send_by = now() WHERE id = %s", batch_id)
    return batch_id


@pytest.mark.parametrize("state", [State.FAILED, State.UNCONFIRMED])
async def test_whoever_waits_in_a_text_that_is_too_late_is_not_texted_with_the_others(
    office: Office, state: State
) -> None:
    batch_id = await too_late_for_four(office, state.value)

    assert await office.retry(batch_id, state) == 1

    assert await office.claim(batch_id) == []
    view = await office.view(batch_id)
    assert phase(view.life, view.counts, view.now) is Phase.PAUSED
    assert too_late(view)  # so that the page asks whether to send them now
    assert await office.decisions.resume(batch_id, send_within=DAY)
    assert await office.states(batch_id) == {"ready": 5}
    await office.prove(batch_id)
    assert len(await office.claim(batch_id)) == 5


async def test_where_nobody_else_waits_a_try_again_after_its_time_goes_out_at_once(
    office: Office,
) -> None:
    batch_id = await office.confirmed(1)
    await office.answer(*await office.claim(batch_id), state="failed")
    await office.sql("UPDATE batches SET send_by = now() WHERE id = %s", batch_id)

    assert await office.retry(batch_id, State.FAILED) == 1

    assert len(await office.claim(batch_id)) == 1
