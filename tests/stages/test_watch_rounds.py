"""The watch's rounds: it pauses when there is nothing to do, and not while thousands wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from tests.fakes_twilio import FakeMessenger
from tests.office import Office, an_office
from tests.stages.test_watch import a_watch
from workers.ports.outside import Account, Report
from workers.stages.watch import LOOKS_A_ROUND
from workers.store.figures import PgFigures
from workers.watching import SECONDS, keep_watching

pytestmark = pytest.mark.anyio


@dataclass
class Timed(FakeMessenger):
    """When each text was looked for."""

    times: list[float] = field(default_factory=list)

    async def find(
        self, account: Account, *, to: str, body: str, since: datetime, until: datetime
    ) -> Sequence[Report]:
        self.times.append(asyncio.get_running_loop().time())
        return []


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        yield office


async def test_behind_a_full_round_of_look_ups_the_next_begins_at_once(office: Office) -> None:
    people = 3 * LOOKS_A_ROUND + 1
    batch_id = await office.confirmed(people)
    await office.prove(batch_id)
    await office.answer(*await office.claim(batch_id, people), state="unconfirmed")
    messenger, stopped = Timed(), asyncio.Event()
    given: dict[str, Any] = {"figures": PgFigures(office.pool)}
    watching = asyncio.get_running_loop().create_task(
        keep_watching(replace(a_watch(office, messenger), **given), stopped)
    )
    async with asyncio.timeout(60):
        while len(messenger.times) < people:  # noqa: ASYNC110 – the messenger knows no events
            await asyncio.sleep(0.01)
    stopped.set()
    watching.cancel()

    ends = [LOOKS_A_ROUND * full for full in (1, 2, 3)]
    gaps = [messenger.times[end] - messenger.times[end - 1] for end in ends]
    assert min(gaps) < SECONDS / 2  # the others may have met a busy machine
