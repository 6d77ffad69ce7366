"""People claimed ahead of the hands: posted at once when there is one, never late, never forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.fakes_twilio import FakeMessenger
from tests.office import Office, an_office
from tests.post_room import a_post_room, until

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def until_attempts(office: Office, state: str) -> None:
    """Returns once there is one in this state."""
    loop = asyncio.get_running_loop()
    end = loop.time() + 30
    while not await office.sql("SELECT 1 FROM attempts WHERE state = %s LIMIT 1", state):
        assert loop.time() < end, f"no attempt is {state}"
        await asyncio.sleep(0.02)


async def test_who_waited_for_a_hand_too_long_goes_back_and_is_texted_once(office: Office) -> None:
    messenger = FakeMessenger(latency=0.02)
    batch_id = await office.confirmed(150)
    async with a_post_room(office, messenger, in_flight=8):
        await until(lambda: len(messenger.accepted) > 60)
        messenger.open.clear()  # the account got slow: who was claimed ahead waits in vain
        await until(lambda: messenger.in_flight == 8)
        await until_attempts(office, "not_sent")
        messenger.open.set()
        await until(lambda: len(messenger.accepted) == 150, seconds=20)

    assert messenger.in_flight_most == 8
    assert len({taken.message.to for taken in messenger.accepted}) == 150
    assert await office.states(batch_id) == {"accepted": 150}


async def test_a_stop_leaves_nobody_who_was_claimed_ahead(office: Office) -> None:
    messenger = FakeMessenger(latency=0.05)
    batch_id = await office.confirmed(150)
    async with a_post_room(office, messenger, in_flight=8) as room:
        await until(lambda: len(messenger.accepted) > 60)
        await room.sender.drain(seconds=30)

        states = await office.states(batch_id)
        assert set(states) == {"accepted", "ready"}
        assert states["accepted"] == len(messenger.accepted)


async def test_after_a_pause_the_last_text_leaves_within_a_second(office: Office) -> None:
    messenger = FakeMessenger(latency=0.05)
    batch_id = await office.confirmed(1_000)
    async with a_post_room(office, messenger, in_flight=20):
        await until(lambda: len(messenger.accepted) > 200)
        await office.decisions.pause(batch_id, by=7, reason="person")
        await asyncio.sleep(1.0)
        after = len(messenger.requests)
        await asyncio.sleep(0.5)

        assert len(messenger.requests) == after < 1_000
