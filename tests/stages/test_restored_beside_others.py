"""A copy from before and the company's other texts: nobody gets one a moment after a lost one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes_twilio import FakeMessenger
from tests.office import Office, a_number, an_office, found
from tests.stages.test_restore import a_watch, all_looked_up, restored, texted
from workers.domain.errors import Conflict
from workers.stages.confirm import resume, send_anyway

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        await office.restoring.notice()
        yield office


async def noticed(office: Office) -> None:
    await restored(office)
    await office.restoring.notice()


async def test_no_text_goes_on_before_all_of_the_company_were_looked_up(office: Office) -> None:
    number, messenger = a_number(), FakeMessenger()
    lost = await office.confirmed(found(1, number))
    await texted(messenger, number)
    await noticed(office)
    await office.sql("UPDATE batches SET restored_look_at = now() + interval '1 hour'")
    other = await office.confirmed(found(2, number), found(3), body="We close at five.")
    runtime = a_watch(office, messenger)
    await all_looked_up(runtime)  # the other one alone: the first waits for Twilio's list

    with pytest.raises(Conflict, match="still asking"):
        await resume(runtime, await office.view(other))
    await office.sql("UPDATE batches SET restored_look_at = now() WHERE id = %s", lost)
    await all_looked_up(runtime)
    await resume(runtime, await office.view(other))

    claimed = await office.claim(other)
    assert [person.number == number for person in claimed] == [False]
    assert await office.states(lost) == {"accepted": 1}
    assert await office.states(other) == {"sending": 1, "skipped": 1}


async def test_nobody_is_tried_again_before_all_of_the_company_were_looked_up(
    office: Office,
) -> None:
    messenger = FakeMessenger()
    settled = await office.confirmed(1)
    await office.answer(*await office.claim(settled), state="unconfirmed")
    await office.sql("UPDATE recipients SET looking = false")
    await office.confirmed(1)
    await noticed(office)
    runtime, view = a_watch(office, messenger), await office.view(settled)

    with pytest.raises(Conflict, match="still asking"):
        await send_anyway(runtime, view, seq=view.seq)
    await all_looked_up(runtime)

    assert await send_anyway(runtime, view, seq=view.seq) == 1


async def test_another_company_goes_on_meanwhile(office: Office) -> None:
    await office.confirmed(1)
    await noticed(office)
    draft = await office.draft(found(1), company_id=43)

    await office.confirm(draft)

    assert len(await office.claim(draft)) == 1


async def test_a_text_that_nobody_has_to_wait_for_any_more_is_confirmed_as_ever(
    office: Office,
) -> None:
    await office.confirmed(1)
    await noticed(office)
    await all_looked_up(a_watch(office, FakeMessenger()))

    batch_id = await office.confirmed(1)

    assert len(await office.claim(batch_id)) == 1
