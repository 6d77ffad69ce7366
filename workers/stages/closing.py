"""Which opt-out line a draft is offered, and whether so many people expect one."""

from __future__ import annotations

from dataclasses import dataclass

from workers.domain.action import Chosen
from workers.domain.closing import closing_line, has_closing, with_closing, without_closing
from workers.domain.delivery import State
from workers.domain.text import clean_body
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages.estimate import pool_known
from workers.stages.write import replace_text


@dataclass(frozen=True, slots=True)
class Offer:
    """`is_due`: the text goes to more people than the company's rule lets go without the line."""

    line: str = ""
    above: int = 0
    is_due: bool = False


async def offered(runtime: Runtime, view: BatchView) -> Offer:
    """Nothing without an account, or where nobody can answer and the company has no address."""
    account = await runtime.accounts.of(view.company_id)
    if account is None:
        return Offer()
    rules = await runtime.companies.rules(view.company_id)
    pool = await pool_known(runtime, view.company_id, account)
    line = closing_line(pool, rules.opt_out_address)
    return Offer(line, rules.opt_out_above, bool(line) and _is_more(view, rules.opt_out_above))


async def toggle(runtime: Runtime, view: BatchView, *, revision: int, typed: str) -> None:
    """Puts the line under the text, or takes it off again."""
    line, typed = (await offered(runtime, view)).line, clean_body(typed)
    change = without_closing if has_closing(typed, line) else with_closing
    await replace_text(runtime, view, revision=revision, typed=typed, body=change(typed, line))


def _is_more(view: BatchView, above: int) -> bool:
    """By the people to be texted; while they are found, by those selected, and a filter may be big."""
    if view.life.resolved_at is not None:
        return view.counts[State.READY] > above
    if view.total is not None:
        return view.total > above
    return not isinstance(view.selection, Chosen) or len(view.selection.ids) > above
