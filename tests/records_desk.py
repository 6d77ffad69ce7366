"""Finding the people behind records with the real stages, and what must come out of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid4

from tests.contract.pipedrive_served import as_new
from tests.line import REP, granted, settings_for
from tests.simulators.pipedrive_world import World
from workers.domain.action import LinkAction, Selection
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.runtime import open_runtime
from workers.stages.accept import accept
from workers.stages.resolve import resolve

PEOPLE = 240
SHELVES = {
    "person": "people", "deal": "deals", "organization": "organizations", "activity": "activities",
}  # fmt: skip
FILTERS = {"person": 13, "deal": 22, "organization": 31, "activity": 41}
By = Literal["filter", "owner", "everyone"]


@dataclass
class Found:
    """What a batch became."""

    view: BatchView
    people: set[int]
    nobody: dict[str, str]  # a record's name → why it leads to nobody


@dataclass
class RecordsDesk:
    """The stages on a real database and a served Pipedrive, driven by hand."""

    runtime: Runtime
    world: World

    async def clicked(self, resource: str, selection: Selection, *, view: str = "list") -> UUID:
        action = LinkAction("sms", resource, view, REP.company_id, REP.user_id, selection)
        return await accept(self.runtime, action, key=uuid4().bytes, reusable=False)

    async def find(self, resource: str, selection: Selection, *, view: str = "list") -> Found:
        batch_id = await self.clicked(resource, selection, view=view)
        await resolve(self.runtime, batch_id)
        return await self.found(batch_id)

    async def view(self, batch_id: UUID) -> BatchView:
        view = await self.runtime.batches.view(batch_id)
        assert view is not None
        return view

    async def found(self, batch_id: UUID) -> Found:
        view = await self.view(batch_id)
        rows, cursor = await self.runtime.rows.page(batch_id, limit=5_000)
        assert cursor is None
        assert view.life.refused_reason or len(rows) == view.total == view.counts.people
        people = [row.person_id for row in rows if row.person_id is not None]
        assert len(people) == len(set(people))
        nobody = {row.name: row.reason or "" for row in rows if row.person_id is None}
        return Found(view, set(people), nobody)


# ---------------------------------------------------------------- the oracle


def rows(world: World, resource: str) -> list[dict[str, Any]]:
    shelf = getattr(world.company, SHELVES[resource])
    found = [shelf.peek(at) for at in shelf.ids()]
    return [row for row in found if not row["is_deleted"] and not row.get("_invisible")]


def listed(world: World, resource: str, by: By) -> list[dict[str, Any]]:
    """What the web app's list shows; deals of an owner or everyone are the open ones."""
    if by == "filter":
        where = world.company.filters[FILTERS[resource]].where
        return [row for row in rows(world, resource) if where(row)]
    return [
        row
        for row in rows(world, resource)
        if (resource != "deal" or row["status"] == "open")
        and (by == "everyone" or row["owner_id"] == REP.user_id)
    ]


def behind(world: World, resource: str, row: dict[str, Any]) -> set[int]:
    match resource:
        case "person":
            return {row["id"]}
        case "organization":
            return {one["id"] for one in rows(world, "person") if one["org_id"] == row["id"]}
        case "activity":
            also = {one["person_id"] for one in row["participants"]}
            return also | {row["person_id"]} - {None}
        case _:
            return {row["person_id"]} - {None}


def said(found: Found, records: list[dict[str, Any]], resource: str, world: World) -> None:
    """The batch holds exactly the people behind these records, and its figures add up."""
    led_to = [behind(world, resource, row) for row in records]
    assert found.people == set().union(*led_to)
    if resource == "person":
        return
    view = found.view
    contactless = sum(not people for people in led_to)
    assert (view.records, view.contactless, view.missing) == (len(records), contactless, 0)
    assert view.shared == sum(map(len, led_to)) - len(found.people)
    assert view.total == len(found.people) + contactless
    assert set(found.nobody.values()) <= {"no_contact"}


@contextlib.asynccontextmanager
async def a_records_desk(
    served: tuple[World, str], database_url: str, **settings: Any
) -> AsyncIterator[RecordsDesk]:
    """A desk before a served Pipedrive that is as new."""
    world, site = as_new(served[0]), served[1]
    world.burst_limit = 100_000  # a test asks faster than any worker across a network
    knobs = settings_for(
        database_url, url="http://127.0.0.1:1", pipedrive=site, twilio=site, **settings
    )
    async with open_runtime(knobs) as runtime:
        await runtime.installations.save(REP, granted(world, site))
        yield RecordsDesk(runtime, world)
