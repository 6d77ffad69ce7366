"""What Twilio posts to us: receipts for texts, and people's replies."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.guards import read_form
from web.sessions import runtime_of
from workers.stages.hear import hear
from workers.stages.record import record

_EMPTY_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


async def status(request: Request) -> Response:
    """One receipt, durable before it is acknowledged."""
    form = read_form(await request.body())
    await record(
        runtime_of(request),
        request.path_params["attempt"],
        k=request.query_params.get("k", ""),
        url=_signed_url(request),
        form=form,
        **_signature(request),
    )
    return Response(status_code=204)


async def inbound(request: Request) -> Response:
    """A person's reply: STOP is kept before it is acknowledged, with no answer of our own."""
    form = read_form(await request.body())
    await hear(runtime_of(request), url=_signed_url(request), form=form, **_signature(request))
    return Response(_EMPTY_ANSWER, media_type="text/xml")


def _signature(request: Request) -> dict[str, str]:
    headers = request.headers
    return {
        "signature": headers.get("x-twilio-signature", ""),
        "settings_header": headers.get("x-twilio-webhooks-signature-settings", ""),
    }


def _signed_url(request: Request) -> str:
    """The address as Twilio knows it: our configured origin, never a header's word."""
    path, query = request.scope["raw_path"], request.scope["query_string"]
    origin = runtime_of(request).settings.public_url
    return f"{origin}{path.decode('latin-1')}" + (f"?{query.decode('latin-1')}" if query else "")


routes = [
    Route("/twilio/status/{attempt:uuid}", status, methods=["POST"]),
    Route("/twilio/inbound", inbound, methods=["POST"]),
]
