"""Some people of an earlier text are texted once more: those it was stopped for, or on another number."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

import uuid_utils.compat as ids

from workers.domain.another import other_number, same_number, without
from workers.domain.errors import Conflict
from workers.domain.picking import all_numbers
from workers.domain.reasons import OTHER_NUMBER
from workers.ports.following import Left, Whom
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime
from workers.stages.accept import refuse_flood


async def follow(runtime: Runtime, view: BatchView, whom: Whom) -> UUID:
    """A draft of exactly those people with the same text; a second click finds the same draft.

    Nothing is sent: the rep looks at it and presses Send.
    """
    left = await runtime.following.left(view.id, whom, codes=OTHER_NUMBER)
    if left:  # a second click makes no draft, so it is no flood
        await refuse_flood(runtime, view.company_id, view.user_id)
    asked = {number for person in left for number in (person.number, *all_numbers(person.numbers))}
    known = await runtime.finding.known(view.company_id, view.channel, sorted(asked))
    people = _one_per_number(_decided(left, whom, known))
    draft = await runtime.following.start(view.id, ids.uuid7(), people)
    if draft is None:
        raise Conflict(
            "nobody_left", "There is nobody left to text.", "What happened since is shown below."
        )
    return draft


def _decided(left: Iterable[Left], whom: Whom, known: Mapping[str, str]) -> Iterable[Left]:
    for person in left:
        match whom:
            case "stopped":
                chosen = same_number(person.number, person.label, person.numbers, known)
                numbers = person.numbers
            case "failed":
                chosen = other_number(person.number, person.numbers, known)
                numbers = without(person.number, person.numbers)
        if chosen is not None:
            yield replace(person, number=chosen.number, label=chosen.label, numbers=numbers)


def _one_per_number(people: Iterable[Left]) -> list[Left]:
    """The second of two on one number stays where they are."""
    first: dict[str, Left] = {}
    for person in people:
        first.setdefault(person.number, person)
    return list(first.values())
