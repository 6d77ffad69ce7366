"""Reading people, against the simulated Pipedrive over a real socket."""

from __future__ import annotations

import pytest

from tests.simulators.pipedrive_world import World
from workers.domain.action import Chosen, Filtered
from workers.domain.errors import Misconfigured, Rejected
from workers.ports.outside import Access, Person, PhoneEntry
from workers.providers.pipedrive import PipedrivePeople

pytestmark = pytest.mark.anyio

EVERYONE = Filtered("everyone")
PERSONS = "/api/v2/persons"


async def walk(people: PipedrivePeople, access: Access, selection: Filtered) -> list[Person]:
    """Everybody of a select-all, page by page."""
    found: list[Person] = []
    cursor = None
    while True:
        page = await people.by_filter(access, selection, cursor)
        found += page.people
        if (cursor := page.next_cursor) is None:
            return found


# ---------------------------------------------------------------- picked by hand


async def test_a_name_that_no_database_can_keep_is_cleaned(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    added = world.add_person(name="Nul\x00 Ned", first_name="Nul\x00", last_name="Ned")
    page = await people.by_ids(access, [added["id"]])
    assert [person.name for person in page.people] == ["Nul Ned"]
    del world.people[added["id"]]  # the tests of this module share their world


async def test_a_person_comes_with_names_and_phone_fields_as_typed(
    people: PipedrivePeople, access: Access
) -> None:
    page = await people.by_ids(access, [38])
    assert page.people == (
        Person(
            person_id=38,
            name="Three-phones Tiina",
            first_name="Three-phones",
            last_name="Tiina",
            org_id=page.people[0].org_id,
            phones=(
                PhoneEntry("612 3438", "work", primary=True),
                PhoneEntry("5612 0038", "home"),
                PhoneEntry("5612 0039", "mobile"),
            ),
        ),
    )
    assert page.next_cursor is None


async def test_a_thousand_picked_people_cost_ten_calls_and_a_hundred_tokens(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    for start in range(101, 1101, 100):
        page = await people.by_ids(access, range(start, start + 100))
        assert len(page.people) == 100
    assert len(world.calls) == 10
    assert world.tokens_used == 100


async def test_people_come_in_the_order_they_were_picked_and_once(
    people: PipedrivePeople, access: Access
) -> None:
    page = await people.by_ids(access, [61, 9, 70, 9])
    assert [person.person_id for person in page.people] == [61, 9, 70]


async def test_deleted_hidden_and_unknown_people_are_missing(
    people: PipedrivePeople, access: Access
) -> None:
    page = await people.by_ids(access, [57, 58, 59, 60, 99_999_999])
    assert [person.person_id for person in page.people] == [57, 60]


async def test_a_deleted_person_in_an_answer_is_dropped(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    rows = [{"id": 1, "is_deleted": True}, {"id": 2, "is_deleted": False}]
    world.fail_next(PERSONS, 200, body={"success": True, "data": rows})
    page = await people.by_ids(access, [1, 2])
    assert [person.person_id for person in page.people] == [2]


async def test_nobody_picked_costs_nothing(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    assert (await people.by_ids(access, [])).people == ()
    assert world.calls == []


async def test_more_than_a_hundred_ids_are_a_mistake_of_ours(
    people: PipedrivePeople, access: Access
) -> None:
    with pytest.raises(ValueError, match="100"):
        await people.by_ids(access, range(101))


async def test_everything_but_the_id_may_be_missing_or_null(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    rows = [
        {"id": 1},
        {"id": 2, "name": None, "first_name": "Zoë", "last_name": None, "phones": None},
        {
            "id": 3,
            "phones": [{"value": ""}, {"value": None}, {}, None, {"value": " 5 ", "label": None}],
        },
    ]
    world.fail_next(PERSONS, 200, body={"success": True, "data": rows})
    page = await people.by_ids(access, [1, 2, 3])
    assert page.people == (
        Person(1),
        Person(2, name="Zoë", first_name="Zoë"),
        Person(3, phones=(PhoneEntry("5"),)),
    )


# ---------------------------------------------------------------- select-all


async def test_ten_thousand_people_by_filter_cost_twenty_calls(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    found = await walk(people, access, EVERYONE)
    ids = [person.person_id for person in found]
    assert ids == [i for i in range(1, 10_001) if i not in {58, 59}]
    assert len(world.calls) == 20
    assert world.tokens_used == 200


async def test_every_page_is_as_long_as_it_may_be_and_in_id_order(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    await walk(people, access, Filtered("owner", 9))
    order = {"limit": "500", "sort_by": "id", "sort_direction": "asc", "owner_id": "9"}
    assert [{**call.query, "cursor": ""} for call in world.calls] == [
        {**order, "cursor": ""} for _ in world.calls
    ]
    assert len({call.query.get("cursor") for call in world.calls}) == len(world.calls) == 4


async def test_a_saved_filter_finds_exactly_its_people(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    found = await walk(people, access, Filtered("filter", 14))
    odd = [i for i in world.people.ids() if world.people.peek(i)["_odd"]]  # type: ignore[index]  # they are there
    assert [person.person_id for person in found] == [i for i in odd if i not in {58, 59}]


async def test_an_owners_people_are_that_owners(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    found = await walk(people, access, Filtered("owner", 8))
    assert len(found) > 1000
    assert {world.people.peek(p.person_id)["owner_id"] for p in found} == {8}  # type: ignore[index]  # they are there


async def test_excluded_people_are_left_out_and_nobody_else(
    people: PipedrivePeople, access: Access
) -> None:
    everybody = {p.person_id for p in await walk(people, access, Filtered("filter", 13))}
    excluded = frozenset(sorted(everybody)[::3]) | {99_999}
    rest = await walk(people, access, Filtered("filter", 13, excluded))
    assert {p.person_id for p in rest} == everybody - excluded


async def test_an_empty_page_is_not_the_last(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    world.empty_pages = 1
    assert len(await walk(people, access, Filtered("filter", 14))) > 10


async def test_a_filter_that_matches_nobody_is_one_empty_page(
    people: PipedrivePeople, access: Access
) -> None:
    page = await people.by_filter(access, Filtered("filter", 15), None)
    assert (page.people, page.next_cursor) == ((), None)


async def test_a_list_that_leads_back_to_the_same_page_ends(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    body = {"success": True, "data": [], "additional_data": {"next_cursor": "same"}}
    world.fail_next(PERSONS, 200, body=body)
    with pytest.raises(Misconfigured) as circle:
        await people.by_filter(access, EVERYONE, "same")
    assert circle.value.code == "cursor"


async def test_a_filter_that_is_gone_is_a_no_for_good(
    people: PipedrivePeople, access: Access
) -> None:
    with pytest.raises(Rejected) as gone:
        await people.by_filter(access, Filtered("filter", 4711), None)
    assert gone.value.code == "404"


async def test_picked_people_are_not_read_as_a_filter(
    people: PipedrivePeople, access: Access
) -> None:
    with pytest.raises(TypeError):
        await people.by_filter(access, Chosen((1,)), None)


async def test_organizations_are_named_when_asked(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    names = await people.organization_names(access, [*range(1, 151), 1, 99_999])
    assert len(names) == 150
    assert names[1] == "Õunapuu & Pojad OÜ"
    assert len(world.calls) == 2
