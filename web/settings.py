"""A company's settings, for its admins: country, support and the company's own Twilio account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from web.batches import signed_in
from web.connection import outline, told
from web.countries import COUNTRIES
from web.guards import read_form
from web.pages import page, refused, wants_json
from web.sessions import runtime_of, signed_in_lately
from web.signin import Waiting, way_to_sign_in
from workers.domain import permissions
from workers.domain.errors import BadRequest, Forbidden, NotFound, NotSignedIn, Refused
from workers.ports.outside import User
from workers.ports.runtime import Runtime
from workers.stages import connect

#: Who signed in longer ago than this does it again before they see or change settings.
FRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Wish:
    """One form of the page, read."""

    runtime: Runtime
    user: User
    form: Mapping[str, str]
    chosen: tuple[str, ...]  # the ticked boxes

    def typed(self, name: str) -> str:
        """A field, "" where it is missing."""
        return self.form.get(name, "")


async def show(request: Request) -> Response:
    """The settings of one company."""
    user = await _admin(request, request.query_params.get("company", ""))
    if not await signed_in_lately(request, user, within=FRESH):
        return await _sign_in_again(request, user)
    if wants_json(request):
        said = await told(runtime_of(request), user)
        return JSONResponse(said, headers={"Cache-Control": "no-store"})
    return await _page(request, user, done=request.query_params.get("done", ""))


async def change(request: Request) -> Response:
    """One section is saved; a refusal keeps what was typed, but no secret."""
    fields = read_form(await request.body())
    form = dict(fields)
    user = await _admin(request, form.get("company", ""))
    if not await signed_in_lately(request, user, within=FRESH):
        return await _sign_in_again(request, user)
    chosen = tuple(value for name, value in fields if name == "user")
    try:
        section = await _act(Wish(runtime_of(request), user, form, chosen))
    except Refused as refusal:
        return await _refused(request, user, refusal, form)
    if wants_json(request):
        said = await told(runtime_of(request), user)
        return JSONResponse(said, 202, headers={"Cache-Control": "no-store"})
    query = urlencode({"company": user.company_id, "done": form["section"]})
    return RedirectResponse(f"/settings?{query}#{section}", 303)


async def _admin(request: Request, company: str) -> User:
    """The identity that acts; the first admin where the address names no company."""
    who = [it for it in await signed_in(request) if company in {"", str(it.company_id)}]
    if not who:
        raise NotFound(
            "no_such_company", "These settings aren't here.", "You are signed in elsewhere."
        )
    for user in who:
        if permissions.may_configure(user):
            return user
    admins = ", ".join(await runtime_of(request).installations.admins(who[0].company_id))
    raise Forbidden(
        "not_admin",
        f"Only the admins of {who[0].company_name or 'your Pipedrive'} see and change settings.",
        f"Ask {admins}." if admins else "Ask one of them to install Volley and look here.",
    )


async def _sign_in_again(request: Request, user: User) -> Response:
    """A link and not a redirect: who stays signed in at Pipedrive would be sent round and round."""
    if wants_json(request):
        return refused(request, _OLD_SIGN_IN)
    waiting = Waiting("page", {"path": f"/settings?company={user.company_id}"})
    way = await way_to_sign_in(request, waiting)
    response = page(
        request,
        "notice.html",
        status=401,
        me=user,
        title=_OLD_SIGN_IN.title,
        advice=_OLD_SIGN_IN.advice,
        link=(way.url, "Sign in again"),
    )
    return way.mark(request, response)


_OLD_SIGN_IN = NotSignedIn(
    "sign_in_again",
    "Sign in once more to see the settings.",
    "They hold your company's Twilio account, so a sign-in counts for an hour here. "
    "Nothing was changed.",
)


async def _page(
    request: Request,
    user: User,
    *,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    context = {"problem": None, "done": "", **more}
    context["typed"] = {**dict.fromkeys(_NOT_SECRET, ""), **(typed or {})}
    context |= await outline(runtime_of(request), user)
    others = [
        it for it in await signed_in(request) if it.is_admin and it.company_id != user.company_id
    ]
    return page(request, "settings.html", status=status, me=user, others=others, **context)


async def _refused(
    request: Request, user: User, refusal: Refused, form: Mapping[str, str]
) -> Response:
    if wants_json(request):
        return refused(request, refusal)
    typed = {name: form[name][:100] for name in _NOT_SECRET if name in form}
    return await _page(request, user, status=refusal.status, problem=refusal, typed=typed)


#: What a refusal shows again; secrets are typed anew.
_NOT_SECRET = ("section", "account_sid", "key_sid", "sender")


# ---------------------------------------------------------------- the sections


async def _act(wish: Wish) -> str:
    """Does what the form's section says; the place of the page that shows it."""
    try:
        place, act = _SECTIONS[wish.typed("section")]
    except KeyError:
        raise BadRequest(
            "unknown_section", "This form isn't known here.", "Load the page again and try again."
        ) from None
    await act(wish)
    return place


async def _country(wish: Wish) -> None:
    code = wish.typed("country")
    if code and code not in COUNTRIES:
        raise BadRequest("unknown_country", "This country isn't known.", "Choose one of the list.")
    await wish.runtime.companies.set_country(wish.user.company_id, code)


async def _support(wish: Wish) -> None:
    ids = {int(it) for it in wish.chosen if it.isascii() and it.isdigit() and len(it) < 19}
    await wish.runtime.companies.set_support(wish.user.company_id, ids)


async def _connect(wish: Wish) -> None:
    names = ("account_sid", "key_sid", "key_secret", "auth_token")
    login = connect.Login(**{name: wish.typed(name) for name in names})
    await connect.connect(wish.runtime, wish.user, login)


async def _sender(wish: Wish) -> None:
    listed = wish.typed("listed")
    typed = wish.typed("sender") if listed in {"", "other"} else listed
    await connect.choose_sender(wish.runtime, wish.user, typed)


async def _resender(wish: Wish) -> None:
    await connect.choose_again(wish.runtime, wish.user)


async def _cancel(wish: Wish) -> None:
    await wish.runtime.own_accounts.stop_choosing(wish.user.company_id)


async def _disconnect(wish: Wish) -> None:
    await connect.disconnect(wish.runtime, wish.user)


_SECTIONS: Mapping[str, tuple[str, Callable[[Wish], Awaitable[None]]]] = {
    "connect": ("twilio", _connect),
    "sender": ("twilio", _sender),
    "resender": ("twilio", _resender),
    "cancel": ("twilio", _cancel),
    "disconnect": ("twilio", _disconnect),
    "country": ("country", _country),
    "support": ("support", _support),
}

routes = [
    Route("/settings", show, methods=["GET"]),
    Route("/settings", change, methods=["POST"]),
]
