"""What finding people costs of the company's daily tokens, as README says."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.line import REP, Line, a_line
from workers.domain.action import Chosen, Filtered, LinkAction, Selection
from workers.ports.reading import BatchView
from workers.stages.accept import accept

pytestmark = pytest.mark.anyio


async def found(line: Line, resource: str, selection: Selection) -> BatchView:
    action = LinkAction("sms", resource, "list", REP.company_id, REP.user_id, selection)
    batch_id = await accept(line.runtime, action, key=uuid4().bytes, reusable=False)
    return await line.until(batch_id, lambda view: view.life.resolved_at, seconds=60)


async def test_ten_thousand_people_of_a_filter_cost_202_tokens(database_url: str) -> None:
    async with a_line(database_url, people=10_060) as line:
        number = line.pipedrive.add_filter(
            "Ten thousand", lambda row: row["id"] <= 10_002 and not row["is_deleted"]
        )
        view = await found(line, "person", Filtered("filter", number))

        assert view.total == 10_000
        assert view.tokens_used == line.pipedrive.tokens_used == 202
        assert view.source_name == "Ten thousand"


async def test_one_deal_costs_20_tokens_with_everyone_on_it_too(database_url: str) -> None:
    async with a_line(database_url) as line:
        view = await found(line, "deal", Chosen((5,)))
        assert view.tokens_used == 20

        before = line.pipedrive.tokens_used
        assert await line.runtime.finding.start_over(
            view.id, revision=view.revision, whole_deals=True
        )
        view = await line.until(view.id, lambda view: view.life.resolved_at, seconds=60)
        assert view.total == 2
        assert line.pipedrive.tokens_used - before == 20
