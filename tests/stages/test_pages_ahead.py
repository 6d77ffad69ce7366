"""A list's next pages are read while those before are decided and stored: how many, and who pays."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.finder import Finder
from tests.office import EVERYONE
from workers.domain.errors import Unavailable
from workers.stages.ahead import PAGES_AHEAD
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio


async def test_a_filters_next_pages_are_read_while_one_is_stored_and_no_more_than_may_wait(
    finder: Finder,
) -> None:
    finder.has(3_000)
    batch_id = await finder.office.clicked(EVERYONE)
    finding = finder.office.finding
    seen: list[int] = []

    class Watched(type(finding)):  # type: ignore[misc]  # the class of a value
        async def keep_page(self, *args: object, **given: object) -> bool:
            for _ in range(50):  # whoever else is ready goes on
                await asyncio.sleep(0.001)
            seen.append(len(finder.people.calls))
            return bool(await super().keep_page(*args, **given))

    watched = Watched(finder.office.pool, keys=("k" * 32,))
    await resolve(replace(finder.runtime(), finding=watched), batch_id)

    assert seen == [PAGES_AHEAD, PAGES_AHEAD + 1, PAGES_AHEAD + 2, 6, 6, 6]
    assert await finder.office.states(batch_id) == {"ready": 3_000}


async def test_a_filters_pages_ahead_are_given_up_with_the_lease_and_are_paid_for(
    finder: Finder,
) -> None:
    finder.has(3_000)
    batch_id = await finder.office.clicked(EVERYONE)

    class Robbed(type(finder.office.finding)):  # type: ignore[misc]  # the class of a value
        async def keep_page(self, *args: object, **given: object) -> bool:
            sql = "UPDATE batches SET resolve_lease = gen_random_uuid() WHERE id = %s"
            await finder.office.sql(sql, batch_id)
            return bool(await super().keep_page(*args, **given))

    robbed = Robbed(finder.office.pool, keys=("k" * 32,))
    await resolve(replace(finder.runtime(), finding=robbed), batch_id)

    assert await finder.office.states(batch_id) == {}
    assert len(finder.people.calls) <= PAGES_AHEAD
    assert (await finder.office.view(batch_id)).tokens_used == 10 * len(finder.people.calls)


async def test_a_filters_page_ahead_that_fails_costs_nothing_that_came_before_it(
    finder: Finder,
) -> None:
    finder.has(1_500)
    batch_id = await finder.office.clicked(EVERYONE)
    stops = iter([False, False])
    finder.people.faults = []

    def stop() -> bool:
        if next(stops, None) is None:
            return True
        if finder.people.calls:
            finder.people.faults = [Unavailable("503")]
        return False

    await resolve(finder.runtime(), batch_id, stop=stop)
    assert await finder.office.states(batch_id) == {"ready": 500}
    assert await finder.waits(batch_id) == ("pipedrive", 2)

    await finder.let_go_on(batch_id)
    await resolve(finder.runtime(), batch_id)
    assert await finder.office.states(batch_id) == {"ready": 1_500}
    assert finder.people.calls == [None, "500", "500", "1000"]
