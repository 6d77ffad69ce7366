"""Attacks on "exactly once": orders of events that nobody planned for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_twilio import ACCOUNT
from tests.office import Office, a_number, an_office, found
from workers.domain.batch import Phase, phase
from workers.domain.delivery import State
from workers.ports.outside import Account, Report
from workers.ports.sending import Answer, Told
from workers.stages.watch import look

pytestmark = pytest.mark.anyio
SID = "SM" + "a" * 32
WAITING = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def _wait_for_locks(office: Office, sessions: int) -> None:
    """Until so many sessions of this database wait for a lock."""
    async with asyncio.timeout(30):
        while True:
            if len(await office.sql(WAITING)) >= sessions:
                return
            await asyncio.sleep(0.01)


async def test_receipts_that_meet_leave_the_attempt_at_the_furthest(office: Office) -> None:
    batch_id, (one,) = await office.accepted(1)
    async with office.pool.connection() as connection, connection.transaction():
        await connection.execute(
            "SELECT 1 FROM recipients WHERE id = %s FOR UPDATE", [one.recipient_id]
        )
        first = asyncio.create_task(office.tell(one, "delivered"))
        await _wait_for_locks(office, 1)
        second = asyncio.create_task(office.tell(one, "sent"))
        await _wait_for_locks(office, 2)
    await asyncio.gather(first, second)

    assert (await office.attempt(one))["state"] == "delivered"
    assert await office.states(batch_id) == {"delivered": 1}


async def test_an_answer_whose_sid_another_attempt_holds_is_kept(office: Office) -> None:
    batch_id = await office.confirmed(2)
    one, other = await office.claim(batch_id)
    assert await office.tell(one, "sent", sid=SID)

    answer = Answer(other.attempt_id, other.recipient_id, batch_id, "accepted", sid=SID)
    await office.ledger.answer([answer])
    assert await office.tell(other, "delivered", sid=SID)

    assert await office.states(batch_id) == {"sent": 1, "delivered": 1}


async def test_somebody_who_is_on_a_page_twice_is_found_once(office: Office) -> None:
    person = found(1)
    batch_id = await office.draft(person, person, found(2))
    assert await office.states(batch_id) == {"ready": 2}


async def test_trying_again_after_a_stop_wakes_nobody_who_was_on_the_wire(office: Office) -> None:
    batch_id = await office.confirmed(2)
    one, other = await office.claim(batch_id)
    await office.answer(one, state="failed")
    await office.decisions.cancel(batch_id, by=7)

    await office.retry(batch_id, State.FAILED)
    await office.answer(other, state="not_sent")

    claimed = {person.recipient_id for person in await office.claim(batch_id)}
    assert other.recipient_id not in claimed


class OneText:
    """A Twilio that has taken one text to whatever number it is asked about."""

    async def find(self, account: Account, **_: object) -> Sequence[Report]:
        return [Report(SID, "delivered", "delivered")]


async def test_one_text_that_two_attempts_may_have_made_is_nobodys(office: Office) -> None:
    number = a_number()
    mine = await office.confirmed(found(1, number))
    theirs = await office.draft(found(2, number), company_id=43)
    assert await office.confirm(theirs) == "confirmed"
    for batch_id in (mine, theirs):
        (one,) = await office.claim(batch_id)
        await office.answer(one, state="unconfirmed")

    twilio: Any = OneText()
    runtime = a_runtime(Ledger(), Door(account=ACCOUNT))
    runtime = replace(runtime, ledger=office.ledger, watching=office.watching, messenger=twilio)
    assert await look(runtime) == 2
    assert await office.states(mine) == await office.states(theirs) == {"unconfirmed": 1}

    assert await office.tell(one, "delivered", sid=SID)  # its own receipt knows
    assert await look(runtime) == 1
    assert await office.states(mine) == {"unconfirmed": 1}
    assert await office.states(theirs) == {"delivered": 1}


async def test_a_text_that_was_bound_to_the_wrong_person_goes_back_to_its_own(
    office: Office,
) -> None:
    batch_id = await office.confirmed(3)
    one, other, third = await office.claim(batch_id)
    await office.answer(one, other, third, state="unconfirmed")
    wrong = Report(SID, "delivered", "delivered")
    await office.ledger.tell([Told(one.attempt_id, wrong, source="look-up")])

    assert await office.tell(other, "delivered", sid=SID)

    assert await office.states(batch_id) == {"unconfirmed": 2, "delivered": 1}
    mistaken, own = await office.attempt(one), await office.attempt(other)
    assert (mistaken["sid"], mistaken["state"], mistaken["looks"]) == (None, "unconfirmed", 0)
    assert mistaken["next_look_at"] is not None
    assert (own["sid"], own["state"]) == (SID, "delivered")
    kept = await office.sql("SELECT DISTINCT attempt_id FROM receipts WHERE sid = %s", SID)
    assert [row["attempt_id"] for row in kept] == [other.attempt_id]


async def test_what_the_answer_to_a_post_said_is_not_taken_back(office: Office) -> None:
    batch_id = await office.confirmed(2)
    one, other = await office.claim(batch_id)
    (sid,) = await office.answer(one, http_status=201)

    await office.tell(other, "delivered", sid=sid)

    assert (await office.attempt(one))["sid"] == sid
    assert await office.states(batch_id) == {"accepted": 1, "delivered": 1}


async def test_a_hint_with_a_sid_that_another_attempt_holds_is_looked_at(office: Office) -> None:
    one, other = await office.claim(await office.confirmed(2))
    assert await office.tell(one, "sent", sid=SID)
    await office.ledger.hint(other.attempt_id, Report(SID, "delivered", "delivered"))
    assert (await office.attempt(other))["next_look_at"] is not None


async def test_stopping_what_is_over_changes_nothing(office: Office) -> None:
    batch_id, (one,) = await office.accepted(1)
    await office.tell(one, "delivered")
    assert not await office.decisions.cancel(batch_id, by=7)
    view = await office.view(batch_id)
    assert phase(view.life, view.counts, view.now) is Phase.SETTLED
