"""What Pipedrive's answers to a read mean, over a real socket."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx
import pytest

from tests.contract.pipedrive_served import access_to, settings_for
from tests.post_room import until
from tests.simulators.pipedrive_world import World
from workers.domain.errors import Misconfigured, ProviderError, Rejected, Throttled, Unavailable
from workers.ports.outside import Access
from workers.providers.pipedrive import PipedrivePeople

pytestmark = pytest.mark.anyio

PERSONS = "/api/v2/persons"


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
    hasty = PipedrivePeople(settings_for(served[1], pipedrive_timeout=1), http)
    world.delay(PERSONS, 30)
    error = await refusal(hasty, access)
    await until(lambda: bool(world.calls))  # it may be read later than we gave up
    world.delay(PERSONS, 0)
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
    world.delay(PERSONS, 30)
    asked = asyncio.gather(*[people.by_ids(access, [i]) for i in range(1, 17)])
    await until(lambda: len(world.calls) >= 8)
    await asyncio.sleep(0.2)  # in which more might come
    assert len(world.calls) == 8
    world.delay(PERSONS, 0)
    await asked
    assert len(world.calls) == 16
