"""What finding people costs of the company's daily tokens, as README says."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.line import REP, Line, a_line
from workers.domain.action import Chosen, Filtered, LinkAction, Selection
from workers.ports.outside import Tokens
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
            view.id, revision=view.revision, selection=view.selection, whole_deals=True
        )
        view = await line.until(view.id, lambda view: view.life.resolved_at, seconds=60)
        assert view.total == 2
        assert line.pipedrive.tokens_used - before == 20


async def test_a_list_of_open_deals_costs_one_call_more_for_those_it_leaves_out(
    database_url: str,
) -> None:
    async with a_line(database_url) as line:
        view = await found(line, "deal", Filtered("everyone"))

        assert view.won
        assert view.tokens_used == line.pipedrive.tokens_used == 30


async def test_calls_of_a_step_that_did_not_end_are_on_the_bill_too(database_url: str) -> None:
    """The budget ends at the third of five deals; those two are asked again later, and paid twice."""
    async with a_line(database_url) as line:
        view = await found(line, "deal", Chosen((5, 15, 20, 22, 23)))
        before = line.pipedrive.tokens_used
        line.pipedrive.daily_limit, line.pipedrive.budget = 40, 35
        assert await line.runtime.finding.start_over(
            view.id, revision=view.revision, selection=view.selection, whole_deals=True
        )
        parked = await line.until(view.id, lambda view: view.life.resolve_wait_reason)
        assert line.pipedrive.tokens_used - before == 30
        await line.until(view.id, lambda view: view.tokens_used == line.pipedrive.tokens_used)
        assert parked.life.resolve_wait_reason == "pipedrive_budget"


async def test_a_look_at_a_filter_that_is_gone_is_paid_for(database_url: str) -> None:
    async with a_line(database_url) as line:
        action = LinkAction("sms", "deal", "list", 42, 7, Filtered("filter", 4_711))
        batch_id = await accept(line.runtime, action, key=uuid4().bytes, reusable=False)
        await line.until(batch_id, lambda view: view.life.refused_reason)

        await line.until(batch_id, lambda view: view.tokens_used == 2)
        assert line.pipedrive.tokens_used == 2


async def test_a_sign_in_costs_two_and_is_counted(database_url: str) -> None:
    async with a_line(database_url) as line:
        grant = line.pipedrive.grant(42, 7)
        tokens = Tokens(grant["access_token"], grant["refresh_token"], 3600, line.site)
        before = (await line.runtime.budget.today(42)).used

        for _ in range(2):
            await line.runtime.identities.me(tokens)

        day = await line.runtime.budget.today(42)
        assert day.used - before == line.pipedrive.tokens_used == 4
        assert day.tokens_left == line.pipedrive.budget
