"""Replies to the operator's account when several companies share it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import psycopg
import pytest

from tests.contract.pipedrive_served import a_pipedrive
from tests.door import PUBLIC_URL, a_door, settings_of
from tests.integration.test_replies import NUMBER, OURS, THEIRS, A, Lobby

pytestmark = pytest.mark.anyio


@pytest.fixture
async def lobby(database_url: str) -> AsyncIterator[Lobby]:
    """Every company may use the operator's account."""
    with a_pipedrive() as (world, url):
        settings = settings_of(database_url, url, twilio_companies="*", public_url=PUBLIC_URL)
        async with (
            a_door(settings, world) as door,
            door.browser() as browser,
            await psycopg.AsyncConnection.connect(database_url, autocommit=True) as database,
        ):
            yield Lobby(browser, door, database)


async def test_stop_counts_for_those_who_texted_them(lobby: Lobby) -> None:
    await lobby.texted(42)
    await lobby.texted(43)
    await lobby.texted(44, number="+37255599999")
    await lobby.says("STOP")
    assert await lobby.opted_out() == {(42, NUMBER), (43, NUMBER)}
    await lobby.says("START")
    assert await lobby.opted_out() == set()


async def test_who_sends_with_an_account_of_its_own_is_not_concerned(lobby: Lobby) -> None:
    await lobby.connects(43, A)
    await lobby.texted(43, account=A.account_sid)
    await lobby.says("STOP")
    assert await lobby.opted_out() == set()


async def test_of_several_senders_the_one_that_was_answered_counts(lobby: Lobby) -> None:
    await lobby.texted(42, sender=OURS)
    await lobby.texted(43, sender=THEIRS)
    await lobby.says("STOP", to=THEIRS)
    assert await lobby.opted_out() == {(43, NUMBER)}


async def test_whom_nobody_knows_is_kept_for_nobody(lobby: Lobby) -> None:
    assert (await lobby.says("STOP")).status_code == 200
    assert await lobby.opted_out() == set()
