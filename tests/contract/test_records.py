"""Reading deals, organizations and activities, against the simulated Pipedrive over a real socket."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.simulators.pipedrive_world import World
from workers.domain.action import Filtered
from workers.ports.outside import Access
from workers.ports.records import Record
from workers.providers.pipedrive_records import PipedriveRecords

pytestmark = pytest.mark.anyio

SHELVES = {"deal": "deals", "organization": "organizations", "activity": "activities"}
RESOURCES = pytest.mark.parametrize("resource", SHELVES)
FILTERS = {"deal": 22, "organization": 31, "activity": 41}


async def walk(
    records: PipedriveRecords, access: Access, resource: str, selection: Filtered
) -> list[Record]:
    found: list[Record] = []
    cursor = None
    while True:
        page = await records.by_filter(access, resource, selection, cursor)
        found += page.records
        if (cursor := page.next_cursor) is None:
            return found


def rows(world: World, resource: str) -> list[dict[str, Any]]:
    """The oracle: every record of the company."""
    shelf = getattr(world.company, SHELVES[resource])
    return [shelf.peek(at) for at in shelf.ids()]


def expected(world: World, resource: str, by: str) -> set[int]:
    """Whom the list of the web app shows; of deals without a filter only the open ones."""
    if by == "filter":
        where = world.company.filters[FILTERS[resource]].where
        return {row["id"] for row in rows(world, resource) if where(row)}
    return {
        row["id"]
        for row in rows(world, resource)
        if row.get("status", "open") == "open" and (by == "everyone" or row["owner_id"] == 7)
    }


@RESOURCES
@pytest.mark.parametrize("by", ["filter", "owner", "everyone"])
@pytest.mark.parametrize("is_minus", [False, True], ids=["all", "minus some"])
async def test_a_select_all_finds_exactly_its_records(
    records: PipedriveRecords, world: World, access: Access, resource: str, by: Any, is_minus: bool
) -> None:
    wanted = expected(world, resource, by)
    excluded = frozenset(sorted(wanted)[::7]) if is_minus else frozenset()
    number = {"filter": FILTERS[resource], "owner": 7, "everyone": None}[by]

    found = await walk(records, access, resource, Filtered(by, number, excluded))

    assert {record.record_id for record in found} == wanted - excluded
    assert len(found) == len(wanted - excluded)
    assert {call.query["limit"] for call in world.calls} == {"500"}


@RESOURCES
async def test_picked_records_come_in_their_order_and_without_those_that_are_gone(
    records: PipedriveRecords, world: World, access: Access, resource: str
) -> None:
    page = await records.by_ids(access, resource, [5, 3, 99_999_999, 3])

    assert [record.record_id for record in page.records] == [5, 3]
    assert world.tokens_used == 10


@RESOURCES
async def test_deleted_records_are_dropped(
    records: PipedriveRecords, world: World, access: Access, resource: str
) -> None:
    rows = [{"id": 1, "is_deleted": True}, {"id": 2, "is_deleted": False}]
    for _ in range(2):
        world.fail_next(f"/api/v2/{SHELVES[resource]}", 200, body={"success": True, "data": rows})

    picked = await records.by_ids(access, resource, [1, 2])
    listed = await records.by_filter(access, resource, Filtered("everyone"), None)

    assert picked.records == listed.records == (Record(2),)


async def test_a_deal_names_its_contact_its_organization_and_itself(
    records: PipedriveRecords, world: World, access: Access
) -> None:
    page = await records.by_ids(access, "deal", [7, 10])

    assert page.records[0] == Record(7, "Ferry tickets #7", (7,), world.company.deals[7]["org_id"])
    assert page.records[1].person_ids == ()


async def test_an_activity_names_all_its_people_the_primary_one_first(
    records: PipedriveRecords, access: Access
) -> None:
    page = await records.by_ids(access, "activity", [5, 6, 7])

    assert [record.person_ids for record in page.records] == [(5,), (6, 7), ()]


async def test_everything_but_the_id_may_be_missing_or_strange(
    records: PipedriveRecords, world: World, access: Access
) -> None:
    strange: dict[str, Any] = {
        "id": 2,
        "subject": None,
        "person_id": "5",
        "participants": [None, {}, 4],
    }
    world.fail_next("/api/v2/activities", 200, body={"success": True, "data": [{"id": 1}, strange]})

    page = await records.by_ids(access, "activity", [1, 2])

    assert page.records == (Record(1), Record(2))


async def test_an_organizations_people_are_one_call(
    records: PipedriveRecords, world: World, access: Access
) -> None:
    page = await records.people_of(access, "organization", 4, None)

    wanted = {i for i in world.people.ids() if (world.people.peek(i) or {})["org_id"] == 4}
    assert {person.person_id for person in page.people} == wanted - {58, 59}
    assert (page.next_cursor, world.tokens_used) == (None, 10)


async def test_everybody_on_a_deal_is_its_contact_and_its_participants(
    records: PipedriveRecords, access: Access
) -> None:
    page = await records.people_of(access, "deal", 5, None)

    assert [person.person_id for person in page.people] == [5, 6]


# ---------------------------------------------------------------- lists of activities


FIRST = date(2024, 7, 1)
DAYS = [
    (FIRST + timedelta(9), FIRST + timedelta(12)),
    (FIRST + timedelta(50), None),
    (None, FIRST + timedelta(4)),
    (FIRST + timedelta(400), None),
    (FIRST + timedelta(9), FIRST + timedelta(8)),
]


@pytest.mark.parametrize(("since", "until"), DAYS)
@pytest.mark.parametrize("kinds", [frozenset(), frozenset({"lunch", "call"})], ids=["all", "two"])
async def test_kinds_and_days_are_looked_at_by_us(
    records: PipedriveRecords,
    world: World,
    access: Access,
    since: date | None,
    until: date | None,
    kinds: frozenset[str],
) -> None:
    selection = Filtered("everyone", kinds=kinds, since=since, until=until)

    found = await walk(records, access, "activity", selection)

    low, high = (day and day.isoformat() for day in (since, until))
    assert {record.record_id for record in found} == {
        row["id"]
        for row in rows(world, "activity")
        if (not kinds or row["type"] in kinds)
        and (low is None or row["due_date"] >= low)
        and (high is None or row["due_date"] <= high)
    }


async def test_a_list_of_some_days_ends_where_they_end(
    records: PipedriveRecords, world: World, access: Access
) -> None:
    late = Filtered("everyone", since=FIRST + timedelta(57))

    await walk(records, access, "activity", late)

    assert len(world.calls) == 1  # of ten pages
    assert world.calls[0].query["sort_by"] == "due_date"
