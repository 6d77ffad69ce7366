"""Look-ups on a real ledger with a Twilio in memory: exactly one text is bound, of several none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_twilio import ACCOUNT, FakeMessenger
from tests.office import BODY, Office, an_office
from workers.domain.errors import Misconfigured, ProviderError, Throttled, Unavailable, Unconfirmed
from workers.ports.outside import Account, Message, Report
from workers.ports.runtime import Runtime
from workers.ports.sending import Claimed
from workers.stages.watch import look, watch

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


def a_watch(office: Office, messenger: Any, account: Account | None = ACCOUNT) -> Runtime:
    return replace(
        a_runtime(Ledger(), Door(account=account)),
        watching=office.watching,
        ledger=office.ledger,
        decisions=office.decisions,
        finding=office.finding,
        restoring=office.restoring,
        messenger=messenger,
    )


async def lost(office: Office, messenger: FakeMessenger, *, taken: int) -> tuple[UUID, Claimed]:
    """Somebody whose post was cut, and how often Twilio has their text."""
    batch_id = await office.confirmed(1)
    (one,) = await office.claim(batch_id)
    for _ in range(taken):
        await messenger.send(ACCOUNT, Message(one.attempt_id, one.number, BODY, "", 60))
    await office.answer(one, state="unconfirmed")
    return batch_id, one


async def test_the_one_text_that_twilio_has_is_ours(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id, one = await lost(office, messenger, taken=1)

    await look(a_watch(office, messenger))

    assert await office.states(batch_id) == {"accepted": 1}
    assert (await office.attempt(one))["sid"] == messenger.accepted[0].report.sid


async def test_what_became_of_it_meanwhile_counts(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id, _ = await lost(office, messenger, taken=1)
    messenger.becomes(messenger.accepted[0].report.sid, "undelivered", "30003")

    await look(a_watch(office, messenger))

    assert await office.states(batch_id) == {"undelivered": 1}
    assert await office.reasons(batch_id) == {1: "30003"}


@pytest.mark.parametrize("taken", [0, 2])
async def test_of_none_or_several_nobody_knows_and_after_the_last_look_a_person_decides(
    office: Office, taken: int
) -> None:
    messenger = FakeMessenger()
    batch_id, one = await lost(office, messenger, taken=taken)
    runtime = a_watch(office, messenger)

    assert await look(runtime) == 1
    assert (await office.view(batch_id)).counts.looking == 1
    assert await look(runtime) == 1
    assert await look(runtime) == 0

    view = await office.view(batch_id)
    assert (view.counts.by_state, view.counts.looking) == ({"unconfirmed": 1}, 0)
    assert (await office.attempt(one))["sid"] is None


async def test_a_text_of_another_attempt_is_not_taken_for_ours(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id, _ = await lost(office, messenger, taken=1)
    other, (taken,) = await office.accepted(1)
    await office.sql(
        "UPDATE attempts SET sid = %s WHERE id = %s",
        messenger.accepted[0].report.sid,
        taken.attempt_id,
    )

    await look(a_watch(office, messenger))

    assert await office.states(batch_id) == {"unconfirmed": 1}
    assert sum((await office.states(other)).values()) == 1


async def test_a_silent_text_is_asked_for_by_its_sid(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id = await office.confirmed(1)
    (one,) = await office.claim(batch_id)
    report = await messenger.send(ACCOUNT, Message(one.attempt_id, one.number, BODY, "", 60))
    await office.tell(one, "accepted", sid=report.sid)
    messenger.becomes(report.sid, "delivered")

    await look(a_watch(office, messenger))

    assert await office.states(batch_id) == {"delivered": 1}


class Broken(FakeMessenger):
    """A Twilio that cannot be asked."""

    error: ProviderError = Unavailable("503")

    async def find(self, account: Account, **_: Any) -> list[Report]:
        raise self.error


@pytest.mark.parametrize(
    "error", [Unavailable("503"), Throttled(1), Misconfigured("20003"), Unconfirmed("cut")]
)
async def test_a_look_that_twilio_did_not_answer_is_not_counted(
    office: Office, error: ProviderError
) -> None:
    messenger = Broken()
    messenger.error = error
    batch_id, one = await lost(office, messenger, taken=1)

    await look(a_watch(office, messenger))

    attempt = await office.attempt(one)
    assert (attempt["looks"], attempt["state"]) == (0, "unconfirmed")
    assert attempt["next_look_at"] is not None
    assert (await office.view(batch_id)).counts.looking == 1


async def test_without_an_account_nobody_is_forgotten(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id, _ = await lost(office, messenger, taken=1)

    await look(a_watch(office, messenger, account=None))

    assert (await office.view(batch_id)).counts.looking == 1


async def test_a_round_finishes_what_was_left_undone(office: Office) -> None:
    messenger = FakeMessenger()
    dead = await office.confirmed(2)
    await office.claim(dead)
    await office.sql("UPDATE attempts SET claimed_until = now() - interval '1 s'")
    stopped = await office.confirmed(3)
    await office.decisions.cancel(stopped, by=7)
    unfound = await office.clicked()
    runtime = a_watch(office, messenger)

    assert await watch(runtime) >= 3

    assert await office.states(dead) == {"unconfirmed": 2}
    assert await office.states(stopped) == {"canceled": 3}
    door: Any = runtime.bell
    assert door.rung == [f"resolve {unfound}"]
