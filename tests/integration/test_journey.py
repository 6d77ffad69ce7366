"""One click to sixty explained texts, on a real database and real HTTP, without any broker."""

from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

import pytest

from tests.contract.openapi_check import DESCRIPTION, assert_valid_requests
from tests.line import REP, Line, a_line
from workers.domain.action import Chosen, Filtered, LinkAction, Selection
from workers.domain.batch import Phase, phase
from workers.domain.delivery import State
from workers.ports.reading import BatchView
from workers.stages.accept import accept
from workers.stages.confirm import confirm, save_draft

TEXT = "Hello {{ person.first_name | default: 'there' }}, we open at nine."


async def a_batch(line: Line, selection: Selection, *, key: bytes | None = None) -> UUID:
    action = LinkAction("sms", "person", "list", REP.company_id, REP.user_id, selection)
    return await accept(line.runtime, action, key=key or uuid4().bytes, reusable=False)


def phase_of(view: BatchView) -> Phase:
    return phase(view.life, view.counts, view.now)


def is_draft(view: BatchView) -> bool:
    return phase_of(view) is Phase.DRAFT


def is_settled(view: BatchView) -> bool:
    return phase_of(view) is Phase.SETTLED


async def confirmed(line: Line, batch_id: UUID, body: str = TEXT) -> BatchView:
    view = await line.until(batch_id, is_draft)
    await confirm(
        line.runtime,
        view,
        revision=view.revision,
        body=body,
        people=view.counts[State.READY],
    )
    return view


@pytest.mark.anyio
async def test_everybody_in_the_demo_company_is_texted_once_or_explained(database_url: str) -> None:
    async with a_line(database_url, twilio={"pace": 0.02}) as line:
        batch_id = await a_batch(line, Filtered("everyone"))
        draft = await confirmed(line, batch_id)
        view = await line.until(batch_id, is_settled, seconds=40)

        assert view.total == view.counts.people == draft.counts.people
        assert view.counts[State.READY] == view.counts[State.SENDING] == 0
        per_number = Counter(text["to"] for text in line.twilio.accepted)
        assert set(per_number.values()) == {1}
        if DESCRIPTION.exists():
            assert_valid_requests(line.twilio.requests)


@pytest.mark.anyio
async def test_a_thousand_picked_people_cost_ten_calls(database_url: str) -> None:
    async with a_line(database_url, people=1_000) as line:
        ids = tuple(line.pipedrive.people)[:1_000]
        batch_id = await a_batch(line, Chosen(ids))
        view = await line.until(batch_id, is_draft)
        calls = line.pipedrive.calls_to("/api/v2/persons")
        assert (view.total, len(calls), view.tokens_used) == (len(ids), 10, 100)


@pytest.mark.anyio
async def test_names_of_organizations_are_read_once_a_text_asks_for_them(database_url: str) -> None:
    async with a_line(database_url) as line:
        batch_id = await a_batch(line, Filtered("everyone"))
        view = await line.until(batch_id, is_draft)
        assert line.pipedrive.calls_to("/api/v2/organizations") == []

        body = "Dear {{ organization.name | default: 'friends' }}, we open at nine."
        await save_draft(line.runtime, view, revision=view.revision, body=body)
        await line.until(batch_id, lambda view: view.organizations == "read")

        samples = await line.runtime.rows.samples(batch_id)
        names = {fields["organization"]["name"] for _, fields in samples}
        assert len(names) > 1
        assert len(line.pipedrive.calls_to("/api/v2/organizations")) == 1
