"""Two thousand receipts at once: each one durable before it is acknowledged, none lost."""

from __future__ import annotations

import asyncio

import pytest

from tests.office import an_office
from workers.grouping import Grouped
from workers.ports.outside import Report
from workers.ports.sending import Told
from workers.runtime import RECEIPT_SECONDS, RECEIPTS_AT_ONCE

pytestmark = pytest.mark.anyio


async def test_two_thousand_receipts_at_once_are_kept(database_url: str) -> None:
    async with an_office(database_url) as office:
        batch_id, claimed = await office.accepted(500)
        told = Grouped(office.ledger.tell, seconds=RECEIPT_SECONDS, most=RECEIPTS_AT_ONCE)
        statuses = ("queued", "sending", "sent", "delivered")

        async def arrive(number: int) -> None:
            attempt, status = claimed[number % 500].attempt_id, statuses[number // 500]
            state = "accepted" if status in {"queued", "sending"} else status
            await told.add(Told(attempt, Report(f"SM{attempt.hex}", state, status, "")))

        await asyncio.gather(*map(arrive, range(2_000)))

        assert await office.states(batch_id) == {"delivered": 500}
        assert await office.sql("SELECT count(*) AS n FROM receipts") == [{"n": 2_000}]
        assert (
            await asyncio.gather(*(office.ledger.company_of(one.attempt_id) for one in claimed))
            == [42] * 500
        )
