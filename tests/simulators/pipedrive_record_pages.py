"""The simulated Pipedrive's lists and pages of deals, organizations and activities."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.simulators.pipedrive_lists import KINDS
from tests.simulators.pipedrive_records import Record, Records, is_visible
from tests.simulators.pipedrive_render import page, signed_in
from tests.simulators.pipedrive_world import Company, World

ROWS = 1_000


@dataclass(frozen=True)
class Shown:
    """How one kind of record is called and shown."""

    one: str
    several: str
    name: str
    title: str
    field: str
    columns: tuple[str, ...]
    has_page: bool = True


SHOWN = (
    Shown("deal", "deals", "Deals", "Title", "title", ("Contact", "Organization", "Status")),
    Shown("organization", "organizations", "Organizations", "Name", "name", ("People",)),
    Shown(
        "activity",
        "activities",
        "Activities",
        "Subject",
        "subject",
        ("People", "Kind", "Due"),
        False,
    ),
)


def record_routes(world: World) -> list[Route]:
    """A list of each kind, and a page of each deal and organization."""
    routes = []
    for kind in SHOWN:
        routes.append(Route(f"/{kind.several}", _endpoint(_list, world, kind)))
        if kind.has_page:
            routes.append(Route(f"/{kind.one}/{{id:int}}", _endpoint(_one, world, kind)))
    return routes


def _endpoint(
    show: Callable[[World, Shown, Request], Response], world: World, kind: Shown
) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        return show(world, kind, request)

    return endpoint


def _list(world: World, kind: Shown, request: Request) -> Response:
    company_id, user_id = signed_in(world, request)
    company = world.companies[company_id]
    key, name, said, where = _chosen_list(company, kind, user_id, request)
    shelf: Records = getattr(company, kind.several)
    found = (shelf.peek(at) for at in shelf.ids()[:ROWS])
    return page(
        world,
        request,
        "records.html",
        kind=kind,
        rows=[
            r for r in found if r and not r["is_deleted"] and is_visible(r, user_id) and where(r)
        ],
        key=key,
        list_name=name,
        filter=json.dumps(said, separators=(",", ":")),
        filters=[f for f in company.filters.values() if f.type == KINDS[kind.several].filter_type],
        cells=partial(_cells, company, kind),
    )


def _one(world: World, kind: Shown, request: Request) -> Response:
    company_id, user_id = signed_in(world, request)
    company = world.companies[company_id]
    row = getattr(company, kind.several).peek(request.path_params["id"])
    if row is None or row["is_deleted"] or not is_visible(row, user_id):
        problem = f"This {kind.one} was deleted, or you may not see it."
        return page(world, request, "problem.html", 404, problem=problem)
    columns = list(zip(kind.columns, _cells(company, kind, row), strict=True))
    return page(world, request, "record.html", kind=kind, row=row, columns=columns)


def _chosen_list(
    company: Company, kind: Shown, user_id: int, request: Request
) -> tuple[str, str, dict[str, Any], Callable[[Record], bool]]:
    """The list's key, its name, what the link says of it, and which records it shows."""
    also = {"activity_type": ""} if kind.one == "activity" else {}
    wanted = request.query_params.get("list", "everyone")
    if wanted.isdecimal() and int(wanted) in company.filters:
        found = company.filters[int(wanted)]
        return wanted, found.name, {"filter_id": found.filter_id, **also}, found.where
    if wanted == "mine":
        said = {"user_id": user_id, **also}
        return "mine", f"My {kind.several}", said, lambda row: _open(row, user_id)
    return "everyone", f"All {kind.several}", {"everyone": 1, **also}, lambda row: _open(row, None)


def _open(row: Record, owner_id: int | None) -> bool:
    is_open = row.get("status", "open") == "open"
    return is_open and owner_id in (None, row["owner_id"])


def _cells(company: Company, kind: Shown, row: Record) -> list[str]:
    match kind.one:
        case "deal":
            return [
                _called(company.people, row["person_id"]),
                _called(company.organizations, row["org_id"]),
                row["status"],
            ]
        case "organization":
            ids = company.people.ids()[:ROWS]
            people = sum((company.people.peek(at) or {}).get("org_id") == row["id"] for at in ids)
            return [str(people)]
        case _:
            behind = {row["person_id"]: 1} | {one["person_id"]: 1 for one in row["participants"]}
            names = filter(None, (_called(company.people, at) for at in behind))
            return [", ".join(names), row["type"], row["due_date"]]


def _called(shelf: Records, record_id: int | None) -> str:
    found = shelf.peek(record_id) if record_id else None
    return str(found["name"]) if found else ""
