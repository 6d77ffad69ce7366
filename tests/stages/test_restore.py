"""A restored database texts nobody before it is known who was texted since (design §4)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_twilio import ACCOUNT, FakeMessenger
from tests.office import BODY, DAY, Office, an_office
from workers.domain.batch import Phase, phase
from workers.domain.errors import Conflict, Unavailable
from workers.ports.outside import Account, Message, Report
from workers.ports.runtime import Runtime
from workers.stages.confirm import resume
from workers.stages.restore import look_up_held

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        await office.restoring.notice()  # as the first process that ran here did
        yield office


@dataclass
class Seats(Door):
    """Remembers what its company sent with before."""

    former: tuple[Account, ...] = ()

    async def ever_of(self, company_id: int) -> Sequence[Account]:
        return (self.account, *self.former) if self.account else ()


def a_watch(
    office: Office, messenger: Any, account: Account | None = ACCOUNT, *former: Account
) -> Runtime:
    return replace(
        a_runtime(Ledger(), Seats(account=account, former=former)),
        batches=office.batches,
        restoring=office.restoring,
        ledger=office.ledger,
        decisions=office.decisions,
        messenger=messenger,
    )


async def restored(office: Office) -> None:
    """From now on this is another database than the one that was known."""
    await office.sql("UPDATE incarnation SET known = 'another'")


async def numbers(office: Office, batch_id: UUID) -> list[str]:
    people = await office.sql("SELECT number FROM recipients WHERE batch_id = %s", batch_id)
    return [row["number"] for row in people]


async def texted(messenger: FakeMessenger, *to: str) -> None:
    """Twilio took their texts after the copy was made."""
    for number in to:
        await messenger.send(ACCOUNT, Message(UUID(int=1), number, BODY, "", 60))


async def all_looked_up(runtime: Runtime) -> None:
    while await look_up_held(runtime):
        pass


async def test_in_another_database_no_claim_passes_even_before_anybody_noticed(
    office: Office,
) -> None:
    batch_id = await office.confirmed(3)

    await restored(office)

    assert await office.claim(batch_id) == []
    assert await office.states(batch_id) == {"ready": 3}


async def test_in_the_same_database_nothing_is_held(office: Office) -> None:
    batch_id = await office.confirmed(3)

    assert await office.restoring.notice() is None

    assert len(await office.claim(batch_id)) == 3


async def test_once_noticed_everything_confirmed_is_held_and_noticed_only_once(
    office: Office,
) -> None:
    one, other = await office.confirmed(2), await office.confirmed(1)
    await office.decisions.pause(other, by=7, reason="person")
    done, _ = await office.accepted(1)
    await restored(office)

    assert await office.restoring.notice() == 2
    assert await office.restoring.notice() is None

    for batch_id in (one, other):
        view = await office.view(batch_id)
        assert phase(view.life, view.counts, view.now) is Phase.PAUSED
        assert (view.life.pause_reason, view.pause_code) == ("restored", "looking")
    assert (await office.view(done)).life.paused_at is None


async def test_who_has_the_text_is_shown_so_and_the_others_wait_for_a_person(
    office: Office,
) -> None:
    messenger, batch_id = FakeMessenger(), await office.confirmed(3)
    first, second, third = await numbers(office, batch_id)
    await texted(messenger, first, second)
    messenger.becomes(messenger.accepted[1].report.sid, "undelivered", "30003")
    await restored(office)
    await office.restoring.notice()
    runtime = a_watch(office, messenger)

    await all_looked_up(runtime)

    assert await office.states(batch_id) == {"accepted": 1, "undelivered": 1, "ready": 1}
    assert await office.claim(batch_id) == []
    view = await office.view(batch_id)
    assert (view.life.pause_reason, view.pause_code) == ("restored", "looked")
    await resume(runtime, view)
    assert [one.number for one in await office.claim(batch_id)] == [third]


async def test_nobody_goes_on_while_it_is_not_known_who_was_texted(office: Office) -> None:
    batch_id = await office.confirmed(1)
    await restored(office)
    await office.restoring.notice()
    runtime = a_watch(office, FakeMessenger())

    with pytest.raises(Conflict, match="still asking"):
        await resume(runtime, await office.view(batch_id))

    assert await office.claim(batch_id) == []


class Away(FakeMessenger):
    """A Twilio that cannot be asked."""

    async def find(self, account: Account, **_: Any) -> list[Report]:
        raise Unavailable("503")


@pytest.mark.parametrize("account", [ACCOUNT, None])
async def test_where_twilio_cannot_be_asked_everybody_stays_held(
    office: Office, account: Account | None
) -> None:
    batch_id = await office.confirmed(1)
    await restored(office)
    await office.restoring.notice()

    await all_looked_up(a_watch(office, Away(), account))

    assert (await office.view(batch_id)).pause_code == "looking"
    await office.sql("UPDATE batches SET restored_look_at = now()")
    await all_looked_up(a_watch(office, FakeMessenger()))
    assert (await office.view(batch_id)).pause_code == "looked"


async def test_with_nobody_left_to_text_nothing_is_held(office: Office) -> None:
    messenger, batch_id = FakeMessenger(), await office.confirmed(1)
    await texted(messenger, *await numbers(office, batch_id))
    await restored(office)
    await office.restoring.notice()

    await all_looked_up(a_watch(office, messenger))

    view = await office.view(batch_id)
    assert (view.life.paused_at, view.pause_code) == (None, None)
    assert await office.states(batch_id) == {"accepted": 1}


async def test_a_draft_that_may_have_been_sent_since_is_looked_up_once_confirmed(
    office: Office,
) -> None:
    messenger = FakeMessenger()
    batch_id = await office.confirmed(2)
    await office.decisions.undo(batch_id)
    first, _ = await numbers(office, batch_id)
    await texted(messenger, first)
    await restored(office)
    assert await office.restoring.notice() == 0

    assert await office.confirm(batch_id) == "confirmed"
    assert await office.claim(batch_id) == []

    await all_looked_up(a_watch(office, messenger))
    assert await office.states(batch_id) == {"accepted": 1, "ready": 1}


async def test_a_text_that_is_known_to_be_somebody_elses_is_not_bound(office: Office) -> None:
    messenger, batch_id = FakeMessenger(), await office.confirmed(1)
    await texted(messenger, *await numbers(office, batch_id))
    _, (other,) = await office.accepted(1)
    sid = messenger.accepted[0].report.sid
    await office.sql("UPDATE attempts SET sid = %s WHERE id = %s", sid, other.attempt_id)
    await restored(office)
    await office.restoring.notice()

    await all_looked_up(a_watch(office, messenger))

    assert await office.states(batch_id) == {"ready": 1}


async def test_a_receipt_of_an_attempt_that_is_gone_holds_everything_once(office: Office) -> None:
    batch_id = await office.confirmed(2)
    lost_then = datetime.now(UTC) + timedelta(seconds=1)

    assert await office.restoring.lost(lost_then) == 1
    assert (await office.view(batch_id)).pause_code == "looking"
    await office.sql("UPDATE incarnation SET since = now() + interval '2 s'")
    assert await office.restoring.lost(lost_then) is None  # that loss is known


async def test_told_by_hand_everything_is_held(office: Office) -> None:
    batch_id = await office.confirmed(2)

    assert await office.restoring.hold() == 1

    assert await office.claim(batch_id) == []
    assert (
        await office.retry(batch_id),
        await office.decisions.resume(batch_id, send_within=DAY),
    ) == (
        0,
        False,
    )
