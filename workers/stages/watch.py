"""Finishes what went quiet: dead claims, silent texts, unconfirmed ones, stopped batches, lost rings."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Literal

from workers.domain.errors import ProviderError, Rejected
from workers.ports.outside import Account, Report
from workers.ports.runtime import Runtime
from workers.ports.sending import Looked
from workers.stages.confirm import move_stopped
from workers.stages.leave import forget_gone, keep_alive
from workers.stages.record import told
from workers.stages.restore import look_up_held, notice
from workers.stages.send import write_text

#: Longer than a look-up can take: a watch that died gives its looks back after this.
LEASE = timedelta(seconds=90)
Look = Literal["counted", "failed"]
LOOKS_A_ROUND = 100
AT_ONCE = 8
#: So long a login that a company let go is kept: the last receipts and look-ups come within a day.
FORMER = timedelta(days=3)
#: Prices and senders are read anew each day they are wanted; what nobody wants goes after this.
UNWANTED = timedelta(days=30)
EARLIER = timedelta(seconds=5)
LATER = timedelta(seconds=100)


async def watch(runtime: Runtime) -> int:
    """One round over everything that is due; returns how many things were done."""
    await notice(runtime)
    done = await runtime.watching.give_up_dead_claims() + await look_up_held(runtime)
    stopped = await runtime.watching.stopped()
    for batch_id in stopped:
        await move_stopped(runtime, batch_id)
    for batch_id in await runtime.finding.due():
        await runtime.bell.resolve(batch_id)
    return done + len(stopped) + await look(runtime)


async def tidy(runtime: Runtime) -> None:
    """Once in a while: what nobody can use any more goes, and what lies under an old secret moves."""
    await runtime.sessions.forget_expired()
    while await runtime.histories.forget_old():
        pass
    await runtime.own_accounts.forget_former(FORMER)
    await runtime.tariffs.forget_old(UNWANTED)
    await forget_gone(runtime)
    await keep_alive(runtime)
    await runtime.resealing.reseal()


async def look(runtime: Runtime, *, limit: int = LOOKS_A_ROUND) -> int:
    """Asks Twilio about every attempt that is due."""
    due = await runtime.watching.due_looks(lease=LEASE, limit=limit)
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(looked: Looked) -> None:
        async with gate:
            await _look_at(runtime, looked)

    await asyncio.gather(*(one(looked) for looked in due))
    return len(due)


async def _look_at(runtime: Runtime, looked: Looked) -> None:
    # Another account has no such text, and its "no" would read as "certainly not sent".
    account = await runtime.accounts.made_with(
        looked.company_id, account_sid=looked.account_sid, origin=looked.sender
    )
    if account is None:
        await runtime.watching.looked(looked.attempt_id, was=looked.state, found="failed")
        return
    try:
        report = await _ask(runtime, account, looked)
    except ProviderError as error:
        # Twilio has no such text: a clear answer. Anything else is asked again soon.
        found: Look = "counted" if isinstance(error, Rejected) else "failed"
        await runtime.watching.looked(looked.attempt_id, was=looked.state, found=found)
        return
    if report is not None:
        await runtime.ledger.tell([told(looked.attempt_id, report, source="look-up")])
    await runtime.watching.looked(looked.attempt_id, was=looked.state, found="counted")


async def _ask(runtime: Runtime, account: Account, looked: Looked) -> Report | None:
    """What Twilio has for the attempt: by its SID, else by number, text and time."""
    if looked.sid is not None:
        return await runtime.messenger.fetch(account, looked.sid)
    body, reason = write_text(looked.template, looked.fields)
    if reason is not None:
        return None
    found = await runtime.messenger.find(
        account,
        to=looked.number,
        body=body,
        since=looked.started_at - EARLIER,
        until=looked.started_at + LATER,
    )
    bound = await runtime.ledger.bound([report.sid for report in found])
    free = [report for report in found if report.sid not in bound]
    # Exactly one can only be ours, unless another attempt may have made it; of several nobody
    # knows, so a person decides.
    return free[0] if len(free) == 1 and not looked.rivals else None
