"""From ticked deals, organizations and activities to the people behind them, on real parts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import date, timedelta

import pytest

from tests.contract.pipedrive_served import a_pipedrive
from tests.line import REP
from tests.records_desk import (
    FILTERS,
    PEOPLE,
    SHELVES,
    By,
    RecordsDesk,
    a_records_desk,
    listed,
    rows,
    said,
)
from tests.simulators.pipedrive_world import World
from workers.domain.action import Chosen, Filtered
from workers.domain.delivery import State
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio

RESOURCES = pytest.mark.parametrize("resource", SHELVES)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    with a_pipedrive(people=PEOPLE) as served:
        yield served


@pytest.fixture
async def desk(served: tuple[World, str], module_database_url: str) -> AsyncIterator[RecordsDesk]:
    async with a_records_desk(served, module_database_url, max_drafts_a_minute=10_000) as desk:
        yield desk


# ---------------------------------------------------------------- every way to select


@RESOURCES
@pytest.mark.parametrize("by", ["filter", "owner", "everyone"])
@pytest.mark.parametrize("is_minus", [False, True], ids=["all", "minus some"])
async def test_a_select_all_becomes_exactly_the_people_behind_it(
    desk: RecordsDesk, resource: str, by: By, is_minus: bool
) -> None:
    records = listed(desk.world, resource, by)
    assert len(records) > 3
    excluded = {row["id"] for row in records[::4]} if is_minus else set()
    number = {"filter": FILTERS[resource], "owner": REP.user_id, "everyone": None}[by]

    found = await desk.find(resource, Filtered(by, number, frozenset(excluded)))

    said(found, [row for row in records if row["id"] not in excluded], resource, desk.world)
    assert found.view.tokens_used == desk.world.tokens_used
    if by == "filter":
        assert found.view.source_name == desk.world.company.filters[FILTERS[resource]].name


@RESOURCES
@pytest.mark.parametrize("view", ["list", "details"])
async def test_picked_records_become_exactly_the_people_behind_them(
    desk: RecordsDesk, resource: str, view: str
) -> None:
    records = rows(desk.world, resource)
    records = records[:1] if view == "details" else records[::3]
    ids = tuple(row["id"] for row in reversed(records))

    found = await desk.find(resource, Chosen(ids), view=view)

    said(found, records, resource, desk.world)
    assert found.view.tokens_used == desk.world.tokens_used


# ---------------------------------------------------------------- what it costs


async def test_the_contacts_of_a_hundred_deals_cost_twenty_tokens(desk: RecordsDesk) -> None:
    found = await desk.find("deal", Chosen(tuple(range(1, 101))))

    assert len(found.people) > 50
    assert found.view.tokens_used == desk.world.tokens_used <= 20


async def test_a_few_organizations_are_asked_each(desk: RecordsDesk) -> None:
    found = await desk.find("organization", Chosen((1, 2, 3)))

    assert found.view.tokens_used == desk.world.tokens_used == 3 * 10 + 10


async def test_many_organizations_of_a_small_company_cost_its_people_once(
    desk: RecordsDesk,
) -> None:
    found = await desk.find("organization", Chosen(tuple(range(1, 31))))

    assert len(found.people) > 10
    assert found.view.tokens_used == desk.world.tokens_used == 10 + 10


# ---------------------------------------------------------------- several records, one person


async def test_whom_two_deals_lead_to_gets_one_text_with_the_first_ones_title(
    desk: RecordsDesk,
) -> None:
    deals = desk.world.company.deals
    assert deals[7]["person_id"] == deals[8]["person_id"] == 7

    found = await desk.find("deal", Chosen((8, 7, 10)))

    samples = await desk.runtime.rows.samples(found.view.id)
    titles = {row.person_id: fields["deal"]["title"] for row, fields in samples}
    assert titles == {7: deals[8]["title"]}
    assert found.nobody == {deals[10]["title"]: "no_contact"}
    view = found.view
    assert (view.records, view.contactless, view.shared, view.total) == (3, 1, 1, 2)


async def test_whom_an_earlier_step_found_is_neither_read_nor_counted_again(
    desk: RecordsDesk,
) -> None:
    """101 deals are two steps; the last one's contact is the first one's."""
    deals = desk.world.company.deals
    deals[101] = {**deals[1], "id": 101, "title": "Once more"}
    found = await desk.find("deal", Chosen(tuple(range(1, 102))))
    del deals[101]

    shared = sum(1 for at in range(8, 101, 8) if at % 10) + 1
    assert (found.view.records, found.view.shared) == (101, shared)
    assert found.view.tokens_used == desk.world.tokens_used == 30
    samples = await desk.runtime.rows.samples(found.view.id)
    titles = {row.person_id: fields["deal"]["title"] for row, fields in samples}
    assert titles[1] == deals[1]["title"]


async def test_a_record_that_is_gone_is_a_row_of_its_own(desk: RecordsDesk) -> None:
    found = await desk.find("deal", Chosen((1, 99_999)))

    assert found.nobody == {"Deal 99999": "gone"}
    assert (found.view.missing, found.view.total) == (1, 2)


async def test_a_contact_whom_the_rep_cannot_see_is_named_by_the_deal(desk: RecordsDesk) -> None:
    found = await desk.find("deal", Chosen((59,)))

    page, _ = await desk.runtime.rows.page(found.view.id)
    row = page[0]
    title = desk.world.company.deals[59]["title"]
    assert (row.person_id, row.name, row.state, row.reason) == (59, title, State.SKIPPED, "gone")


async def test_texts_may_name_the_organization_and_the_activity(desk: RecordsDesk) -> None:
    organization = await desk.find("organization", Chosen((1,)))
    activity = await desk.find("activity", Chosen((4,)))

    for found, group, name, told in (
        (organization, "organization", "name", "Õunapuu & Pojad OÜ"),
        (activity, "activity", "subject", desk.world.company.activities[4]["subject"]),
    ):
        samples = await desk.runtime.rows.samples(found.view.id)
        assert {fields[group][name] for _, fields in samples} == {told}


async def test_a_list_of_activities_keeps_to_its_kinds_and_days(desk: RecordsDesk) -> None:
    first = date(2024, 7, 10)
    kinds, until = frozenset({"lunch", "call"}), first + timedelta(20)

    found = await desk.find("activity", Filtered("everyone", kinds=kinds, since=first, until=until))

    wanted = [
        row
        for row in rows(desk.world, "activity")
        if row["type"] in kinds and first.isoformat() <= row["due_date"] <= until.isoformat()
    ]
    said(found, wanted, "activity", desk.world)


# ---------------------------------------------------------------- interrupted, refused


def after_one_step() -> Callable[[], bool]:
    turns = iter([False, True])
    return lambda: next(turns)


@pytest.mark.parametrize("resource", ["deal", "organization", "activity"])
@pytest.mark.parametrize("is_picked", [True, False], ids=["picked", "everyone"])
async def test_a_worker_that_stops_after_every_step_loses_and_doubles_nobody(
    desk: RecordsDesk, resource: str, is_picked: bool
) -> None:
    records = rows(desk.world, resource) if is_picked else listed(desk.world, resource, "everyone")
    ids = tuple(row["id"] for row in records)
    batch_id = await desk.clicked(resource, Chosen(ids) if is_picked else Filtered("everyone"))

    for _ in range(200):
        await resolve(desk.runtime, batch_id, stop=after_one_step())
        view = await desk.runtime.batches.view(batch_id)
        if view and view.life.resolved_at:
            break

    said(await desk.found(batch_id), records, resource, desk.world)


@pytest.mark.parametrize(
    ("resource", "filter_id", "reason"),
    [
        ("deal", 11, "pipedrive_filter_type"),
        ("person", 21, "pipedrive_filter_type"),
        ("activity", 4_711, "pipedrive_filter_gone"),
    ],
)
async def test_a_filter_that_does_not_fit_reads_nobody(
    desk: RecordsDesk, resource: str, filter_id: int, reason: str
) -> None:
    found = await desk.find(resource, Filtered("filter", filter_id))

    assert found.view.life.refused_reason == reason
    assert found.people == set()
    assert desk.world.tokens_used <= 2


async def test_a_right_that_the_app_was_not_given_is_said(desk: RecordsDesk) -> None:
    everything, desk.world.scope = desk.world.scope, "base,contacts:read"
    found = await desk.find("deal", Chosen((1,)))
    desk.world.scope = everything

    assert found.view.life.refused_reason == "pipedrive_scope"
