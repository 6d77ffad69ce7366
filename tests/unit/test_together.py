"""Reads that go together: how long they gather, and that each asker gets their own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from workers.store.together import Together

pytestmark = pytest.mark.anyio


class Reader:
    """Tells each key doubled, and remembers what was asked for together."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []

    async def read(self, keys: Sequence[int]) -> Mapping[int, int]:
        self.groups.append(list(keys))
        await asyncio.sleep(0)
        return {key: key * 2 for key in keys if key}


async def test_everybody_gets_their_own_answer_and_who_is_unknown_gets_none() -> None:
    together = Together(Reader().read)

    assert await asyncio.gather(*map(together.get, (3, 0, 1, 3))) == [6, None, 2, 6]


async def test_the_first_to_ask_does_not_wait_and_the_next_gather() -> None:
    reader = Reader()
    together = Together(reader.read, apart=60, most=3)
    async with asyncio.timeout(5):
        await together.get(1)
        later = [asyncio.create_task(together.get(key)) for key in (2, 3)]
        await asyncio.sleep(0.01)
        assert reader.groups == [[1]]

        later.append(asyncio.create_task(together.get(4)))  # now enough have asked
        await asyncio.gather(*later)

    assert reader.groups == [[1], [2, 3, 4]]


async def test_when_enough_ask_nobody_waits_any_longer() -> None:
    reader = Reader()
    together = Together(reader.read, apart=60, most=3)
    await together.get(1)

    async with asyncio.timeout(5):
        told = await asyncio.gather(*map(together.get, (2, 2, 3)))

    assert told == [4, 4, 6]
    assert reader.groups == [[1], [2, 3]]


async def test_an_error_is_told_to_all_who_asked_and_the_next_are_read_again() -> None:
    class Away(Reader):
        async def read(self, keys: Sequence[int]) -> Mapping[int, int]:
            if not self.groups:
                self.groups.append(list(keys))
                raise ConnectionError
            return await super().read(keys)

    together = Together(Away().read, apart=0.01, most=2)
    told = await asyncio.gather(*map(together.get, (1, 2)), return_exceptions=True)

    assert [type(one) for one in told] == [ConnectionError, ConnectionError]
    assert await together.get(1) == 2
