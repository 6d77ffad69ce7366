"""What finding people has in common, whatever they were selected by: asking, deciding, keeping."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from workers.domain.errors import Misconfigured, Rejected, Unavailable
from workers.domain.offered import HISTORY
from workers.domain.person import Choice, Person, choose, merge_fields
from workers.domain.place import zones_of
from workers.domain.reason import Reason
from workers.ports.finding import NO_RECORDS, NOT_WALKED, Found, Resolving, Tally, Walked
from workers.ports.outside import Access, Fields
from workers.ports.runtime import Runtime

#: Longer than one page can take; who holds the lease renews it with every page.
LEASE_SECONDS = 90.0
#: What one page of a list and one look at a filter cost, whatever their size (pipedrive.md §5).
LIST_TOKENS = 10
FILTER_TOKENS = 2
#: Pipedrive's most for `ids` in one call.
CHOSEN_AT_ONCE = 100
#: People between two turns of everybody else's, about half a millisecond.
DECIDED_AT_ONCE = 10
#: The cursor behind the last page: a crash before `finish` must not read everything again.
END = "end"

Answered = TypeVar("Answered")
Some = TypeVar("Some")
Stop = Callable[[], bool]
FieldsOf = Callable[[Person], Fields]


async def ask(
    runtime: Runtime,
    work: Resolving,
    call: Callable[[Access], Awaitable[Answered]],
    *,
    tokens: int = LIST_TOKENS,
) -> Answered:
    """One call with the clicking rep's own right to see; 401 is answered by one refresh."""
    access = await runtime.access.get(work.company_id, work.user_id)
    try:
        return await _paid(work, call(access), tokens)
    except Misconfigured as error:
        if error.code != "401":
            raise
    fresh = await runtime.access.get(work.company_id, work.user_id, stale=access.generation)
    return await _paid(work, call(fresh), tokens)


async def _paid(work: Resolving, answer: Awaitable[Answered], tokens: int) -> Answered:
    """Puts a call on the batch's bill: a no costs as much as an answer (§5).

    So may a call that we gave up waiting for; who was not let in or told to wait pays nothing.
    """
    try:
        answered = await answer
    except Unavailable as error:
        work.bill.add(tokens if error.code == "timeout" else 0)
        raise
    except (Rejected, Misconfigured) as error:
        work.bill.add(0 if error.code == "401" else tokens)
        raise
    work.bill.add(tokens)
    return answered


async def decide(
    runtime: Runtime, work: Resolving, people: Sequence[Person], fields_of: FieldsOf
) -> list[Found]:
    """Each person's number or reason; what Twilio taught us of numbers counts.

    Of people whose history is asked for the name is enough: their numbers are not even stored.
    """
    if work.channel == HISTORY:
        return [nobody(person.person_id, person.name, Reason.ASKED) for person in people]
    choices: list[Choice] = []
    async for some in _in_small_groups(people):
        choices += [choose(person, work.country, {}, work.countries) for person in some]
    numbers = [number for choice in choices for number in _numbers(choice)]
    known = await runtime.finding.known(work.company_id, work.channel, numbers)
    found: list[Found] = []
    async for pairs in _in_small_groups(list(zip(people, choices, strict=True))):
        for person, choice in pairs:
            if known and not known.keys().isdisjoint(_numbers(choice)):
                choice = choose(person, work.country, known, work.countries)
            found.append(_found(work, person, choice, fields_of))
    return found


async def _in_small_groups(everybody: Sequence[Some]) -> AsyncIterator[Sequence[Some]]:
    """Reading numbers is work for the processor: others have their turn behind each group.

    A text on its way, and the call for the next page, must not wait for a whole page of people.
    """
    for start in range(0, len(everybody), DECIDED_AT_ONCE):
        yield everybody[start : start + DECIDED_AT_ONCE]
        await asyncio.sleep(0)


def _numbers(choice: Choice) -> list[str]:
    return [str(entry["number"]) for entry in choice.numbers if entry["number"]]


def _found(work: Resolving, person: Person, choice: Choice, fields_of: FieldsOf) -> Found:
    return Found(
        person_id=person.person_id,
        name=person.name,
        fields=fields_of(person),
        numbers=choice.numbers,
        number=choice.number,
        label=choice.label,
        reason=choice.reason,
        zones=" ".join(zones_of(choice.number) or (work.timezone,)) if choice.number else "",
    )


def fields_for(person: Person, sender_name: str) -> dict[str, dict[str, str]]:
    """Merge fields; an organization's name follows when a text asks for it, so its id is kept."""
    fields = merge_fields(person, sender_name)
    if person.org_id is not None and not person.org_name:
        fields["organization"]["id"] = str(person.org_id)
    return fields


def nobody(person_id: int | None, name: str, reason: str) -> Found:
    """Somebody who can't be read, or a record that leads to nobody."""
    return Found(person_id, name, {}, (), None, "", reason)


async def keep(
    runtime: Runtime,
    work: Resolving,
    found: Sequence[Found],
    *,
    next_cursor: str | None,
    tally: Tally = NO_RECORDS,
    walked: Walked = NOT_WALKED,
) -> bool:
    """Stores a page and what it cost; False when somebody else goes on with the batch."""
    tokens = work.bill.take()
    kept = await runtime.finding.keep_page(
        work,
        found,
        next_cursor=next_cursor,
        tokens=tokens,
        seconds=LEASE_SECONDS,
        tally=tally,
        walked=walked,
    )
    if not kept:
        work.bill.add(tokens)
    return kept
