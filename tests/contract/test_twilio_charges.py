"""What texts did cost is read from the simulated Twilio's list, as Twilio's description has it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.contract.messenger_parts import error_of, from_number
from tests.contract.openapi_check import (
    DESCRIPTION,
    assert_valid_answer,
    assert_valid_requests,
    needs_description,
)
from tests.contract.twilio_seat import PATH, SENDER, SERVICE, Seat, running_twilio
from tests.fakes_twilio import ACCOUNT
from workers.domain.bill import Charge
from workers.domain.errors import Misconfigured, Throttled, Unavailable
from workers.ports.bills import ChargesPage
from workers.ports.outside import Account
from workers.providers.twilio_charges import TwilioCharges
from workers.providers.twilio_transport import TwilioTransport

pytestmark = pytest.mark.anyio
BY_NUMBER = from_number(ACCOUNT, SENDER)
LISTED = {
    "sid": "SM" + "a" * 32,
    "price": "-0.00750",
    "price_unit": "usd",
}


@pytest.fixture
async def seat() -> AsyncIterator[Seat]:
    with running_twilio() as seat:
        yield seat
        if DESCRIPTION.exists() and seat.world.requests:
            assert_valid_requests(seat.world.requests)


async def page(
    seat: Seat, account: Account = BY_NUMBER, cursor: str | None = None, seconds: float = 5
) -> ChargesPage:
    transport = TwilioTransport(url=seat.url, timeout=5)
    try:
        reader = TwilioCharges(transport, seconds=seconds)
        today = datetime.now(UTC).date()
        return await reader.page(account, first_day=today, last_day=today, cursor=cursor)
    finally:
        await transport.aclose()


async def sent(seat: Seat, to: str = "+37255500100", **fields: str | None) -> str:
    sid: str = seat.plain(to, **fields).json()["sid"]
    seat.world.texts[sid].move("sent", None)
    return sid


async def test_a_texts_price_is_what_it_cost_exactly(seat: Seat) -> None:
    sid = await sent(seat, Body="x" * 161)
    found = await page(seat)
    assert found == ChargesPage((Charge(sid, Decimal("0.01500"), "USD"),))


async def test_a_text_without_a_price_yet_is_not_on_the_page(seat: Seat) -> None:
    seat.world.price_lag = 60
    await sent(seat)
    assert (await page(seat)).charges == ()


async def test_a_number_asks_for_its_own_texts_and_a_service_for_all(seat: Seat) -> None:
    own = await sent(seat)
    other = await sent(seat)
    seat.world.texts[other].sender = "+37255500009"
    by_number = await page(seat, BY_NUMBER)
    by_service = await page(seat, replace(ACCOUNT, messaging_service_sid=SERVICE))
    assert [one.sid for one in by_number.charges] == [own]
    assert {one.sid for one in by_service.charges} == {own, other}


async def test_it_is_one_request_for_a_thousand_texts_and_the_next_page_follows(
    seat: Seat,
) -> None:
    sid = await sent(seat)
    text = seat.world.texts[sid]
    seat.world.texts |= {f"SM{n:032x}": replace(text, sid=f"SM{n:032x}") for n in range(1499)}
    seat.world.requests.clear()
    first = await page(seat)
    second = await page(seat, cursor=first.next_cursor)
    assert (len(first.charges), len(second.charges), second.next_cursor) == (1000, 500, None)
    assert len(seat.world.requests) == 2


@needs_description
async def test_the_simulators_lists_are_as_twilio_describes_them(seat: Seat) -> None:
    await sent(seat)
    answer = seat.http.get(PATH, params={"PageSize": 1000})
    assert_valid_answer("GET", PATH, 200, answer.json())


@pytest.mark.parametrize(
    "listed",
    [
        {"price": None},
        {"price": ""},
        {"price": "NaN"},
        {"price": "-Infinity"},
        {"price": "much"},
        {"price": -0.0075},  # a float has already lost its last digits
        {"price_unit": None},
        {"sid": None},
    ],
)
async def test_what_is_no_price_is_none(seat: Seat, listed: dict[str, Any]) -> None:
    wrong = json.dumps({"messages": [LISTED | listed, LISTED], "next_page_uri": None})
    seat.world.fail_next(200, on="list", body=wrong)
    assert (await page(seat)).charges == (Charge("SM" + "a" * 32, Decimal("0.00750"), "USD"),)


async def test_a_cursor_leads_nowhere_but_to_this_list(seat: Seat) -> None:
    await sent(seat)
    await page(seat, cursor="/2010-04-01/Accounts/AC0/Calls.json?x=1")
    assert seat.world.requests[-1]["path"] == PATH


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [(429, 20429, Throttled), (503, 20503, Unavailable), (401, 20003, Misconfigured)],
)
async def test_a_no_is_told_as_what_it_means(
    seat: Seat, status: int, code: int, kind: type[Exception]
) -> None:
    seat.world.fail_next(status, code, on="list")
    assert type(await error_of(page(seat))) is kind


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", '{"messages": 1}'])
async def test_an_answer_that_cannot_be_read_is_asked_again(seat: Seat, body: str) -> None:
    seat.world.fail_next(200, on="list", body=body)
    assert type(await error_of(page(seat))) is Unavailable


async def test_a_question_that_hangs_ends(seat: Seat) -> None:
    seat.world.hang_next(on="list")
    assert type(await error_of(page(seat, seconds=0.3))) is Unavailable
