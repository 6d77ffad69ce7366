"""After a restore: everybody who is to be texted is first looked for among the texts Twilio has."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from workers.domain.delivery import RANK
from workers.domain.errors import Misconfigured, ProviderError
from workers.ports.outside import Account, Report
from workers.ports.restoring import Held, Taken, Waiting
from workers.ports.runtime import Runtime
from workers.stages.record import told
from workers.stages.send import write_text

#: A group, and how many of it are asked about at once; longer than that takes is the lease.
GROUP = 40
AT_ONCE = 8
LEASE = timedelta(seconds=300)
AGAIN_SECONDS = 60.0
#: Clocks of workers may be behind the database's.
EARLIER = timedelta(minutes=5)
DEFAULT_LAG = timedelta(minutes=5)

log = structlog.get_logger()


def list_lag(lookups: Sequence[timedelta]) -> timedelta:
    """How long after a hold Twilio's list is read: as long as until a second look-up."""
    return lookups[1] if len(lookups) > 1 else DEFAULT_LAG


async def notice(runtime: Runtime) -> None:
    """Holds everything where the database is not the one that the last texts were written to.

    Another one says so itself. A copy of the disk does not: the broker has seen it further.
    """
    await runtime.restoring.notice()
    database = await runtime.restoring.database()
    seen = await runtime.marks.read(database)  # before the database: its mark is durable by then
    await runtime.marks.keep(database, await runtime.restoring.advance(seen))


async def look_up_held(runtime: Runtime) -> int:
    """The next group of a held batch: whose text Twilio has is bound, the others wait for a person."""
    held = await runtime.restoring.due(lease=LEASE, limit=GROUP)
    if held is None:
        return 0
    if await _bind(runtime, held):
        await runtime.restoring.looked_up(held)
    else:
        log.warning("held_not_looked_up", batch=str(held.batch_id))
        await runtime.restoring.later(held, seconds=AGAIN_SECONDS)
    return max(1, len(held.people))


async def _bind(runtime: Runtime, held: Held) -> bool:
    """False where Twilio could not be asked about all of them."""
    accounts = await runtime.accounts.ever_of(held.company_id)
    if not accounts:
        return not held.people
    gate = asyncio.Semaphore(AT_ONCE)

    async def ask(person: Waiting) -> tuple[Taken, Report] | None:
        async with gate:
            return await _text_of(runtime, held, accounts, person)

    try:
        asked = await asyncio.gather(*(ask(person) for person in held.people))
    except ProviderError:
        return False
    found = {taken.recipient_id: (taken, report) for taken, report in filter(None, asked)}
    bound = await runtime.restoring.bind(held, [taken for taken, _ in found.values()])
    await runtime.ledger.tell(
        [
            told(attempt_id, found[recipient_id][1], source="look-up")
            for recipient_id, attempt_id in bound.items()
        ]
    )
    return True


async def _text_of(
    runtime: Runtime, held: Held, accounts: Sequence[Account], person: Waiting
) -> tuple[Taken, Report] | None:
    """The person's own text, if Twilio has one that is nobody's yet. Of several the one that came
    furthest: after one that failed, another try may have arrived."""
    body, reason = write_text(held.template, person.fields)
    if reason is not None:
        return None
    found = await _texts_of_all(runtime, held, accounts, person.number, body)
    bound = await runtime.ledger.bound(list(found))
    free = [one for sid, one in found.items() if sid not in bound]
    if not free:
        return None
    account, best = max(free, key=lambda one: RANK[one[1].state])
    digest = hashlib.sha256(body.encode()).digest()
    return Taken(person.recipient_id, account, best.sid, digest), best


async def _texts_of_all(
    runtime: Runtime, held: Held, accounts: Sequence[Account], number: str, body: str
) -> dict[str, tuple[Account, Report]]:
    """By SID: what Twilio has with this text for the number, and with which account."""
    since, until = held.created_at - EARLIER, held.now + EARLIER
    found: dict[str, tuple[Account, Report]] = {}
    for account in accounts:
        whoever = replace(account, messaging_service_sid="", sender="")  # it may have changed since
        try:
            reports = await runtime.messenger.find(
                whoever, to=number, body=body, since=since, until=until
            )
        except Misconfigured:
            if account is accounts[0]:
                raise
            continue  # it was let go, and lets us in no more: nobody should wait for that
        found |= {report.sid: (account, report) for report in reports}
    return found
