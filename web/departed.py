"""For whoever's app was uninstalled while they looked: what became of the text on their screen."""

from __future__ import annotations

from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from web import why
from web.guards import signed_out
from web.pages import page
from web.sessions import departed, runtime_of
from web.signin import Waiting, way_to_sign_in
from workers.domain.errors import NotSignedIn
from workers.ports.reading import BatchView


class Departed(NotSignedIn):
    """Not only signed out: Volley was removed from their Pipedrive."""


async def nobody(request: Request) -> NotSignedIn:
    """Why this browser is nobody. Only the browser that was signed in as its owner hears of a text."""
    left = await departed(request)
    view = await _text(request) if left else None
    if view is None or (view.company_id, view.user_id) not in left:
        return signed_out()
    said = why.removed(view)
    return Departed("uninstalled", said.said, said.advice)


async def _text(request: Request) -> BatchView | None:
    try:
        return await runtime_of(request).batches.view(UUID(request.path_params["id"]))
    except (KeyError, ValueError):
        return None


async def explain(request: Request, refusal: Departed) -> Response:
    """The page instead of the text's: not straight on to Pipedrive, where nobody asked to install."""
    way = await way_to_sign_in(request, Waiting("page", {"path": request.url.path}))
    response = page(
        request,
        "notice.html",
        status=refusal.status,
        title=refusal.title,
        advice=refusal.advice,
        link=(way.url, "Connect with Pipedrive again"),
    )
    return way.mark(request, response)
