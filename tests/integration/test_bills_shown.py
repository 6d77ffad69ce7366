"""What texts did cost is kept exactly, and told on the page, to programs, in the CSV and to support."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import AsyncIterator
from decimal import ROUND_HALF_UP, Decimal

import pytest

from tests.billed import asked, charged, cost, run, settled, shown, texts
from tests.desk import PROGRAM, Desk, a_desk, id_of
from tests.line import Line, a_line
from workers.domain.delivery import State

pytestmark = pytest.mark.anyio


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with a_line(
        database_url, twilio={"digits": False}, price_looks="0.01s,0.02s,1h,72h"
    ) as line:
        yield line


@pytest.fixture
async def rep(line: Line) -> AsyncIterator[Desk]:
    async with a_desk(line) as desk:
        yield desk


async def test_texts_to_three_countries_cost_what_twilio_charged_to_the_last_digit(
    line: Line, rep: Desk
) -> None:
    batch = await settled(rep, 30, body="Hei {{ person.first_name }} " + "we open at nine. " * 10)
    assert await asked(line) == 1
    assert await cost(rep, batch) == {
        "texts": 30,
        "priced": 30,
        "money": [{"currency": "USD", "amount": str(charged(line))}],
        "asking": False,
    }
    assert (
        f"These 30 texts cost ${charged(line).quantize(Decimal('0.01'), ROUND_HALF_UP)}."
        in await shown(rep, batch)
    )


async def test_currencies_are_summed_apart(line: Line, rep: Desk) -> None:
    line.twilio.currencies = {"+44": "EUR"}
    batch = await settled(rep, 3)
    await asked(line)
    assert [one["currency"] for one in (await cost(rep, batch))["money"]] == ["EUR", "USD"]
    assert "cost €0.05 and $0.07." in await shown(rep, batch)


async def test_a_text_that_was_sent_again_is_paid_for_again(line: Line, rep: Desk) -> None:
    batch = await settled(rep)
    await asked(line)
    [text] = [one for one in texts(line) if one.to.startswith("+371")]
    await run(
        line,
        "UPDATE recipients SET state = 'undelivered', reason = '30008' WHERE number LIKE '+371%'",
    )
    view = await line.view(id_of(batch))
    await rep.post(f"{batch}/retry", seq=view.seq, todo="again")
    await line.until(id_of(batch), lambda view: view.counts[State.DELIVERED] == 3)
    await asked(line)
    assert (await cost(rep, batch))["texts"] == 4
    assert Decimal((await cost(rep, batch))["money"][0]["amount"]) == charged(line)
    rows = list(csv.DictReader(io.StringIO((await rep.get(f"{batch}/recipients.csv")).text)))
    once = -Decimal(text.resource({})["price"])
    assert {row["Number"]: row["Cost"] for row in rows}["'" + text.to] == str(2 * once)
    assert {row["Currency"] for row in rows} == {"USD"}


async def test_support_reads_what_each_try_cost(line: Line, rep: Desk) -> None:
    await settled(rep)
    await asked(line)
    sid = texts(line)[0].sid
    found = (await rep.get(f"/support?q={sid}")).json()
    assert found["people"][0]["attempts"][0]["cost"] == {"amount": "0.00750", "currency": "USD"}
    assert "<dt>Price</dt><dd>$0.01</dd>" in await shown(rep, f"/support?q={sid}")


async def test_a_poll_learns_of_prices_and_the_page_asks_on_for_them(line: Line, rep: Desk) -> None:
    batch = await settled(rep)
    line.twilio.price_lag = math.inf
    for text in texts(line):
        text.price_lag = math.inf
    await asked(line, 2)
    said = await rep.progress(batch)
    assert said["over"] is False
    assert "have no price yet" in said["html"]["bill"]
    for text in texts(line):
        text.price_lag = 0
    await asked(line, 1)
    later = await rep.progress(batch, said["next_since"])
    assert later["over"] is True
    assert "These 3 texts cost $0.12." in later["html"]["bill"]
    assert later["seq"] > said["seq"]


async def test_a_poll_is_not_told_that_nothing_changed_when_only_the_bill_did(
    line: Line, rep: Desk
) -> None:
    line.twilio.price_lag = math.inf
    batch = await settled(rep)
    await asked(line, 1)
    await run(line, "UPDATE bills SET settled_at = NULL")
    # Who has seen all is never told what others saw a moment ago.
    address = f"{batch}/progress?since={(await line.view(id_of(batch))).seq}.0"
    known = await rep.get(address)
    same = {**PROGRAM, "if-none-match": known.headers["etag"]}
    assert (await rep.get(address, same)).status_code == 304
    await asked(line, 1)
    later = await rep.get(address, same)
    assert later.status_code == 200
    assert "have no price yet" in later.json()["html"]["bill"]
