"""A copy from before, and texts that another account or another sender of the company's made."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from tests.fakes_twilio import ACCOUNT, FakeMessenger
from tests.office import Office, an_office
from tests.stages.test_restore import a_watch, all_looked_up, numbers, texted
from workers.domain.errors import Misconfigured
from workers.ports.outside import Account, Report

pytestmark = pytest.mark.anyio

NOW_WITH = replace(ACCOUNT, account_sid="AC" + "9" * 32)
NOW_FROM = replace(ACCOUNT, messaging_service_sid="", sender="+37255500009")


@pytest.fixture
async def office(database_url: str) -> AsyncIterator[Office]:
    async with an_office(database_url) as office:
        await office.restoring.notice()
        yield office


async def held(office: Office, messenger: FakeMessenger) -> UUID:
    """One of its two people was texted with `ACCOUNT` since."""
    batch_id = await office.confirmed(2)
    await texted(messenger, (await numbers(office, batch_id))[0])
    await office.restoring.hold()
    return batch_id


async def test_a_text_that_another_sender_of_the_account_sent_is_found(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id = await held(office, messenger)

    await all_looked_up(a_watch(office, messenger, NOW_FROM))

    assert await office.states(batch_id) == {"accepted": 1, "ready": 1}


async def test_a_text_of_an_account_that_the_company_let_go_is_found(office: Office) -> None:
    messenger = FakeMessenger()
    batch_id = await held(office, messenger)

    await all_looked_up(a_watch(office, messenger, NOW_WITH, ACCOUNT))

    assert await office.states(batch_id) == {"accepted": 1, "ready": 1}
    made = await office.sql("SELECT account_sid, sender FROM attempts")
    assert made == [{"account_sid": ACCOUNT.account_sid, "sender": ACCOUNT.origin}]


class Closed(FakeMessenger):
    """A Twilio that lets one account in no more."""

    async def find(self, account: Account, **asked: Any) -> list[Report]:
        if account.account_sid == ACCOUNT.account_sid:
            raise Misconfigured("20003")
        return list(await FakeMessenger.find(self, account, **asked))


async def test_an_account_that_was_let_go_and_closed_holds_nobody_for_ever(office: Office) -> None:
    batch_id = await office.confirmed(1)
    await office.restoring.hold()

    await all_looked_up(a_watch(office, Closed(), NOW_WITH, ACCOUNT))

    assert (await office.view(batch_id)).pause_code == "looked"


async def test_while_the_account_in_use_lets_nobody_in_everybody_is_held(office: Office) -> None:
    batch_id = await office.confirmed(1)
    await office.restoring.hold()

    await all_looked_up(a_watch(office, Closed(), ACCOUNT))

    assert (await office.view(batch_id)).pause_code == "looking"
