"""Phones that answer: a reply is posted to the app, and STOP and START count at Twilio too.

https://www.twilio.com/docs/messaging/guides/webhook-request ·
https://help.twilio.com/articles/223134027 (the default keywords)
"""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import Future

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tests.simulators.twilio_callbacks import Callback
from tests.simulators.twilio_texts import API, Text
from tests.simulators.twilio_world import World

STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "CANCEL"}
START = {"START", "UNSTOP", "YES"}


def reply(world: World, number: str, body: str) -> Future[int]:
    """`number` answers its newest text; the future holds the app's answer (0: none came)."""
    loop = world.loop
    assert loop is not None, "nothing was texted yet"
    return asyncio.run_coroutine_threadsafe(_reply(world, number, body), loop)


async def _reply(world: World, number: str, body: str) -> int:
    text = world.by_number[number][-1]
    if body.strip().upper() in STOP:
        world.opted_out.add(number)
    elif body.strip().upper() in START:
        world.opted_out.discard(number)
    world.replies.setdefault(number, []).append(body)
    world.version += 1
    if not world.inbound:
        return 0
    answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    form = _form(world, text, body)
    world.poster.post(Callback(form[0][1], "received", world.inbound, form, answer))
    return await answer


def _form(world: World, text: Text, body: str) -> list[tuple[str, str]]:
    sid = f"SM{os.urandom(16).hex()}"
    form = {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsMessageSid": sid,
        "AccountSid": text.account,
        "From": text.to,
        "To": text.sender or world.senders[0],
        "Body": body,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "ApiVersion": API.strip("/"),
    }
    if text.service:
        form["MessagingServiceSid"] = text.service
    return list(form.items())


async def answer(request: Request) -> Response:
    """A button on one of the phones."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return Response("Only from this page.", 403)
    world: World = request.app.state.world
    form = await request.form()
    number, body = str(form.get("number")), str(form.get("body"))[:160]
    if number not in world.by_number:
        return Response("This phone was never texted.", 404)
    await _reply(world, number, body)
    return RedirectResponse("/", 303)


ROUTES = [Route("/reply", answer, methods=["POST"])]
