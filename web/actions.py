"""Link actions: from the click in Pipedrive to a draft batch at a clean address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import structlog
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from web.guards import is_only_a_look, signed_out
from web.pages import wants_json
from web.sessions import is_signed_in, runtime_of, sign_in
from web.signin import Waiting, to_sign_in
from web.tokens import can_verify, has_ended, read_token
from workers.domain.action import LinkAction, read_action
from workers.domain.errors import BadRequest, Forged, NotBuilt
from workers.domain.link_key import link_key
from workers.domain.offered import offers
from workers.ports.outside import User
from workers.settings import Settings
from workers.stages.accept import accept, refuse_unbuilt
from workers.stages.recall import recall

log = structlog.get_logger()
#: What is kept of a link while somebody signs in; the token is not.
_KEPT = frozenset(
    {"resource", "view", "userId", "companyId", "selectedIds", "excludedIds", "filter"}
)
_NOT_BUILT = (
    "This action isn't built yet.",
    "Nothing was stored or sent. In Pipedrive, choose Send a text (SMS) instead.",
)


@dataclass(frozen=True, slots=True)
class Click:
    """A link action and what finds its batch again.

    `has_token`: a token of Pipedrive's, even one that has ended, says which click it was.
    `is_vouched`: it has not ended, so it also says who clicked.
    """

    action: LinkAction
    query: str = field(repr=False)
    key: bytes = field(repr=False)
    has_token: bool
    is_vouched: bool = False

    @property
    def asks_history(self) -> bool:
        return self.action.action == "history"

    def waiting(self) -> Waiting:
        """What goes on with this click after signing in."""
        content = {
            "action": self.action.action,
            "company_id": self.action.company_id,
            "user_id": self.action.user_id,
            "query": self.query,
            "key": self.key.hex(),
            "has_token": self.has_token,
        }
        return Waiting("action", content)


def click_again(content: Mapping[str, Any], settings: Settings) -> Click:
    """What `Click.waiting` kept."""
    params = _params(content["query"].encode())
    action = read_action(content["action"], params, max_chosen=settings.max_chosen)
    return Click(action, content["query"], bytes.fromhex(content["key"]), content["has_token"])


async def open_action(request: Request) -> Response:
    """A rep chose the action in Pipedrive."""
    if is_only_a_look(request):
        return Response(status_code=204)
    click = _read(request)
    who = {"company_id": click.action.company_id, "user_id": click.action.user_id}
    is_here = await is_signed_in(request, **who)
    is_known = is_here or click.is_vouched
    user = await runtime_of(request).installations.user(**who) if is_known else None
    if user is None:
        return await _sign_in_first(request, click)
    return await follow(request, click, signing_in=None if is_here else user)


async def _sign_in_first(request: Request, click: Click) -> Response:
    if wants_json(request):  # a program has no browser to sign in with
        raise signed_out()
    return await to_sign_in(request, click.waiting())


async def follow(request: Request, click: Click, *, signing_in: User | None = None) -> Response:
    """Leads to what the click asks for; nothing but the address of a page is sent back."""
    response = await (_history(request, click) if click.asks_history else _batch(request, click))
    if signing_in is not None:
        await sign_in(request, response, signing_in, proved=False)
    return response


async def _batch(request: Request, click: Click) -> Response:
    """The click's batch, new or found again; its people are looked for after the answer has left."""
    runtime = runtime_of(request)
    batch_id = await accept(runtime, click.action, key=click.key, reusable=not click.has_token)
    ring = BackgroundTask(runtime.bell.resolve, batch_id)
    return RedirectResponse(f"/batches/{batch_id}", 303, background=ring)


async def _history(request: Request, click: Click) -> Response:
    """The click's question what people were sent; they are looked for after the answer has left."""
    runtime = runtime_of(request)
    question = await recall(runtime, click.action, key=click.key, reusable=not click.has_token)
    ring = BackgroundTask(runtime.bell.resolve, question)
    return RedirectResponse(f"/history/{question}", 303, background=ring)


def _read(request: Request) -> Click:
    name = request.url.path.rsplit("/", 1)[-1]
    if not offers(name):
        raise NotBuilt("not_built", *_NOT_BUILT)
    settings = runtime_of(request).settings
    params = _params(request.scope["query_string"])
    action = read_action(name, params, max_chosen=settings.max_chosen)
    claims = _claims(params, action, settings.jwt_secret)
    refuse_unbuilt(action)
    bare = urlencode([(key, value) for key, value in params if key in _KEPT])
    return Click(
        action,
        bare,
        link_key(action, token_claims=claims),
        has_token=claims is not None,
        is_vouched=claims is not None and not has_ended(claims),
    )


def _claims(
    params: list[tuple[str, str]], action: LinkAction, secret: str
) -> Mapping[str, Any] | None:
    """What Pipedrive signed; None without a token."""
    token = next((value for key, value in params if key == "token"), None)
    if token is None:
        return None
    if not can_verify(secret):
        log.error("link_token_not_verified", because="PIPEDRIVE_JWT_SECRET has under 32 bytes")
        return None
    try:
        return read_token(token, action, secret=secret)
    except Forged:
        log.warning("link_token_forged", company=action.company_id, user=action.user_id)
        raise


def _params(query: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise BadRequest(
            "unreadable_link",
            "This link was damaged on its way here.",
            "Go back to Pipedrive and choose the action again.",
        ) from error


routes = [
    Route(f"/actions/{name}", open_action, methods=["GET"])
    for name in ("sms", "whatsapp", "history")
]
