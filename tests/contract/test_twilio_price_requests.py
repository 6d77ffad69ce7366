"""Requests for prices have the shape that twilio.md knows of; there is no OpenAPI description of them.

What is checked, with how sure we are of it (twilio.md's marks; §12 itself bears none):

* one `GET` of `pricing.twilio.com/v1/Messaging/Countries/{ISO}`, without a query (§12: M)
* Basic login as for messages: account SID and token, or API key and secret (§1: H)
* `outbound_sms_prices[].prices[].{number_type, current_price}`, `price_unit` (§12: M)
* `price_unit` in capitals or not, prices as texts or numbers (L: the SDK does not say; both are read)
* 404 with 20404 where Twilio texts no such country (L)

None of it was seen against a live account.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.contract.messenger_parts import error_of
from tests.fakes_twilio import ACCOUNT
from tests.servers import serve
from workers.domain.cost import Range
from workers.domain.errors import Rejected, Unavailable
from workers.domain.senders import Kind
from workers.providers.twilio_tariffs import TwilioTariffs
from workers.providers.twilio_transport import PRICING, TwilioTransport

pytestmark = pytest.mark.anyio
KEY = ("SK" + "3" * 32, "key-secret")


def answered(**more: Any) -> dict[str, Any]:
    """As the guide to the Messaging pricing resource shows it."""
    price = {"number_type": "mobile", "base_price": "0.05", "current_price": "0.045"}
    network = {"carrier": "Telia", "mcc": "248", "mnc": "01", "prices": [price]}
    return {
        "country": "Estonia",
        "iso_country": "EE",
        "outbound_sms_prices": [network],
        "inbound_sms_prices": [{**price, "current_price": "0.001"}],
        "price_unit": "USD",
        "url": f"{PRICING}/v1/Messaging/Countries/EE",
        **more,
    }


@dataclass
class Pricing:
    """A server that notes what it is asked, and what it answers next."""

    asked: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    answer: Any = field(default_factory=answered)
    status: int = 200
    tariffs: TwilioTariffs | None = None

    async def take(self, request: Request) -> Response:
        self.asked.append(request)
        self.bodies.append(await request.body())
        return JSONResponse(self.answer, self.status)

    async def price(self, account: Any = ACCOUNT) -> Any:
        assert self.tariffs is not None
        return await self.tariffs.price(account, "EE")


@pytest.fixture
async def pricing() -> AsyncIterator[Pricing]:
    server = Pricing()
    with serve(Starlette(routes=[Route("/{rest:path}", server.take)])) as url:
        transport = TwilioTransport(url=url, timeout=5)
        server.tariffs = TwilioTariffs(transport)
        yield server
        await transport.aclose()


@pytest.mark.parametrize("login", [(ACCOUNT.username, ACCOUNT.password), KEY])
async def test_a_price_is_one_get_of_the_country_with_the_accounts_login(
    pricing: Pricing, login: tuple[str, str]
) -> None:
    await pricing.price(replace(ACCOUNT, username=login[0], password=login[1]))
    [request] = pricing.asked
    assert (request.method, request.url.path) == ("GET", "/v1/Messaging/Countries/EE")
    assert (request.url.query, pricing.bodies) == ("", [b""])
    scheme, _, secret = request.headers["authorization"].partition(" ")
    assert (scheme, base64.b64decode(secret).decode()) == ("Basic", ":".join(login))
    assert "application/json" in request.headers["accept"]


async def test_what_texts_cost_is_read_and_not_what_replies_cost(pricing: Pricing) -> None:
    tariff = await pricing.price()
    assert tariff.currency == "USD"
    assert tariff.price((Kind.LONG_CODE,)) == Range(Decimal("0.045"), Decimal("0.045"))


@pytest.mark.parametrize("unit", ["usd", "USD"])
@pytest.mark.parametrize("price", ["0.045", 0.045])
async def test_capitals_and_numbers_do_not_matter(
    pricing: Pricing, unit: str, price: object
) -> None:
    one = {"number_type": "Mobile", "current_price": price, "a_new_field": 1}
    pricing.answer = answered(price_unit=unit, outbound_sms_prices=[{"prices": [one]}])
    tariff = await pricing.price()
    assert (tariff.currency, tariff.by_type["mobile"].low) == ("USD", Decimal("0.045"))


@pytest.mark.parametrize("price", [None, "", "NaN", "-1", "free"])
async def test_a_price_that_cannot_be_one_is_left_out(pricing: Pricing, price: object) -> None:
    wrong = {"number_type": "mobile", "current_price": price}
    pricing.answer = answered(outbound_sms_prices=[{"prices": [wrong]}])
    assert (await pricing.price()).price((Kind.LONG_CODE,)) is None


async def test_a_country_without_networks_has_no_price(pricing: Pricing) -> None:
    pricing.answer = answered(outbound_sms_prices=[])
    assert (await pricing.price()).currency == ""


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (404, {"code": 20404, "message": "not found", "status": 404}, Rejected),
        (503, {"code": 20503, "message": "later", "status": 503}, Unavailable),
        (200, {"country": "Estonia"}, Unavailable),
        (200, ["Estonia"], Unavailable),
    ],
)
async def test_a_no_and_what_cannot_be_read_are_told_apart(
    pricing: Pricing, status: int, answer: object, kind: type[Exception]
) -> None:
    pricing.status, pricing.answer = status, answer
    assert type(await error_of(pricing.price())) is kind
