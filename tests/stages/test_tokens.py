"""Whoever needs a Pipedrive token gets a working one, and Pipedrive is asked once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.fakes_pipedrive import FakeIdentities, FakeInstallations, a_tokens, a_user
from workers.domain.errors import CannotOpen, Misconfigured, Throttled, Unavailable
from workers.ports.outside import Access
from workers.stages.tokens import EARLY, RefreshingTokens

pytestmark = pytest.mark.anyio


@pytest.fixture
def identities() -> FakeIdentities:
    return FakeIdentities()


@pytest.fixture
async def installations() -> FakeInstallations:
    installations = FakeInstallations()
    await installations.save(a_user(), a_tokens())
    return installations


@pytest.fixture
def tokens(installations: FakeInstallations, identities: FakeIdentities) -> RefreshingTokens:
    return RefreshingTokens(installations, identities, patience=0.3)


async def test_a_token_that_lives_is_handed_out_as_it_is(
    tokens: RefreshingTokens, identities: FakeIdentities
) -> None:
    assert (await tokens.get(1, 7)).access_token == "access-1"
    assert identities.refreshed == []


async def test_a_token_that_ends_soon_is_renewed_first(
    tokens: RefreshingTokens, installations: FakeInstallations, identities: FakeIdentities
) -> None:
    installations.expire(seconds=EARLY)
    assert (await tokens.get(1, 7)).access_token == "access-2"
    assert identities.refreshed == ["refresh-1"]


async def test_a_token_that_was_answered_401_is_renewed_although_it_looks_alive(
    tokens: RefreshingTokens, identities: FakeIdentities
) -> None:
    access = await tokens.get(1, 7, stale=1)
    assert (access.access_token, access.generation) == ("access-2", 2)
    assert identities.refreshed == ["refresh-1"]


async def test_who_was_answered_401_with_an_older_token_gets_the_newer_one(
    tokens: RefreshingTokens, identities: FakeIdentities
) -> None:
    await tokens.get(1, 7, stale=1)
    assert (await tokens.get(1, 7, stale=1)).access_token == "access-2"
    assert len(identities.refreshed) == 1


async def test_the_refresh_token_that_came_back_is_the_next_one_used(
    tokens: RefreshingTokens, installations: FakeInstallations, identities: FakeIdentities
) -> None:
    for _ in range(3):
        installations.expire()
        await tokens.get(1, 7)
    assert identities.refreshed == ["refresh-1", "refresh-2", "refresh-3"]


async def test_ten_workers_with_one_ended_token_refresh_it_once(
    installations: FakeInstallations, identities: FakeIdentities
) -> None:
    installations.expire()
    workers = [RefreshingTokens(installations, identities) for _ in range(10)]
    accesses = await asyncio.gather(*[worker.get(1, 7) for worker in workers])
    assert {access.access_token for access in accesses} == {"access-2"}
    assert identities.refreshed == ["refresh-1"]


async def test_ten_workers_that_were_answered_401_refresh_it_once(
    installations: FakeInstallations, identities: FakeIdentities
) -> None:
    workers = [RefreshingTokens(installations, identities) for _ in range(10)]
    accesses = await asyncio.gather(*[worker.get(1, 7, stale=1) for worker in workers])
    assert {access.access_token for access in accesses} == {"access-2"}
    assert identities.refreshed == ["refresh-1"]


async def test_while_somebody_renews_a_token_that_still_lives_nobody_waits(
    tokens: RefreshingTokens, installations: FakeInstallations, identities: FakeIdentities
) -> None:
    installations.expire(seconds=60)
    await installations.begin_refresh(1, 7, generation=1, lease=timedelta(minutes=1))
    assert (await tokens.get(1, 7)).access_token == "access-1"
    assert identities.refreshed == []


async def test_a_refresh_that_never_ends_is_not_waited_for_for_ever(
    tokens: RefreshingTokens, installations: FakeInstallations
) -> None:
    installations.expire()
    await installations.begin_refresh(1, 7, generation=1, lease=timedelta(minutes=1))
    with pytest.raises(Unavailable):
        await tokens.get(1, 7)


async def test_tokens_that_live_shorter_than_the_margin_do_not_loop(
    installations: FakeInstallations,
) -> None:
    class Short(FakeIdentities):
        async def refresh(self, refresh_token: str) -> object:  # type: ignore[override]  # it never answers
            await super().refresh(refresh_token)
            return a_tokens(self.issued, expires_in=30)

    short = Short()
    installations.expire()
    access = await RefreshingTokens(installations, short).get(1, 7)  # type: ignore[arg-type]  # see refresh
    assert (access.access_token, len(short.refreshed)) == ("access-2", 1)


async def test_a_grant_that_is_gone_means_signing_in_again_and_is_not_asked_twice(
    tokens: RefreshingTokens, installations: FakeInstallations, identities: FakeIdentities
) -> None:
    installations.expire()
    identities.faults.append(Misconfigured("invalid_grant"))
    for _ in range(2):
        with pytest.raises(Misconfigured) as refused:
            await tokens.get(1, 7)
        assert refused.value.code == "reauth"
    assert len(identities.refreshed) == 1


@pytest.mark.parametrize(
    "fault", [Unavailable("network"), Throttled(5), Misconfigured("invalid_client")]
)
async def test_any_other_fault_keeps_the_tokens_and_the_next_caller_may_try(
    tokens: RefreshingTokens,
    installations: FakeInstallations,
    identities: FakeIdentities,
    fault: Unavailable,
) -> None:
    installations.expire()
    identities.faults.append(fault)
    with pytest.raises(type(fault)):
        await tokens.get(1, 7)
    assert (await tokens.get(1, 7)).access_token == "access-2"
    assert identities.refreshed == ["refresh-1", "refresh-1"]


async def test_a_refresh_whose_answer_is_lost_ends_in_signing_in_again(
    tokens: RefreshingTokens, installations: FakeInstallations, identities: FakeIdentities
) -> None:
    installations.expire()
    identities.faults.append(Unavailable("network"))
    with pytest.raises(Unavailable):
        await tokens.get(1, 7)
    identities.issued += 1  # Pipedrive had exchanged the token; nobody heard the new one
    with pytest.raises(Misconfigured) as refused:
        await tokens.get(1, 7)
    assert refused.value.code == "reauth"


async def test_who_never_installed_the_app_has_to(tokens: RefreshingTokens) -> None:
    with pytest.raises(Misconfigured) as refused:
        await tokens.get(1, 99)
    assert refused.value.code == "reauth"


async def test_a_token_sealed_with_a_lost_secret_means_signing_in_again(
    identities: FakeIdentities,
) -> None:
    class Sealed(FakeInstallations):
        async def access(self, company_id: int, user_id: int) -> Access | None:
            raise CannotOpen

    with pytest.raises(Misconfigured) as refused:
        await RefreshingTokens(Sealed(), identities).get(1, 7)
    assert refused.value.code == "reauth"


async def test_who_stops_waiting_does_not_lose_the_tokens_that_come_back(
    installations: FakeInstallations,
) -> None:
    class Slow(FakeIdentities):
        def __init__(self) -> None:
            super().__init__()
            self.asked, self.answer = asyncio.Event(), asyncio.Event()

        async def refresh(self, refresh_token: str) -> object:  # type: ignore[override]  # it never answers
            self.asked.set()
            await self.answer.wait()
            return await super().refresh(refresh_token)

    slow = Slow()
    installations.expire()
    tokens = RefreshingTokens(installations, slow)  # type: ignore[arg-type]  # see refresh
    stopped = asyncio.create_task(tokens.get(1, 7))
    await slow.asked.wait()
    stopped.cancel()
    slow.answer.set()
    assert (await tokens.get(1, 7)).access_token == "access-2"
    assert stopped.cancelled()
    assert slow.refreshed == ["refresh-1"]
