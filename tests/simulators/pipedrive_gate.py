"""Stands before the simulated API: records, delays, fails, signs in, meters (pipedrive.md §5, §7)."""

from __future__ import annotations

import asyncio
import itertools
import re
import time
from collections import deque
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.simulators.pipedrive_grants import Grant
from tests.simulators.pipedrive_world import Call, Fault, World

_WATCHED = ("/api/", "/v1/", "/oauth/token", "/oauth/revoke", "/oauth/authorize")
_METERED = ("/api/", "/v1/")
_COSTS = (
    (r"/api/v2/\w+/\d+", 1),
    (r"/api/v2/\w+", 10),
    (r"(/api)?/v1/(users/me|filters/\d+)", 2),
    (r"(/api)?/v1/.*", 20),
)
WINDOW = 2.0


def cost_of(path: str) -> int:
    """Tokens a request costs."""
    return next((cost for pattern, cost in _COSTS if re.fullmatch(pattern, path)), 10)


def unauthorized() -> Response:
    """The gateway's refusal of a bad or ended token."""
    body = {
        "success": False,
        "error": "unauthorized access",
        "errorCode": 401,
        "error_info": "Please check developers.pipedrive.com",
    }
    return JSONResponse(body, 401, headers={"x-401-by-gw": "true"})


async def drop_connection(receive: Receive) -> None:
    """Ends the connection without an answer; needs uvicorn underneath."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("only a served simulator can drop a connection")
    transport.abort()
    await asyncio.sleep(0.01)  # let uvicorn notice, or it would log a missing answer


class Gate:
    """The outermost ASGI layer."""

    def __init__(self, app: ASGIApp, world: World) -> None:
        self._app = app
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_WATCHED):
            await self._app(scope, receive, send)
            return
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        call = Call(scope["method"], scope["path"], query)
        self._world.calls.append(call)
        fault = self._fault(call.path)  # before the delay: who was asked earlier takes it
        self._world.under_way += 1
        try:
            await self._wait(call.path)
            await self._answer(scope, receive, send, call, fault)
        finally:
            self._world.under_way -= 1

    async def _answer(
        self, scope: Scope, receive: Receive, send: Send, call: Call, fault: Fault | None
    ) -> None:
        headers: dict[str, str] = {}
        if fault is not None and fault.status == 0:
            await drop_connection(receive)
            return
        if fault is not None:
            answer: ASGIApp = _answer_of(fault)
        else:
            answer = self._admit(scope, call, headers) or self._app
        await answer(scope, receive, _noting(send, call, headers))

    async def _wait(self, path: str) -> None:
        """Until the delay is over, or has been made shorter than this has waited."""
        begun = time.monotonic()
        for _ in itertools.count():
            left = begun + self._delay(path) - time.monotonic()
            if left <= 0:
                return
            await asyncio.sleep(min(left, 0.05))

    def _delay(self, path: str) -> float:
        delays = list(self._world.delays.items())
        return max((s for prefix, s in delays if path.startswith(prefix)), default=0.0)

    def _fault(self, path: str) -> Fault | None:
        for fault in self._world.faults:
            if fault.times > 0 and path.startswith(fault.path_prefix):
                fault.times -= 1
                return fault
        return None

    def _admit(self, scope: Scope, call: Call, headers: dict[str, str]) -> Response | None:
        """A refusal, or None; fills in the rate-limit headers."""
        if not call.path.startswith(_METERED):
            return None
        kind, _, token = _header(scope, b"authorization").partition(" ")
        grant = self._world.holder(token) if kind.lower() == "bearer" else None
        if grant is None:
            return unauthorized()
        call.who = (grant.company_id, grant.user_id)
        scope["grant"] = grant
        return self._meter(call, grant, token, headers)

    def _meter(
        self, call: Call, grant: Grant, token: str, headers: dict[str, str]
    ) -> Response | None:
        world, now = self._world, self._world.now()
        recent = world.recent.setdefault(token, deque())
        while recent and recent[0] <= now - WINDOW:
            recent.popleft()
        is_burst = len(recent) >= world.burst_limit
        cost = cost_of(call.path)
        is_broke = world.budget < cost
        if not is_burst:
            recent.append(now)
        if not is_burst and not is_broke:
            call.cost = cost
            world.budget -= cost
            world.tokens_used += cost
        headers["x-ratelimit-limit"] = str(world.burst_limit)
        headers["x-ratelimit-remaining"] = str(world.burst_limit - len(recent))
        headers["x-ratelimit-reset"] = str(int(WINDOW))
        headers["x-daily-ratelimit-token-limit"] = str(world.daily_limit)
        headers["x-daily-ratelimit-token-remaining"] = str(0 if is_broke else world.budget)
        if is_burst or is_broke:
            return JSONResponse({"success": False, "error": "request over limit"}, 429)
        return None


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")


def _answer_of(fault: Fault) -> Response:
    body: Any = fault.body
    if isinstance(body, str):
        return HTMLResponse(body, fault.status, headers=dict(fault.headers))
    if body is None:
        body = {"success": False, "error": f"injected {fault.status}", "data": None}
    return JSONResponse(body, fault.status, headers=dict(fault.headers))


def _noting(send: Send, call: Call, headers: dict[str, str]) -> Send:
    async def noted(message: Message) -> None:
        if message["type"] == "http.response.start":
            call.status = message["status"]
            more = [(key.encode(), value.encode()) for key, value in headers.items()]
            message = {**message, "headers": [*message["headers"], *more]}
        await send(message)

    return noted
