"""Whose turn it is: a batch that is alone is not asked about between two of its claims."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from uuid import UUID

import pytest

from workers.ports.sending import Runnable
from workers.turns import ALONE_SECONDS, Turns

pytestmark = pytest.mark.anyio

BIG, SMALL = Runnable(UUID(int=1), 42), Runnable(UUID(int=2), 43)


class Batches:
    """Those that may be sent, and how often somebody asked."""

    def __init__(self, *runnable: Runnable) -> None:
        self.there = list(runnable)
        self.asked = 0

    async def runnable(self, *, resting: Collection[int]) -> Sequence[Runnable]:
        self.asked += 1
        return [batch for batch in self.there if batch.company_id not in resting]

    async def next_hold(self, *, within: float) -> float:
        self.asked += 1
        return within


async def test_a_batch_that_is_alone_has_turn_after_turn_without_a_question() -> None:
    batches = Batches(BIG)
    turns = Turns(batches)

    for _ in range(5):
        assert await turns.next(resting=[]) == [BIG]
        assert await turns.idle_seconds(1.0) == ALONE_SECONDS

    assert batches.asked == 1


async def test_who_comes_without_a_ring_has_a_turn_a_moment_later() -> None:
    batches = Batches(BIG)
    turns = Turns(batches)
    await turns.next(resting=[])
    batches.there.append(SMALL)

    assert await turns.next(resting=[]) == [BIG]
    await asyncio.sleep(ALONE_SECONDS)
    assert await turns.next(resting=[]) == [BIG, SMALL]


async def test_a_ring_asks_at_once() -> None:
    batches = Batches(BIG)
    turns = Turns(batches)
    await turns.next(resting=[])
    batches.there.append(SMALL)
    turns.forget()

    assert await turns.next(resting=[]) == [BIG, SMALL]


async def test_of_several_batches_nothing_is_remembered() -> None:
    batches = Batches(BIG, SMALL)
    turns = Turns(batches)
    await turns.next(resting=[])
    batches.there.reverse()  # the other one was served less recently

    assert await turns.next(resting=[]) == [SMALL, BIG]


async def test_a_company_that_rests_has_no_turn() -> None:
    turns = Turns(Batches(BIG))
    await turns.next(resting=[])

    assert await turns.next(resting=[42]) == []


async def test_a_ring_while_the_database_answers_is_not_forgotten() -> None:
    class Overtaken(Batches):
        async def runnable(self, *, resting: Collection[int]) -> Sequence[Runnable]:
            found = await super().runnable(resting=resting)
            if SMALL not in self.there:  # confirmed behind the answer's back, and rung for
                self.there.append(SMALL)
                turns.forget()
            return found

    turns = Turns(Overtaken(BIG))
    assert await turns.next(resting=[]) == [BIG]

    assert await turns.next(resting=[]) == [BIG, SMALL]


async def test_a_database_that_breaks_in_any_way_is_asked_again_later() -> None:
    class Broken(Batches):
        async def next_hold(self, *, within: float) -> float:
            raise RuntimeError("whatever it was")

    assert await Turns(Broken()).idle_seconds(1.0) == 1.0
