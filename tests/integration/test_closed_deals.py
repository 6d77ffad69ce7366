"""The switch from the open deals of a list to all of them, and how many it leaves out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.desk import BROWSER, PROGRAM, Desk, a_desk, explains
from tests.line import REP, Line, a_line
from tests.records_desk import behind, rows
from workers.domain.action import Chosen, Filtered, LinkAction, Selection
from workers.ports.reading import BatchView
from workers.stages.accept import accept
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio

TEXT = "About {{ deal.title }}"
EVERYONE = Filtered("everyone")


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with a_line(database_url) as line:
        yield line


async def a_draft(line: Line, selection: Selection, resource: str = "deal") -> BatchView:
    action = LinkAction("sms", resource, "list", REP.company_id, REP.user_id, selection)
    batch_id = await accept(line.runtime, action, key=b"key of the click", reusable=False)
    await resolve(line.runtime, batch_id)
    return await line.until(batch_id, lambda view: view.life.resolved_at is not None)


async def choose(desk: Desk, view: BatchView, choice: str) -> BatchView:
    """What the page's button posts, and the people found then."""
    form = {"revision": view.revision, "body": TEXT, "closed_deals": choice}
    answer = await desk.post(f"/batches/{view.id}/draft", PROGRAM, **form)
    assert answer.status_code == 202, answer.text
    await resolve(desk.line.runtime, view.id)
    return await desk.line.until(view.id, lambda view: view.life.resolved_at is not None)


def deals(line: Line, *status: str) -> list[dict[str, Any]]:
    return [row for row in rows(line.pipedrive, "deal") if row["status"] in status]


async def people(line: Line, view: BatchView) -> set[int]:
    found, _ = await line.runtime.rows.page(view.id, limit=1_000)
    return {row.person_id for row in found if row.person_id is not None}


def contacts(line: Line, found: list[dict[str, Any]]) -> set[int]:
    return set().union(*(behind(line.pipedrive, "deal", row) for row in found))


async def test_the_won_and_lost_are_counted_added_and_left_out_again(line: Line) -> None:
    view = await a_draft(line, EVERYONE)
    won, lost = deals(line, "won"), deals(line, "lost")
    assert (view.won, view.lost, view.more_closed) == (len(won), len(lost), False)
    assert view.tokens_used == line.pipedrive.tokens_used, "the count is paid for and said"
    async with a_desk(line) as desk:
        page = explains(await desk.get(f"/batches/{view.id}", BROWSER), 200)
        assert f"{len(won)} won and {len(lost)} lost deals are left out." in page
        assert "Text the won and lost ones too" in page

        everything = await choose(desk, view, "yes")
        assert await people(line, everything) == contacts(line, deals(line, "open", "won", "lost"))
        assert (everything.body, everything.records) == (TEXT, len(rows(line.pipedrive, "deal")))
        page = explains(await desk.get(f"/batches/{view.id}", BROWSER), 200)
        assert "Won and lost deals are in here too." in page
        assert "All deals you can see in Pipedrive, won and lost ones too" in page

        line.pipedrive.company.deals[deals(line, "open")[0]["id"]]["status"] = "won"
        back = await choose(desk, everything, "no")
        assert await people(line, back) == contacts(line, deals(line, "open"))
        assert (back.won, back.lost) == (len(won) + 1, len(lost)), "counted anew, as the list is"


async def test_without_javascript_the_switch_is_a_button_of_the_form(line: Line) -> None:
    view = await a_draft(line, EVERYONE)
    async with a_desk(line) as desk:
        form = {"revision": view.revision, "body": TEXT, "closed_deals": "yes"}
        answer = await desk.post(f"/batches/{view.id}/draft", BROWSER, **form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/batches/{view.id}")
    chosen = await line.view(view.id)
    assert isinstance(chosen.selection, Filtered)
    assert chosen.selection.closed_too


async def test_a_stale_switch_is_refused_and_keeps_the_text(line: Line) -> None:
    view = await a_draft(line, EVERYONE)
    async with a_desk(line) as desk:
        await desk.post(f"/batches/{view.id}/draft", PROGRAM, revision=view.revision, body="Newer")
        stale = {"revision": view.revision, "body": TEXT, "closed_deals": "yes"}
        answer = await desk.post(f"/batches/{view.id}/draft", BROWSER, **stale)
    page = explains(answer, 409)
    assert TEXT in page
    after = await line.view(view.id)
    assert (after.body, after.selection, after.total) == ("Newer", EVERYONE, view.total)


async def test_of_an_owners_deals_only_the_owners_are_counted_and_no_excluded_one(
    line: Line,
) -> None:
    mine = [row["id"] for row in deals(line, "won") if row["owner_id"] == 7]
    view = await a_draft(line, Filtered("owner", 7, frozenset(mine[:1])))
    lost = [row for row in deals(line, "lost") if row["owner_id"] == 7]
    assert (view.won, view.lost) == (len(mine) - 1, len(lost))


@pytest.mark.parametrize(
    ("resource", "selection"),
    [("deal", Filtered("filter", 22)), ("deal", Chosen((3, 5))), ("organization", EVERYONE)],
)
async def test_saved_filters_picked_deals_and_other_records_have_no_such_switch(
    line: Line, resource: str, selection: Selection
) -> None:
    view = await a_draft(line, selection, resource)
    async with a_desk(line) as desk:
        page = explains(await desk.get(f"/batches/{view.id}", BROWSER), 200)
        same = await choose(desk, view, "yes")
    assert view.won is None
    assert "won and lost ones" not in page
    assert (same.selection, same.total, same.records) == (selection, view.total, view.records)


async def test_who_was_finding_people_when_it_was_switched_writes_nothing_more(line: Line) -> None:
    await line.sender.drain(seconds=5)  # it would lease the batch before us now and then
    action = LinkAction("sms", "deal", "list", REP.company_id, REP.user_id, EVERYONE)
    batch_id = await accept(line.runtime, action, key=b"another click", reusable=False)
    work = await line.runtime.finding.lease(batch_id, seconds=60)
    assert work is not None
    view = await line.view(batch_id)
    assert await line.runtime.finding.start_over(
        batch_id,
        revision=view.revision,
        selection=Filtered("everyone", closed_too=True),
        whole_deals=False,
    )
    access = await line.runtime.access.get(REP.company_id, REP.user_id)
    closed = await line.runtime.records.closed_deals(access, EVERYONE)

    assert not await line.runtime.finding.count_closed(work, closed)
    assert not await line.runtime.finding.keep_page(
        work, [], next_cursor="end", tokens=10, seconds=60
    )
    await resolve(line.runtime, batch_id)
    found = await line.view(batch_id)
    assert await people(line, found) == contacts(line, deals(line, "open", "won", "lost"))


async def test_more_than_a_page_of_them_is_said_to_be_more(
    database_url: str,
) -> None:
    async with a_line(database_url, people=4_000) as line:
        view = await a_draft(line, EVERYONE)
        async with a_desk(line) as desk:
            page = explains(await desk.get(f"/batches/{view.id}", BROWSER), 200)
        counted = [call for call in line.pipedrive.calls if "won" in call.query.get("status", "")]
    assert view.more_closed
    assert "More than 500 won or lost deals are left out." in page
    assert len(counted) == 1, "one call, however many there are"
