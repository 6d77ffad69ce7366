"""Installing, signing in with Pipedrive, disconnecting and being uninstalled."""

from __future__ import annotations

import json
from datetime import timedelta

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from web.guards import is_only_a_look, read_form
from web.pages import page, refused
from web.resume import go_on
from web.sessions import identities, runtime_of, sign_in
from web.signin import HOME, Waiting, take_latest, take_waiting, to_sign_in, way_to_sign_in
from workers.domain.errors import (
    BadRequest,
    CannotOpen,
    Conflict,
    Forbidden,
    Misconfigured,
    ProviderError,
    Refused,
)
from workers.ports.outside import User

log = structlog.get_logger()
_REVOKE_LEASE = timedelta(seconds=30)
_BIGGEST_ID = 10**15


async def install(request: Request) -> Response:
    """The Installation URL of Developer Hub: mints a state, so that a foreign callback is refused."""
    if is_only_a_look(request):
        return Response(status_code=204)
    return await to_sign_in(request, HOME)


async def come_back(request: Request) -> Response:
    """Pipedrive sends the browser back here, with a code or with a no.

    https://pipedrive.readme.io/docs/marketplace-oauth-authorization
    """
    if is_only_a_look(request):
        return Response(status_code=204)
    query = request.query_params
    if "error" in query:
        return await _denied(request, query.get("state"))
    waiting = await take_waiting(request, query.get("state", ""))
    if waiting is None or not query.get("code"):
        return refused(request, _stale())
    return await _signed_in(request, waiting, query["code"])


async def _denied(request: Request, state: str | None) -> Response:
    """Pipedrive's example of a refusal carries no state; nothing was stored, nothing is lost."""
    waiting = await (take_waiting(request, state) if state else take_latest(request))
    return await _offer_again(request, waiting or HOME, title=_DENIED, advice=_DENIED_ADVICE)


_DENIED = "Pipedrive didn't connect you, because the question was answered with no."
_DENIED_ADVICE = (
    "To text people from Pipedrive, Volley has to read the people you tick, as you see them. "
    "Nothing was changed."
)


async def _signed_in(request: Request, waiting: Waiting, code: str) -> Response:
    runtime = runtime_of(request)
    try:
        tokens = await runtime.identities.exchange(code)
        user = await runtime.identities.me(tokens)
    except ProviderError as error:
        log.warning("sign_in_failed", because=type(error).__name__, code=error.code)
        status = 400 if isinstance(error, Misconfigured) else 503
        return await _offer_again(
            request, waiting, title=_FAILED, advice=_FAILED_ADVICE, status=status
        )
    await runtime.installations.save(user, tokens)
    log.info("signed_in", company=user.company_id, user=user.user_id, goes_on=waiting.kind)
    if waiting.kind in {"action", "again"} and _is_somebody_else(waiting, user):
        response = await _somebody_else(request, waiting, user)
    else:
        response = await go_on(request, user, waiting)
    await sign_in(request, response, user)
    return response


_FAILED = "Pipedrive didn't finish signing you in."
_FAILED_ADVICE = "Wait a moment and try again; what you chose in Pipedrive is kept."


async def _offer_again(
    request: Request, waiting: Waiting, *, title: str, advice: str, status: int = 400
) -> Response:
    """The same thing can go on with another sign-in."""
    way = await way_to_sign_in(request, waiting)
    link = (way.url, "Connect with Pipedrive")
    response = page(request, "notice.html", status=status, title=title, advice=advice, link=link)
    return way.mark(request, response)


def _is_somebody_else(waiting: Waiting, user: User) -> bool:
    wanted = (waiting.content["company_id"], waiting.content["user_id"])
    return (user.company_id, user.user_id) != wanted


async def _somebody_else(request: Request, waiting: Waiting, user: User) -> Response:
    """Pipedrive signs in to the company that was used last there, whatever the action came from."""
    company_id = waiting.content["company_id"]
    if user.company_id == company_id:
        title = f"You are signed in as {user.name}, but somebody else chose this in Pipedrive."
        advice = "Choose the action again in your own Pipedrive, or sign in there as that person."
    else:
        title = (
            f"You connected {user.company_name}, but the people you chose are in another company."
        )
        advice = (
            f"You chose them in the company with the number {company_id}; {user.company_name} has "
            f"the number {user.company_id}. In Pipedrive, switch to that company (top right, under "
            "your picture), then connect again. What you chose is kept for ten minutes."
        )
    return await _offer_again(request, waiting, title=title, advice=advice, status=403)


def _stale() -> Refused:
    return Refused(
        "unknown_state",
        "This sign-in was started somewhere else, is more than ten minutes old, or was used already.",
        "Choose the action in Pipedrive again, or go to your texts to sign in.",
    )


async def uninstalled(request: Request) -> Response:
    """Pipedrive tells that somebody removed the app; telling it twice changes nothing more.

    https://pipedrive.readme.io/docs/app-uninstallation
    """
    runtime = runtime_of(request)
    if not runtime.identities.is_uninstall(request.headers.get("authorization", "")):
        return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="uninstall"'})
    who = _who_left(await request.body())
    await runtime.installations.remove(*who)
    log.info("uninstalled", company=who[0], user=who[1])
    return Response(status_code=204)


def _who_left(body: bytes) -> tuple[int, int]:
    try:
        said = json.loads(body)
        who = (int(said["company_id"]), int(said["user_id"]))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError) as error:
        raise BadRequest("unreadable_uninstall", "This doesn't say who uninstalled.") from error
    if not all(0 < number < _BIGGEST_ID for number in who):
        raise BadRequest("unreadable_uninstall", "This doesn't say who uninstalled.")
    return who


async def shared(request: Request) -> Response:
    """A legacy shared install is announced without any proof: it is heard, and changes nothing.

    https://pipedrive.readme.io/docs/app-sharing-adding-apps-to-multiple-users
    """
    return Response(status_code=202)


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
    return RedirectResponse("/signed-out", 303)


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


routes = [
    Route("/install", install, methods=["GET"]),
    Route("/oauth/callback", come_back, methods=["GET"]),
    Route("/oauth/callback", uninstalled, methods=["DELETE"]),
    Route("/oauth/callback", shared, methods=["POST"]),
    Route("/disconnect", disconnect, methods=["POST"]),
]
