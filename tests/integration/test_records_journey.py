"""From ticked records to explained texts: one per person, whatever led to them, whatever stops."""

from __future__ import annotations

from collections import Counter
from uuid import uuid4

import pytest

from tests.line import REP, Line, a_line
from workers.domain.action import Filtered, LinkAction
from workers.domain.batch import Phase, phase
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
