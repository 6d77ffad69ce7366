"""A rep decides who of a draft is texted, and on which of their numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from workers.domain.errors import BadRequest, Conflict
from workers.domain.picking import all_numbers, has_way_back, usable
from workers.ports.picking import Candidate, Picked, Searched, Taken
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime


async def leave_out(
    runtime: Runtime, view: BatchView, who: Sequence[int] | Searched, *, revision: int
) -> BatchView:
    """The draft without them; whoever is left out already stays so."""
    picked = await runtime.picking.leave_out(view.id, revision=revision, who=who)
    return await _after(runtime, view, picked)


async def put_back_all(
    runtime: Runtime, view: BatchView, who: Searched, *, revision: int
) -> BatchView:
    """The draft with everybody again whom the rep had left out."""
    picked = await runtime.picking.put_back(view.id, revision=revision, who=who)
    return await _after(runtime, view, picked)


async def put_in(
    runtime: Runtime, view: BatchView, recipient_id: int, *, number: str, revision: int
) -> BatchView:
    """The draft with them texted, on `number` or, without one, on the one they had."""
    person = await runtime.picking.person(view.id, recipient_id)
    if person is None:
        raise _stale()
    if person.state != "ready" and not has_way_back(person.reason):
        raise BadRequest(
            "no_way_back",
            "They can't be texted; see why beside their name.",
            "Nothing was changed.",
        )
    wanted = number or person.number
    known = await runtime.finding.known(view.company_id, view.channel, all_numbers(person.numbers))
    label = _label(person, wanted, known)
    if wanted is None or label is None:
        raise BadRequest(
            "number_not_usable", "This number can't get a text.", "Choose another one of theirs."
        )
    picked = await runtime.picking.put_in(
        view.id, revision=revision, recipient_id=recipient_id, number=wanted, label=label
    )
    if isinstance(picked, Taken):
        raise BadRequest(
            "number_taken",
            f"{picked.name or 'Somebody else here'} gets this text on the same number.",
            "A number gets one text: leave them out first, then tick this person.",
        )
    return await _after(runtime, view, picked)


def _label(person: Candidate, wanted: str | None, known: Mapping[str, str]) -> str | None:
    """The label of the number in Pipedrive; None where it can't be texted."""
    found = {one.number: one.label for one in usable(person.numbers, known)}
    return found.get(wanted or "")


async def _after(runtime: Runtime, view: BatchView, picked: Picked | None) -> BatchView:
    if picked is None:
        raise _stale()
    return await runtime.batches.view(view.id) or view


def _stale() -> Conflict:
    return Conflict(
        "stale",
        "The draft or its people changed since you looked.",
        "Nothing was sent and your text is kept. Look at the people again, then choose.",
    )
