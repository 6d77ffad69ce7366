"""Deals, organizations and activities become the people behind them, step by step, restartable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from workers.domain.offered import HISTORY
from workers.domain.person import Person
from workers.domain.selection import Filtered
from workers.ports.finding import Resolving
from workers.ports.outside import Access, PeoplePage
from workers.ports.records import ClosedDeals, Record
from workers.ports.runtime import Runtime
from workers.stages.behind import Behind, rows_of
from workers.stages.finding import CHOSEN_AT_ONCE, END, Stop, ask, keep
from workers.stages.resolve_everybody import Everybody, Way, is_reading_everybody
from workers.stages.walk import Step, walk_of

#: A page of deals or activities is one step: its people are read 100 a call. Everybody of an
#: organization or a deal costs a call each, and a step must end long before its lease.
RECORDS_AT_ONCE = 500
CALLED_EACH = 10


async def find_records(runtime: Runtime, work: Resolving, sender_name: str, stop: Stop) -> bool:
    """Whether all records were walked."""
    await _count_closed(runtime, work)
    walk = walk_of(runtime, work)
    everybody = Everybody(runtime, walk, sender_name)
    if is_reading_everybody(work):
        return await everybody.find(work, stop)
    while not stop():
        if work.cursor == END:
            return True
        if work.records >= runtime.settings.max_filtered:
            await runtime.finding.refuse(work, "too_many_people")
            return False
        step = await walk.step(work, CALLED_EACH if _is_asked_each(work) else RECORDS_AT_ONCE)
        if _is_asked_each(work) and not work.records:
            way = await everybody.way(work, step.selected)
            if way is Way.TOO_DEAR:
                await runtime.finding.refuse(work, "too_many_records")
                return False
            if way is Way.READ_EVERYBODY:
                begun = await everybody.begin(work)
                return begun is not None and await everybody.find(begun, stop)
        done = await _keep_step(runtime, work, step, sender_name)
        if done is None:
            return False
        work = done
    return False


async def _keep_step(
    runtime: Runtime, work: Resolving, step: Step, sender_name: str
) -> Resolving | None:
    """What is left to do behind the step; None when somebody else goes on with the batch."""
    behind = await _behind(runtime, work, step.records)
    found, tally = await rows_of(runtime, work, step, behind, sender_name)
    if not await keep(runtime, work, found, next_cursor=step.next_cursor, tally=tally):
        return None
    records = work.records + tally.records
    return replace(work, cursor=step.next_cursor, pages=work.pages + 1, records=records)


async def _count_closed(runtime: Runtime, work: Resolving) -> None:
    """A list of open deals says how many won and lost ones it leaves out (§4), once."""
    match work.selection:
        case Filtered(by="owner" | "everyone", closed_too=False) as filtered if (
            work.resource == "deal" and not work.closed_counted and work.channel != HISTORY
        ):
            closed = await ask(runtime, work, partial(_closed_deals, runtime, filtered))
            await runtime.finding.count_closed(work, closed)


async def _closed_deals(runtime: Runtime, filtered: Filtered, access: Access) -> ClosedDeals:
    return await runtime.records.closed_deals(access, filtered)


async def _behind(runtime: Runtime, work: Resolving, records: Sequence[Record]) -> Behind:
    if _is_asked_each(work):
        return await _everybody_at(runtime, work, records)
    behind = Behind(ids={record.record_id: record.person_ids for record in records})
    named = list(dict.fromkeys(one for record in records for one in record.person_ids))
    behind.reached = set(await runtime.finding.reached(work, named))
    unread = [one for one in named if one not in behind.reached]
    for start in range(0, len(unread), CHOSEN_AT_ONCE):
        some = unread[start : start + CHOSEN_AT_ONCE]
        page = await ask(runtime, work, partial(_by_ids, runtime, some))
        behind.people |= {person.person_id: person for person in page.people}
    return behind


def _is_asked_each(work: Resolving) -> bool:
    return work.resource == "organization" or (work.resource == "deal" and work.whole_deals)


async def _everybody_at(runtime: Runtime, work: Resolving, records: Sequence[Record]) -> Behind:
    """Everybody of each record: a call of 10 tokens per record and 500 people (§3.5)."""
    behind = Behind()
    for record in records:
        people: dict[int, Person] = {}
        cursor: str | None = None
        while True:
            page = await ask(runtime, work, partial(_people_of, runtime, work, record, cursor))
            people |= {person.person_id: person for person in page.people}
            if (cursor := page.next_cursor) is None:
                break
        behind.ids[record.record_id] = tuple(people)
        behind.people |= people
    behind.reached = set(await runtime.finding.reached(work, list(behind.people)))
    return behind


async def _by_ids(runtime: Runtime, ids: Sequence[int], access: Access) -> PeoplePage:
    return await runtime.people.by_ids(access, ids)


async def _people_of(
    runtime: Runtime, work: Resolving, record: Record, cursor: str | None, access: Access
) -> PeoplePage:
    return await runtime.records.people_of(access, work.resource, record.record_id, cursor)
