"""Groups: one write at a time, larger ones while the database is slow, and never without end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from workers.domain.errors import Busy
from workers.grouping import Grouped

pytestmark = pytest.mark.anyio


class Book:
    """Remembers what was written at once; `open` lets writes end."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.open = asyncio.Event()

    async def write(self, items: Sequence[int]) -> None:
        self.groups.append(list(items))
        await self.open.wait()


async def test_while_one_group_is_written_the_next_one_grows() -> None:
    book = Book()
    grouped = Grouped(book.write, seconds=0.001, most=100)
    first = asyncio.create_task(grouped.add(0))
    await asyncio.sleep(0.01)
    others = [asyncio.create_task(grouped.add(item)) for item in range(1, 51)]
    await asyncio.sleep(0.01)
    assert book.groups == [[0]]

    book.open.set()
    await asyncio.gather(first, *others)

    assert book.groups == [[0], list(range(1, 51))]


async def test_more_than_can_wait_is_refused_at_once() -> None:
    book = Book()
    grouped = Grouped(book.write, seconds=0, most=1, most_waiting=2)
    waiting = [asyncio.create_task(grouped.add(item)) for item in range(3)]
    await asyncio.sleep(0.01)

    with pytest.raises(Busy):
        await grouped.add(3)

    book.open.set()
    await asyncio.gather(*waiting)
    assert book.groups == [[0], [1], [2]]


async def test_closing_writes_what_is_left() -> None:
    book = Book()
    book.open.set()
    grouped = Grouped(book.write, seconds=60, most=2)
    for item in range(5):
        grouped.put(item)
    await grouped.close()

    assert book.groups == [[0, 1], [2, 3], [4]]


async def test_what_is_urgent_is_written_at_once_with_all_that_waits() -> None:
    book = Book()
    book.open.set()
    grouped = Grouped(book.write, seconds=60, most=100)
    grouped.put(0)
    grouped.put(1, is_urgent=True)
    await asyncio.sleep(0.01)

    assert book.groups == [[0, 1]]


async def test_what_nobody_waits_for_is_not_written_one_by_one_behind_a_group() -> None:
    book = Book()
    grouped = Grouped(book.write, seconds=60, most=2)  # only enough of them start a write
    for item in range(3):
        grouped.put(item)
    await asyncio.sleep(0.01)
    book.open.set()
    await asyncio.sleep(0.01)
    assert book.groups == [[0, 1]]
    grouped.put(3)
    await asyncio.sleep(0.01)
    assert book.groups == [[0, 1], [2, 3]]
