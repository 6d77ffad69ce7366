"""A secret in rotation is left by everything that it sealed, so that it can be taken out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.fakes_pipedrive import a_tokens, a_user
from tests.fakes_twilio import ACCOUNT
from workers.domain.errors import CannotOpen
from workers.ports.company import Senders
from workers.settings import Settings
from workers.store.company_accounts import PgCompanyAccounts
from workers.store.database import Pool, make_pool, rows
from workers.store.installations import PgInstallations
from workers.store.resealing import PgResealing
from workers.vault import AesVault

pytestmark = pytest.mark.anyio
OLD, NEW = "o" * 32, "n" * 32


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """A database in which everything is sealed with the old secret."""
    async with make_pool(Settings(secret_key=OLD, database_url=database_url)) as pool:
        await PgInstallations(pool, AesVault([OLD])).save(a_user(), a_tokens())
        own = PgCompanyAccounts(pool, AesVault([OLD]))
        await own.keep(1, ACCOUNT, Senders(), by=7)
        assert await own.choose(1, ACCOUNT.account_sid, sender="+3725550001")
        yield pool


async def test_the_new_secret_alone_opens_everything_afterwards(pool: Pool) -> None:
    rotating = PgResealing(pool, AesVault([NEW, OLD]))

    assert await rotating.reseal() == 3
    assert await rotating.reseal() == 0

    access = await PgInstallations(pool, AesVault([NEW])).access(1, 7)
    sends = await PgCompanyAccounts(pool, AesVault([NEW])).sends(1)
    assert access is not None
    assert access.access_token == a_tokens().access_token
    assert sends is not None
    assert sends.password == ACCOUNT.password
    with pytest.raises(CannotOpen):
        await PgInstallations(pool, AesVault([OLD])).access(1, 7)


async def test_what_nobody_can_open_is_left_as_it_is(pool: Pool) -> None:
    before = await sealed(pool)

    assert await PgResealing(pool, AesVault([NEW])).reseal() == 0

    assert await sealed(pool) == before


async def sealed(pool: Pool) -> object:
    async with pool.connection() as connection:
        return await rows(
            connection,
            "SELECT access_token, refresh_token, secrets FROM installations, company_accounts",
        )
