"""Saved filters and rights, against the simulated Pipedrive over a real socket."""

from __future__ import annotations

import pytest

from tests.simulators.pipedrive_world import World
from workers.domain.action import Filtered
from workers.domain.errors import Misconfigured, Rejected
from workers.ports.outside import Access
from workers.providers.pipedrive_records import PipedriveRecords

pytestmark = pytest.mark.anyio

OTHERS = ("deal", "organization", "activity")


@pytest.mark.parametrize(
    ("resource", "filter_id", "name"),
    [
        ("person", 11, "Customers in Tallinn"),
        ("deal", 21, "Won deals this month"),
        ("organization", 31, "Firms to call in autumn"),
        ("activity", 41, "Lunches"),
    ],
)
async def test_a_saved_filter_of_the_right_kind_has_a_name(
    records: PipedriveRecords,
    world: World,
    access: Access,
    resource: str,
    filter_id: int,
    name: str,
) -> None:
    assert await records.filter_name(access, resource, filter_id) == name
    assert world.tokens_used == 2
    others = {"person", *OTHERS} - {resource}
    for other in others:
        with pytest.raises(Rejected) as refused:
            await records.filter_name(access, other, filter_id)
        assert refused.value.code == "filter_type"


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_filter_that_is_gone_or_somebody_elses_is_refused(
    records: PipedriveRecords, world: World, access: Access, status: int
) -> None:
    world.fail_next("/api/v1/filters", status)
    with pytest.raises(Rejected) as refused:
        await records.filter_name(access, "person", 11)
    assert refused.value.code == "filter_gone"


async def test_a_private_filter_of_a_colleague_and_a_switched_off_one_are_refused(
    records: PipedriveRecords, world: World, access: Access
) -> None:
    private = world.add_filter("Mine", lambda _: True, type="deals", private=True, user_id=9)
    off = {"success": True, "data": {"id": 11, "type": "people", "active_flag": False}}
    with pytest.raises(Rejected, match="filter_gone"):
        await records.filter_name(access, "deal", private)
    world.fail_next("/api/v1/filters", 200, body=off)
    with pytest.raises(Rejected, match="filter_gone"):
        await records.filter_name(access, "person", 11)


@pytest.mark.parametrize(("status", "code"), [(401, "401"), (402, "402")])
async def test_another_trouble_is_not_the_filters(
    records: PipedriveRecords, world: World, access: Access, status: int, code: str
) -> None:
    world.fail_next("/api/v1/filters", status)
    with pytest.raises(Misconfigured) as trouble:
        await records.filter_name(access, "person", 11)
    assert trouble.value.code == code


@pytest.mark.parametrize("resource", OTHERS)
async def test_a_right_that_the_app_lacks_is_said(
    records: PipedriveRecords, world: World, access: Access, resource: str
) -> None:
    everything, world.scope = world.scope, "base"
    with pytest.raises(Misconfigured) as refused:
        await records.by_filter(access, resource, Filtered("everyone"), None)
    world.scope = everything
    assert refused.value.code == "scope"
