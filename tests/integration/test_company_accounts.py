"""Companies' own accounts in the database: one that sends, one to choose, those before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes_pipedrive import a_tokens, a_user
from tests.fakes_twilio import ACCOUNT
from tests.office import NO_RULES
from workers.ports.company import Senders
from workers.ports.outside import Account
from workers.settings import Settings
from workers.store.company_accounts import PgCompanyAccounts
from workers.store.company_settings import PgCompanies
from workers.store.database import Pool, make_pool, one
from workers.store.installations import PgInstallations
from workers.vault import AesVault

pytestmark = pytest.mark.anyio
FIRST = Account("AC" + "a" * 32, "AC" + "a" * 32, "first-secret", ("first-secret",))
SECOND = Account("AC" + "b" * 32, "SK" + "b" * 32, "second-secret")
SENDERS = Senders((("MG" + "2" * 32, "Customers"),), ("+3725550001",), ("numbers",))


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    settings = Settings(secret_key="s" * 32, database_url=database_url)
    async with make_pool(settings) as pool:
        installations = PgInstallations(pool, AesVault(["s" * 32]))
        await installations.save(a_user(company_id=1, user_id=7, name="Zoë"), a_tokens())
        yield pool


@pytest.fixture
def own(pool: Pool) -> PgCompanyAccounts:
    return PgCompanyAccounts(pool, AesVault(["s" * 32]))


async def connected(own: PgCompanyAccounts, account: Account, sender: str = "+3725550001") -> None:
    await own.keep(1, account, SENDERS, by=7)
    assert await own.choose(1, account.account_sid, sender=sender)


async def test_what_was_kept_is_what_is_read(own: PgCompanyAccounts) -> None:
    await own.keep(1, FIRST, SENDERS, by=7)
    choosing = await own.choosing(1)
    assert choosing is not None
    assert (choosing.account, choosing.senders, choosing.by) == (FIRST, SENDERS, "Zoë")
    assert await own.sends(1) is None
    await own.choose(1, FIRST.account_sid, sender="+3725550001")
    assert await own.sends(1) == replace(FIRST, sender="+3725550001")
    assert await own.choosing(1) is None


async def test_the_one_before_is_remembered_and_may_come_back(own: PgCompanyAccounts) -> None:
    for account in (FIRST, SECOND, FIRST, FIRST, SECOND):
        await connected(own, account)
        sends = await own.sends(1)
        assert sends is not None
        assert sends.account_sid == account.account_sid
        assert account.account_sid not in [former.account_sid for former in await own.former(1)]
    (former,) = await own.former(1)
    assert (former.account_sid, former.auth_tokens) == (FIRST.account_sid, FIRST.auth_tokens)


async def test_a_sender_is_chosen_for_the_login_that_was_shown(own: PgCompanyAccounts) -> None:
    """Two admins connect different accounts at once."""
    await own.keep(1, FIRST, SENDERS, by=7)
    await own.keep(1, SECOND, SENDERS, by=8)
    assert not await own.choose(1, FIRST.account_sid, sender="+3725550001")
    assert await own.sends(1) is None


async def test_admins_who_press_at_once_leave_one_account(own: PgCompanyAccounts) -> None:
    async def press(account: Account) -> None:
        await own.keep(1, account, SENDERS, by=7)
        await own.choose(1, account.account_sid, sender="+3725550001")

    await asyncio.gather(*(press(account) for account in [FIRST, SECOND] * 5))
    assert await own.sends_now(1) is not None


async def test_another_companys_account_is_nobodys(own: PgCompanyAccounts) -> None:
    await connected(own, FIRST)
    assert await own.sends(2) is None
    assert await own.former(2) == []
    assert not await own.disconnect(2)
    assert await own.sends(1) is not None


async def test_logins_are_deleted_when_nobody_needs_them(own: PgCompanyAccounts) -> None:
    await connected(own, FIRST)
    await own.keep(1, SECOND, SENDERS, by=7)
    assert await own.disconnect(1)
    assert await own.choosing(1) is None
    await own.forget_former(timedelta(days=3))
    assert [former.account_sid for former in await own.former(1)] == [FIRST.account_sid]
    await own.forget_former(timedelta(0))
    assert await own.former(1) == []


async def test_a_new_key_reads_what_the_old_one_sealed(pool: Pool) -> None:
    await connected(PgCompanyAccounts(pool, AesVault(["s" * 32])), ACCOUNT)
    rotated = PgCompanyAccounts(pool, AesVault(["t" * 32, "s" * 32]))
    sends = await rotated.sends(1)
    assert sends is not None
    assert sends.password == ACCOUNT.password


async def test_what_a_company_chose_outlives_a_new_installation(pool: Pool) -> None:
    companies = PgCompanies(pool, rules=NO_RULES)
    await companies.set_country(1, "GB")
    installations = PgInstallations(pool, AesVault(["s" * 32]))
    await installations.save(a_user(company_id=2, user_id=70), a_tokens())
    await companies.set_support(1, [7, 8, 70])
    await companies.set_ask_participants(1, False)
    await installations.save(replace(a_user(), country="EE"), a_tokens())
    choices = await companies.choices(1)
    user = await installations.user(1, 7)
    assert user is not None
    assert (choices.country, choices.pipedrive_country) == ("GB", "EE")
    assert not choices.ask_participants
    assert (user.country, user.is_support) == ("GB", True)
    async with pool.connection() as connection:
        stored = await one(connection, "SELECT support_users FROM companies WHERE company_id = 1")
    assert stored == {"support_users": [7]}, "others are of another company, or of none"


async def test_no_secret_is_readable_in_the_database(own: PgCompanyAccounts, pool: Pool) -> None:
    await connected(own, FIRST)
    async with pool.connection() as connection:
        rows = await (await connection.execute("SELECT * FROM company_accounts")).fetchall()
    assert b"first-secret" not in rows[0]["secrets"]
    assert "first-secret" not in str(rows)
