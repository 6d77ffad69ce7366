"""The sender on a real ledger: fair, never busy for nothing, and it leaves nothing behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial

import pytest

from tests.fakes_twilio import ACCOUNT, FakeMessenger
from tests.office import Office, an_office
from tests.post_room import PostRoom, a_post_room, until, until_states, until_view
from tests.servers import serve
from tests.simulators.twilio import create_twilio
from workers.domain.errors import Misconfigured, Throttled, Unavailable
from workers.providers.twilio import TwilioMessenger
from workers.providers.twilio_transport import TwilioTransport
from workers.sender import IDLE_SECONDS
from workers.turns import ALONE_SECONDS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def asked_meanwhile(room: PostRoom, seconds: float) -> tuple[Counter[str], float]:
    """What the sender asks in so many seconds, and how many a busy machine made of them."""
    loop = asyncio.get_running_loop()
    before, begun = room.claims.calls.copy(), loop.time()
    await asyncio.sleep(seconds)
    return room.claims.calls - before, loop.time() - begun


def _more_than(messenger: FakeMessenger, texts: int) -> bool:
    return len(messenger.accepted) > texts


async def test_a_small_batch_overtakes_a_big_one_within_seconds(office: Office) -> None:
    twilio = create_twilio(pace=0, latency=0.25, digits=False, callbacks=False)
    with serve(twilio) as url:
        transport = TwilioTransport(url=url, timeout=30, connections=30)
        async with a_post_room(office, TwilioMessenger(transport), in_flight=20) as room:
            world = twilio.state.world
            big = await office.confirmed(600)
            room.sender.wake()
            await until(lambda: len(world.accepted) > 60)  # as fast as it gets

            small = await office.confirmed(5)
            room.sender.wake()
            numbers = {
                row["number"]
                for row in await office.sql(
                    "SELECT number FROM recipients WHERE batch_id = %s", small
                )
            }
            seconds = await until(lambda: numbers <= {text["to"] for text in world.accepted})

            assert seconds < 5
            assert (await office.states(big))["ready"] > 300
            await office.decisions.cancel(big, by=7)
        await transport.aclose()


async def test_many_batches_go_on_side_by_side(office: Office) -> None:
    messenger = FakeMessenger(latency=0.05)
    batches = [await office.confirmed(30) for _ in range(8)]
    async with a_post_room(office, messenger, in_flight=16):
        await until(lambda: len(messenger.accepted) >= 100)
        done = [(await office.states(batch_id))["ready"] for batch_id in batches]
        assert max(done) < 30  # nobody waits behind the others
        await until(lambda: len(messenger.accepted) == 240)

    assert messenger.in_flight_most <= 16
    for batch_id in batches:
        assert await office.states(batch_id) == {"accepted": 30}


async def test_while_the_account_wants_a_pause_nothing_is_asked_in_a_loop(office: Office) -> None:
    messenger = FakeMessenger()
    messenger.script.extend([Throttled(60)] * 50)
    batches = [await office.confirmed(50) for _ in range(3)]
    async with a_post_room(office, messenger) as room:
        await until(lambda: len(messenger.requests) >= 4)
        await until(lambda: room.claims.calls["back_off"] >= 1)
        for batch_id in batches:
            await until_states(office, batch_id, {"ready": 50})
        asked, seconds = await asked_meanwhile(room, 1.5)

    assert asked["runnable"] <= seconds / IDLE_SECONDS + 2
    assert asked["claim"] == 0
    assert len(messenger.requests) <= 12
    for batch_id in batches:
        assert await office.states(batch_id) == {"ready": 50}


async def test_with_a_full_window_nothing_is_asked_in_a_loop(office: Office) -> None:
    messenger = FakeMessenger()
    messenger.open.clear()
    await office.confirmed(50)
    async with a_post_room(office, messenger) as room:
        await until(lambda: messenger.in_flight == 4)
        asked, seconds = await asked_meanwhile(room, 1.0)

        assert asked["runnable"] <= seconds / ALONE_SECONDS + 2
        assert messenger.in_flight == 4
        messenger.open.set()


async def test_idle_the_sender_looks_about_once_a_second(office: Office) -> None:
    async with a_post_room(office, FakeMessenger()) as room:
        await until(lambda: room.claims.calls["runnable"] == 1)
        seconds = await until(lambda: room.claims.calls["runnable"] == 4)

        assert seconds / IDLE_SECONDS > 2  # three looks later


async def test_texts_leave_at_once_when_the_time_for_undo_ends(office: Office) -> None:
    messenger = FakeMessenger()
    async with a_post_room(office, messenger) as room:
        for turn in range(3):
            await office.confirmed(1, hold=timedelta(seconds=0.6))
            room.sender.wake()  # as confirming rings
            await until(partial(_more_than, messenger, turn))

    rows = await office.sql(
        "SELECT extract(epoch FROM a.started_at - b.not_before)::float8 AS late"
        " FROM attempts a JOIN recipients r ON r.id = a.recipient_id"
        " JOIN batches b ON b.id = r.batch_id"
    )
    late = [row["late"] for row in rows]
    assert len(late) == 3
    assert 0 <= min(late) < IDLE_SECONDS / 3  # the others may have met a busy machine


async def test_after_trouble_everybody_is_texted_once(office: Office) -> None:
    messenger = FakeMessenger(latency=0.01)
    messenger.script.extend([None, Unavailable("dns"), Throttled(0.2), None, Unavailable("dns")])
    batch_id = await office.confirmed(30)
    async with a_post_room(office, messenger):
        await until(lambda: len(messenger.accepted) == 30, seconds=20)

    assert len({taken.message.to for taken in messenger.accepted}) == 30
    assert await office.states(batch_id) == {"accepted": 30}


async def test_an_account_fault_pauses_after_at_most_five_requests(office: Office) -> None:
    messenger = FakeMessenger(latency=0.05)
    messenger.script.extend([Misconfigured("20003")] * 99)
    batch_id = await office.confirmed(99)
    async with a_post_room(office, messenger):
        await until(lambda: len(messenger.requests) >= 4)
        await asyncio.sleep(1.5)

    assert len(messenger.requests) <= 5
    assert await office.states(batch_id) == {"ready": 99}
    assert (await office.view(batch_id)).pause_code == "20003"


async def test_without_an_account_the_batch_is_paused_and_says_why(office: Office) -> None:
    batch_id = await office.confirmed(3)
    async with a_post_room(office, FakeMessenger(), account=None):
        view = await until_view(office, batch_id, lambda view: view.life.pause_reason)

    assert (view.life.pause_reason, view.pause_code) == ("account", "no_account")


async def test_answers_are_recorded_however_long_the_database_is_away(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id = await office.confirmed(3)
    async with a_post_room(office, messenger) as room:
        room.ledger.failing = 4
        await until(lambda: len(messenger.accepted) == 3)
        await until(lambda: room.ledger.calls["answer"] >= 5)

    assert await office.states(batch_id) == {"accepted": 3}


async def test_a_failed_look_is_followed_by_another(office: Office) -> None:
    messenger = FakeMessenger()
    async with a_post_room(office, messenger) as room:
        room.claims.failing = 1
        await office.confirmed(1)
        room.sender.wake()
        await until(lambda: len(messenger.accepted) == 1)


async def test_drained_in_the_middle_nobody_is_left_on_the_wire(office: Office) -> None:
    for turn in range(8):
        messenger = FakeMessenger(latency=0.05)
        batch_id = await office.confirmed(200)
        async with a_post_room(office, messenger, in_flight=40):
            await asyncio.sleep(0.01 * turn + 0.1)
        states = await office.states(batch_id)
        assert set(states) <= {"ready", "accepted"}, turn
        assert states["accepted"] == len(messenger.accepted)
        await office.decisions.cancel(batch_id, by=7)


async def test_two_senders_on_one_ledger_text_everybody_once(office: Office) -> None:
    one, two = FakeMessenger(latency=0.01), FakeMessenger(latency=0.01)
    batch_id = await office.confirmed(120)
    async with a_post_room(office, one), a_post_room(office, two):
        await until(lambda: len(one.accepted) + len(two.accepted) >= 120)

    numbers = [taken.message.to for taken in one.accepted + two.accepted]
    assert len(numbers) == len(set(numbers)) == 120
    assert await office.states(batch_id) == {"accepted": 120}
    assert {taken.account for taken in one.accepted + two.accepted} == {ACCOUNT}
