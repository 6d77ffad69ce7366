"""Who may change something: only our own pages, for somebody who is signed in."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from web.headers import origin_of
from web.kept import of_settings
from web.pages import refused, wants_json
from web.sessions import identities
from web.signin import HOME, Waiting, to_sign_in
from workers.domain.errors import BadRequest, Forbidden, NotSignedIn
from workers.settings import Settings

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
#: Other servers call these; each checks a secret of its own.
_FROM_SERVERS = ("/oauth/callback", "/twilio/")
_WITHOUT_SESSION = frozenset({"/logout"})


class OnlyOurPages:
    """Refuses unsafe methods from elsewhere and, without a session, keeps what was typed."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._origin = origin_of(settings.public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _SAFE:
            await self._app(scope, receive, send)
            return
        path, request = scope["path"], Request(scope, receive)
        if not path.startswith(_FROM_SERVERS):
            self._refuse_foreign(request)
            if path not in _WITHOUT_SESSION and not await identities(request):
                answer = await _sign_in_first(request)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _refuse_foreign(self, request: Request) -> None:
        """`Sec-Fetch-Site` says what the browser knows; `Origin` must be ours.

        With `Referrer-Policy: no-referrer` browsers send `Origin: null` even with our own forms
        (https://fetch.spec.whatwg.org/#append-a-request-origin-header); a foreign page or a
        sandboxed frame then has another `Sec-Fetch-Site`.
        """
        site = request.headers.get("sec-fetch-site")
        origin = request.headers.get("origin", "null")
        if site in {None, "same-origin", "none"} and origin == self._origin:
            return
        if site == "same-origin" and origin == "null":
            return
        raise Forbidden(
            "foreign_origin",
            "This came from another site, so nothing was done.",
            f"Open {self._origin} in this browser and try again from there.",
        )


async def _sign_in_first(request: Request) -> Response:
    if wants_json(request):
        return refused(request, signed_out())
    return await to_sign_in(request, await _typed(request))


async def _typed(request: Request) -> Waiting:
    """The form, to be shown again after signing in; nothing of it is done."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in {"", "application/x-www-form-urlencoded"}:
        return HOME
    return waiting_form(request.url.path, read_form(await request.body()))


def waiting_form(path: str, form: list[tuple[str, str]]) -> Waiting:
    """A form that waits for its rep; the secrets typed into settings are not kept anywhere else."""
    return Waiting(
        "form", {"path": path, "form": of_settings(form) if path == "/settings" else form}
    )


def read_form(body: bytes) -> list[tuple[str, str]]:
    """Every field of an urlencoded form, blanks and repetitions too, in their order."""
    try:
        fields = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=1000
        )
    except ValueError as error:
        raise BadRequest(
            "unreadable_form", "What was sent can't be read.", "Go back and try again."
        ) from error
    return [(name.replace("\0", ""), value.replace("\0", "")) for name, value in fields]


def signed_out() -> NotSignedIn:
    """Somebody whose session has ended."""
    return NotSignedIn(
        "signed_out",
        "You are signed out. Sending goes on.",
        "Load the page again to sign in.",
    )


def is_only_a_look(request: Request) -> bool:
    """Whether nobody asked for this: a browser fetching ahead, or a HEAD. It must leave no trace."""
    purpose = ("sec-purpose", "purpose", "x-moz")
    ahead = any("prefetch" in request.headers.get(name, "").lower() for name in purpose)
    return ahead or request.method == "HEAD"
