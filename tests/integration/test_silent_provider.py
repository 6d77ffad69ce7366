"""A provider whose answers never come: few people stay uncertain, and the others are texted after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.fakes_twilio import FakeMessenger
from tests.office import Office, an_office
from tests.post_room import a_post_room, until
from workers.domain.errors import Unconfirmed
from workers.ports.outside import Account, Message, Report

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


class Silent(FakeMessenger):
    """Takes sixty texts; then no answer comes for so many seconds."""

    def __init__(self, *, seconds: float) -> None:
        super().__init__(latency=0.05)
        self.seconds, self.back_at, self.lost = seconds, 0.0, 0

    async def send(self, account: Account, message: Message) -> Report:
        now = asyncio.get_running_loop().time()
        if len(self.accepted) >= 60 and not self.back_at:
            self.back_at = now + self.seconds
        if now < self.back_at:
            self.lost += 1
            self.requests.append(message)
            await asyncio.sleep(self.latency)
            raise Unconfirmed("503")
        return await super().send(account, message)


async def test_a_provider_that_falls_silent_makes_few_uncertain_and_none_wait_for_ever(
    office: Office,
) -> None:
    twilio = Silent(seconds=2)
    batch_id = await office.confirmed(1_000)
    async with a_post_room(office, twilio, in_flight=20):
        await until(lambda: len(twilio.requests) == 1_000, seconds=30)

    # those on the wire, who came to a hand until ten were lost, and four each second or less often
    assert twilio.lost <= 20 + 9 + 4 + 4
    assert await office.states(batch_id) == {
        "accepted": 1_000 - twilio.lost,
        "unconfirmed": twilio.lost,
    }


async def test_one_answer_that_is_lost_now_and_then_slows_nothing_down(office: Office) -> None:
    twilio = FakeMessenger(latency=0.02)
    twilio.script.extend([*[None] * 12, *[Unconfirmed("lost")] * 3] * 6)
    batch_id = await office.confirmed(150)
    async with a_post_room(office, twilio, in_flight=20) as room:
        await until(lambda: len(twilio.requests) == 150)

    assert room.claims.calls["back_off"] == 0
    assert await office.states(batch_id) == {"accepted": 132, "unconfirmed": 18}
