"""The two Pipedrives that must read alike: the adapters on a served simulator, and the fakes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from tests.contract.pipedrive_served import access_to, settings_for
from tests.fakes_pipedrive import FakePeople, a_person
from tests.fakes_records import FakeRecords, Kept, Saved
from tests.records_desk import SHELVES, rows
from tests.simulators.pipedrive_lists import KINDS
from tests.simulators.pipedrive_world import World
from workers.domain.action import Chosen, Filtered, LinkAction, Selection, read_action
from workers.ports.outside import Access, People, Person
from workers.ports.records import Record, Records
from workers.providers.pipedrive import PipedrivePeople
from workers.providers.pipedrive_records import PipedriveRecords

ME = 7
FAKE_PAGE = 60  # small, so that the fake turns pages too
RESOURCE_OF = {
    KINDS["persons" if one == "person" else shelf].filter_type: one
    for one, shelf in SHELVES.items()
}


@dataclass(frozen=True)
class Reading:
    """A way to read one Pipedrive; `world` is the truth behind both."""

    world: World
    people: People
    records: Records
    access: Access
    fake: FakePeople | None = None

    async def read(self, resource: str, selection: Selection) -> list[int]:
        """The ids of everything selected, in the order of the answers."""
        if isinstance(selection, Chosen):
            ids, found = selection.ids, []
            for start in range(0, len(ids), 100):
                found += await self._some(resource, ids[start : start + 100])
            return found
        pages, cursor = await self.page(resource, selection, None)
        while cursor is not None:
            more, cursor = await self.page(resource, selection, cursor)
            pages += more
        return pages

    async def page(
        self, resource: str, selection: Any, cursor: str | None
    ) -> tuple[list[int], str | None]:
        """One page's ids and where the next one begins."""
        if resource == "person":
            page = await self.people.by_filter(self.access, selection, cursor)
            return [person.person_id for person in page.people], page.next_cursor
        found = await self.records.by_filter(self.access, resource, selection, cursor)
        return [record.record_id for record in found.records], found.next_cursor

    async def _some(self, resource: str, ids: tuple[int, ...]) -> list[int]:
        if resource == "person":
            page = await self.people.by_ids(self.access, ids)
            return [person.person_id for person in page.people]
        found = await self.records.by_ids(self.access, resource, ids)
        return [record.record_id for record in found.records]

    async def oldest_first(self, cursor: str | None) -> tuple[list[int], str | None]:
        """A page of a select-all of people."""
        return await self.page("person", Filtered("everyone"), cursor)

    async def newest_first(self, cursor: str | None) -> tuple[list[int], str | None]:
        """A page of everybody."""
        page = await self.people.everybody(self.access, cursor)
        return [person.person_id for person in page.people], page.next_cursor

    def forget(self, person_id: int) -> None:
        """Somebody is deleted, or merged into somebody else: the id is gone."""
        if self.fake is None:
            del self.world.people[person_id]
        else:
            del self.fake.people[person_id]

    def add(self, person_id: int) -> None:
        """Somebody new."""
        if self.fake is None:
            self.world.add_person(id=person_id, phone="+372 5999 0001")
        else:
            self.fake.people[person_id] = a_person(person_id, "+37259990001")


def clicked(world: World, resource: str, **given: Any) -> LinkAction:
    """The link that Pipedrive would open, parsed."""
    query = urlsplit(world.link_url(resource=resource, token=None, **given)).query
    return read_action("sms", parse_qsl(query, keep_blank_values=True))


def by_simulator(world: World, url: str, http: httpx.AsyncClient) -> Reading:
    """The adapters."""
    settings = settings_for(url)
    return Reading(
        world, PipedrivePeople(settings, http), PipedriveRecords(settings, http), access_to(world)
    )


@dataclass(frozen=True)
class Known:
    """What fakes know of a world, read from it once."""

    people: Sequence[Person]
    lists: Mapping[tuple[str, int], Collection[int]]
    shelves: Mapping[str, Mapping[int, Kept]]
    filters: Mapping[int, Saved]


def known_of(world: World) -> Known:
    """Every record and saved filter, without asking over a network."""
    found = {one: rows(world, one) for one in SHELVES}
    at_org: dict[int, list[int]] = {}
    for row in found["person"]:
        at_org.setdefault(row["org_id"], []).append(row["id"])
    filters = {}
    for number, saved in world.company.filters.items():
        resource = RESOURCE_OF[saved.type]
        ids = {row["id"] for row in found[resource] if saved.where(row)}
        filters[number] = Saved(saved.name, resource, ids)
    mine = {row["id"] for row in found["person"] if row["owner_id"] == ME}
    return Known(
        [a_person(row["id"], org_id=row["org_id"]) for row in found["person"]],
        {("owner", ME): mine, **{("filter", at): saved.ids for at, saved in filters.items()}},
        {
            one: {row["id"]: _kept(one, row, at_org) for row in found[one]}
            for one in SHELVES
            if one != "person"
        },
        filters,
    )


def by_fake(world: World, known: Known) -> Reading:
    """Fakes that know what the world knew."""
    fake = FakePeople(known.people, page_size=FAKE_PAGE, lists=known.lists)
    records = FakeRecords(fake, dict(known.shelves), known.filters, FAKE_PAGE)
    return Reading(world, fake, records, Access(42, ME, "none"), fake)


def _kept(resource: str, row: dict[str, Any], at_org: dict[int, list[int]]) -> Kept:
    named = [row.get("person_id"), *(one["person_id"] for one in row.get("participants", ()))]
    own = tuple(dict.fromkeys(one for one in named if one))
    title = str(row.get("title") or row.get("subject") or row.get("name"))
    also = at_org.get(row["id"], []) if resource == "organization" else row.get("_participants", ())
    return Kept(
        Record(row["id"], title, own, row.get("org_id")),
        owner_id=row["owner_id"],
        status=row.get("status", "open"),
        kind=row.get("type", ""),
        due=date.fromisoformat(row["due_date"]) if "due_date" in row else None,
        people=(*own, *also),
    )
