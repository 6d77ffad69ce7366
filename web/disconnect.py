"""Ending the connection with Pipedrive from our side."""

from __future__ import annotations

from datetime import timedelta

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from web.guards import read_form
from web.pages import page
from web.sessions import identities, runtime_of
from workers.domain.errors import CannotOpen, Conflict, Forbidden, ProviderError
from workers.ports.outside import User

log = structlog.get_logger()
_REVOKE_LEASE = timedelta(seconds=30)


async def disconnect(request: Request) -> Response:
    """Ends the connection from our side: Pipedrive forgets the app, we forget the tokens."""
    user = await _chosen_identity(request)
    runtime = runtime_of(request)
    try:
        access = await runtime.installations.access(user.company_id, user.user_id)
    except CannotOpen:  # sealed with a key that was retired: there is nothing left to revoke with
        access = None
    if access is not None:
        await _revoke(request, user, generation=access.generation)
    await runtime.installations.remove(user.company_id, user.user_id)
    log.info("disconnected", company=user.company_id, user=user.user_id)
    return RedirectResponse("/disconnected", 303)


async def _revoke(request: Request, user: User, *, generation: int) -> None:
    runtime = runtime_of(request)
    who = {"company_id": user.company_id, "user_id": user.user_id, "generation": generation}
    refresh_token = await runtime.installations.begin_refresh(**who, lease=_REVOKE_LEASE)
    if refresh_token is None:
        raise Conflict(
            "busy", "Pipedrive is being asked something as you.", "Try again in a minute."
        )
    try:
        await runtime.identities.revoke(refresh_token)
    except ProviderError:
        await runtime.installations.abandon_refresh(**who)
        raise


async def _chosen_identity(request: Request) -> User:
    """The identity that the form names, or the only one there is."""
    known = await identities(request)
    form = dict(read_form(await request.body()))
    wanted = (form.get("company_id"), form.get("user_id"))
    for user in known:
        if wanted == (str(user.company_id), str(user.user_id)) or wanted == (None, None):
            return user
    raise Forbidden("not_signed_in_as", "You are not signed in as that person.", "Sign in first.")


async def disconnected(request: Request) -> Response:
    """Says so; whoever else is signed in here stays."""
    return page(
        request,
        "notice.html",
        title="Volley is disconnected from your Pipedrive.",
        advice="Texts that weren't sent yet are stopped and your drafts are deleted. "
        "Pipedrive no longer offers Volley to you, until you connect it again.",
        link=("/install", "Connect with Pipedrive"),
    )


routes = [
    Route("/disconnect", disconnect, methods=["POST"]),
    Route("/disconnected", disconnected, methods=["GET"]),
]
