"""Tells what the simulated account pays by country and network, and what its services send from.

https://www.twilio.com/docs/messaging/api/pricing#messaging-countries-resource
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulators.twilio_api import answer, error, signed_in
from tests.simulators.twilio_price_list import CURRENCY, PRICES
from tests.simulators.twilio_world import World


async def country(request: Request) -> Response:
    world: World = request.app.state.world
    world.priced.append(request.path_params["code"])
    if signed_in(world, request.headers.get("authorization", "")) is None:
        return error(world, 20003, {})
    if "prices" in world.closed:
        return error(world, 20500, {}, 500)
    code = request.path_params["code"]
    if code not in PRICES:
        return error(world, 20404, {})
    name, _, networks = PRICES[code]
    return answer(
        world,
        200,
        {
            "country": name,
            "iso_country": code,
            "outbound_sms_prices": [
                _network(place, network, price)
                for place, (network, price) in enumerate(networks.items(), 1)
            ],
            "inbound_sms_prices": _prices("0.0075"),
            "price_unit": CURRENCY.lower(),  # as the real one has been seen to write it
            "url": f"https://pricing.twilio.com/v1/Messaging/Countries/{code}",
        },
    )


def _network(place: int, name: str, price: str) -> Mapping[str, Any]:
    return {"carrier": name, "mcc": "248", "mnc": f"{place:02}", "prices": _prices(price)}


def _prices(price: str) -> Sequence[Mapping[str, str]]:
    return [
        {"number_type": kind, "base_price": price, "current_price": price}
        for kind in ("local", "mobile", "tollfree", "shortcode")
    ]


async def service(request: Request) -> Response:
    """https://www.twilio.com/docs/messaging/api/service-resource#fetch-a-service-resource"""
    world: World = request.app.state.world
    sid = request.path_params["sid"]
    if signed_in(world, request.headers.get("authorization", "")) is None:
        return error(world, 20003, {})
    if sid not in world.services:
        return error(world, 20404, {})
    return answer(world, 200, {"sid": sid, "friendly_name": f"Customers {sid[-1]}"})


async def pool(request: Request) -> Response:
    """One of a Messaging Service's three lists of senders."""
    world: World = request.app.state.world
    if request.path_params["sid"] not in world.services:
        return error(world, 20404, {})
    names = [sender for sender in world.senders if not sender.startswith("+")]
    lists: Mapping[str, tuple[str, list[dict[str, str]]]] = {
        "PhoneNumbers": (
            "phone_numbers",
            [{"phone_number": it} for it in world.senders if it.startswith("+")],
        ),
        "ShortCodes": ("short_codes", [{"short_code": it} for it in names if it.isdecimal()]),
        "AlphaSenders": (
            "alpha_senders",
            [{"alpha_sender": it} for it in names if not it.isdecimal()],
        ),
    }
    name, listed = lists[request.url.path.rpartition("/")[2]]
    return answer(world, 200, {name: listed, "meta": {"key": name, "next_page_url": None}})


ROUTES = [
    Route("/v1/Messaging/Countries/{code}", country, methods=["GET"]),
    Route("/v1/Services/{sid}", service, methods=["GET"]),
    *(
        Route(f"/v1/Services/{{sid}}/{name}", pool, methods=["GET"])
        for name in ("PhoneNumbers", "ShortCodes", "AlphaSenders")
    ),
]
