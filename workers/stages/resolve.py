"""A selection becomes people with numbers: page by page, restartable, frozen as it was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from workers.domain.errors import Misconfigured, Rejected, Throttled, Unavailable
from workers.domain.person import Person
from workers.domain.selection import Chosen, Filtered
from workers.ports.finding import Found, Resolving
from workers.ports.outside import Access, PeoplePage
from workers.ports.runtime import Runtime
from workers.stages.finding import (
    CHOSEN_AT_ONCE,
    END,
    LEASE_SECONDS,
    Stop,
    ask,
    decide,
    fields_for,
    keep,
    nobody,
)
from workers.stages.resolve_records import find_records

#: Pipedrive's most for one page of a list.
PAGE = 500
#: Pipedrive is away: asked again after this, then after twice as long, up to the longest.
RETRY_SECONDS = 2.0
LONGEST_RETRY = 300.0

#: What one page of a list and one look at a filter cost, pipedrive.md §5.
LIST_TOKENS = 10
FILTER_TOKENS = 2


async def resolve(runtime: Runtime, batch_id: UUID, *, stop: Stop = lambda: False) -> None:
    """Finds the batch's people until all are found, it must wait, or `stop()`; may run twice."""
    work = await runtime.finding.lease(batch_id, seconds=LEASE_SECONDS)
    if work is None:
        return
    try:
        if work.resolved:
            await _name_organizations(runtime, work)
        elif await _find(runtime, work, stop):
            await runtime.finding.finish(work)
        else:
            await runtime.finding.release(work)
    except Throttled as error:
        reason = "pipedrive_budget" if error.code == "budget" else "pace"
        await runtime.finding.wait(work, seconds=error.after, reason=reason)
    except Unavailable:
        seconds = min(LONGEST_RETRY, RETRY_SECONDS * 2.0 ** min(work.tries, 10))
        await runtime.finding.wait(work, seconds=seconds, reason="pace")
    except (Misconfigured, Rejected) as error:
        if work.resolved:  # the people are there; a missing name is warned of and has a fall-back
            await runtime.naming.all_named(work)
        else:
            await runtime.finding.refuse(work, f"pipedrive_{error.code or 'refused'}")


async def _find(runtime: Runtime, work: Resolving, stop: Stop) -> bool:
    """Whether everybody was found."""
    user = await runtime.installations.user(work.company_id, work.user_id)
    sender_name = user.name if user else ""
    await _look_at_filter(runtime, work)
    if work.resource != "person":
        return await find_records(runtime, work, sender_name, stop)
    match work.selection:
        case Chosen(ids):
            return await _find_chosen(runtime, work, ids, sender_name, stop)
        case Filtered() as filtered:
            return await _find_filtered(runtime, work, filtered, sender_name, stop)


async def _find_chosen(
    runtime: Runtime, work: Resolving, ids: Sequence[int], sender_name: str, stop: Stop
) -> bool:
    if not work.listed:
        await runtime.finding.list_chosen(work, ids)
    while not stop():
        wanted = await runtime.finding.next_chosen(work, limit=CHOSEN_AT_ONCE)
        if not wanted:
            return True
        page = await ask(runtime, work, partial(_by_ids, runtime, wanted))
        found = await _decided(runtime, work, page.people, sender_name)
        seen = {person.person_id for person in found}
        gone = [nobody(person_id, "", "gone") for person_id in wanted if person_id not in seen]
        rows = [*found, *gone]
        if not await keep(runtime, work, rows, next_cursor=None, tokens=page.tokens):
            return False
    return False


async def _find_filtered(
    runtime: Runtime, work: Resolving, filtered: Filtered, sender_name: str, stop: Stop
) -> bool:
    while not stop():
        if work.cursor == END:
            return True
        if work.pages * PAGE >= runtime.settings.max_filtered:
            await runtime.finding.refuse(work, "too_many_people")
            return False
        page = await ask(runtime, work, partial(_by_filter, runtime, filtered, work.cursor))
        found = await _decided(runtime, work, page.people, sender_name)
        next_cursor = page.next_cursor or END
        if not await keep(runtime, work, found, next_cursor=next_cursor, tokens=page.tokens):
            return False
        work = replace(work, cursor=next_cursor, pages=work.pages + 1, tries=0)
    return False


async def _decided(
    runtime: Runtime, work: Resolving, people: Sequence[Person], sender_name: str
) -> list[Found]:
    return await decide(runtime, work, people, partial(fields_for, sender_name=sender_name))


async def _name_organizations(runtime: Runtime, work: Resolving) -> None:
    """Reads the names that the text asks for, 100 a call."""
    while wanted := await runtime.naming.unnamed(work, limit=CHOSEN_AT_ONCE):
        names = await ask(runtime, work, partial(_organizations, runtime, wanted))
        found = {id_: names.get(id_, "") for id_ in wanted}
        if not await runtime.naming.name(work, found, tokens=LIST_TOKENS):
            return
    await runtime.naming.all_named(work)


async def _organizations(runtime: Runtime, ids: Sequence[int], access: Access) -> Mapping[int, str]:
    return await runtime.people.organization_names(access, ids)


async def _by_ids(runtime: Runtime, ids: Sequence[int], access: Access) -> PeoplePage:
    return await runtime.people.by_ids(access, ids)


async def _by_filter(
    runtime: Runtime, filtered: Filtered, cursor: str | None, access: Access
) -> PeoplePage:
    return await runtime.people.by_filter(access, filtered, cursor)


async def _look_at_filter(runtime: Runtime, work: Resolving) -> None:
    """A saved filter is looked at before its records are read: it must exist and fit (§4)."""
    match work.selection:
        case Filtered("filter", int() as filter_id) if not work.pages and not work.source_name:
            name = await ask(runtime, work, partial(_filter_name, runtime, work, filter_id))
            await runtime.finding.name_source(work, name, tokens=FILTER_TOKENS)


async def _filter_name(runtime: Runtime, work: Resolving, filter_id: int, access: Access) -> str:
    return await runtime.records.filter_name(access, work.resource, filter_id)
