"""What stands in the way of a draft: whose night it is, and who else texts them.

It only informs, and asks for a yes: the claim looks again, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time

from workers.domain.delivery import State
from workers.domain.errors import Conflict
from workers.domain.quiet_hours import window
from workers.domain.rules import QuietHours, Rules, day_of
from workers.ports.rails import Choice, Crossing, Just
from workers.ports.reading import BatchView
from workers.ports.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Asleep:
    """People who would get the text in the morning, theirs."""

    people: int
    opens: datetime  # when the first of them get it
    local: time  # what their clocks show then


@dataclass(frozen=True, slots=True)
class Cap:
    """More people than the company's day has texts left."""

    a_day: int
    left: int
    later: int  # people who would get it on another day
    until: datetime  # when the next day begins


@dataclass(frozen=True, slots=True)
class Rails:
    """What a rep should know before sending."""

    asleep: Asleep | None = None
    never: int = 0  # at no hour it is day in all zones of their number
    crossings: tuple[Crossing, ...] = ()
    cap: Cap | None = None
    in_a_row: int = 0  # people whose numbers follow closely on one another
    just: Just | None = None


async def rails(runtime: Runtime, view: BatchView) -> Rails:
    """Looked up afresh: rules, the time and colleagues' texts change while a draft is written."""
    rules = await runtime.companies.rules(view.company_id)
    found = Rails()
    if rules.quiet is not None:
        found = by_zones(await runtime.guarding.zones(view.id), rules.quiet, view.now)
    in_a_row = await runtime.guarding.in_a_row(view.id, seq=view.seq)
    found = replace(found, cap=await _cap(runtime, view, rules), in_a_row=in_a_row)
    if view.life.resolved_at is None:
        return found
    guard = runtime.settings.guard_seconds
    return replace(
        found,
        crossings=tuple(await runtime.guarding.crossings(view.id, rules)),
        just=await runtime.guarding.just_texted(view.id, rules, guard=guard),
    )


async def decide(runtime: Runtime, view: BatchView, choice: Choice, *, revision: int) -> BatchView:
    """Leaves out whom somebody of the company texted, or keeps them in by the rep's explicit yes."""
    rules = await runtime.companies.rules(view.company_id)
    decided = await runtime.guarding.decide(view.id, rules, choice, revision=revision)
    fresh = await runtime.batches.view(view.id)
    if decided is None or fresh is None:
        raise Conflict(
            "stale",
            "The draft or its people changed since you looked.",
            "Your text is kept. Look at the people again.",
        )
    return fresh


async def _cap(runtime: Runtime, view: BatchView, rules: Rules) -> Cap | None:
    if rules.texts_a_day is None:
        return None
    day, until = day_of(rules.zone, view.now)
    left = max(0, rules.texts_a_day - await runtime.guarding.texts_of(view.company_id, day))
    later = view.counts[State.READY] - left
    return Cap(rules.texts_a_day, left, later, until) if later > 0 else None


def by_zones(people: Mapping[str, int], quiet: QuietHours, now: datetime) -> Rails:
    """`people` by zones, which are IANA names with spaces between them."""
    days = {zones: window(zones.split(), quiet, now) for zones in people}
    asleep = {zones: day.opens for zones, day in days.items() if day and day.opens > now}
    never = sum(people[zones] for zones, day in days.items() if day is None)
    if not asleep:
        return Rails(never=never)
    waiting = sum(people[zones] for zones in asleep)
    return Rails(Asleep(waiting, min(asleep.values()), quiet.ends), never)
