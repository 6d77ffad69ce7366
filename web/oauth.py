"""Installing, signing in with Pipedrive and being uninstalled."""

from __future__ import annotations

import json

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from web.guards import is_only_a_look
from web.pages import page, refused
from web.resume import go_on
from web.sessions import runtime_of, sign_in
from web.signin import HOME, Waiting, take_latest, take_waiting, to_sign_in, way_to_sign_in
from workers.domain.errors import BadRequest, Misconfigured, ProviderError, Refused
from workers.ports.outside import User

log = structlog.get_logger()
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
    if "code" in query and "state" not in query:
        return await _offer_again(request, HOME, title=_ONE_STEP, advice=_ONE_STEP_ADVICE)
    waiting = await take_waiting(request, query.get("state", ""))
    if waiting is None or not query.get("code"):
        return refused(request, _stale())
    return await _signed_in(request, waiting, query["code"])


async def _denied(request: Request, state: str | None) -> Response:
    """Pipedrive's example of a refusal carries no state; nothing was stored, nothing is lost."""
    waiting = await (take_waiting(request, state) if state else take_latest(request))
    return await _offer_again(request, waiting or HOME, title=_DENIED, advice=_DENIED_ADVICE)


# An install that began in the Marketplace and not at our Installation URL carries no state, and
# somebody else may have planted its code (pipedrive.md §2.1): it is not used. One press is asked.
_ONE_STEP = "One step is left: connect Volley with your Pipedrive."
_ONE_STEP_ADVICE = (
    "Pipedrive asks you once more, so that nobody else can connect Volley in your name."
)
_DENIED = "Volley isn't connected: Pipedrive's question was answered with no."
_DENIED_ADVICE = (
    "Nothing was changed. To text people from Pipedrive, Volley has to read the people you tick, "
    "as you see them; it changes nothing there."
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
    await sign_in(request, response, user, proved=True)
    return response


_FAILED = "Pipedrive didn't finish signing you in."
_FAILED_ADVICE = "Wait a moment and try again. What you chose in Pipedrive is kept for ten minutes."


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
        advice = (
            "If it was you, sign in to Pipedrive as the person who chose it, then connect again. "
            "Else choose the action in your own Pipedrive."
        )
    else:
        title = (
            f"You connected {user.company_name}, but the people you chose are in another company."
        )
        advice = (
            f"They are in the company of the tab you came from, number {company_id}; "
            f"{user.company_name} has the number {user.company_id}. Pipedrive connects the company "
            "that you used last: switch to that company there (top right, under your picture), then "
            "connect again. What you chose is kept for ten minutes."
        )
    return await _offer_again(request, waiting, title=title, advice=advice, status=403)


def _stale() -> Refused:
    return Refused(
        "unknown_state",
        "This sign-in can't be finished here.",
        "It was started in another browser, is more than ten minutes old, or was used already. "
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


routes = [
    Route("/install", install, methods=["GET"]),
    Route("/oauth/callback", come_back, methods=["GET"]),
    Route("/oauth/callback", uninstalled, methods=["DELETE"]),
    Route("/oauth/callback", shared, methods=["POST"]),
]
