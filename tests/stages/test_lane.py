"""One account's lane: who waited too long for a hand goes back, and nothing of them was posted."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.fakes_ledger import Door, Ledger, a_runtime
from tests.fakes_twilio import ACCOUNT, FakeMessenger
from workers.boottime import boottime
from workers.lane import WAIT_SECONDS, Lane
from workers.pace import Pace
from workers.ports.sending import Claimed
from workers.stages.send import Outcome

pytestmark = pytest.mark.anyio

BATCH = UUID(int=1)


class Claims:
    """A look at a claim takes so long, and finds that these may still be posted."""

    def __init__(self, *still: int, seconds: float = 0) -> None:
        self._still, self._seconds = {UUID(int=n) for n in still}, seconds

    async def still(self, *_: object, **__: object) -> set[UUID]:
        await asyncio.sleep(self._seconds)
        return self._still


async def handed_over(
    *, seconds_ago: float, claims: Any = None, hands: float = 4, latency: float = 0
) -> tuple[list[str], int]:
    """What became of three people claimed so long ago, and how many of them were posted."""
    outcomes: list[Outcome] = []
    messenger = FakeMessenger(latency=latency)
    runtime = replace(a_runtime(Ledger(), Door()), messenger=messenger, claims=claims)

    async def answered(pace: Pace, outcome: Outcome) -> None:
        outcomes.append(outcome)

    lane = Lane(runtime, Pace(most=10, limit=hands), answered)
    people = [
        Claimed(n, BATCH, UUID(int=n), f"+3725551234{n}", "We open at nine.", seconds_left=60)
        for n in range(3)
    ]
    lane.pace.took(BATCH, len(people))
    await lane.take(ACCOUNT, people, committed_at=boottime() - seconds_ago)
    if lane.hands:
        await asyncio.wait(lane.hands)
    assert lane.pace.claimed == 0
    return [outcome.answer.state for outcome in outcomes], len(messenger.requests)


async def test_people_claimed_just_now_are_posted() -> None:
    assert await handed_over(seconds_ago=0) == (["accepted"] * 3, 3)


async def test_a_claim_that_was_heard_of_late_is_posted_where_it_still_holds() -> None:
    assert await handed_over(seconds_ago=20, claims=Claims(0, 1, 2)) == (["accepted"] * 3, 3)


async def test_who_was_stopped_while_a_slow_database_answered_goes_back() -> None:
    told, posted = await handed_over(seconds_ago=20, claims=Claims(1))

    assert sorted(told) == ["accepted", "not_sent", "not_sent"]
    assert posted == 1


async def test_who_waited_so_long_that_a_connection_might_take_too_long_goes_back() -> None:
    told = await handed_over(seconds_ago=0, hands=1, latency=0.8)

    assert told == (["accepted", "not_sent", "not_sent"], 1)


async def test_people_of_whom_nobody_knows_in_time_are_not_posted() -> None:
    late = Claims(0, 1, 2, seconds=WAIT_SECONDS)

    assert await handed_over(seconds_ago=WAIT_SECONDS, claims=late) == (["not_sent"] * 3, 0)


async def test_a_database_that_is_away_by_then_sends_everybody_back() -> None:
    assert await handed_over(seconds_ago=20) == (["not_sent"] * 3, 0)
