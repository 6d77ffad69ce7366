"""A selection becomes people with numbers: page by page, restartable, frozen as it was found."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar
from uuid import UUID

from workers.domain.action import Chosen, Filtered
from workers.domain.errors import Misconfigured, Rejected, Throttled, Unavailable
from workers.domain.person import Person, choose, merge_fields
from workers.ports.finding import Found, Resolving
from workers.ports.outside import Access, Fields, PeoplePage
from workers.ports.runtime import Runtime

#: Longer than one page can take; who holds the lease renews it with every page.
LEASE_SECONDS = 90.0
#: Pipedrive's most for `ids` in one call.
CHOSEN_AT_ONCE = 100
#: Pipedrive's most for one page of a list.
PAGE = 500
#: The cursor behind the last page: a crash before `finish` must not read everything again.
END = "end"
#: Pipedrive is away: asked again after this, then after twice as long, up to the longest.
RETRY_SECONDS = 2.0
LONGEST_RETRY = 300.0

#: What one page of a list costs, pipedrive.md §5.
LIST_TOKENS = 10

Answered = TypeVar("Answered")
Stop = Callable[[], bool]


async def resolve(runtime: Runtime, batch_id: UUID, *, stop: Stop = lambda: False) -> None:
    """Finds the batch's people until all are found, it must wait, or `stop()`; may run twice."""
    work = await runtime.finding.lease(batch_id, seconds=LEASE_SECONDS)
    if work is None:
        return
    try:
        if work.resolved:
            await _name_organizations(runtime, work)
        elif await _find(runtime, work, stop):
            await runtime.finding.finish(work, source_name=await _source_name(runtime, work))
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
        page = await _ask(runtime, work, partial(_by_ids, runtime, wanted))
        found = await _decide(runtime, work, page.people, sender_name)
        seen = {person.person_id for person in found}
        gone = [_gone(person_id) for person_id in wanted if person_id not in seen]
        if not await _keep(runtime, work, [*found, *gone], page, next_cursor=None):
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
        page = await _ask(runtime, work, partial(_by_filter, runtime, filtered, work.cursor))
        found = await _decide(runtime, work, page.people, sender_name)
        next_cursor = page.next_cursor or END
        if not await _keep(runtime, work, found, page, next_cursor=next_cursor):
            return False
        work = replace(work, cursor=next_cursor, pages=work.pages + 1, tries=0)
    return False


async def _name_organizations(runtime: Runtime, work: Resolving) -> None:
    """Reads the names that the text asks for, 100 a call."""
    while wanted := await runtime.naming.unnamed(work, limit=CHOSEN_AT_ONCE):
        names = await _ask(runtime, work, partial(_organizations, runtime, wanted))
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


async def _filter_name(runtime: Runtime, filter_id: int, access: Access) -> str:
    return await runtime.records.filter_name(access, "person", filter_id)


async def _ask(
    runtime: Runtime, work: Resolving, call: Callable[[Access], Awaitable[Answered]]
) -> Answered:
    """One call with the clicking rep's own right to see; 401 is answered by one refresh."""
    access = await runtime.access.get(work.company_id, work.user_id)
    try:
        return await call(access)
    except Misconfigured as error:
        if error.code != "401":
            raise
    fresh = await runtime.access.get(work.company_id, work.user_id, stale=access.generation)
    return await call(fresh)


async def _decide(
    runtime: Runtime, work: Resolving, people: Sequence[Person], sender_name: str
) -> list[Found]:
    """Each person's number or reason; what Twilio taught us of numbers counts."""
    first = {person.person_id: choose(person, work.country, {}) for person in people}
    numbers = [
        str(entry["number"])
        for choice in first.values()
        for entry in choice.numbers
        if entry["number"]
    ]
    known = await runtime.finding.known(work.company_id, work.channel, numbers)
    found = []
    for person in people:
        choice = choose(person, work.country, known) if known else first[person.person_id]
        found.append(
            Found(
                person_id=person.person_id,
                name=person.name,
                fields=_fields(person, sender_name),
                numbers=choice.numbers,
                number=choice.number,
                label=choice.label,
                reason=choice.reason,
            )
        )
    return found


def _fields(person: Person, sender_name: str) -> Fields:
    """Merge fields; an organization's name follows when a text asks for it, so its id is kept."""
    fields = merge_fields(person, sender_name)
    if person.org_id is not None and not person.org_name:
        fields["organization"]["id"] = str(person.org_id)
    return fields


def _gone(person_id: int) -> Found:
    return Found(person_id, "", {}, (), None, "", "gone")


async def _keep(
    runtime: Runtime,
    work: Resolving,
    found: Sequence[Found],
    page: PeoplePage,
    *,
    next_cursor: str | None,
) -> bool:
    return await runtime.finding.keep_page(
        work, found, next_cursor=next_cursor, tokens=page.tokens, seconds=LEASE_SECONDS
    )


async def _source_name(runtime: Runtime, work: Resolving) -> str:
    """The saved filter's name for the page's headline; the batch does without it if it must."""
    match work.selection:
        case Filtered("filter", int() as filter_id):
            return await _ask(runtime, work, partial(_filter_name, runtime, filter_id))
        case _:
            return ""
