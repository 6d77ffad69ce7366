"""The simulated Pipedrive API: v2 records, users/me and filters of v1, and v1's graves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from tests.simulators.pipedrive_grants import Grant
from tests.simulators.pipedrive_lists import Wrong, list_page, shelf_of
from tests.simulators.pipedrive_records import Record, is_visible, public
from tests.simulators.pipedrive_world import Company, World


def api_routes(world: World) -> list[Route]:
    """Everything under /api and /v1; the gate has signed the caller in."""

    def routed(work: Callable[[Request, Company, Grant], Any], *paths: str) -> list[Route]:
        async def endpoint(request: Request) -> Response:
            grant: Grant = request.scope["grant"]
            try:
                return JSONResponse(work(request, world.companies[grant.company_id], grant))
            except Wrong as wrong:
                return wrong.response

        return [Route(path, endpoint, methods=["GET"]) for path in paths]

    def listed(request: Request, company: Company, grant: Grant) -> Any:
        return list_page(
            world, company, grant, request.path_params["kind"], dict(request.query_params)
        )

    def one(request: Request, company: Company, grant: Grant) -> Any:
        name = request.path_params["kind"]
        record = shelf_of(world, company, name).peek(request.path_params["id"])
        if record is None or not is_visible(record, grant.user_id):
            raise Wrong(404, "Entity was not found", "Object was not found.")
        return {"success": True, "data": public(record)}

    def me(request: Request, company: Company, grant: Grant) -> Any:
        return {"success": True, "data": _me(world, company, grant.user_id)}

    def users(request: Request, company: Company, grant: Grant) -> Any:
        ids = [user for owner, user in world.users if owner == company.company_id]
        return {"success": True, "data": [_me(world, company, user) for user in ids]}

    def saved(request: Request, company: Company, grant: Grant) -> Any:
        found = company.filters.get(request.path_params["id"])
        if found is None or (found.private and found.user_id != grant.user_id):
            raise Wrong(404, "Filter not found")
        about = {"id": found.filter_id, "name": found.name, "type": found.type}
        own = {"user_id": found.user_id, "visible_to": "1" if found.private else "7"}
        more: Record = {"active_flag": True, "temporary_flag": None, "conditions": {}}
        return {"success": True, "data": {**about, **own, **more}}

    def no_page(request: Request) -> Response:
        return HTMLResponse("<!doctype html><title>Pipedrive</title>Page not found", 404)

    def gone(request: Request) -> Response:
        return Wrong(410, "This endpoint is no longer available").response

    return [
        Route("/api/v2/users/me", no_page),
        *routed(listed, "/api/v2/{kind:str}"),
        *routed(one, "/api/v2/{kind:str}/{id:int}"),
        *routed(me, "/api/v1/users/me", "/v1/users/me"),
        *routed(users, "/api/v1/users", "/v1/users"),
        *routed(saved, "/api/v1/filters/{id:int}", "/v1/filters/{id:int}"),
        Route("/api/v1/{rest:path}", gone, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        Route("/v1/{rest:path}", gone, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
    ]


def _me(world: World, company: Company, user_id: int) -> Record:
    user = world.users[company.company_id, user_id]
    access = [{"app": app, "admin": user["admin"]} for app in ("sales", "global")]
    return {
        **{key: user[key] for key in ("id", "name", "email")},
        **{"phone": user.get("phone"), "locale": "et_EE", "lang": 1, "default_currency": "EUR"},
        **{"activated": True, "active_flag": True, "is_deleted": False, "is_you": True},
        **{"access": [{**entry, "permission_set_id": "b1"} for entry in access]},
        **{"timezone_name": company.timezone, "timezone_offset": "+02:00", "role_id": 1},
        **{"company_id": company.company_id, "company_name": company.name},
        **{"company_domain": company.domain, "company_country": company.country},
        **{"company_industry": None, "language": {"language_code": "en", "country_code": "EE"}},
    }
