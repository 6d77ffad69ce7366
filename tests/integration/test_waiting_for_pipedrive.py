"""Pipedrive gives nothing more half-way: the batch says why and until when, then loses nobody."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import psycopg
import pytest

from tests.contract.pipedrive_served import a_pipedrive
from tests.post_room import until
from tests.records_desk import RecordsDesk, a_records_desk, behind, listed
from tests.simulators.pipedrive_world import World
from web import words
from workers.domain.action import Filtered
from workers.domain.batch import waiting
from workers.ports.reading import BatchView
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio

EVERYONE = Filtered("everyone")
CLOUDFLARE = "<html><title>Access denied</title>This error is produced by Cloudflare"


@dataclass(frozen=True)
class Trouble:
    """What goes wrong, how it ends, and what the page says meanwhile."""

    begin: Callable[[World], None]
    reason: str
    says: str
    seconds: tuple[float, float]  # the wait is in between
    asked: int = 1  # calls until it is believed
    end: Callable[[World], None] = lambda world: None


def budget(left: int) -> Callable[[World], None]:
    def begin(world: World) -> None:
        world.daily_limit, world.budget = 1_000, left

    return begin


def full(world: World) -> None:
    world.budget = world.daily_limit = 1_500_000


TROUBLES = {
    "the daily budget is used up": Trouble(
        budget(0), "pipedrive_budget", "Pipedrive's daily limit is used up", (60, 3_600), end=full
    ),
    "only the reserve is left": Trouble(
        budget(115),
        "pipedrive_reserve",
        "kept for your company's other apps",
        (60, 3_600),
        end=full,
    ),
    "a burst is refused": Trouble(
        lambda world: world.fail_next("/api/", 429, headers={"retry-after": "70"}),
        "pace",
        "asked us to slow down",
        (40, 70),  # and not the 2 that are usual
    ),
    "a fault": Trouble(
        lambda world: world.fail_next("/api/", 503, times=3),
        "pipedrive",
        "Pipedrive doesn't answer right now",
        (50, 64),
        asked=3,
    ),
    "a gateway's page": Trouble(
        lambda world: world.fail_next("/api/", 502, body="<html>Bad gateway"),
        "pipedrive",
        "Pipedrive doesn't answer right now",
        (50, 64),
    ),
    "a stall": Trouble(
        lambda world: world.delay("/api/", 30),
        "pipedrive",
        "Pipedrive doesn't answer right now",
        (50, 64),
        end=lambda world: world.delay("/api/", 0),
    ),
    "a connection that ends": Trouble(
        lambda world: world.fail_next("/api/", 0, times=3),
        "pipedrive",
        "Pipedrive doesn't answer right now",
        (50, 64),
        asked=3,
    ),
    "the firewall's page": Trouble(
        lambda world: world.fail_next("/api/", 403, times=99, body=CLOUDFLARE),
        "pipedrive_gate",
        "only Pipedrive can let it in again",
        (590, 600),
        end=lambda world: world.faults.clear(),
    ),
}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    with a_pipedrive(people=2_200) as served:
        yield served


@pytest.fixture
async def desk(served: tuple[World, str], database_url: str) -> AsyncIterator[RecordsDesk]:
    world = served[0]
    full(world)
    async with a_records_desk(served, database_url, pipedrive_timeout=3) as desk:
        yield desk
    world.faults.clear()
    world.delays.clear()
    await until(lambda: not world.under_way)  # who stalled is charged here, not in the next test


def an_hour_goes_by(desk: RecordsDesk) -> None:
    with psycopg.connect(desk.runtime.settings.postgres_url) as connection:
        connection.execute("UPDATE batches SET resolve_not_before = now()")
        connection.execute("UPDATE pipedrive_pace SET free_at = now()")
        connection.execute(
            "UPDATE pipedrive_budgets SET told_at = told_at - interval '61 minutes',"
            " asked_at = asked_at - interval '61 minutes'"
        )


def failed_before(desk: RecordsDesk, *, times: int) -> None:
    with psycopg.connect(desk.runtime.settings.postgres_url) as connection:
        connection.execute("UPDATE batches SET resolve_tries = %s", (times,))


def after(steps: int) -> Callable[[], bool]:
    turns = iter([False] * steps + [True])
    return lambda: next(turns)


def says(view: BatchView) -> tuple[str, float]:
    """The page's sentence, and the seconds until it goes on."""
    [wait] = waiting(view.life, view.counts, view.now)
    assert wait.until is not None
    return words.waits(wait, view), (wait.until - view.now).total_seconds()


@pytest.mark.parametrize("resource", ["person", "deal", "organization", "activity"])
@pytest.mark.parametrize("name", TROUBLES)
async def test_half_way_it_parks_with_words_and_a_time_and_later_loses_nobody(
    desk: RecordsDesk, resource: str, name: str
) -> None:
    trouble, world = TROUBLES[name], desk.world
    batch_id = await desk.clicked(resource, EVERYONE)
    await resolve(desk.runtime, batch_id, stop=after(1))
    failed_before(desk, times=5)  # a first wait of 2 s might be over before we look
    trouble.begin(world)
    before = len(world.calls)

    await resolve(desk.runtime, batch_id)

    parked = await desk.view(batch_id)
    sentence, seconds = says(parked)
    assert parked.life.resolve_wait_reason == trouble.reason
    assert trouble.says in sentence
    assert trouble.seconds[0] < seconds <= trouble.seconds[1]
    failed = [call for call in world.calls[before:] if call.status != 200]
    assert len(failed) == (0 if name == "only the reserve is left" else trouble.asked)
    calls = len(world.calls)
    await resolve(desk.runtime, batch_id)
    assert len(world.calls) == calls, "before its time nobody asks"

    trouble.end(world)
    an_hour_goes_by(desk)
    await resolve(desk.runtime, batch_id)

    found = await desk.found(batch_id)
    wanted = set().union(*(behind_all(world, resource)))
    assert found.view.life.resolved_at is not None
    assert found.people == wanted
    uncertain = 10 if name == "a stall" else 0  # who gave up first may differ by one call
    assert abs(found.view.tokens_used - world.tokens_used) <= uncertain


def behind_all(world: World, resource: str) -> list[set[int]]:
    """Who must be found."""
    if resource == "organization":
        return [{row["id"] for row in listed(world, "person", "everyone") if row["org_id"]}]
    return [behind(world, resource, row) for row in listed(world, resource, "everyone")]
