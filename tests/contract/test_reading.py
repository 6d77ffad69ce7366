"""Every way to select, read alike by the adapters on a served Pipedrive and by the fakes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.contract.pipedrive_served import a_pipedrive, as_new, settings_for
from tests.contract.reading import ME, Known, Reading, by_fake, by_simulator, clicked, known_of
from tests.records_desk import FILTERS, SHELVES, By, behind, listed, rows
from tests.simulators.pipedrive_world import World
from workers.domain.errors import BadRequest, Rejected
from workers.domain.selection import Chosen, Filtered
from workers.providers.pipedrive_http import make_http

pytestmark = pytest.mark.anyio

RESOURCES = pytest.mark.parametrize("resource", SHELVES)
LISTS = pytest.mark.parametrize("by", ["filter", "owner", "everyone"])
EXCLUDED = pytest.mark.parametrize("is_minus", [False, True], ids=["all", "minus some"])
EVERYONE = Filtered("everyone")


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    with a_pipedrive(people=1_300) as served:
        yield served


@pytest.fixture(scope="module")
def known(served: tuple[World, str]) -> Known:
    return known_of(served[0])


@pytest.fixture(params=["simulator", "fake"])
async def reading(
    request: pytest.FixtureRequest, served: tuple[World, str], known: Known
) -> AsyncIterator[Reading]:
    world, url = as_new(served[0]), served[1]
    if request.param == "fake":
        yield by_fake(world, known)
    else:
        async with make_http(settings_for(url)) as http:
            yield by_simulator(world, url, http)


def said_by(resource: str, by: By) -> dict[str, Any]:
    """The `filter` of the link."""
    also = {"activity_type": ""} if resource == "activity" else {}
    chosen = {"filter": {"filter_id": FILTERS[resource]}, "owner": {"user_id": ME}}
    return {**chosen.get(by, {"everyone": 1}), **also}


# ---------------------------------------------------------------- every way to select


@RESOURCES
@LISTS
@EXCLUDED
async def test_a_select_all_of_a_list_is_exactly_what_pipedrive_shows(
    reading: Reading, resource: str, by: By, is_minus: bool
) -> None:
    shown = {row["id"] for row in listed(reading.world, resource, by)}
    excluded = set(sorted(shown)[::5]) if is_minus else set()
    action = clicked(
        reading.world, resource, excluded=sorted(excluded), filter=said_by(resource, by)
    )

    found = await reading.read(resource, action.selection)

    assert len(shown) > 5
    assert sorted(found) == sorted(shown - excluded), "each once"


@RESOURCES
@LISTS
@EXCLUDED
async def test_a_details_page_has_no_select_all_and_says_so(
    reading: Reading, resource: str, by: By, is_minus: bool
) -> None:
    link = {"view": "details", "filter": said_by(resource, by), "excluded": [1] * is_minus}
    with pytest.raises(BadRequest) as refused:
        clicked(reading.world, resource, **link)
    assert refused.value.reason == "nothing_selected"
    assert refused.value.title == "Nobody is selected."


@RESOURCES
@EXCLUDED
async def test_ticked_ones_are_read_in_their_order_whatever_is_unticked(
    reading: Reading, resource: str, is_minus: bool
) -> None:
    there = [row["id"] for row in rows(reading.world, resource)][:230:2]
    picked = [*reversed(there), 9_999_999]
    action = clicked(reading.world, resource, selected_ids=picked, excluded=there[:3] * is_minus)

    assert await reading.read(resource, action.selection) == picked[:-1]


@RESOURCES
@EXCLUDED
async def test_the_one_of_a_details_page_is_read(
    reading: Reading, resource: str, is_minus: bool
) -> None:
    link: dict[str, Any] = {"view": "details", "excluded": [5] * is_minus}
    action = clicked(reading.world, resource, selected_ids=[5], **link)

    assert await reading.read(resource, action.selection) == [5]


# ---------------------------------------------------------------- what lists say beside


@pytest.mark.parametrize("kinds", [frozenset(), frozenset({"lunch", "call"})], ids=["all", "two"])
@pytest.mark.parametrize(("since", "until"), [(9, 30), (50, None), (None, 4), (9, 8)])
async def test_activities_keep_to_kinds_and_days(
    reading: Reading, kinds: frozenset[str], since: int | None, until: int | None
) -> None:
    days = [None if one is None else date(2024, 7, 1) + timedelta(one) for one in (since, until)]

    found = await reading.read(
        "activity", Filtered("everyone", kinds=kinds, since=days[0], until=days[1])
    )

    low, high = (day and day.isoformat() for day in days)
    assert sorted(found) == [
        row["id"]
        for row in rows(reading.world, "activity")
        if (not kinds or row["type"] in kinds)
        and (low is None or row["due_date"] >= low)
        and (high is None or row["due_date"] <= high)
    ]


@pytest.mark.parametrize("selection", [EVERYONE, Filtered("owner", ME, frozenset({2, 7, 22}))])
async def test_the_won_and_lost_are_counted_and_may_be_taken_in(
    reading: Reading, selection: Filtered
) -> None:
    deals = [
        row
        for row in rows(reading.world, "deal")
        if selection.by == "everyone" or row["owner_id"] == ME
    ]
    left_out = [
        row["status"]
        for row in deals
        if row["status"] != "open" and row["id"] not in selection.excluded
    ]
    closed = await reading.records.closed_deals(reading.access, selection)
    if not closed.more:
        assert (closed.won, closed.lost) == (left_out.count("won"), left_out.count("lost"))
    else:
        assert 0 < closed.won + closed.lost < len(left_out)

    everything = Filtered(selection.by, selection.id, selection.excluded, closed_too=True)
    found = await reading.read("deal", everything)
    assert set(found) == {row["id"] for row in deals} - selection.excluded


@pytest.mark.parametrize("resource", ["deal", "organization"])
async def test_everybody_of_a_record_is_there_once(reading: Reading, resource: str) -> None:
    for row in rows(reading.world, resource)[:8]:
        people, cursor = [], None
        while True:
            page = await reading.records.people_of(reading.access, resource, row["id"], cursor)
            people += [person.person_id for person in page.people]
            if (cursor := page.next_cursor) is None:
                break
        there = behind(reading.world, resource, row) | set(row.get("_participants", ()))
        assert people == sorted(there & {one["id"] for one in rows(reading.world, "person")})


@RESOURCES
async def test_a_saved_filter_is_known_by_name_to_its_own_records_only(
    reading: Reading, resource: str
) -> None:
    number = FILTERS[resource]
    name = reading.world.company.filters[number].name
    assert await reading.records.filter_name(reading.access, resource, number) == name
    for other in SHELVES.keys() - {resource}:
        with pytest.raises(Rejected) as refused:
            await reading.records.filter_name(reading.access, other, number)
        assert refused.value.code == "filter_type"
    with pytest.raises(Rejected) as gone:
        await reading.records.filter_name(reading.access, resource, 4_711)
    assert gone.value.code == "filter_gone"


# ---------------------------------------------------------------- while pages are turned


TURNS = pytest.mark.parametrize("turn", [Reading.oldest_first, Reading.newest_first])


@TURNS
async def test_who_is_deleted_or_merged_between_two_pages_pushes_nobody_out(
    reading: Reading, turn: Any
) -> None:
    """Somebody of the page that was read goes, and somebody of each page that follows."""
    before = {row["id"]: row for row in rows(reading.world, "person")}
    first, cursor = await turn(reading, None)
    gone = {first[3], 650, 651}
    for one in gone:
        reading.forget(one)
    found = list(first)
    while cursor is not None:
        more, cursor = await turn(reading, cursor)
        found += more
    for one in gone:
        reading.world.people[one] = before[one]

    assert len(found) == len(set(found)), "each once"
    assert set(found) == before.keys() - {650, 651}
    assert found == sorted(found, reverse=turn is Reading.newest_first)


@TURNS
async def test_who_is_added_while_pages_are_turned_doubles_nobody(
    reading: Reading, turn: Any
) -> None:
    before = {row["id"] for row in rows(reading.world, "person")}
    found, cursor = await turn(reading, None)
    reading.add(5_000)
    while cursor is not None:
        more, cursor = await turn(reading, cursor)
        found += more
    reading.forget(5_000)

    assert len(found) == len(set(found))
    assert before <= set(found) <= before | {5_000}


async def test_a_page_that_is_read_twice_is_the_same_page(reading: Reading) -> None:
    first, cursor = await reading.oldest_first(None)
    again, _ = await reading.oldest_first(None)
    second, _ = await reading.oldest_first(cursor)
    repeated, _ = await reading.oldest_first(cursor)

    assert (first, second) == (again, repeated)
    assert not set(first) & set(second)


async def test_whoever_is_picked_twice_is_read_once(reading: Reading) -> None:
    assert await reading.read("person", Chosen((9, 5, 9))) == [9, 5]
    for resource in ("deal", "organization", "activity"):
        assert await reading.read(resource, Chosen((9, 5, 9))) == [9, 5]
