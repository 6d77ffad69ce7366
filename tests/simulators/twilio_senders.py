"""What the simulated account can send from: its Messaging Services and phone numbers."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulators.twilio_api import answer, error, signed_in
from tests.simulators.twilio_texts import API
from tests.simulators.twilio_world import World

#: 20403 is what a key without the permission for something is told (docs/api/errors/20403).
NOT_ALLOWED = 20403


async def services(request: Request) -> Response:
    """https://www.twilio.com/docs/messaging/api/service-resource#read-multiple-service-resources"""
    world: World = request.app.state.world
    no = _refusal(request, world, "services")
    if no is not None:
        return no
    listed = [_service(world, sid, place) for place, sid in enumerate(world.services, 1)]
    url = f"https://messaging.twilio.com/v1/Services?PageSize={len(listed) or 50}&Page=0"
    meta = {
        "page": 0,
        "page_size": len(listed) or 50,
        "first_page_url": url,
        "previous_page_url": None,
        "url": url,
        "next_page_url": None,
        "key": "services",
    }
    return answer(world, 200, {"services": listed[: _size(request)], "meta": meta})


async def numbers(request: Request) -> Response:
    """https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource"""
    world: World = request.app.state.world
    no = _refusal(request, world, "numbers")
    if no is not None:
        return no
    if request.path_params["account"] != world.account_sid:
        return error(world, 20404, {})
    listed = [_number(world, number) for number in world.senders]
    return answer(
        world,
        200,
        {
            "incoming_phone_numbers": listed[: _size(request)],
            "page": 0,
            "page_size": _size(request),
            "next_page_uri": None,
            "uri": request.url.path,
        },
    )


def _refusal(request: Request, world: World, what: str) -> Response | None:
    if signed_in(world, request.headers.get("authorization", "")) is None:
        return error(world, 20003, {})
    if what in world.closed:
        return error(world, NOT_ALLOWED, {}, 403)
    return None


def _size(request: Request) -> int:
    size = request.query_params.get("PageSize", "50")
    return int(size) if size.isdecimal() else 50


def _service(world: World, sid: str, place: int) -> dict[str, Any]:
    return {
        "sid": sid,
        "account_sid": world.account_sid,
        "friendly_name": f"Customers {place}",
        "date_created": "2026-01-01T10:00:00Z",
        "date_updated": "2026-01-01T10:00:00Z",
        "inbound_request_url": None,
        "sticky_sender": True,
        "validity_period": 36000,
        "url": f"https://messaging.twilio.com/v1/Services/{sid}",
    }


def _number(world: World, number: str) -> dict[str, Any]:
    return {
        "sid": f"PN{hashlib.md5(number.encode(), usedforsecurity=False).hexdigest()}",
        "account_sid": world.account_sid,
        "phone_number": number,
        "friendly_name": number,
        "capabilities": {"voice": True, "sms": number not in world.voice_only, "mms": False},
        "origin": "twilio",
        "status": "in-use",
    }


ROUTES = [
    Route("/v1/Services", services, methods=["GET"]),
    Route(API + "/Accounts/{account}/IncomingPhoneNumbers.json", numbers, methods=["GET"]),
]
