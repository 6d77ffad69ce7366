"""Twilio's Messages endpoints: who may ask, what is refused, what is answered."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import os
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tests.simulators import twilio_listing, twilio_rules
from tests.simulators.twilio_answers import Cut, Reset, Silence
from tests.simulators.twilio_faults import Fault
from tests.simulators.twilio_rules import Fate, Form
from tests.simulators.twilio_texts import Text
from tests.simulators.twilio_world import World

JSON = "application/json"
BROKEN_BY = {"reset": Fault("reset"), "unavailable": Fault("unavailable", 503)}


async def create(request: Request) -> Response:
    """https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource"""
    world: World = request.app.state.world
    form, asked = read_form(await request.body()), time.time()
    note(world, request, form)
    with world.busy():
        await pause(world)
        fault = world.next_fault("create")
        no = stopped(world, request, fault)
        return await decided(world, form, fault, asked) if no is None else no


async def fetch(request: Request) -> Response:
    """https://www.twilio.com/docs/messaging/api/message-resource#fetch-a-message-resource"""
    world: World = request.app.state.world
    note(world, request, {})
    fault = world.next_fault("fetch")
    no = stopped(world, request, fault)
    if no is not None:
        return no
    text = world.texts.get(request.path_params["sid"])
    return broken(world, fault, error(world, 20404, {}) if text is None else shown(world, text))


async def list_texts(request: Request) -> Response:
    """https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources"""
    world: World = request.app.state.world
    note(world, request, {})
    fault = world.next_fault("list")
    no = stopped(world, request, fault)
    if no is not None:
        return no
    page = twilio_listing.page(world, request.url.path, request.query_params)
    return broken(
        world, fault, error(world, 20001, {}) if page is None else answer(world, 200, page)
    )


# ---------------------------------------------------------------- from request to answer


def read_form(body: bytes) -> Form:
    """Fields by name; one that is repeated has all its values."""
    fields = parse_qs(body.decode(), keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def note(world: World, request: Request, form: Form) -> None:
    query = request.url.query
    world.requests.append(
        {
            "method": request.method,
            "path": request.url.path,
            "query": read_form(query.encode()) if query else {},
            "form": form,
        }
    )


async def pause(world: World) -> None:
    """Half of the latency; the other half follows once the text is accepted."""
    if world.latency:
        await asyncio.sleep(world.latency / 2)


def stopped(world: World, request: Request, fault: Fault | None) -> Response | None:
    """The answer to a request that gets no further than the gate."""
    if fault is not None and fault.kind == "refuse":
        return error(world, fault.code, {}, fault.status, fault.headers, fault.body)
    limit = world.concurrency_limit
    if limit is not None and world.concurrent > limit:
        return error(world, 20429, {})
    user = signed_in(world, request.headers.get("authorization", ""))
    if user is None:
        return error(world, 20003, {}, headers={"WWW-Authenticate": 'Basic realm="Twilio API"'})
    if request.path_params["account"] != world.account_sid:
        return error(world, 20404, {})
    return account_refusal(world, request.method)


def account_refusal(world: World, method: str) -> Response | None:
    """The account's own fault, where it is told at once; only a login's concerns reads too."""
    if world.account_fault is None:
        return None
    status, code = world.account_fault
    told = status in (401, 403) or (status >= 400 and method == "POST")
    return error(world, code, {}, status) if told else None


def signed_in(world: World, header: str) -> str | None:
    """The account or key that signed in, or None."""
    scheme, _, secret = header.partition(" ")
    try:
        user, _, password = base64.b64decode(secret, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    known = hmac.compare_digest(world.logins.get(user, "").encode(), password.encode())
    return user if known and password and scheme.lower() == "basic" else None


async def decided(world: World, form: Form, fault: Fault | None, asked: float) -> Response:
    """Refused, or accepted for good and answered as the fault wants it."""
    fate = verdict(world, form)
    if isinstance(fate, int):
        return error(world, fate, form)
    text = world.accept(form, fate, asked=asked)
    whole = shown(world, text, 201)
    await pause(world)
    return broken(world, fault or BROKEN_BY.get(fate.answer), whole)


def verdict(world: World, form: Form) -> int | Fate:
    """The code that Twilio refuses this text with, or how it ends."""
    code = twilio_rules.fault_in(form, senders=world.senders, services=world.services)
    if code is not None:
        return code
    if world.account_fault is not None:  # those that are answered at once never came here
        return twilio_rules.failure(world.account_fault[1])
    return twilio_rules.fate_of(form, opted_out=world.opted_out, digits=world.digits)


def broken(world: World, fault: Fault | None, whole: Response) -> Response:
    """The answer, or what is left of it."""
    match fault:
        case None:
            return whole
        case Fault(kind="hang"):
            return Silence()
        case Fault(kind="reset"):
            return Reset()
        case Fault(kind="cut", at=at):
            return Cut(whole, at)
        case Fault(status=status):
            return error(world, 20503 if status == 503 else 20500, {}, status)


def shown(world: World, text: Text, status: int = 200) -> Response:
    return answer(world, status, text.resource(twilio_rules.WORDS))


def answer(world: World, status: int, content: dict[str, Any]) -> Response:
    return Response(json.dumps(content), status, about(world), JSON)


def error(
    world: World,
    code: int,
    form: Form,
    status: int | None = None,
    headers: Mapping[str, str] | None = None,
    body: str | None = None,
) -> Response:
    """Twilio's error body, or whatever a gateway in front of it would say.

    https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions
    """
    status = status or twilio_rules.STATUS.get(code, 400)
    if body is not None:
        return Response(body, status, {**about(world), **(headers or {})}, "text/html")
    content = {
        "code": code or status,
        "message": twilio_rules.sentence(code, form),
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return Response(json.dumps(content), status, {**about(world), **(headers or {})}, JSON)


def about(world: World) -> dict[str, str]:
    """The headers that api.twilio.com sends with every answer."""
    return {
        "Twilio-Request-Id": f"RQ{os.urandom(16).hex()}",
        "Twilio-Request-Duration": f"{world.latency:.3f}",
        "Twilio-Concurrent-Requests": str(world.concurrent),
        "X-Home-Region": "us1",
    }


async def lost(request: Request, exc: Exception) -> Response:
    """404 and 405 as Twilio words them; without `.json` it would have spoken XML."""
    assert isinstance(exc, HTTPException)
    code = 20004 if exc.status_code == 405 else 20404
    return error(request.app.state.world, code, {}, exc.status_code)
