"""The page of settings as its admin sees it: fresh, refused, or brought back after signing in."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response

from web import kept, rules
from web.connection import outline
from web.pages import page, refused, wants_json
from web.sessions import identities, runtime_of
from web.signin import Waiting, way_to_sign_in
from workers.domain import permissions
from workers.domain.errors import NotSignedIn, Refused
from workers.ports.outside import User

Fields = Sequence[tuple[str, str]]


async def shown(
    request: Request,
    user: User,
    *,
    status: int = 200,
    fields: Fields = (),
    problem: Refused | None = None,
    done: str = "",
) -> Response:
    """The page; `fields` = a form that was not saved, in the place of what is."""
    fields = kept.of_settings(fields)
    typed = dict.fromkeys(kept.SETTINGS, "") | dict(fields)
    ticked = [value for name, value in fields if name == "user"]
    context = await outline(runtime_of(request), user)
    if typed["section"] == "rules":
        context["rules"] |= rules.retyped(fields)
    who = await identities(request)
    others = [it for it in who if it.is_admin and it.company_id != user.company_id]
    context |= {"typed": typed, "ticked": ticked, "problem": problem, "done": done}
    return page(request, "settings.html", status=status, me=user, others=others, **context)


async def bring_back(request: Request, user: User, fields: Fields) -> Response | None:
    """The form that `user` filled in while signed out, not saved; None if they may not see it."""
    company = dict(fields).get("company", "")
    if not permissions.may_configure(user) or company not in {"", str(user.company_id)}:
        return None
    return await shown(request, user, fields=fields, problem=_NOT_SAVED)


async def sign_in_again(request: Request, user: User, waiting: Waiting) -> Response:
    """A link and not a redirect: who stays signed in at Pipedrive would be sent round and round."""
    if wants_json(request):
        return refused(request, _OLD_SIGN_IN)
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


_NOT_SAVED = NotSignedIn(
    "signed_out",
    "You were signed out, so nothing was done.",
    "What you chose and typed is still here: press the button again. Secrets are typed anew.",
)
_OLD_SIGN_IN = NotSignedIn(
    "sign_in_again",
    "Sign in once more to see the settings.",
    "They hold your company's Twilio account, so a sign-in counts for an hour here. "
    "Nothing was changed.",
)
