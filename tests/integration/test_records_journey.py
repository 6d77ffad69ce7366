"""From ticked records to explained texts: one per person, whatever led to them, whatever stops."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import psycopg
import pytest

from tests.line import REP, Line, a_line
from web import words
from workers.domain.action import Filtered, LinkAction
from workers.domain.batch import Phase, phase, waiting
from workers.domain.delivery import State
from workers.ports.reading import BatchView
from workers.stages.accept import accept
from workers.stages.confirm import confirm

pytestmark = pytest.mark.anyio

TEXTS = {
    "deal": ("About “{{ deal.title }}”: we open at nine.", "About “"),
    "organization": ("{{ organization.name }}: we open at nine.", " OÜ: we"),
    "activity": ("{{ activity.subject }} is at nine.", " is at nine."),
}


def is_draft(view: BatchView) -> bool:
    return phase(view.life, view.counts, view.now) is Phase.DRAFT


def is_settled(view: BatchView) -> bool:
    return phase(view.life, view.counts, view.now) is Phase.SETTLED


def an_hour_goes_by(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE batches SET resolve_not_before = now()")
        connection.execute(
            "UPDATE pipedrive_budgets SET told_at = told_at - interval '61 minutes',"
            " asked_at = asked_at - interval '61 minutes'"
        )


async def everything(line: Line, resource: str) -> BatchView:
    action = LinkAction("sms", resource, "list", REP.company_id, REP.user_id, Filtered("everyone"))
    batch_id = await accept(line.runtime, action, key=uuid4().bytes, reusable=False)
    return await line.view(batch_id)


@pytest.mark.parametrize("resource", TEXTS)
async def test_everybody_behind_the_records_is_texted_once_or_explained(
    database_url: str, resource: str
) -> None:
    body, part = TEXTS[resource]
    async with a_line(database_url, twilio={"pace": 0.02}) as line:
        batch_id = (await everything(line, resource)).id
        draft = await line.until(batch_id, is_draft)
        ready = draft.counts[State.READY]
        assert ready > 5
        await confirm(line.runtime, draft, revision=draft.revision, body=body, people=ready)
        view = await line.until(batch_id, is_settled, seconds=40)

        assert view.total == view.counts.people == draft.counts.people
        texts = list(line.twilio.accepted)
        assert set(Counter(text["to"] for text in texts).values()) == {1}
        assert texts
        assert all(part in text["body"] for text in texts)


@pytest.mark.parametrize("resource", TEXTS)
async def test_a_budget_that_ends_half_way_loses_nobody(database_url: str, resource: str) -> None:
    async with a_line(database_url) as line:
        whole = await everything(line, resource)
        whole = await line.until(whole.id, is_draft)
        cost = line.pipedrive.tokens_used

        line.pipedrive.budget = cost // 2
        parked = await everything(line, resource)
        parked = await line.until(
            parked.id, lambda view: view.life.resolve_wait_reason == "pipedrive_budget"
        )
        assert parked.life.resolve_not_before is not None
        line.pipedrive.budget = line.pipedrive.daily_limit
        an_hour_goes_by(database_url)
        found = await line.until(parked.id, is_draft)

        assert (found.counts, found.records) == (whole.counts, whole.records)
        assert (found.contactless, found.shared) == (whole.contactless, whole.shared)


async def test_a_reserve_that_is_reached_half_way_parks_the_batch_with_words(
    database_url: str,
) -> None:
    async with a_line(database_url, people=1600) as line:
        line.pipedrive.daily_limit, line.pipedrive.budget = 1000, 125
        parked = await everything(line, "person")
        parked = await line.until(
            parked.id, lambda view: view.life.resolve_wait_reason == "pipedrive_budget"
        )
        assert parked.life.resolve_not_before is not None
        seconds = (parked.life.resolve_not_before - parked.now).total_seconds()
        assert 0 < seconds <= 3600, "asked at least hourly"
        assert line.pipedrive.budget == 105, "the reserve is left"
        assert {call.status for call in line.pipedrive.calls} == {200}
        [reason] = waiting(parked.life, parked.counts, parked.now)
        assert words.waits(reason, parked).startswith("Finding numbers continues at ")

        line.pipedrive.budget = 1000
        an_hour_goes_by(database_url)
        found = await line.until(parked.id, is_draft)

        assert (found.counts.people, found.tokens_used) == (1598, 40)


async def test_a_gates_page_stops_finding_and_tells(database_url: str) -> None:
    async with a_line(database_url) as line:
        line.pipedrive.fail_next("/api/v2/", 403, times=99, body="<html>Cloudflare</html>")
        parked = await everything(line, "person")
        parked = await line.until(parked.id, lambda view: view.life.resolve_wait_reason is not None)
        again = await everything(line, "person")
        again = await line.until(again.id, lambda view: view.life.resolve_wait_reason is not None)

        [reason] = waiting(parked.life, parked.counts, parked.now)
        assert "continues at" in words.waits(reason, parked)
        assert len([call for call in line.pipedrive.calls if call.status == 403]) == 1
