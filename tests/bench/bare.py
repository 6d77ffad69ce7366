"""Endpoints that do next to nothing: `python -m tests.bench.bare PORT TOKEN`, served as ours are.

`/hello` says so; `/signed` reads a form, checks Twilio's signature and answers 204.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from twilio.request_validator import RequestValidator

_PORT, _TOKEN = int(sys.argv[1]), sys.argv[2]


async def hello(request: Request) -> Response:
    """The least that a page can be."""
    return PlainTextResponse("hello")


async def signed(request: Request) -> Response:
    """The least that a receipt must cost."""
    form = await request.form()
    url = f"http://127.0.0.1:{_PORT}{request.scope['raw_path'].decode()}"
    signature = request.headers.get("x-twilio-signature", "")
    is_signed = RequestValidator(_TOKEN).validate(url, form, signature)
    return Response(status_code=204 if is_signed else 403)


app = Starlette(
    routes=[Route("/hello", hello), Route("/signed", signed, methods=["POST"])],
)

if __name__ == "__main__":
    uvicorn.run(app, port=_PORT, access_log=False, log_level="error", loop="uvloop")
