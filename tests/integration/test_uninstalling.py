"""Uninstalling ends everything of one user at once, against a real PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from tests.fakes_pipedrive import FakeIdentities, a_tokens
from tests.installed import ELSEWHERE, LEASE, MAX, SECRET, ZOE, read, run
from workers.domain.errors import Misconfigured
from workers.ports.outside import User
from workers.settings import Settings
from workers.stages.tokens import RefreshingTokens
from workers.store.database import Pool, make_pool
from workers.store.installations import PgInstallations
from workers.store.sessions import PgSessions
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


async def a_batch(pool: Pool, *states: str, by: User = ZOE, set_: str = "seq = 0") -> UUID:
    """A batch of `by` with a person in each state; `set_` = what else is true of it."""
    batch_id = uuid4()
    await run(
        pool,
        "INSERT INTO batches (id, company_id, user_id, resource, view, selection)"
        " VALUES (%(id)s, %(company_id)s, %(user_id)s, 'person', 'list', '{}')",
        id=batch_id,
        company_id=by.company_id,
        user_id=by.user_id,
    )
    await run(pool, f"UPDATE batches SET {set_} WHERE id = %(id)s", id=batch_id)
    for state in states:
        await run(
            pool,
            "INSERT INTO recipients (batch_id, state) VALUES (%(id)s, %(state)s)",
            id=batch_id,
            state=state,
        )
    return batch_id


async def stopped(pool: Pool) -> set[UUID]:
    return {
        row["id"]
        for row in await read(pool, "SELECT id FROM batches WHERE canceled_at IS NOT NULL")
    }


async def test_uninstalling_destroys_the_tokens(installations: PgInstallations, pool: Pool) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.remove(1, 7)
    assert await installations.user(1, 7) is None
    assert await installations.access(1, 7) is None
    (row,) = await read(pool, "SELECT access_token, refresh_token FROM installations")
    assert row == {"access_token": None, "refresh_token": None}


async def test_uninstalling_signs_the_user_out_everywhere_and_nobody_else(
    installations: PgInstallations, pool: Pool
) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.save(ELSEWHERE, a_tokens())
    sessions = PgSessions(pool)
    await sessions.sign_in(b"", b"one", company_id=1, user_id=7)
    await sessions.sign_in(b"one", b"two", company_id=2, user_id=7)
    await installations.remove(1, 7)
    assert await sessions.identities(b"two") == [ELSEWHERE]


async def test_uninstalling_cancels_drafts_and_stops_what_still_runs(
    installations: PgInstallations, pool: Pool
) -> None:
    await installations.save(ZOE, a_tokens())
    draft = await a_batch(pool, "ready")
    running = await a_batch(pool, "ready", "sent", set_="confirmed_at = now()")
    on_the_wire = await a_batch(pool, "sending", set_="confirmed_at = now()")
    await a_batch(pool, "delivered", "failed", set_="confirmed_at = now()")
    await a_batch(pool, set_="refused_reason = 'too_many'")
    await a_batch(pool, "ready", by=MAX)
    await a_batch(pool, "ready", by=ELSEWHERE, set_="confirmed_at = now()")
    await installations.remove(1, 7)
    assert await stopped(pool) == {draft, running, on_the_wire}
    who = await read(pool, "SELECT DISTINCT canceled_by FROM batches WHERE canceled_at IS NOT NULL")
    assert who == [{"canceled_by": 7}]


async def test_uninstalling_twice_is_the_same_as_once(
    installations: PgInstallations, pool: Pool
) -> None:
    await installations.save(ZOE, a_tokens())
    await a_batch(pool, "ready")
    await installations.remove(1, 7)
    before = await read(pool, "SELECT * FROM installations, batches")
    await installations.remove(1, 7)
    assert await read(pool, "SELECT * FROM installations, batches") == before


async def test_uninstalling_what_nobody_installed_changes_nothing(
    installations: PgInstallations,
) -> None:
    await installations.remove(404, 404)
    assert await installations.first_company() is None


async def test_a_refresh_that_ends_after_the_uninstall_brings_nothing_back(
    installations: PgInstallations, pool: Pool
) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.begin_refresh(1, 7, generation=1, lease=LEASE)
    await installations.remove(1, 7)
    await installations.finish_refresh(1, 7, generation=1, tokens=a_tokens(2))
    assert await installations.access(1, 7) is None
    with pytest.raises(Misconfigured) as refused:
        await RefreshingTokens(installations, FakeIdentities()).get(1, 7)
    assert refused.value.code == "reauth"


async def test_installing_after_an_uninstall_works(installations: PgInstallations) -> None:
    await installations.save(ZOE, a_tokens())
    await installations.remove(1, 7)
    await installations.save(ZOE, a_tokens(2))
    access = await installations.access(1, 7)
    assert access is not None
    assert access.access_token == "access-2"
