"""Reading people, against the simulated Pipedrive over a real socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from tests.contract.pipedrive_served import a_pipedrive, access_to, settings_for
from tests.simulators.pipedrive_world import World
from workers.domain.action import Chosen, Filtered
from workers.domain.errors import Misconfigured, ProviderError, Rejected, Throttled, Unavailable
from workers.ports.outside import Access, Person, PhoneEntry
from workers.providers.pipedrive import PipedrivePeople
from workers.providers.pipedrive_http import make_http

pytestmark = pytest.mark.anyio

EVERYONE = Filtered("everyone")
PERSONS = "/api/v2/persons"


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    with a_pipedrive(people=10_000) as served:
        yield served


@pytest.fixture
def world(served: tuple[World, str]) -> World:
    world, _ = served
    world.faults.clear()
    world.calls.clear()
    world.delays.clear()
    world.recent.clear()
    world.tokens_used, world.budget = 0, world.daily_limit
    world.empty_pages = 0
    return world


@pytest.fixture
def access(world: World) -> Access:
    return access_to(world)


@pytest.fixture
async def http(served: tuple[World, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with make_http(settings_for(served[1])) as http:
        yield http


@pytest.fixture
def people(served: tuple[World, str], http: httpx.AsyncClient) -> PipedrivePeople:
    return PipedrivePeople(settings_for(served[1]), http, clock=five_to_midnight)


def five_to_midnight() -> datetime:
    return datetime(2026, 11, 22, 23, 55, tzinfo=UTC)


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
    tokens = 0
    for start in range(101, 1101, 100):
        page = await people.by_ids(access, range(start, start + 100))
        assert len(page.people) == 100
        tokens += page.tokens
    assert len(world.calls) == 10
    assert tokens == world.tokens_used == 100


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
    assert (await people.by_ids(access, [])).tokens == 0
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
    odd = [i for i in world.people.ids() if world.people.peek(i)["_odd"]]  # type: ignore[index]
    assert [person.person_id for person in found] == [i for i in odd if i not in {58, 59}]


async def test_an_owners_people_are_that_owners(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    found = await walk(people, access, Filtered("owner", 8))
    assert len(found) > 1000
    assert {world.people.peek(p.person_id)["owner_id"] for p in found} == {8}  # type: ignore[index]


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


async def test_a_saved_filter_has_a_name(people: PipedrivePeople, access: Access) -> None:
    assert await people.filter_name(access, 11) == "Customers in Tallinn"


@pytest.mark.parametrize("status", [402, 403, 404, 410])
async def test_a_filter_that_cannot_be_read_has_none(
    people: PipedrivePeople, world: World, access: Access, status: int
) -> None:
    world.fail_next("/api/v1/filters", status)
    assert await people.filter_name(access, 11) == ""


async def test_organizations_are_named_when_asked(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    names = await people.organization_names(access, [*range(1, 151), 1, 99_999])
    assert len(names) == 150
    assert names[1] == "Õunapuu & Pojad OÜ"
    assert len(world.calls) == 2


# ---------------------------------------------------------------- what goes wrong


async def refusal(people: PipedrivePeople, access: Access) -> ProviderError:
    with pytest.raises(ProviderError) as refused:
        await people.by_ids(access, [1])
    return refused.value


async def test_an_ended_token_is_said_so_that_it_is_refreshed(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    world.expire_tokens()
    error = await refusal(people, access)
    assert (type(error), error.code) == (Misconfigured, "401")
    assert len(world.calls) == 1


@pytest.mark.parametrize(
    ("status", "body", "expected", "code"),
    [
        (400, None, Rejected, "400"),
        (402, None, Misconfigured, "402"),
        (403, None, Misconfigured, "403"),
        (403, {"success": False, "error": "Scope and URL mismatch"}, Misconfigured, "scope"),
        (403, "<html>This error is produced by Cloudflare</html>", Throttled, "403"),
        (404, None, Rejected, "404"),
        (410, None, Rejected, "410"),
        (415, None, Misconfigured, "415"),
        (422, None, Rejected, "422"),
        (302, None, Misconfigured, "302"),
        (500, None, Unavailable, "500"),
        (503, "<html>Bad gateway</html>", Unavailable, "html"),
        (200, "<html>Welcome</html>", Unavailable, "json"),
        (200, [], Unavailable, "json"),
        (200, {"success": False}, Unavailable, "500"),
        (200, {"success": False, "errorCode": 401}, Misconfigured, "401"),
        (200, {"success": True, "data": {"id": 1}}, Unavailable, "shape"),
        (200, {"success": True, "data": [{"name": "no id"}]}, Unavailable, "shape"),
    ],
)
async def test_each_answer_has_its_meaning(
    people: PipedrivePeople,
    world: World,
    access: Access,
    status: int,
    body: object,
    expected: type[ProviderError],
    code: str,
) -> None:
    world.fail_next(PERSONS, status, times=9, body=body)
    error = await refusal(people, access)
    assert (type(error), error.code) == (expected, code)


@pytest.mark.parametrize("status", [0, 500, 502])
async def test_a_hiccup_is_over_before_anybody_notices(
    people: PipedrivePeople, world: World, access: Access, status: int
) -> None:
    world.fail_next(PERSONS, status, times=2)
    assert len((await people.by_ids(access, [1])).people) == 1
    assert len(world.calls) == 3


async def test_a_fault_that_lasts_is_told_after_two_more_tries(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    world.fail_next(PERSONS, 500, times=9)
    assert isinstance(await refusal(people, access), Unavailable)
    assert len(world.calls) == 3


@pytest.mark.parametrize(
    ("status", "body"), [(403, "<html>"), (502, "<html>"), (429, None), (404, None)]
)
async def test_what_asking_again_makes_worse_is_asked_once(
    people: PipedrivePeople, world: World, access: Access, status: int, body: object
) -> None:
    world.fail_next(PERSONS, status, times=9, body=body)
    await refusal(people, access)
    assert len(world.calls) == 1


async def test_a_slow_answer_is_not_waited_for_for_ever_and_not_asked_again_at_once(
    served: tuple[World, str], world: World, access: Access, http: httpx.AsyncClient
) -> None:
    hasty = PipedrivePeople(settings_for(served[1], pipedrive_timeout=0.1), http)
    world.delay(PERSONS, 1)
    error = await refusal(hasty, access)
    assert (type(error), error.code) == (Unavailable, "timeout")
    assert len(world.calls) == 1


async def test_a_used_up_day_waits_for_the_next_utc_day(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    world.budget = 9
    error = await refusal(people, access)
    assert isinstance(error, Throttled)
    assert (error.code, error.after) == ("budget", 300)


@pytest.mark.parametrize(
    ("headers", "after"),
    [
        ({}, 2),
        ({"x-ratelimit-reset": "4"}, 4),
        ({"x-ratelimit-reset": "1795000000"}, 10),
        ({"x-ratelimit-reset": "0"}, 2),
        ({"retry-after": "37"}, 37),
        ({"retry-after": "999999"}, 3600),
        ({"retry-after": "Sun, 22 Nov 2026 23:56:00 GMT"}, 60),
        ({"retry-after": "soon"}, 2),
        ({"x-daily-ratelimit-token-remaining": "77", "x-ratelimit-reset": "3"}, 3),
        ({"x-daily-ratelimit-token-remaining": "0", "retry-after": "1"}, 300),
    ],
)
async def test_too_fast_waits_as_long_as_asked(
    people: PipedrivePeople, world: World, access: Access, headers: dict[str, str], after: float
) -> None:
    world.fail_next(PERSONS, 429, headers=headers)
    error = await refusal(people, access)
    assert isinstance(error, Throttled)
    assert error.after == after


async def test_a_maintenance_that_names_its_end_is_waited_for(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    world.fail_next(PERSONS, 503, headers={"retry-after": "120"})
    error = await refusal(people, access)
    assert isinstance(error, Throttled)
    assert (error.code, error.after) == ("503", 120)


async def test_pipedrives_reference_is_kept_for_support(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    world.fail_next(PERSONS, 403, headers={"x-correlation-id": "abc-123"})
    assert (await refusal(people, access)).request_id == "abc-123"


async def test_no_error_repeats_what_pipedrive_said_or_what_we_asked(
    people: PipedrivePeople, world: World, access: Access
) -> None:
    world.fail_next(PERSONS, 403, body={"success": False, "error": "Zoë +372 5612 0001"})
    error = await refusal(people, access)
    assert "Zoë" not in f"{error} {error!r} {error.detail}"
    assert access.access_token not in f"{error!r} {access!r}"


async def test_a_token_never_leaves_for_another_address(http: httpx.AsyncClient) -> None:
    elsewhere = Access(42, 7, "secret", "https://demo.pipedrive.com.evil.test")
    error = await refusal(PipedrivePeople(settings_for(""), http), elsewhere)
    assert (type(error), error.code) == (Misconfigured, "api_domain")


async def test_pipedrive_url_takes_every_call_whatever_the_company_says(
    people: PipedrivePeople, access: Access
) -> None:
    elsewhere = replace(access, api_domain="https://demo.pipedrive.com")
    assert len((await people.by_ids(elsewhere, [1])).people) == 1


async def test_a_person_of_another_company_stays_theirs(
    people: PipedrivePeople, world: World
) -> None:
    world.add_company(77, "Other Ltd", people=3)
    world.add_user(77, 1, "Other")
    page = await people.by_ids(access_to(world, company_id=77, user_id=1), [1, 2, 3, 4])
    assert [person.person_id for person in page.people] == [1, 2, 3]


async def test_at_most_eight_calls_are_on_the_wire(
    people: PipedrivePeople, world: World, access: Access, http: httpx.AsyncClient
) -> None:
    world.delay(PERSONS, 0.2)
    asked = asyncio.gather(*[people.by_ids(access, [i]) for i in range(1, 17)])
    await asyncio.wait([asked], timeout=0.15)
    assert len(world.calls) <= 8
    await asked
    assert len(world.calls) == 16
