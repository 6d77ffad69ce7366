"""What is shared for a moment: made once, by key, given up in time, and errors are nobody else's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import pytest

from tests.builders_batches import ADMIN, REP, a_batch
from web.shared import Shared, sight

pytestmark = pytest.mark.anyio


class Made:
    """Counts how often it is made; the clock stands still until it is moved."""

    def __init__(self) -> None:
        self.times = 0
        self.now = 0.0
        self.shared: Shared[int] = Shared(seconds=1, most=3, clock=lambda: self.now)

    async def make(self) -> int:
        self.times += 1
        await asyncio.sleep(0)
        return self.times

    async def of(
        self, key: object, make: Callable[[], Coroutine[Any, Any, int]] | None = None
    ) -> int:
        return await self.shared.of(key, make or self.make)


async def test_many_who_ask_at_once_get_what_was_made_once() -> None:
    made = Made()

    assert await asyncio.gather(*(made.of("a") for _ in range(20))) == [1] * 20


async def test_another_key_is_made_for_itself() -> None:
    made = Made()

    assert [await made.of("a"), await made.of("b"), await made.of("a")] == [1, 2, 1]


async def test_after_its_time_it_is_made_again() -> None:
    made = Made()
    first = await made.of("a")
    made.now = 0.99
    same = await made.of("a")
    made.now = 1.0

    assert [first, same, await made.of("a")] == [1, 1, 2]


async def test_only_so_many_are_kept_the_oldest_goes_first() -> None:
    made = Made()
    for key in "abcd":
        await made.of(key)

    assert [await made.of("d"), await made.of("a")] == [4, 5]


async def test_an_error_is_told_and_not_kept() -> None:
    made = Made()

    async def fails() -> int:
        raise LookupError

    with pytest.raises(LookupError):
        await made.of("a", fails)

    assert await made.of("a") == 1


async def test_a_viewer_who_leaves_takes_it_from_nobody() -> None:
    made = Made()
    one, other = (asyncio.create_task(made.of("a")) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()

    assert await other == 1


async def test_a_batchs_owner_shares_with_nobody_else() -> None:
    assert sight(a_batch(), REP) == REP
    assert sight(a_batch(), ADMIN) != REP


async def test_support_shares_what_is_made_for_nobody_in_particular() -> None:
    other = replace(ADMIN, user_id=12, name="Berta", phone="+37255512345", timezone="Asia/Tokyo")

    made_for = sight(a_batch(), other)

    assert made_for == sight(a_batch(), ADMIN)
    assert (made_for.name, made_for.phone, made_for.user_id) == ("", "", 0)


async def test_who_may_do_less_shares_with_others_who_may_do_less() -> None:
    helper = replace(ADMIN, is_admin=False, is_support=True)

    assert sight(a_batch(), helper) != sight(a_batch(), ADMIN)
