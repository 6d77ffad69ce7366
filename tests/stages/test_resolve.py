"""How finding people reacts to Pipedrive: refreshes once, waits, refuses."""

from __future__ import annotations

import pytest

from tests.finder import Finder
from tests.office import chosen
from workers.domain.action import Filtered
from workers.domain.errors import Misconfigured, ProviderError, Rejected, Throttled, Unavailable
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio


async def test_ten_thousand_people_cost_twenty_calls_and_are_exact_minus_exclusions(
    finder: Finder,
) -> None:
    finder.has(10_000)
    excluded = frozenset({1, 777, 10_000})
    batch_id = await finder.office.clicked(Filtered("everyone", excluded=excluded))

    await resolve(finder.runtime(), batch_id)

    view = await finder.office.view(batch_id)
    assert len(finder.people.calls) == 20
    assert (view.total, view.counts.by_state) == (9_997, {"ready": 9_997})
    got = await finder.office.sql("SELECT person_id FROM recipients WHERE batch_id = %s", batch_id)
    assert {row["person_id"] for row in got} == set(range(1, 10_001)) - excluded


async def test_an_ended_token_is_renewed_once_and_nobody_is_lost(finder: Finder) -> None:
    finder.has(3)
    finder.people.faults = [Misconfigured("401")]
    batch_id = await finder.office.clicked()

    await resolve(finder.runtime(), batch_id)

    assert len(finder.identities.refreshed) == 1
    assert await finder.office.states(batch_id) == {"ready": 3}


async def test_a_token_that_stays_refused_is_not_renewed_for_ever(finder: Finder) -> None:
    finder.has(3)
    finder.people.faults = [Misconfigured("401")] * 5
    batch_id = await finder.office.clicked()

    await resolve(finder.runtime(), batch_id)

    assert len(finder.identities.refreshed) == 1
    assert (await finder.office.view(batch_id)).life.refused_reason == "pipedrive_401"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Throttled(30, "budget"), "pipedrive_budget"),
        (Throttled(30, "reserve"), "pipedrive_reserve"),
        (Throttled(30, "403"), "pipedrive_gate"),
        (Throttled(30, "429"), "pace"),
    ],
)
async def test_a_wait_is_as_long_as_pipedrive_says(
    finder: Finder, error: ProviderError, reason: str
) -> None:
    finder.has(3)
    finder.people.faults = [error]
    batch_id = await finder.office.clicked()

    await resolve(finder.runtime(), batch_id)
    assert await finder.waits(batch_id) == (reason, 30)
    await resolve(finder.runtime(), batch_id)
    assert len(finder.people.calls) == 1  # before its time nobody asks

    await finder.let_go_on(batch_id)
    await resolve(finder.runtime(), batch_id)
    assert await finder.office.states(batch_id) == {"ready": 3}


async def test_while_pipedrive_is_away_it_is_asked_less_and_less_often(finder: Finder) -> None:
    finder.has(600)
    batch_id = await finder.office.clicked()
    waits = []
    for _ in range(10):
        finder.people.faults = [Unavailable("503")]
        await resolve(finder.runtime(), batch_id)
        waits.append((await finder.waits(batch_id))[1])
        await finder.let_go_on(batch_id)

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    await resolve(finder.runtime(), batch_id)
    assert await finder.office.states(batch_id) == {"ready": 600}


async def test_a_page_that_came_ends_the_row_of_waits(finder: Finder) -> None:
    finder.has(4, page_size=2)
    batch_id = await finder.office.clicked()
    finder.people.faults = [Unavailable("503")]
    await resolve(finder.runtime(), batch_id)
    await finder.let_go_on(batch_id)
    finder.people.faults = []
    stops = iter([False, True])
    await resolve(finder.runtime(), batch_id, stop=lambda: next(stops))

    finder.people.faults = [Unavailable("503")]
    await resolve(finder.runtime(), batch_id)

    assert (await finder.waits(batch_id))[1] == 2, "the row begins anew"


@pytest.mark.parametrize("error", [Rejected("404"), Misconfigured("403")])
async def test_a_no_is_said_on_the_page_and_not_asked_again(
    finder: Finder, error: ProviderError
) -> None:
    finder.people.faults = [error]
    batch_id = await finder.office.clicked()

    await resolve(finder.runtime(), batch_id)
    await resolve(finder.runtime(), batch_id)

    view = await finder.office.view(batch_id)
    assert view.life.refused_reason == f"pipedrive_{error.code}"
    assert len(finder.people.calls) == 1


async def test_a_rep_who_has_to_sign_in_again_is_told_so(finder: Finder) -> None:
    await finder.installations.remove(42, 7)
    batch_id = await finder.office.clicked()

    await resolve(finder.runtime(), batch_id)

    assert (await finder.office.view(batch_id)).life.refused_reason == "pipedrive_reauth"


async def test_more_people_than_the_limit_are_refused_before_reading_on(finder: Finder) -> None:
    finder.has(2_000)
    batch_id = await finder.office.clicked()

    await resolve(finder.runtime(max_filtered=1_000), batch_id)

    assert (await finder.office.view(batch_id)).life.refused_reason == "too_many_people"
    assert len(finder.people.calls) == 2


async def test_picked_people_who_are_gone_are_said_to_be_gone(finder: Finder) -> None:
    finder.has(2)
    batch_id = await finder.office.clicked(chosen([1, 99, 2]))

    await resolve(finder.runtime(), batch_id)

    assert await finder.office.reasons(batch_id) == {1: None, 99: "gone", 2: None}
