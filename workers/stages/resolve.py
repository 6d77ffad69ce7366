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
from workers.stages.ahead import Ahead, Chain
from workers.stages.finding import (
    CHOSEN_AT_ONCE,
    END,
    FILTER_TOKENS,
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


#: Why people are not looked for right now, by the error's code; words stand in web/words.py.
_WAITS = {
    "budget": "pipedrive_budget",
    "reserve": "pipedrive_reserve",
    "403": "pipedrive_gate",
}


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
        reason = _WAITS.get(error.code, "pace")
        await runtime.finding.wait(work, seconds=error.after, reason=reason)
    except Unavailable:
        seconds = min(LONGEST_RETRY, RETRY_SECONDS * 2.0 ** min(work.tries, 10))
        await runtime.finding.wait(work, seconds=seconds, reason="pipedrive")
    except (Misconfigured, Rejected) as error:
        if work.resolved:  # the people are there; a missing name is warned of and has a fall-back
            await runtime.naming.all_named(work)
        else:
            await runtime.finding.refuse(work, f"pipedrive_{error.code or 'refused'}")
    finally:
        await runtime.finding.pay(work, work.bill.take())


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
    while wanted := await runtime.finding.next_chosen(work, limit=len(ids)):
        if not await _read_chosen(runtime, work, wanted, sender_name, stop):
            return False
    return True


async def _read_chosen(
    runtime: Runtime, work: Resolving, ids: Sequence[int], sender_name: str, stop: Stop
) -> bool:
    """Whether all of them were kept, page by page in the order picked, so that the first of two
    people on one number is the same in every run."""

    async def read(wanted: Sequence[int]) -> list[Found]:
        page = await ask(runtime, work, partial(_by_ids, runtime, wanted))
        found = await _decided(runtime, work, page.people, sender_name)
        seen = {person.person_id for person in found}
        gone = [nobody(person_id, "", "gone") for person_id in wanted if person_id not in seen]
        return [*found, *gone]

    async def keep_them(wanted: Sequence[int], found: Sequence[Found]) -> bool:
        return await keep(runtime, work, found, next_cursor=None)

    places = range(0, len(ids), CHOSEN_AT_ONCE)
    pages = Ahead((ids[place : place + CHOSEN_AT_ONCE] for place in places), read)
    return await pages.use(keep_them, stop=stop)


async def _find_filtered(
    runtime: Runtime, work: Resolving, filtered: Filtered, sender_name: str, stop: Stop
) -> bool:
    """The next page is read while this one is decided and the one before is stored; the cursor
    moves with what is stored."""
    stored = ahead = work
    most = runtime.settings.max_filtered

    async def read() -> tuple[Resolving, PeoplePage] | None:
        nonlocal ahead
        if stop() or ahead.cursor == END or ahead.pages * PAGE >= most:
            return None
        page = await ask(runtime, work, partial(_by_filter, runtime, filtered, ahead.cursor))
        cursor = page.next_cursor or END
        ahead = replace(ahead, cursor=cursor, pages=ahead.pages + 1, tries=0)
        return ahead, page

    async def made(read: tuple[Resolving, PeoplePage]) -> tuple[Resolving, list[Found]]:
        behind, page = read
        return behind, await _decided(runtime, work, page.people, sender_name)

    async def keep_them(made: tuple[Resolving, list[Found]]) -> bool:
        nonlocal stored
        behind, found = made
        kept = await keep(runtime, stored, found, next_cursor=behind.cursor)
        stored = behind if kept else stored
        return kept

    if not await Chain(read, made).use(keep_them):
        return False
    if stored.cursor != END and stored.pages * PAGE >= most:
        await runtime.finding.refuse(work, "too_many_people")
    return stored.cursor == END


async def _decided(
    runtime: Runtime, work: Resolving, people: Sequence[Person], sender_name: str
) -> list[Found]:
    return await decide(runtime, work, people, partial(fields_for, sender_name=sender_name))


async def _name_organizations(runtime: Runtime, work: Resolving) -> None:
    """Reads the names that the text asks for, 100 a call."""
    while wanted := await runtime.naming.unnamed(work, limit=CHOSEN_AT_ONCE):
        names = await ask(runtime, work, partial(_organizations, runtime, wanted))
        found = {id_: names.get(id_, "") for id_ in wanted}
        if not await runtime.naming.name(work, found):
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
            look = partial(_filter_name, runtime, work, filter_id)
            name = await ask(runtime, work, look, tokens=FILTER_TOKENS)
            await runtime.finding.name_source(work, name)


async def _filter_name(runtime: Runtime, work: Resolving, filter_id: int, access: Access) -> str:
    return await runtime.records.filter_name(access, work.resource, filter_id)
