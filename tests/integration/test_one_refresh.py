"""Many workers, one ended token: PostgreSQL, the adapters and a Pipedrive that rotates tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.contract.pipedrive_served import a_pipedrive, settings_for
from tests.simulators.pipedrive_world import World
from workers.domain.errors import Misconfigured, Unavailable
from workers.ports.outside import PeoplePage
from workers.providers.pipedrive import PipedrivePeople
from workers.providers.pipedrive_http import make_http
from workers.providers.pipedrive_oauth import PipedriveIdentities
from workers.settings import Settings
from workers.stages.tokens import RefreshingTokens
from workers.store.database import Pool, make_pool
from workers.store.installations import PgInstallations
from workers.vault import AesVault

pytestmark = pytest.mark.anyio


class Worker:
    """What one process has: its own pool, its own client."""

    def __init__(self, settings: Settings, pool: Pool, http: httpx.AsyncClient) -> None:
        self.identities = PipedriveIdentities(settings, http)
        self.installations = PgInstallations(pool, AesVault(settings.secret_keys))
        self.tokens = RefreshingTokens(self.installations, self.identities)
        self.people = PipedrivePeople(settings, http)

    async def install(self, code: str) -> None:
        """A rep signs in."""
        tokens = await self.identities.exchange(code)
        await self.installations.save(await self.identities.me(tokens), tokens)

    async def read(self) -> PeoplePage:
        """One page, the way a stage asks: a 401 is answered by one fresh token."""
        access = await self.tokens.get(42, 7)
        try:
            return await self.people.by_ids(access, [1])
        except Misconfigured as error:
            if error.code != "401":
                raise
        fresh = await self.tokens.get(42, 7, stale=access.generation)
        return await self.people.by_ids(fresh, [1])


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    with a_pipedrive() as served:
        yield served


@pytest.fixture
def world(served: tuple[World, str]) -> World:
    world, _ = served
    world.rotate_refresh_tokens = True
    world.calls.clear()
    return world


@pytest.fixture
async def workers(
    database_url: str, served: tuple[World, str], world: World
) -> AsyncIterator[tuple[Worker, Worker]]:
    settings = settings_for(served[1], database_url=database_url, pool_size=3)
    async with (
        make_pool(settings) as one,
        make_pool(settings) as other,
        make_http(settings) as one_http,
        make_http(settings) as other_http,
    ):
        workers = Worker(settings, one, one_http), Worker(settings, other, other_http)
        await workers[0].install(world.grant_code())
        yield workers


def refreshes(world: World) -> int:
    return len(world.calls_to("/oauth/token")) - 1  # the first one was the sign-in


async def test_ten_reads_over_two_processes_with_an_ended_token_cost_one_refresh(
    workers: tuple[Worker, Worker], world: World
) -> None:
    world.expire_tokens()
    world.delay("/oauth/token", 0.2)
    pages = await asyncio.gather(*[workers[at % 2].read() for at in range(10)])
    world.delay("/oauth/token", 0)
    assert [len(page.people) for page in pages] == [1] * 10
    assert refreshes(world) == 1


async def test_token_after_token_the_rotated_refresh_token_is_the_one_used(
    workers: tuple[Worker, Worker], world: World
) -> None:
    for at in range(4):
        world.expire_tokens()
        await workers[at % 2].read()
    assert refreshes(world) == 4


async def test_a_lost_answer_of_a_rotating_refresh_ends_in_signing_in_again(
    workers: tuple[Worker, Worker], world: World
) -> None:
    world.expire_tokens()
    world.lose_refresh_answer = 1
    with pytest.raises(Unavailable):
        await workers[0].read()
    with pytest.raises(Misconfigured) as refused:
        await workers[1].read()
    assert refused.value.code == "reauth"
    assert await workers[0].installations.user(42, 7) is None
    await workers[0].install(world.grant_code())
    assert len((await workers[1].read()).people) == 1


async def test_a_lost_answer_of_a_refresh_that_rotates_nothing_is_only_a_delay(
    workers: tuple[Worker, Worker], world: World
) -> None:
    world.rotate_refresh_tokens = False
    world.expire_tokens()
    world.lose_refresh_answer = 1
    with pytest.raises(Unavailable):
        await workers[0].read()
    assert len((await workers[1].read()).people) == 1
