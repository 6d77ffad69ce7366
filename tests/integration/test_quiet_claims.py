"""Quiet hours at the claim: whose night it is waits for the morning, and nobody is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta

import pytest

from tests.fakes_twilio import FakeMessenger
from tests.office import LATER, NO_RULES, Office, an_office, found
from tests.post_room import a_post_room, until
from workers.domain.batch import Phase, phase, waiting
from workers.domain.delivery import State
from workers.domain.rules import QuietHours, Rules
from workers.store.company_settings import PgCompanies
from workers.store.figures import PgFigures

pytestmark = pytest.mark.anyio


def nights() -> QuietHours:
    """Quiet where the clock says what it says in UTC, day on the other side of the world."""
    hour = datetime.now(UTC).hour
    return QuietHours(time((hour - 3) % 24), time((hour + 3) % 24))


AWAKE, ASLEEP = "Etc/GMT+11", "UTC"  # eleven hours behind, and the middle of the night


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def set_quiet(office: Office, quiet: QuietHours | None) -> None:
    rules = Rules(quiet=quiet, guard_hours=0)
    await PgCompanies(office.pool, rules=NO_RULES).set_rules(42, rules)


async def test_whose_night_it_is_waits_and_all_others_are_texted(office: Office) -> None:
    quiet = nights()
    await set_quiet(office, quiet)
    batch_id = await office.confirmed(
        *(found(n, zones=AWAKE if n % 2 else ASLEEP) for n in range(1, 9))
    )
    await office.prove(batch_id)

    claimed = await office.claim(batch_id)

    assert len(claimed) == 4
    assert await office.states(batch_id) == {"sending": 4, "ready": 4}
    view = await office.view(batch_id)
    (wait,) = waiting(view.life, view.counts, view.now)
    assert (wait.reason, wait.people) == ("quiet_hours", 4)
    assert wait.until is not None
    assert wait.until.hour == quiet.ends.hour


async def test_a_text_never_leaves_in_the_night_of_the_one_who_gets_it(office: Office) -> None:
    soon = datetime.now(UTC) + timedelta(minutes=30)
    quarter = time(soon.hour, soon.minute // 15 * 15)
    await set_quiet(office, QuietHours(quarter, time((soon.hour + 9) % 24)))
    batch_id = await office.confirmed(found(1, zones="UTC"))

    (claimed,) = await office.claim(batch_id)

    assert 0 < claimed.seconds_left <= 30 * 60


async def test_who_waits_is_not_too_late_in_the_morning(office: Office) -> None:
    await set_quiet(office, nights())
    batch_id = await office.confirmed(found(1, zones=ASLEEP), send_within=timedelta(minutes=1))

    assert await office.claim(batch_id) == []

    view = await office.view(batch_id)
    (opens,) = view.counts.deferred
    assert view.life.send_by is not None
    assert view.life.send_by > opens
    assert phase(view.life, view.counts, opens + LATER) is Phase.SENDING


async def test_while_everybody_sleeps_nobody_looks_and_undo_stays_possible(office: Office) -> None:
    await set_quiet(office, nights())
    batch_id = await office.confirmed(found(1, zones=ASLEEP), found(2, zones=ASLEEP))

    assert await office.claim(batch_id) == []

    runnable = await office.claims.runnable(limit=1_000)
    assert batch_id not in {one.batch_id for one in runnable}
    assert (await PgFigures(office.pool).read()).oldest_runnable < 30
    assert await office.decisions.undo(batch_id)


async def test_when_the_first_wakes_up_the_sender_does(office: Office) -> None:
    await set_quiet(office, nights())
    batch_id = await office.confirmed(found(1, zones=ASLEEP))
    assert await office.claim(batch_id) == []
    await set_quiet(office, None)  # the morning has come
    await office.sql("UPDATE recipients SET not_before = now() + interval '1 min'")
    await office.sql("UPDATE batches SET waits_until = now() + interval '1 min'")
    assert 30 < await office.claims.next_hold(within=90) <= 60

    await office.sql("UPDATE recipients SET not_before = now() + interval '400 ms'")
    await office.sql("UPDATE batches SET waits_until = now() + interval '400 ms'")
    async with a_post_room(office, FakeMessenger()) as room:
        await until(lambda: room.ledger.calls["answer"] > 0)

    assert await office.states(batch_id) == {"accepted": 1}


async def test_a_sleeping_batch_costs_the_sender_nothing(office: Office) -> None:
    await set_quiet(office, nights())
    batch_id = await office.confirmed(*(found(n, zones=ASLEEP) for n in range(1, 30)))

    async with a_post_room(office, FakeMessenger()) as room:
        await asyncio.sleep(1.5)
        assert room.claims.calls["claim"] <= 2

    assert await office.states(batch_id) == {"ready": 29}


async def test_who_comes_back_while_others_sleep_is_texted_again_at_once(office: Office) -> None:
    await set_quiet(office, nights())
    batch_id = await office.confirmed(found(1, zones=AWAKE), found(2, zones=ASLEEP))
    (claimed,) = await office.claim(batch_id)
    assert await office.claim(batch_id) == []

    await office.answer(claimed, state="not_sent")

    assert batch_id in {one.batch_id for one in await office.claims.runnable(limit=1_000)}
    assert len(await office.claim(batch_id)) == 1


async def test_of_many_workers_in_the_night_each_person_is_texted_once(office: Office) -> None:
    await set_quiet(office, nights())
    people = [found(n, zones=AWAKE if n % 3 else ASLEEP) for n in range(1, 61)]
    batch_id = await office.confirmed(*people)
    await office.prove(batch_id)

    groups = await asyncio.gather(*(office.claim(batch_id, 7) for _ in range(12)))

    claimed = [person.recipient_id for group in groups for person in group]
    assert len(claimed) == len(set(claimed)) == 40
    assert await office.states(batch_id) == {"sending": 40, "ready": 20}


async def test_after_the_rules_changed_everybody_who_waits_is_looked_at_again(
    office: Office,
) -> None:
    await set_quiet(office, nights())
    batch_id = await office.confirmed(found(1, zones=ASLEEP))
    assert await office.claim(batch_id) == []

    await set_quiet(office, None)

    assert batch_id in {one.batch_id for one in await office.claims.runnable(limit=1_000)}
    assert len(await office.claim(batch_id)) == 1


async def test_where_it_is_never_day_in_all_zones_of_a_number_its_owner_is_left_out(
    office: Office,
) -> None:
    await set_quiet(office, nights())
    batch_id = await office.confirmed(found(1, zones="UTC Etc/GMT-6 Etc/GMT-12 Etc/GMT+6"))

    assert await office.claim(batch_id) == []

    assert await office.reasons(batch_id) == {1: "no_hour"}


async def test_going_on_leaves_who_sleeps_their_time(office: Office) -> None:
    await set_quiet(office, nights())
    batch_id = await office.confirmed(found(1, zones=ASLEEP))
    assert await office.claim(batch_id) == []
    await office.decisions.pause(batch_id, by=7, reason="person")

    await office.decisions.resume(batch_id, send_within=timedelta(minutes=1))

    view = await office.view(batch_id)
    assert view.life.send_by is not None
    assert view.life.send_by > max(view.counts.deferred)
    assert view.counts[State.READY] == 1
