"""The simulated Pipedrive's web app: a people list to tick, a person's page, and the action menu."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.simulators.pipedrive_records import Record, is_visible
from tests.simulators.pipedrive_render import COOKIE, page, signed_in
from tests.simulators.pipedrive_world import Company, World

ROWS = 200
_FILES = Path(__file__).parent / "templates" / "pipedrive"


class Pages:
    """What a browser sees."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._counted: dict[tuple[int, str, int], int] = {}

    def routes(self) -> list[Route]:
        """All pages."""
        return [
            Route("/", self.people),
            Route("/person/{id:int}", self.person),
            Route("/app-extensions/actions/{action:str}", self.act),
            Route("/simulator/user", self.choose_user, methods=["POST"]),
            Route("/simulator/uninstall", self.uninstall, methods=["POST"]),
            Route("/simulator/pipedrive.css", lambda _: FileResponse(_FILES / "pipedrive.css")),
            Route("/simulator/pipedrive.js", lambda _: FileResponse(_FILES / "pipedrive.js")),
        ]

    def _company(self, request: Request) -> Company:
        return self._world.companies[signed_in(self._world, request)[0]]

    async def people(self, request: Request) -> Response:
        """The list view: everyone's, an owner's or a saved filter's people."""
        company, (_, user_id) = self._company(request), signed_in(self._world, request)
        key, name, where = _chosen_list(company, user_id, request)
        after = request.query_params.get("after", "")
        found = _seen(company, user_id, where, int(after) if after.isdecimal() else 0)
        rows = list(islice(found, ROWS + 1))
        return page(
            self._world,
            request,
            "rows.html" if "rows" in request.query_params else "people.html",
            company=company,
            rows=rows[:ROWS],
            gone=[] if len(rows) > ROWS or key != "everyone" else _gone(company, user_id),
            more=rows[ROWS - 1]["id"] if len(rows) > ROWS else None,
            list_name=name,
            key=key,
            total=self._count(company, user_id, key, where),
            filter=json.dumps(_filter_of(key, user_id), separators=(",", ":")),
            filters=[f for f in company.filters.values() if f.type == "people"],
        )

    def _count(
        self, company: Company, user_id: int, key: str, where: Callable[[Record], bool]
    ) -> int:
        mark = (company.company_id, f"{key}/{user_id}", len(company.people))
        if len(company.people) < 2000:
            return sum(1 for _ in _seen(company, user_id, where, 0))
        if mark not in self._counted:
            self._counted[mark] = sum(1 for _ in _seen(company, user_id, where, 0))
        return self._counted[mark]

    async def person(self, request: Request) -> Response:
        """The detail view; people's names in the app lead here."""
        company, (_, user_id) = self._company(request), signed_in(self._world, request)
        record = company.people.peek(request.path_params["id"])
        if record is None or record["is_deleted"] or not is_visible(record, user_id):
            problem = "This person was deleted, or you may not see them."
            return page(self._world, request, "problem.html", 404, problem=problem)
        return page(self._world, request, "person.html", company=company, person=record)

    async def act(self, request: Request) -> Response:
        """What the menu opens in a new tab: builds the link, signs it, and goes to the app."""
        query, who = request.query_params, signed_in(self._world, request)
        is_all = "all" in query
        ids = [] if is_all else _listed(query.getlist("selectedIds"))
        if not ids and not is_all:
            problem = "Nobody is ticked. Go back, tick somebody, then choose Send a text again."
            return page(self._world, request, "problem.html", 400, problem=problem)
        kinds: dict[str, Any] = {"none": None, "expired": "expired", "forged": "forged"}
        url = self._world.link_url(
            ids,
            excluded=_listed(query.getlist("excludedIds")) if is_all else (),
            filter=query.get("filter", ""),
            view=query.get("view", "list"),
            token=kinds.get(query.get("sign", ""), True),
            action=request.path_params["action"],
            resource=query.get("resource", "person"),
            company_id=who[0],
            user_id=who[1],
        )
        return RedirectResponse(url, 302, headers={"Cache-Control": "no-store"})

    async def choose_user(self, request: Request) -> Response:
        """Signs another user in, in this browser."""
        answer = RedirectResponse("/", 303)
        answer.set_cookie(COOKIE, str((await request.form()).get("user", "")), samesite="lax")
        return answer

    async def uninstall(self, request: Request) -> Response:
        """Removes the app for this user and tells it so."""
        await self._world.uninstall(*signed_in(self._world, request))
        return RedirectResponse("/", 303)


def page_routes(world: World) -> list[Route]:
    """What a browser sees."""
    return Pages(world).routes()


def _chosen_list(
    company: Company, user_id: int, request: Request
) -> tuple[str, str, Callable[[Record], bool]]:
    wanted = request.query_params.get("list", "everyone")
    if wanted == "mine":
        return "mine", "My people", lambda row: row["owner_id"] == user_id
    if wanted.isdecimal() and int(wanted) in company.filters:
        found = company.filters[int(wanted)]
        return wanted, found.name, found.where
    return "everyone", "Everyone", lambda row: True


def _filter_of(key: str, user_id: int) -> dict[str, int]:
    if key == "everyone":
        return {"everyone": 1}
    return {"user_id": user_id} if key == "mine" else {"filter_id": int(key)}


def _seen(
    company: Company, user_id: int, where: Callable[[Record], bool], after: int
) -> Iterable[Record]:
    for person_id in company.people.after(after):
        row = company.people.peek(person_id)
        if row and not row["is_deleted"] and is_visible(row, user_id) and where(row):
            yield row


def _gone(company: Company, user_id: int) -> list[Record]:
    """People that a list loaded a minute ago still shows; only small companies have such a list."""
    if len(company.people) > ROWS:
        return []
    rows = [company.people.peek(person_id) for person_id in company.people.ids()]
    return [row for row in rows if row and (row["is_deleted"] or not is_visible(row, user_id))]


def _listed(values: Iterable[str]) -> list[str]:
    return [part for value in values for part in value.split(",") if part]
