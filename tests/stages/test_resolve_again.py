"""Finding people again: told to stop, crashed at any line, or two at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.finder import Finder
from tests.office import EVERYONE, chosen
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio


async def test_who_is_told_to_stop_stops_between_pages_and_the_next_goes_on(finder: Finder) -> None:
    finder.has(6, page_size=2)
    batch_id = await finder.office.clicked()
    stops = iter([False, True])

    await resolve(finder.runtime(), batch_id, stop=lambda: next(stops))
    assert await finder.office.states(batch_id) == {"ready": 2}
    await resolve(finder.runtime(), batch_id)

    assert await finder.office.states(batch_id) == {"ready": 6}
    assert finder.people.calls == [None, "2", "4"]


@pytest.mark.parametrize("crash_at", range(1, 7))
async def test_a_crash_at_any_line_loses_and_doubles_nobody(finder: Finder, crash_at: int) -> None:
    finder.has(250)
    batch_id = await finder.office.clicked(chosen(range(1, 251)))
    runtime = finder.runtime()
    crashing = _Crashing(finder.office.finding, crash_at)

    with pytest.raises(_Died):
        await resolve(replace(runtime, finding=crashing), batch_id)
    await finder.office.sql("UPDATE batches SET resolve_until = NULL WHERE id = %s", batch_id)
    await resolve(runtime, batch_id)

    view = await finder.office.view(batch_id)
    assert (view.total, view.counts.by_state) == (250, {"ready": 250})
    assert view.life.resolved_at is not None


class _Died(BaseException):
    """Nothing of ours is run after it, as far as a test can have that."""


class _Crashing:
    """The ledger of a process that dies right after its n-th use of it."""

    def __init__(self, finding: Any, uses: int) -> None:
        self._finding = finding
        self._left = uses

    def __getattr__(self, name: str) -> Any:
        async def use(*args: Any, **kwargs: Any) -> Any:
            done = await getattr(self._finding, name)(*args, **kwargs)
            self._left -= 1
            if not self._left:
                raise _Died
            return done

        return use


async def test_two_at_once_find_everybody_once(finder: Finder) -> None:
    finder.has(900, page_size=100)
    batch_id = await finder.office.clicked(EVERYONE)

    await asyncio.gather(*(resolve(finder.runtime(), batch_id) for _ in range(5)))

    assert await finder.office.states(batch_id) == {"ready": 900}
    assert len(finder.people.calls) == 9
