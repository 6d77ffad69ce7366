"""A ceiling of message parts a second, shared by all processes through one row per account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.fakes_twilio import ACCOUNT, FakeMessenger
from tests.office import Office, an_office, found
from tests.post_room import a_post_room, until, until_view

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


def most_in_a_second(times: Sequence[datetime]) -> int:
    second = timedelta(seconds=0.95)
    return max(sum(start <= at < start + second for at in times) for start in times)


async def test_two_processes_share_what_an_account_may_be_handed_a_second(office: Office) -> None:
    one, two = FakeMessenger(), FakeMessenger()
    batch_id = await office.confirmed(60)
    async with (
        a_post_room(office, one, twilio_parts_a_second=20),
        a_post_room(office, two, twilio_parts_a_second=20),
    ):
        seconds = await until(lambda: len(one.accepted) + len(two.accepted) == 60, seconds=20)

    assert seconds > 1.9
    times = [taken.at for taken in one.accepted + two.accepted]
    assert most_in_a_second(times) <= 30  # a quarter of a second ahead
    assert await office.states(batch_id) == {"accepted": 60}


async def test_two_processes_share_what_the_company_agreed_on_with_twilio(office: Office) -> None:
    one, two = FakeMessenger(), FakeMessenger()
    agreed = replace(ACCOUNT, parts_a_second=20)
    batch_id = await office.confirmed(600)
    async with (
        a_post_room(office, one, account=agreed),
        a_post_room(office, two, account=agreed, twilio_parts_a_second=1_000),
    ):
        await until(lambda: min(len(one.accepted), len(two.accepted)) > 0)
        await until(lambda: len(one.accepted + two.accepted) > 60)
        await office.decisions.cancel(batch_id, by=7)

    assert most_in_a_second([taken.at for taken in one.accepted + two.accepted]) <= 30


async def test_a_text_of_three_parts_counts_three(office: Office) -> None:
    messenger = FakeMessenger()
    await office.confirmed(*(found(n) for n in range(1, 13)), body="x" * 400)
    async with a_post_room(office, messenger, twilio_parts_a_second=12):
        seconds = await until(lambda: len(messenger.accepted) == 12, seconds=20)

    assert seconds > 1.9  # 36 parts


async def test_who_waits_for_the_ceiling_is_said_to_wait_for_the_pace(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id = await office.confirmed(30)
    async with a_post_room(office, messenger, twilio_parts_a_second=4):
        await until(lambda: len(messenger.accepted) >= 4)
        await until_view(office, batch_id, lambda view: view.life.back_off_until)
        await office.decisions.cancel(batch_id, by=7)

    assert len(messenger.accepted) < 30
