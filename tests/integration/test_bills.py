"""What texts did cost is asked after they settled: how often, of whom, and until when."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.billed import asked, charged, cost, next_look, run, settled, shown, texts
from tests.desk import Desk, a_desk, id_of
from tests.line import Line, a_line
from workers.domain.action import Chosen
from workers.domain.bill import Charge
from workers.domain.delivery import State
from workers.ports.company import Senders
from workers.ports.outside import Account
from workers.stages.bills import read_bills

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with a_line(
        database_url, twilio={"digits": False}, silence="3h", price_looks="0.01s,0.02s,1h,72h"
    ) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


async def test_before_they_settle_and_right_after_it_nothing_is_asked(
    line: Line, rep: Desk
) -> None:
    line.twilio.hold_callbacks()
    ids = (1, 2)
    batch = await rep.found(Chosen(ids))
    await rep.post(f"{batch}/send", body="Hei", **await rep.seen(batch))
    await line.until(id_of(batch), lambda view: view.counts[State.ACCEPTED] == len(ids))
    assert await asked(line, 2) == 0
    line.twilio.release_callbacks()
    await line.until(id_of(batch), lambda view: view.counts[State.DELIVERED] == len(ids))
    assert await asked(line, 1) == 0
    assert await asked(line, 1) == 1


async def test_prices_that_come_later_are_waited_for_and_the_sum_grows(
    line: Line, rep: Desk
) -> None:
    line.twilio.price_lag = math.inf
    batch = await settled(rep)
    await asked(line)
    assert "These 3 texts have no price yet" in await shown(rep, batch)
    texts(line)[0].price_lag = 0
    await asked(line, 1)
    assert "1 of 3 texts cost $0.01. The other 2 wait for their price" in await shown(rep, batch)
    for text in texts(line):
        text.price_lag = 0
    await asked(line, 1)
    assert "These 3 texts cost $0.12." in await shown(rep, batch)
    assert await asked(line) == 0


async def test_it_is_asked_less_and_less_often_and_at_last_no_more(line: Line, rep: Desk) -> None:
    line.twilio.price_lag = math.inf
    batch = await settled(rep)
    await asked(line, 2)
    await asyncio.sleep(0.05)  # the plan's first two times pass
    await asked(line, 1)
    assert timedelta(minutes=50) < await next_look(line) < timedelta(minutes=60)
    await run(line, "UPDATE bills SET settled_at = settled_at - interval '3 days'")
    await asked(line, 1)
    assert "No price came for these 3 texts and we have stopped asking" in await shown(rep, batch)
    assert await asked(line) == 0


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (429, 20429, "have no price yet; it usually"),
        (503, 20503, "have no price yet; it usually"),
        (401, 20003, "have no price yet: Twilio refuses our login"),
    ],
)
async def test_a_no_while_asking_costs_nothing_but_time(
    line: Line, rep: Desk, status: int, code: int, words: str
) -> None:
    batch = await settled(rep)
    line.twilio.fail_next(status, code, on="list")
    assert await asked(line, 2) == 1
    assert words in await shown(rep, batch)
    await asked(line, 1)
    assert "These 3 texts cost $0.12." in await shown(rep, batch)


async def test_what_was_read_before_a_no_is_kept(line: Line, rep: Desk) -> None:
    batch = await settled(rep)
    texts(line)[1].price_lag = math.inf
    await asked(line, 2)
    line.twilio.fail_next(503, 20503, on="list")
    await asked(line, 1)
    assert (await cost(rep, batch))["priced"] == 2


async def test_an_account_that_is_gone_is_not_asked_and_the_page_says_so(
    line: Line, rep: Desk
) -> None:
    batch = await settled(rep)
    await run(line, f"UPDATE attempts SET account_sid = 'AC{'9' * 32}'")
    assert await asked(line, 2) == 0
    assert "a Twilio account that isn't connected any more" in await shown(rep, batch)


async def test_an_account_that_was_changed_since_is_still_asked(line: Line, rep: Desk) -> None:
    batch = await settled(rep)
    other = "AC" + "9" * 32
    await line.runtime.own_accounts.keep(42, Account(other, other, "t" * 32), Senders(), by=7)
    assert await line.runtime.own_accounts.choose(42, other, sender="+37255500008")
    await asked(line)
    assert "These 3 texts cost $0.12." in await shown(rep, batch)


async def test_two_watches_at_once_count_a_price_once(line: Line, rep: Desk) -> None:
    batch = await settled(rep, 9)
    await asked(line, 1)
    await run(line, "UPDATE bills SET due_at = now()")
    await asyncio.gather(*(read_bills(line.runtime) for _ in range(4)))
    assert (await cost(rep, batch))["priced"] == 9


async def test_two_batches_of_one_account_are_read_by_one_list(line: Line, rep: Desk) -> None:
    batches = [await settled(rep), await settled(rep, first=3)]
    assert await asked(line) == 1
    assert [(await cost(rep, batch))["priced"] for batch in batches] == [3, 3]


async def test_what_another_account_says_of_our_texts_is_not_believed(
    line: Line, rep: Desk
) -> None:
    batch = await settled(rep)
    told = [Charge(text.sid, Decimal(1), "USD") for text in texts(line)]
    assert await line.runtime.bills.keep("AC" + "9" * 32, told) == []
    await asked(line)
    assert (await cost(rep, batch))["money"][0]["amount"] == str(charged(line))
