"""The switch from the contacts of deals to everybody on them, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import uuid_utils.compat as ids

from tests.desk import PROGRAM, Desk, a_desk
from tests.line import REP, Line, a_line
from tests.office import an_office
from workers.domain.action import Chosen, LinkAction
from workers.ports.reading import BatchView
from workers.stages.accept import accept
from workers.stages.resolve import resolve

pytestmark = pytest.mark.anyio

TEXT = "About {{ deal.title }}"


@pytest.fixture
async def line(database_url: str) -> AsyncIterator[Line]:
    async with a_line(database_url) as line:
        yield line


async def a_draft(line: Line, resource: str = "deal", *ids: int) -> BatchView:
    action = LinkAction("sms", resource, "list", REP.company_id, REP.user_id, Chosen(ids))
    batch_id = await accept(line.runtime, action, key=b"key of the click", reusable=False)
    await resolve(line.runtime, batch_id)
    return await line.until(batch_id, lambda view: view.life.resolved_at is not None)


async def choose(desk: Desk, view: BatchView, choice: str, **given: object) -> BatchView:
    """What the page's button posts, and the people found then."""
    form = {"revision": view.revision, "body": TEXT, "whole_deals": choice, **given}
    answer = await desk.post(f"/batches/{view.id}/draft", PROGRAM, **form)
    assert answer.status_code == 202, answer.text
    await resolve(desk.line.runtime, view.id)
    return await desk.line.until(view.id, lambda view: view.life.resolved_at is not None)


async def people(line: Line, batch_id: UUID) -> set[int | None]:
    rows, _ = await line.runtime.rows.page(batch_id)
    return {row.person_id for row in rows}


async def test_everyone_on_the_deals_and_back_to_their_contacts(line: Line) -> None:
    view = await a_draft(line, "deal", 5, 15, 16)
    assert await people(line, view.id) == {5, 15}
    async with a_desk(line) as desk:
        page = await desk.http.get(f"/batches/{view.id}")
        assert "Text everyone on the deals" in page.text

        whole = await choose(desk, view, "yes")
        assert await people(line, view.id) == {5, 6, 15, 16}
        assert (whole.body, whole.total, whole.records, whole.shared) == (TEXT, 4, 3, 1)
        assert whole.revision > view.revision
        page = await desk.http.get(f"/batches/{view.id}")
        assert "3 deals (everyone on them) → 4 people" in page.text

        back = await choose(desk, whole, "no")
        assert await people(line, view.id) == {5, 15}
        assert (back.total, back.records, back.shared) == (2, 3, 1)


async def test_the_same_choice_again_finds_nobody_anew(line: Line) -> None:
    view = await a_draft(line, "deal", 5)
    async with a_desk(line) as desk:
        calls = len(line.pipedrive.calls)
        again = await choose(desk, view, "no")
    assert len(line.pipedrive.calls) == calls
    assert (again.tokens_used, again.total) == (view.tokens_used, view.total)


async def test_a_choice_about_a_draft_that_has_changed_is_refused_and_keeps_the_text(
    line: Line,
) -> None:
    view = await a_draft(line, "deal", 5)
    async with a_desk(line) as desk:
        await desk.post(f"/batches/{view.id}/draft", PROGRAM, revision=view.revision, body="Newer")
        stale = {"revision": view.revision, "body": TEXT, "whole_deals": "yes"}
        answer = await desk.post(f"/batches/{view.id}/draft", PROGRAM, **stale)
    assert answer.status_code == 409
    assert (await line.view(view.id)).body == "Newer"
    assert await people(line, view.id) == {5}


@pytest.mark.parametrize("resource", ["person", "organization", "activity"])
async def test_other_records_have_no_such_choice(line: Line, resource: str) -> None:
    view = await a_draft(line, resource, 5)
    async with a_desk(line) as desk:
        chosen = await choose(desk, view, "yes")
        page = await desk.http.get(f"/batches/{view.id}")
    assert not chosen.whole_deals
    assert (chosen.total, chosen.records) == (view.total, view.records)
    assert "everyone on the deals" not in page.text


async def test_who_was_finding_people_meanwhile_writes_nothing_more(database_url: str) -> None:
    async with an_office(database_url) as office:  # where nobody else looks for work
        action = LinkAction("sms", "deal", "list", REP.company_id, REP.user_id, Chosen((5, 15)))
        batch_id = await office.batches.create(
            ids.uuid7(), action, key=b"another click", reusable_after=None
        )
        work = await office.leased(batch_id)
        view = await office.view(batch_id)

        assert await office.finding.start_over(
            batch_id, revision=view.revision, selection=view.selection, whole_deals=True
        )

        assert not await office.keep(work, cursor="end")
        assert not await office.finding.finish(work)


async def test_a_confirmed_text_keeps_its_people(line: Line) -> None:
    view = await a_draft(line, "deal", 5)
    await line.runtime.decisions.cancel(view.id, by=7)

    assert not await line.runtime.finding.start_over(
        view.id, revision=view.revision, selection=view.selection, whole_deals=True
    )
    assert await people(line, view.id) == {5}


async def test_a_company_that_texts_contacts_only_offers_nobody_else(line: Line) -> None:
    view = await a_draft(line, "deal", 5, 15)
    async with a_desk(line) as desk:
        whole = await choose(desk, view, "yes")
        await line.runtime.companies.set_ask_participants(REP.company_id, False)
        page = await desk.http.get(f"/batches/{view.id}")
        assert "Text only the deals’ contacts" in page.text, "the way back stays"
        back = await choose(desk, whole, "no")
        page = await desk.http.get(f"/batches/{view.id}")
        assert "everyone on the deals" not in page.text

        form = {"revision": back.revision, "body": TEXT, "whole_deals": "yes"}
        answer = await desk.post(f"/batches/{view.id}/draft", PROGRAM, **form)
    assert (answer.status_code, answer.json()["error"]) == (403, "contacts_only")
    assert await people(line, view.id) == {5, 15}
