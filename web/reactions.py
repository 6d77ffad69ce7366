"""What is answered when something goes wrong: a page or JSON with the right status, never a trace."""

from __future__ import annotations

import secrets
import traceback

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.departed import Departed, explain
from web.pages import refused, wants_json
from web.signin import Waiting, to_sign_in
from workers.domain.errors import Away, NotSignedIn, Refused, Throttled, Unavailable

log = structlog.get_logger()
_RETRY_AFTER = "5"


class Mishap(Refused):
    """An answer with any status, for what no caller's wish explains."""

    def __init__(self, status: int, reason: str, title: str, advice: str = "") -> None:
        super().__init__(reason, title, advice)
        self.status = status


class Reactions:
    """Turns whatever is raised further in into an answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_started = False

        async def watched(message: Message) -> None:
            nonlocal has_started
            has_started = True
            await send(message)

        request = Request(scope, receive)
        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception as error:
            if has_started:
                raise
            response = await self._answer(request, error)
            await response(scope, receive, send)

    async def _answer(self, request: Request, error: Exception) -> Response:
        try:
            return await react(request, error)
        except Exception as another:  # keeping what waits for a sign-in needs the database too
            return await react(request, another)


async def react(request: Request, error: Exception) -> Response:
    """The answer to `error`."""
    match error:
        case Departed() if not wants_json(request):
            return await explain(request, error)
        case NotSignedIn() if request.method == "GET" and not wants_json(request):
            query = request.url.query
            path = request.url.path + (f"?{query}" if query else "")
            return await to_sign_in(request, Waiting("page", {"path": path}))
        case Refused():
            return refused(request, error)
        case HTTPException():
            return _http(request, error)
        case Away():
            log.error("database_unavailable", because=str(error))
            return _later(request, "database_unavailable", "Volley can't be reached right now.")
        case Unavailable() | Throttled():
            log.warning("provider_unavailable", because=type(error).__name__, code=error.code)
            return _later(request, "provider_unavailable", "Pipedrive doesn't answer right now.")
        case _:
            return _broken(request, error)


def _http(request: Request, error: HTTPException) -> Response:
    status = error.status_code
    title, advice = _HTTP.get(status, ("This request can't be followed.", ""))
    response = refused(request, Mishap(status, _REASONS.get(status, "refused"), title, advice))
    response.headers.update(error.headers or {})
    return response


_REASONS = {404: "not_found", 405: "method_not_allowed", 413: "too_long"}
_HTTP = {
    404: ("There is nothing here.", "Check the address, or start from your texts."),
    405: ("This address can't be used that way.", "Start from your texts."),
    413: ("This is more than fits.", "Send less at once."),
}


def _later(request: Request, reason: str, title: str) -> Response:
    advice = "Nothing was lost and sending goes on. Try again in a few seconds."
    response = refused(request, Mishap(503, reason, title, advice))
    response.headers["Retry-After"] = _RETRY_AFTER
    return response


def _broken(request: Request, error: Exception) -> Response:
    reference = secrets.token_hex(4)
    # Where, not what: messages of the database quote rows, and rows hold names and texts.
    trace = traceback.format_tb(error.__traceback__)
    log.error(
        "bug",
        reference=reference,
        path=request.url.path,
        error=type(error).__name__,
        sqlstate=getattr(error, "sqlstate", None),
        trace="".join(trace),
    )
    advice = f"Try again. If it happens again, tell support the reference {reference}."
    return refused(request, Mishap(500, "broken", "Something broke on our side.", advice))
