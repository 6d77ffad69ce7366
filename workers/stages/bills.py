"""Reads what a batch's texts did cost, once it has settled: Twilio's list, never a request a person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from workers.domain.bill import Trouble, is_quiet, look_again, next_look, not_quiet_until
from workers.domain.errors import Misconfigured, ProviderError, Rejected, Throttled
from workers.ports.bills import Due, Unpriced
from workers.ports.outside import Account
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime

#: Pages of one account in a round: a million texts. Whoever sends more reads Twilio's bill.
PAGES = 1_000
SOON = timedelta(minutes=1)
#: A login that was refused is not mended within minutes.
LATER = timedelta(hours=1)

Failed = tuple[timedelta, Trouble]  # asked again after this, and why
Stop = Callable[[], bool]


async def read_bills(runtime: Runtime, *, stop: Stop = lambda: False) -> int:
    """One round over the batches that are due; returns how many."""
    await runtime.bills.open_new()
    due = await runtime.bills.due()
    quiet = [one for one in due if await _is_quiet(runtime, one)]
    failed: dict[UUID, Failed] = {}
    for unpriced in await _unpriced(runtime, quiet):
        failure = await _read(runtime, unpriced, stop)
        if failure is not None:
            failed |= dict.fromkeys(unpriced.batch_ids, failure)
    # What moves after these views were read opens the bill again.
    views = [(one, await runtime.batches.view(one.batch_id)) for one in quiet]
    left = await _unpriced(runtime, quiet)
    missing = {batch_id for unpriced in left for batch_id in unpriced.batch_ids}
    for one, view in views:
        if view is not None:
            await _plan(runtime, one, view, missing, failed.get(one.batch_id))
    return len(due)


async def _is_quiet(runtime: Runtime, due: Due) -> bool:
    """Whether its prices are asked for now; else it is noted when to look again."""
    view = await runtime.batches.view(due.batch_id)
    if view is None:  # the company was forgotten
        return False
    quiet = is_quiet(view.life, view.counts, view.now, opened_at=due.opened_at)
    if quiet and due.settled_at is not None:
        return True
    plan, settled_at = runtime.settings.price_looks, view.now if quiet else None
    if settled_at is not None:  # no price is there yet
        next_at = next_look(view.now, settled_at=settled_at, plan=plan)
    else:
        next_at = not_quiet_until(view.now, opened_at=due.opened_at)
    await runtime.bills.plan(due, seq=view.seq, settled_at=settled_at, next_at=next_at)
    return False


async def _unpriced(runtime: Runtime, quiet: Sequence[Due]) -> Sequence[Unpriced]:
    return await runtime.bills.unpriced([due.batch_id for due in quiet]) if quiet else ()


async def _read(runtime: Runtime, unpriced: Unpriced, stop: Stop) -> Failed | None:
    """Page by page until every price is there; what was read is kept, whatever comes after it."""
    account = await runtime.accounts.made_with(
        unpriced.company_id, account_sid=unpriced.account_sid, origin=unpriced.sender
    )
    if account is None:
        return LATER, "account"
    try:
        return None if await _read_pages(runtime, account, unpriced, stop) else (SOON, "")
    except Throttled as error:
        return max(SOON, timedelta(seconds=error.after)), ""
    except (Misconfigured, Rejected):
        return LATER, "login"
    except ProviderError:
        return SOON, ""


async def _read_pages(runtime: Runtime, account: Account, unpriced: Unpriced, stop: Stop) -> bool:
    """Whether the list was read to its end, or as far as there was something to find."""
    cursor, missing = None, unpriced.texts
    for _ in range(PAGES):
        if stop():
            return False
        page = await runtime.charge_reader.page(
            account, first_day=unpriced.first_day, last_day=unpriced.last_day, cursor=cursor
        )
        kept = await runtime.bills.keep(account.account_sid, page.charges)
        missing -= sum(batch_id in unpriced.batch_ids for batch_id in kept)
        cursor = page.next_cursor
        if missing <= 0 or cursor is None:
            return True
    return False


async def _plan(
    runtime: Runtime, due: Due, view: BatchView, missing: Collection[UUID], failed: Failed | None
) -> None:
    assert due.settled_at is not None, "only settled batches are asked about"
    times: dict[str, Any] = {"settled_at": due.settled_at, "plan": runtime.settings.price_looks}
    next_at, trouble = None, failed[1] if failed else ""
    if due.batch_id not in missing:
        trouble = ""
    elif failed is not None:
        next_at = look_again(view.now, wait=failed[0], **times)
    else:
        next_at = next_look(view.now, **times)
    await runtime.bills.plan(
        due, seq=view.seq, settled_at=due.settled_at, next_at=next_at, trouble=trouble
    )
