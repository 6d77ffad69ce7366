"""What polls are told again without reading, and when it has to be read."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from tests.builders_batches import NOW, a_batch
from workers.ports.reading import BatchView, Snapshot
from workers.ports.viewing import Version
from workers.store.lately import Lately, end

pytestmark = pytest.mark.anyio
LATER = NOW + timedelta(seconds=20)


class Desk:
    """One batch that many ask for; counts how often it is read."""

    def __init__(self) -> None:
        self.view = a_batch(version="1", seq=5)
        self.reads, self.now = 0, 0.0
        self.lately = Lately(self.read, clock=lambda: self.now)

    async def read(self, _: UUID, since: str, known: BatchView | None) -> Snapshot | None:
        self.reads += 1
        await asyncio.sleep(0)
        return Snapshot(known or self.view, (), end((known or self.view).seq))

    async def poll(self, since: str, version: str = "1") -> Snapshot:
        seq = int(since.partition(".")[0])
        told = await self.lately.get(self.view.id, since, seq, Version(version, LATER))
        assert told is not None
        return told

    async def poll_later(self, since: str, version: str = "1") -> Snapshot:
        """When nothing that was read is told again just because it is fresh."""
        self.now += 2
        return await self.poll(since, version)


async def test_who_has_seen_all_of_a_batch_that_nobody_wrote_is_answered_without_reading() -> None:
    desk = Desk()
    first = await desk.poll("5.0")

    second = await desk.poll_later(first.next_since)

    assert desk.reads == 1
    assert (second.changed, second.next_since) == ((), first.next_since)
    assert second.view == replace(first.view, now=LATER)


async def test_a_batch_that_was_written_is_read_again() -> None:
    desk = Desk()
    first = await desk.poll("5.0")
    desk.view = replace(desk.view, version="2", seq=6)

    second = await desk.poll_later(first.next_since, "2")

    assert second.view.seq == 6


async def test_who_has_not_seen_all_has_it_read() -> None:
    desk = Desk()
    await desk.poll("5.0")

    await desk.poll_later("5.0")

    assert desk.reads == 2


async def test_names_that_are_kept_elsewhere_are_read_again_after_a_minute() -> None:
    desk = Desk()
    first = await desk.poll("5.0")
    desk.now += 61

    await desk.poll(first.next_since)

    assert desk.reads == 2


async def test_nobody_is_told_less_than_they_have_seen() -> None:
    desk = Desk()
    await desk.poll("5.0")
    desk.view = replace(desk.view, version="2", seq=7)  # and their own POST told them of it

    told = await desk.poll(end(7), "2")

    assert told.view.seq == 7


async def test_a_crowd_is_read_for_once_a_second() -> None:
    desk = Desk()
    first = await desk.poll("5.0")
    for _ in range(40):
        await desk.poll(first.next_since)
    await desk.poll_later(first.next_since)  # a crowd now: this is the view of all of them
    before = desk.reads

    await asyncio.gather(*(desk.poll(first.next_since, "2") for _ in range(20)))

    assert desk.reads == before
