"""The sender is woken by what it waits for: nobody waits for its next look, a second later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from tests.fakes_twilio import FakeMessenger
from tests.office import Office, an_office
from tests.post_room import a_post_room, until
from workers.ports.sending import Answer
from workers.sender import IDLE_SECONDS

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


class SlowBooks:
    """A ledger in which it takes a while until an answer is kept."""

    def __init__(self, ledger: Any) -> None:
        self._ledger = ledger
        self.kept = asyncio.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def answer(self, answers: Sequence[Answer]) -> None:
        await asyncio.sleep(0.3)  # the sender has looked again by then, in vain
        await self._ledger.answer(answers)
        self.kept.set()


async def the_wait_for_the_rest(office: Office) -> float:
    """The seconds from the first kept answer of a new batch to the next text."""
    messenger = FakeMessenger()
    async with a_post_room(office, messenger) as room:
        books = room.ledger.inner = SlowBooks(room.ledger.inner)
        batch_id = await office.confirmed(30)
        room.sender.wake()
        async with asyncio.timeout(30):
            await books.kept.wait()
        before = len(messenger.requests)
        seconds = await until(lambda: len(messenger.requests) > before)
        await office.decisions.cancel(batch_id, by=7)
    assert before == 4
    return seconds


async def test_the_rest_of_a_batch_leaves_as_soon_as_its_first_answer_is_kept(
    office: Office,
) -> None:
    waits = [await the_wait_for_the_rest(office) for _ in range(3)]

    assert min(waits) < IDLE_SECONDS / 3  # the others may have met a busy machine
