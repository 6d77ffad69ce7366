"""What did not work out in a batch, grouped by what can be done about it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request

from web import alike, views
from web.people import pipedrive
from workers.domain.batch import Phase
from workers.domain.delivery import State
from workers.domain.reasons import OTHER_NUMBER, Todo, todo
from workers.ports.following import Offers
from workers.ports.reading import Alike, BatchView
from workers.ports.runtime import Runtime

_ENDED_BADLY = (State.FAILED, State.UNDELIVERED)
_SHOWN = frozenset({Phase.PAUSED, Phase.DELIVERING, Phase.SETTLED, Phase.CANCELED})
_IN_ORDER: tuple[Todo, ...] = ("again", "number", "fix", "nothing")


@dataclass(frozen=True, slots=True)
class Task:
    """People for whom the same can be done, with their reasons."""

    todo: Todo
    people: int
    groups: list[alike.Group]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What did not work out and whom to ask; `may_send_anyway`: unknown, and nobody looks any more."""

    tasks: list[Task] = field(default_factory=list)
    left_out: list[alike.Group] = field(default_factory=list)
    may_send_anyway: int = 0
    offers: Offers = field(default_factory=Offers)
    admins: Sequence[str] = ()
    site: str = ""  # where the company's people are in Pipedrive


async def outcome(request: Request, view: BatchView) -> Outcome:
    """Everything for `parts/outcome.html`."""
    if views.current(view) not in _SHOWN or views.mood(view) != "sent":
        return Outcome()
    runtime: Runtime = request.app.state.runtime
    by_reason = await runtime.rows.reasons(view.id)
    tasks = [
        Task(one, sum(group.people for group in found), found)
        for one in _IN_ORDER
        if (found := alike.groups(_of(one, by_reason), _ENDED_BADLY))
    ]
    ended = sum(view.counts[state] for state in (*_ENDED_BADLY, State.CANCELED))
    return Outcome(
        tasks=tasks,
        left_out=alike.groups(by_reason, (State.SKIPPED,)),
        may_send_anyway=by_reason.get((State.UNCONFIRMED, ""), Alike(0)).people,
        offers=await _offers(runtime, view, OTHER_NUMBER) if ended else Offers(),
        admins=await _admins(runtime, view, tasks),
        site=pipedrive(request, view),
    )


async def _offers(runtime: Runtime, view: BatchView, codes: Collection[str]) -> Offers:
    return await runtime.following.offers(view.id, codes=codes)


async def _admins(runtime: Runtime, view: BatchView, tasks: Sequence[Task]) -> Sequence[str]:
    """Who can put something right, where something has to be."""
    if all(task.todo != "fix" for task in tasks):
        return ()
    return await runtime.installations.admins(view.company_id)


def _of(
    wanted: Todo, by_reason: Mapping[tuple[State, str], Alike]
) -> Mapping[tuple[State, str], Alike]:
    return {key: count for key, count in by_reason.items() if todo(key[1]) == wanted}
