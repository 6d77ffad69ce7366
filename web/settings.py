"""A company's settings, for its admins: its country, rules, support and its own Twilio account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from web import rules, settings_page, speed
from web.batches import signed_in
from web.connection import told
from web.countries import COUNTRIES
from web.guards import read_form, waiting_form
from web.pages import refused, wants_json
from web.sessions import runtime_of, signed_in_lately
from web.signin import Waiting
from workers.domain import permissions
from workers.domain.errors import BadRequest, Forbidden, NotFound, Refused
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
    fields: Sequence[tuple[str, str]]  # the form with every ticked box

    def typed(self, name: str) -> str:
        """A field, "" where it is missing."""
        return self.form.get(name, "")

    def ticked(self, name: str) -> list[str]:
        """The values of the boxes of that name."""
        return [value for box, value in self.fields if box == name]


async def show(request: Request) -> Response:
    """The settings of one company."""
    user = await _admin(request, request.query_params.get("company", ""))
    if not await signed_in_lately(request, user, within=FRESH):
        path = f"/settings?company={user.company_id}"
        return await settings_page.sign_in_again(request, user, Waiting("page", {"path": path}))
    if wants_json(request):
        said = await told(runtime_of(request), user)
        return JSONResponse(said, headers={"Cache-Control": "no-store"})
    return await settings_page.shown(request, user, done=request.query_params.get("done", ""))


async def change(request: Request) -> Response:
    """One section is saved; a refusal keeps what was typed, but no secret."""
    fields = read_form(await request.body())
    form = dict(fields)
    user = await _admin(request, form.get("company", ""))
    if not await signed_in_lately(request, user, within=FRESH):
        waiting = waiting_form(request.url.path, fields)
        return await settings_page.sign_in_again(request, user, waiting)
    try:
        section = await _act(Wish(runtime_of(request), user, form, fields))
    except Refused as refusal:
        if wants_json(request):
            return refused(request, refusal)
        return await settings_page.shown(
            request, user, status=refusal.status, fields=fields, problem=refusal
        )
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
            "no_such_company",
            "These settings aren't here.",
            "You are signed in to another company.",
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


async def _deals(wish: Wish) -> None:
    answer = wish.typed("participants")
    if answer not in {"yes", "no"}:
        raise BadRequest("unknown_answer", "Say yes or no.", "Choose one of the two, then save.")
    await wish.runtime.companies.set_ask_participants(wish.user.company_id, answer == "yes")


async def _support(wish: Wish) -> None:
    ids = {int(it) for it in wish.ticked("user") if it.isascii() and it.isdigit() and len(it) < 19}
    await wish.runtime.companies.set_support(wish.user.company_id, ids)


async def _rules(wish: Wish) -> None:
    read = rules.read(wish.form, wish.ticked("texted"), zone=wish.user.timezone)
    await wish.runtime.companies.set_rules(wish.user.company_id, read)


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


async def _speed(wish: Wish) -> None:
    parts_a_second = speed.read(wish.typed("speed"))
    await connect.agree(wish.runtime, wish.user, wish.typed("origin"), parts_a_second)


async def _cancel(wish: Wish) -> None:
    await wish.runtime.own_accounts.stop_choosing(wish.user.company_id)


async def _disconnect(wish: Wish) -> None:
    await connect.disconnect(wish.runtime, wish.user)


_SECTIONS: Mapping[str, tuple[str, Callable[[Wish], Awaitable[None]]]] = {
    "connect": ("twilio", _connect),
    "sender": ("twilio", _sender),
    "resender": ("twilio", _resender),
    "speed": ("twilio", _speed),
    "cancel": ("twilio", _cancel),
    "disconnect": ("twilio", _disconnect),
    "country": ("country", _country),
    "deals": ("deals", _deals),
    "rules": ("rules", _rules),
    "support": ("support", _support),
}

routes = [
    Route("/settings", show, methods=["GET"]),
    Route("/settings", change, methods=["POST"]),
]
