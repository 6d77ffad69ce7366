"""Many processes ask one Pipedrive: together they keep to its pace and leave tokens for others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import LiteralString

import psycopg
import pytest

from tests.contract.pipedrive_served import a_pipedrive, access_to, as_new, settings_for
from tests.simulators.pipedrive_world import World
from workers.domain.errors import Throttled
from workers.domain.selection import Filtered
from workers.ports.budget import Call, Meter
from workers.ports.outside import Access
from workers.providers.pipedrive import PipedrivePeople
from workers.providers.pipedrive_http import make_http
from workers.settings import Settings
from workers.store.budget import AT_ONCE, WINDOW, PgBudget
from workers.store.database import make_pool

pytestmark = pytest.mark.anyio
LIST = Call(42, 7, 10)
AHEAD = WINDOW / (1 - AT_ONCE) - WINDOW  # so many seconds before its turn a call may go
#: In the database's clock, so that how long asking takes changes nothing.
NOW = "SELECT extract(epoch FROM clock_timestamp())"
FREE_AT = "SELECT extract(epoch FROM free_at) FROM pipedrive_pace"
Asked = Callable[[LiteralString], float]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    with a_pipedrive(people=1200) as served:
        yield served


@pytest.fixture
def world(served: tuple[World, str]) -> Iterator[World]:
    world = as_new(served[0])
    before = world.burst_limit, world.daily_limit
    yield world
    world.burst_limit, world.daily_limit = before


@pytest.fixture
def access(world: World) -> Access:
    return access_to(world)


@pytest.fixture
def settings(served: tuple[World, str], database_url: str) -> Settings:
    return settings_for(served[1], database_url=database_url)


@pytest.fixture
def asked(settings: Settings) -> Iterator[Asked]:
    """The one number that a statement answers."""
    with psycopg.connect(settings.postgres_url, autocommit=True) as connection:

        def number(sql: LiteralString) -> float:
            row = connection.execute(sql).fetchone()
            assert row is not None
            return float(row[0])

        yield number


@contextlib.asynccontextmanager
async def a_process(settings: Settings) -> AsyncIterator[tuple[PgBudget, PipedrivePeople]]:
    """A pool and a client of its own."""
    async with make_pool(settings) as pool, make_http(settings) as http:
        budget = PgBudget(pool, reserve=settings.pipedrive_reserve)
        yield budget, PipedrivePeople(settings, http, budget=budget)


@pytest.fixture
async def process(settings: Settings) -> AsyncIterator[tuple[PgBudget, PipedrivePeople]]:
    async with a_process(settings) as process:
        yield process


def later(settings: Settings, how: str = "2 hours") -> None:
    """Time passes for what Pipedrive said."""
    with psycopg.connect(settings.postgres_url) as connection:
        connection.execute(
            "UPDATE pipedrive_budgets SET told_at = told_at - %(how)s::interval,"
            " asked_at = asked_at - %(how)s::interval",
            {"how": how},
        )


async def refused(budget: PgBudget, call: Call = LIST) -> Throttled:
    with pytest.raises(Throttled) as refusal:
        await budget.take(call)
    return refusal.value


async def test_two_processes_share_one_pace(
    settings: Settings, world: World, access: Access
) -> None:
    world.burst_limit = 30  # more at once would be refused; half of it is kept once it is told
    async with a_process(settings) as (_, one), a_process(settings) as (_, other):
        asked = [people.by_ids(access, [1]) for people in (one, other) * 16]
        await asyncio.gather(*asked)
    assert [call.status for call in world.calls] == [200] * 32


async def test_no_two_seconds_see_more_than_half_of_what_the_header_allows(
    process: tuple[PgBudget, PipedrivePeople], asked: Asked
) -> None:
    budget, _ = process
    await budget.take(LIST)
    await budget.heard(LIST, Meter(burst_limit=80))
    times = []
    for _ in range(75):
        before, wait = asked(NOW), await budget.take(LIST)
        times.append(asked(FREE_AT) - AHEAD if wait else before)
    windows = [sum(at <= one < at + 1.95 for one in times) for at in times]
    assert 30 <= max(windows) <= 40


@pytest.mark.parametrize(("plan", "limit"), [("Growth", 160), ("Premium", 400)])
async def test_ten_thousand_picked_people_wait_less_than_three_seconds_for_their_turns(
    process: tuple[PgBudget, PipedrivePeople], asked: Asked, plan: str, limit: int
) -> None:
    budget, _ = process
    await budget.take(LIST)
    await budget.heard(LIST, Meter(burst_limit=limit))
    asked("UPDATE pipedrive_pace SET free_at = now() RETURNING 0")  # nobody was asked for a while
    waits = [await budget.take(LIST)]
    waits += [await budget.take(LIST) for _ in range(99)]
    assert max(waits) < 3, plan
    assert waits.count(0) >= 10, "a thousand are asked for at once"


async def test_a_long_queue_is_told_to_come_back(
    process: tuple[PgBudget, PipedrivePeople], asked: Asked
) -> None:
    budget, _ = process
    await budget.take(LIST)
    await budget.heard(LIST, Meter(burst_limit=2))
    turns = [(await budget.take(LIST), asked(FREE_AT)) for _ in range(3)]
    waits, ends = zip(*turns, strict=True)
    assert 0 < waits[0] < waits[1] < waits[2]
    assert ends[1] - ends[0] == pytest.approx(ends[2] - ends[1]) == pytest.approx(WINDOW + AHEAD)
    asked("UPDATE pipedrive_pace SET free_at = now() + interval '1 min' RETURNING 0")
    refusal = await refused(budget)
    assert refusal.code != "budget"
    assert 30 < refusal.after <= 60
    assert await budget.take(Call(42, 8, 10)) == 0, "another installation has a pace of its own"


async def test_a_refused_burst_pauses_the_whole_installation(
    process: tuple[PgBudget, PipedrivePeople], world: World, access: Access
) -> None:
    budget, people = process
    world.fail_next("/api/v2/persons", 429, headers={"retry-after": "600"})
    with pytest.raises(Throttled):
        await people.by_ids(access, [1])
    assert 570 < (await refused(budget)).after <= 600


async def test_a_gates_page_stops_the_installation_for_minutes(
    process: tuple[PgBudget, PipedrivePeople], world: World, access: Access
) -> None:
    budget, people = process
    world.fail_next("/api/v2/persons", 403, body="<html>This error is produced by Cloudflare")
    with pytest.raises(Throttled) as refusal:
        await people.by_ids(access, [1])
    assert refusal.value.after == 600
    assert (await refused(budget)).after > 590
    assert len(world.calls) == 1


async def test_tokens_used_are_counted_and_the_reserve_is_left(
    process: tuple[PgBudget, PipedrivePeople], world: World, access: Access
) -> None:
    budget, people = process
    world.daily_limit, world.budget = 1000, 125
    await people.by_filter(access, Filtered("everyone"), None)
    await people.by_ids(access, [1])
    with pytest.raises(Throttled) as refusal:
        await people.by_ids(access, [2])
    day = await budget.today(42)
    assert (day.used, day.tokens_a_day, day.tokens_left) == (20, 1000, 105)
    assert refusal.value.code == "reserve"
    assert 0 < refusal.value.after <= 3600
    assert len(world.calls) == 2, "nothing is asked below the reserve"
    assert (await refused(budget, Call(42, 8, 10))).code == "reserve", "it is the company's"
    assert await budget.take(Call(43, 7, 10)) == 0


async def test_an_hour_later_one_call_asks_whether_there_are_tokens_again(
    settings: Settings,
    process: tuple[PgBudget, PipedrivePeople],
    world: World,
    access: Access,
) -> None:
    budget, people = process
    world.daily_limit, world.budget = 1000, 15
    await people.by_ids(access, [1])
    assert (await refused(budget)).code == "budget", "5 tokens are less than a call"
    later(settings)
    await budget.take(LIST)
    assert (await refused(budget)).after == 60, "the others wait for its answer"
    later(settings)
    world.budget = 1000
    assert len((await people.by_ids(access, [1])).people) == 1
    assert (await budget.today(42)).tokens_left == 990


async def test_answers_without_headers_are_fine_and_old_ones_are_forgotten(
    settings: Settings, process: tuple[PgBudget, PipedrivePeople]
) -> None:
    budget, _ = process
    for _ in range(3):
        await budget.take(LIST)
        await budget.heard(LIST, Meter())
    assert (await budget.today(42)).used == 30
    await budget.heard(LIST, Meter(tokens_a_day=1000, tokens_left=5))
    await refused(budget)
    later(settings)
    await budget.take(LIST)
    await budget.heard(LIST, Meter())
    await budget.take(LIST)


async def test_yesterdays_tokens_are_not_todays(
    settings: Settings, process: tuple[PgBudget, PipedrivePeople]
) -> None:
    budget, _ = process
    await budget.take(LIST)
    await budget.heard(LIST, Meter(tokens_a_day=1000, tokens_left=900))
    with psycopg.connect(settings.postgres_url) as connection:
        connection.execute("UPDATE pipedrive_budgets SET day = day - 1")
    assert (await budget.today(42)).used == 0
    await budget.take(LIST)
    await budget.heard(LIST, Meter())
    assert (await budget.today(42)).used == 10


async def test_what_no_company_has_used_is_nothing(
    process: tuple[PgBudget, PipedrivePeople],
) -> None:
    assert (await process[0].today(4711)).used == 0
