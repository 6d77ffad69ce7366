"""A selection that Pipedrive refused to our old tokens is read again after a new sign-in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from web import why
from web.batches import open_batch
from web.signin import Waiting, to_sign_in


async def reconnect(request: Request) -> Response:
    """Leads to Pipedrive's sign-in, and from there to a new draft of the same selection."""
    view, _ = await open_batch(request, "send")
    if not why.asks_to_sign_in(view.life.refused_reason):
        return RedirectResponse(f"/batches/{view.id}", 303)
    content = {"batch": str(view.id), "company_id": view.company_id, "user_id": view.user_id}
    return await to_sign_in(request, Waiting("again", content))


routes = [Route("/batches/{id}/reconnect", reconnect, methods=["POST"])]
