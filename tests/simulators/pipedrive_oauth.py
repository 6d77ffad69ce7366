"""The simulated Pipedrive OAuth: consent page, token endpoint, revocation (pipedrive.md §2)."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.simulators.pipedrive_gate import drop_connection
from tests.simulators.pipedrive_grants import Grant
from tests.simulators.pipedrive_render import page, signed_in
from tests.simulators.pipedrive_world import World


class OAuth:
    """What oauth.pipedrive.com answers."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        """The three addresses."""
        return [
            Route("/oauth/authorize", self.ask, methods=["GET"]),
            Route("/oauth/authorize", self.decide, methods=["POST"]),
            Route("/oauth/token", self.token, methods=["POST"]),
            Route("/oauth/revoke", self.revoke, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """The consent page."""
        query = dict(request.query_params)
        if problem := self._problem(query):
            return page(self._world, request, "problem.html", 400, problem=problem)
        if self._world.allow_at_once:
            return self._allowed(request, query)
        company_id, user_id = signed_in(self._world, request)
        return page(
            self._world,
            request,
            "consent.html",
            query=query,
            company=self._world.companies[company_id],
            user=self._world.users[company_id, user_id],
            scopes=self._world.scope.split(","),
        )

    async def decide(self, request: Request) -> Response:
        """*Allow and install* or *Cancel*."""
        form = {key: str(value) for key, value in (await request.form()).items()}
        if problem := self._problem(form):
            return page(self._world, request, "problem.html", 400, problem=problem)
        if form.get("decision") == "allow":
            return self._allowed(request, form)
        answer = {"error": "user_denied"}
        if self._world.state_on_cancel and "state" in form:
            answer["state"] = form["state"]
        return RedirectResponse(f"{form['redirect_uri']}?{urlencode(answer)}", 302)

    def _allowed(self, request: Request, query: dict[str, str]) -> Response:
        answer = {"code": self._world.grant_code(*signed_in(self._world, request))}
        if "state" in query:
            answer["state"] = query["state"]
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}", 302)

    def _problem(self, query: dict[str, str]) -> str:
        if query.get("client_id") != self._world.client_id:
            return "client is invalid"
        if query.get("redirect_uri") != self._world.callback:
            return "redirect_uri does not match"
        return ""

    async def token(self, request: Request) -> Response:
        """Exchange and refresh; every refusal is a 400."""
        if problem := self._unsigned(request):
            return _refused("invalid_client", problem)
        if not request.headers.get("content-type", "").startswith("application/x-www-form"):
            return _refused("invalid_request", "Method must be POST with form-encoded content")
        form = {key: str(value) for key, value in (await request.form()).items()}
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(request, form)
            case "refresh_token":
                return await self._refresh(request, form)
            case _:
                return _refused("unsupported_grant_type", "grant_type is missing or unsupported")

    def _exchange(self, request: Request, form: dict[str, str]) -> Response:
        if form.get("redirect_uri") != self._world.callback:
            return _refused("invalid_grant", "redirect_uri does not match")
        found = self._world.codes.pop(form.get("code", ""), None)
        if found is None:
            return _refused("invalid_grant", "authorization_code is invalid")
        company_id, user_id, ends = found
        if ends <= self._world.now():
            return _refused("invalid_grant", "authorization_code has expired")
        grant = self._world.grants.setdefault(
            (company_id, user_id), Grant(company_id, user_id, refresh_token="")
        )
        self._world.new_refresh_token(grant)
        return self._granted(request, grant)

    async def _refresh(self, request: Request, form: dict[str, str]) -> Response:
        sent = form.get("refresh_token", "")
        grants = list(self._world.grants.values())
        grant = next((g for g in grants if hmac.compare_digest(g.refresh_token, sent)), None)
        if grant is None:
            return _refused("invalid_grant", "refresh_token is invalid or already exchanged")
        if self._world.rotate_refresh_tokens:
            self._world.new_refresh_token(grant)
        answer = self._granted(request, grant)
        if self._world.lose_refresh_answer:
            self._world.lose_refresh_answer -= 1
            await drop_connection(request.receive)
        return answer

    def _granted(self, request: Request, grant: Grant) -> Response:
        api_domain = self._world.self_url or str(request.base_url).rstrip("/")
        return JSONResponse(self._world.access_answer(grant, api_domain))

    async def revoke(self, request: Request) -> Response:
        """RFC 7009; a refresh token's end is the app's uninstallation."""
        if problem := self._unsigned(request):
            return _refused("invalid_client", problem)
        token = str((await request.form()).get("token", ""))
        for grant in list(self._world.grants.values()):
            if grant.refresh_token == token:
                self._world.revoke(grant.company_id, grant.user_id)
            grant.access.pop(token, None)
        return Response(status_code=200)

    def _unsigned(self, request: Request) -> str:
        kind, _, value = request.headers.get("authorization", "").partition(" ")
        try:
            sent = base64.b64decode(value, validate=True)
        except binascii.Error:
            sent = b""
        own = f"{self._world.client_id}:{self._world.client_secret}".encode()
        if kind.lower() != "basic":
            return "cannot retrieve client credentials"
        return "" if hmac.compare_digest(sent, own) else "client is invalid"


def _refused(error: str, message: str) -> Response:
    body: dict[str, Any] = {"success": False, "error": error, "message": message}
    return JSONResponse(body, 400)
