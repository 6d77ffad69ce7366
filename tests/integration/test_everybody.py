"""Everybody at organizations, by the cheaper of two ways: each is asked, or all people are read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.contract.pipedrive_served import a_pipedrive
from tests.records_desk import Found, RecordsDesk, a_records_desk, rows
from tests.simulators.pipedrive_world import World
from workers.domain.action import Chosen, Filtered
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio

EVERYONE = Filtered("everyone")


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    with a_pipedrive(people=3_000) as served:
        yield served


@pytest.fixture
async def desk(served: tuple[World, str], module_database_url: str) -> AsyncIterator[RecordsDesk]:
    async with a_records_desk(served, module_database_url, max_drafts_a_minute=10_000) as desk:
        yield desk


def listed(desk: RecordsDesk) -> int:
    """How many organizations are still written down."""
    with psycopg.connect(desk.runtime.settings.postgres_url) as connection:
        [row] = connection.execute("SELECT count(*) FROM selected_records").fetchall()
    return int(row[0])


def people_at(world: World) -> dict[int, set[int]]:
    """The oracle: who belongs to which organization."""
    found: dict[int, set[int]] = {row["id"]: set() for row in rows(world, "organization")}
    for person in rows(world, "person"):
        if person["org_id"] in found:
            found[person["org_id"]].add(person["id"])
    return found


def said(found: Found, led_to: dict[int, set[int]]) -> None:
    """The batch holds exactly these people, and its figures add up."""
    assert found.people == set().union(*led_to.values())
    view, contactless = found.view, sum(not people for people in led_to.values())
    assert (view.records, view.contactless) == (len(led_to), contactless)
    assert (view.missing, view.shared) == (0, 0)
    assert view.total == len(found.people) + contactless
    assert set(found.nobody.values()) <= {"no_contact"}


def after_one_step() -> Callable[[], bool]:
    turns = iter([False, True])
    return lambda: next(turns)


# ---------------------------------------------------------------- which way


async def test_four_hundred_organizations_cost_the_companys_people_once(desk: RecordsDesk) -> None:
    found = await desk.find("organization", EVERYONE)

    said(found, people_at(desk.world))
    assert len(found.people) > 2_000
    assert found.view.tokens_used == desk.world.tokens_used == 10 + 6 * 10


async def test_five_of_them_are_asked_each_and_the_look_is_paid_for(desk: RecordsDesk) -> None:
    found = await desk.find("organization", Chosen((1, 2, 3, 4, 5)))

    said(found, {at: people for at, people in people_at(desk.world).items() if at <= 5})
    assert found.view.tokens_used == desk.world.tokens_used == 10 + 10 + 5 * 10


async def test_more_than_five_hundred_are_no_trouble_where_reading_everybody_is_cheap(
    desk: RecordsDesk,
) -> None:
    shelf = desk.world.company.organizations
    for at in range(401, 602):
        shelf[at] = {**shelf[1], "id": at, "name": f"Nobody's {at}"}
    ids = tuple(range(1, 602))
    found = await desk.find("organization", Chosen((*ids[::-1], 99_999)))
    led_to = people_at(desk.world)
    for at in range(401, 602):
        del shelf[at]

    view = found.view
    assert found.people == set().union(*led_to.values())
    nobodys = sum(not people for people in led_to.values())
    assert (view.records, view.contactless, view.missing) == (602, nobodys, 1)
    assert found.nobody["Nobody's 500"] == "no_contact"
    assert found.nobody["Organization 99999"] == "gone"
    assert view.tokens_used == desk.world.tokens_used == 7 * 10 + 6 * 10
    assert listed(desk) == 0


async def test_too_many_of_a_company_with_too_many_people_are_refused_at_once(
    desk: RecordsDesk,
) -> None:
    late = desk.world.add_person(id=400_000, phone="+372 5999 0001")
    for at in range(400_001, 400_600):
        desk.world.people[at] = {**late, "id": at}
    found = await desk.find("organization", Chosen(tuple(range(1, 502))))
    for at in range(400_000, 400_600):
        del desk.world.people[at]

    assert found.view.life.refused_reason == "too_many_records"
    assert found.view.tokens_used == desk.world.tokens_used == 20


# ---------------------------------------------------------------- what the people do meanwhile


async def test_their_organizations_name_is_in_the_text_and_costs_nothing_more(
    desk: RecordsDesk,
) -> None:
    found = await desk.find("organization", EVERYONE)

    samples = await desk.runtime.rows.samples(found.view.id)
    names = {row["id"]: row["name"] for row in rows(desk.world, "organization")}
    for row, fields in samples:
        person = desk.world.people.peek(row.person_id or 0)
        assert person is not None
        assert fields["organization"]["name"] == names[person["org_id"]]
    assert found.view.organizations == "read"


@pytest.mark.parametrize("is_picked", [True, False], ids=["picked", "everyone"])
async def test_a_worker_that_stops_after_every_step_loses_and_doubles_nobody(
    desk: RecordsDesk, is_picked: bool
) -> None:
    led_to = people_at(desk.world)
    ids = tuple(led_to)
    batch_id = await desk.clicked("organization", Chosen(ids) if is_picked else EVERYONE)
    for _ in range(100):
        await resolve(desk.runtime, batch_id, stop=after_one_step())
        view = await desk.runtime.batches.view(batch_id)
        if view and view.life.resolved_at:
            break

    found = await desk.found(batch_id)
    said(found, led_to)
    assert found.view.tokens_used == desk.world.tokens_used


async def test_who_is_deleted_merged_or_said_twice_between_two_pages_disturbs_nobody_else(
    desk: RecordsDesk,
) -> None:
    """The page in the middle loses a person and repeats one; the people around them stay."""
    world = desk.world
    batch_id = await desk.clicked("organization", EVERYONE)
    for _ in range(3):  # the way, the list, the newest 500
        await resolve(desk.runtime, batch_id, stop=after_one_step())
    kept = {at: world.people[at] for at in (2_400, 2_501, 2_600)}
    del world.people[2_400], world.people[2_600]  # not read yet; read already
    world.people[2_450] = {**world.people[2_450], "is_deleted": True}
    await resolve(desk.runtime, batch_id)
    found = await desk.found(batch_id)
    for at, person in kept.items():
        world.people[at] = person
    world.people[2_450]["is_deleted"] = False

    wanted = {row["id"] for row in rows(world, "person") if row["org_id"]}
    assert found.people == wanted - {2_400, 2_450}


async def test_a_page_that_says_everybody_again_counts_nobody_twice(desk: RecordsDesk) -> None:
    world = desk.world
    first: dict[str, Any] = {
        "success": True,
        "data": [
            {key: value for key, value in (world.people.peek(at) or {}).items() if key[0] != "_"}
            for at in range(3_000, 2_500, -1)
        ],
        "additional_data": {"next_cursor": "again"},
    }
    again = {**first, "additional_data": {"next_cursor": None}}
    batch_id = await desk.clicked("organization", EVERYONE)
    world.fail_next("/api/v2/persons", 200, body=first)
    world.fail_next("/api/v2/persons", 200, body=again)
    await resolve(desk.runtime, batch_id)

    found = await desk.found(batch_id)
    newest = {at for at in range(2_501, 3_001) if (world.people.peek(at) or {})["org_id"]}
    assert found.people == newest
    assert found.view.shared == 0
