"""Installations and their sealed tokens against a real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes_pipedrive import FakeIdentities, a_tokens
from tests.installed import ELSEWHERE, LEASE, MAX, SECRET, ZOE, read, run
from workers.domain.errors import CannotOpen
from workers.ports.outside import User
from workers.settings import Settings
from workers.stages.tokens import RefreshingTokens
from workers.store.database import Pool, make_pool
from workers.store.installations import PgInstallations
from workers.vault import AesVault

pytestmark = pytest.mark.anyio


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    settings = Settings(secret_key=SECRET, database_url=database_url)
    async with make_pool(settings) as pool:
        yield pool


@pytest.fixture
def installations(pool: Pool) -> PgInstallations:
    return PgInstallations(pool, AesVault([SECRET]))


# ---------------------------------------------------------------- installing


async def test_who_installed_is_known_with_their_company(installations: PgInstallations) -> None:
    await installations.save(ZOE, a_tokens())
    assert await installations.user(1, 7) == ZOE
    assert await installations.user(1, 8) is None
    assert await installations.user(2, 7) is None


async def test_the_access_token_comes_back_with_its_address_and_time_left(
    installations: PgInstallations,
) -> None:
    await installations.save(ZOE, a_tokens())
    access = await installations.access(1, 7)
    assert access is not None
    assert (access.access_token, access.generation) == ("access-1", 1)
    assert access.api_domain == "https://acme.pipedrive.com"
    assert 3590 < access.expires_in <= 3600


async def test_installing_again_replaces_tokens_and_what_is_known(
    installations: PgInstallations,
) -> None:
    await installations.save(ZOE, a_tokens(1))
    renamed = replace(ZOE, name="Zoë Q.", company_name="Acme & Co", timezone="Europe/Paris")
    await installations.save(renamed, a_tokens(2))
    assert await installations.user(1, 7) == renamed
    access = await installations.access(1, 7)
    assert access is not None
    assert (access.access_token, access.generation) == ("access-2", 2)


async def test_an_answer_without_a_company_name_does_not_wipe_it(
    installations: PgInstallations,
) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.save(User(1, 8, "Max"), a_tokens())
    known = await installations.user(1, 8)
    assert known is not None
    assert (known.company_name, known.company_domain, known.country) == ("Acme", "acme", "GB")


async def test_the_first_company_is_the_one_that_installed_first(
    installations: PgInstallations,
) -> None:
    assert await installations.first_company() is None
    await installations.save(ELSEWHERE, a_tokens())
    await installations.save(ZOE, a_tokens())
    await installations.save(ELSEWHERE, a_tokens())
    assert await installations.first_company() == 2


async def test_the_admins_of_a_company_are_named(installations: PgInstallations) -> None:
    for user in (ZOE, MAX, ELSEWHERE):
        await installations.save(user, a_tokens())
    assert await installations.admins(1) == ["Zoë"]


# ---------------------------------------------------------------- sealing


async def test_no_token_is_readable_in_the_database(
    installations: PgInstallations, pool: Pool
) -> None:
    await installations.save(ZOE, a_tokens())
    (row,) = await read(pool, "SELECT * FROM installations")
    assert b"access-1" not in bytes(row["access_token"])
    assert b"refresh-1" not in bytes(row["refresh_token"])


@pytest.mark.parametrize(
    "swap",
    [
        "UPDATE installations a SET access_token = b.access_token FROM installations b"
        " WHERE a.company_id <> b.company_id",
        "UPDATE installations SET access_token = refresh_token",
    ],
)
async def test_a_token_moved_to_another_company_or_column_does_not_open(
    installations: PgInstallations, pool: Pool, swap: str
) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.save(ELSEWHERE, a_tokens(2))
    await run(pool, swap)
    with pytest.raises(CannotOpen):
        await installations.access(1, 7)


async def test_tokens_survive_a_new_secret_while_the_old_one_is_listed(
    installations: PgInstallations, pool: Pool
) -> None:
    await installations.save(ZOE, a_tokens())
    rotated = PgInstallations(pool, AesVault(["n" * 32, SECRET]))
    access = await rotated.access(1, 7)
    assert access is not None
    assert access.access_token == "access-1"


# ---------------------------------------------------------------- refreshing


async def test_of_many_callers_one_gets_the_refresh_token(installations: PgInstallations) -> None:
    await installations.save(ZOE, a_tokens())
    got = await asyncio.gather(
        *[installations.begin_refresh(1, 7, generation=1, lease=LEASE) for _ in range(10)]
    )
    assert sorted(got, key=str) == [None] * 9 + ["refresh-1"]


async def test_a_finished_refresh_counts_and_gives_the_lease_back(
    installations: PgInstallations,
) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.begin_refresh(1, 7, generation=1, lease=LEASE)
    moved = a_tokens(2, api_domain="https://acme-new.pipedrive.com")
    await installations.finish_refresh(1, 7, generation=1, tokens=moved)
    access = await installations.access(1, 7)
    assert access is not None
    assert (access.access_token, access.generation) == ("access-2", 2)
    assert access.api_domain == "https://acme-new.pipedrive.com"
    assert await installations.begin_refresh(1, 7, generation=1, lease=LEASE) is None
    assert await installations.begin_refresh(1, 7, generation=2, lease=LEASE) == "refresh-2"


async def test_the_lease_of_somebody_who_died_ends(installations: PgInstallations) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.begin_refresh(1, 7, generation=1, lease=timedelta(0))
    assert await installations.begin_refresh(1, 7, generation=1, lease=LEASE) == "refresh-1"


async def test_an_abandoned_refresh_gives_the_lease_back(installations: PgInstallations) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.begin_refresh(1, 7, generation=1, lease=LEASE)
    await installations.abandon_refresh(1, 7, generation=1)
    assert await installations.begin_refresh(1, 7, generation=1, lease=LEASE) == "refresh-1"


async def test_a_refresh_that_was_overtaken_by_a_sign_in_changes_nothing(
    installations: PgInstallations,
) -> None:
    await installations.save(ZOE, a_tokens(1))
    await installations.begin_refresh(1, 7, generation=1, lease=LEASE)
    await installations.save(ZOE, a_tokens(2))
    await installations.finish_refresh(1, 7, generation=1, tokens=a_tokens(9))
    await installations.give_up(1, 7, generation=1)
    access = await installations.access(1, 7)
    assert access is not None
    assert access.access_token == "access-2"


async def test_a_grant_that_is_gone_needs_a_new_sign_in_and_then_works_again(
    installations: PgInstallations,
) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.give_up(1, 7, generation=1)
    assert await installations.user(1, 7) is None
    assert await installations.access(1, 7) is None
    assert await installations.begin_refresh(1, 7, generation=1, lease=LEASE) is None
    await installations.save(ZOE, a_tokens(2))
    assert await installations.user(1, 7) == ZOE


async def test_ten_workers_with_one_ended_token_refresh_it_once(
    installations: PgInstallations, pool: Pool
) -> None:
    await installations.save(ZOE, a_tokens())
    await run(pool, "UPDATE installations SET expires_at = now()")
    identities = FakeIdentities()
    workers = [RefreshingTokens(installations, identities) for _ in range(10)]
    accesses = await asyncio.gather(*[worker.get(1, 7) for worker in workers])
    assert {access.access_token for access in accesses} == {"access-2"}
    assert identities.refreshed == ["refresh-1"]


async def test_a_token_without_a_known_end_is_renewed(
    installations: PgInstallations, pool: Pool
) -> None:
    await installations.save(ZOE, a_tokens())
    await run(pool, "UPDATE installations SET expires_at = NULL")
    access = await RefreshingTokens(installations, FakeIdentities()).get(1, 7)
    assert access.access_token == "access-2"
