"""What finding people has in common, whatever they were selected by: asking, deciding, keeping."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from workers.domain.errors import Misconfigured
from workers.domain.person import Person, choose, merge_fields
from workers.ports.finding import NO_RECORDS, Found, Resolving, Tally
from workers.ports.outside import Access, Fields
from workers.ports.runtime import Runtime

#: Longer than one page can take; who holds the lease renews it with every page.
LEASE_SECONDS = 90.0
#: Pipedrive's most for `ids` in one call.
CHOSEN_AT_ONCE = 100
#: The cursor behind the last page: a crash before `finish` must not read everything again.
END = "end"

Answered = TypeVar("Answered")
Stop = Callable[[], bool]
FieldsOf = Callable[[Person], Fields]


async def ask(
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


async def decide(
    runtime: Runtime, work: Resolving, people: Sequence[Person], fields_of: FieldsOf
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
                fields=fields_of(person),
                numbers=choice.numbers,
                number=choice.number,
                label=choice.label,
                reason=choice.reason,
            )
        )
    return found


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
    tokens: int,
    tally: Tally = NO_RECORDS,
) -> bool:
    """Stores a page; False when somebody else goes on with the batch."""
    return await runtime.finding.keep_page(
        work, found, next_cursor=next_cursor, tokens=tokens, seconds=LEASE_SECONDS, tally=tally
    )
